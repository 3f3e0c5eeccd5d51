#!/usr/bin/env python3
"""Submits a directory as a job, follows its output, and downloads the result. Needs nothing but Python.

    python3 client.py <server> <service> <user id> <directory> <result.zip>

Set KEY to send an API key. The exit code is 0 when the job completed.
"""
import io
import json
import os
import sys
import tarfile
import urllib.request
import uuid

server, service, user, directory, result = sys.argv[1:6]


def call(method, path, body=None, headers=None):
    headers = dict(headers or {})
    if os.environ.get("KEY"):
        headers["Authorization"] = "Bearer " + os.environ["KEY"]
    return urllib.request.urlopen(urllib.request.Request(server + "/api/v1" + path, body, headers, method=method))


def submit():
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(directory, arcname=".")
    boundary = uuid.uuid4().hex
    part = "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n"
    body = b"".join([
        (part % (boundary, "user_id", "") + user + "\r\n").encode(),
        (part % (boundary, "service", "") + service + "\r\n").encode(),
        (part % (boundary, "archive", "; filename=\"job.tar.gz\"")).encode(), archive.getvalue(), b"\r\n",
        ("--%s--\r\n" % boundary).encode(),
    ])
    headers = {"Content-Type": "multipart/form-data; boundary=" + boundary, "Idempotency-Key": boundary}
    with call("POST", "/jobs", body, headers) as answer:
        return json.load(answer)["id"]


def follow(job):
    """Prints the output as it comes; goes on where it was when the connection breaks."""
    last = None
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        with call("GET", "/jobs/%d/logs?follow=true" % job, headers=headers) as answer:
            event = None
            for line in answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    last = value
                elif name == "data" and event == "log":
                    print(json.loads(value)["text"], end="", flush=True)
                elif name == "data" and event == "end":
                    return json.loads(value)


def download(job):
    with call("GET", "/jobs/%d/result" % job) as answer, open(result, "wb") as file:
        while chunk := answer.read(1 << 20):
            file.write(chunk)


job = submit()
print("job", job, file=sys.stderr)
end = follow(job)
print(end["state"], end["message"], file=sys.stderr)
download(job)
sys.exit(0 if end["state"] == "completed" else 1)
