// What a page needs from the browser itself: files that are dropped or chosen, an upload with progress, a log that follows.

export function watchDrop(zone, input, page) {
  const files = new Map();
  const tell = () => page.invokeMethodAsync("FilesChosen", [...files.values()].map(f => ({ name: f.name, size: f.size })));
  const add = list => { for (const file of list) files.set(file.name, file); tell(); };
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, e => { e.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, e => { e.preventDefault(); zone.classList.remove("over"); });
  }
  zone.addEventListener("drop", e => add(e.dataTransfer.files));
  input.addEventListener("change", () => { add(input.files); input.value = ""; });
  if (input.files.length > 0) { add(input.files); input.value = ""; } // chosen before this script was there
  return {
    remove(name) { files.delete(name); tell(); },
    send(fields) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) if (value !== null) form.append(name, value);
      for (const file of files.values()) form.append("file", file, file.name);
      const request = new XMLHttpRequest();
      let shown = 0;
      request.upload.onprogress = e => {
        const percent = e.lengthComputable ? Math.floor(100 * e.loaded / e.total) : 0;
        if (percent !== shown) { shown = percent; page.invokeMethodAsync("Progress", percent); }
      };
      request.onload = () => {
        let answer = null;
        try { answer = JSON.parse(request.responseText); } catch { /* no JSON: said below */ }
        const created = request.status === 201 && answer;
        page.invokeMethodAsync("Done", request.status, created ? answer.id : null,
          created ? null : answer?.detail ?? `The server answered ${request.status} ${request.statusText}.`);
      };
      request.onerror = () => page.invokeMethodAsync("Done", 0, null, null);
      request.open("POST", "/api/v1/jobs");
      request.setRequestHeader("Idempotency-Key", crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
      request.send(form);
    },
  };
}

// Appends a job's output as it comes; a connection that breaks is taken up again at the byte where it broke.
export function followLog(output, status, address) {
  const longest = 1 << 20;
  const stopped = new AbortController();
  let from = 0;
  let pause = 250;
  const append = text => {
    const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
    output.append(text);
    if (output.textContent.length > longest) output.textContent = output.textContent.slice(-longest);
    if (atEnd) output.scrollTop = output.scrollHeight;
  };
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const answer = await fetch(`${address}&from=${from}`, { signal: stopped.signal, headers: { Accept: "text/plain" } });
        if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.detail ?? `${answer.status}`);
        status.textContent = "";
        const decoder = new TextDecoder();
        const reader = answer.body.getReader();
        for (let part; !(part = await reader.read()).done;) {
          from += part.value.length;
          pause = 250;
          append(decoder.decode(part.value, { stream: true }));
        }
        if (output.textContent === "") status.textContent = "nothing was written";
        return;
      } catch (error) {
        if (stopped.signal.aborted) return;
        status.textContent = `waiting for the server: ${error.message}`;
        await new Promise(done => setTimeout(done, pause));
        pause = Math.min(2 * pause, 5000);
      }
    }
  };
  run();
  return { stop: () => stopped.abort() };
}
