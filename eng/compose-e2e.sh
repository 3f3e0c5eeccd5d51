#!/usr/bin/env bash
# Brings the whole published system up in containers, as an operator would, and uses it: jobs through nginx over TLS, more clients, a client killed in
# the middle of its jobs, a server restarted, and everything taken down again. Needs a container engine and root.
#   bash eng/compose-e2e.sh            with Docker or Podman, whichever answers
#   KEEP=1 bash eng/compose-e2e.sh     leaves the system running in the end
#   REUSE=1 bash eng/compose-e2e.sh    with the images and the build of an earlier run
# Where the base images cannot be pulled, they are made from Debian's packages and this machine's .NET (LOCAL_BASE=1 does so in any case). Then nginx is
# Debian's, Prometheus the one eng/prometheus finds (built without OTLP, so it scrapes), and Grafana, of which there is no package, is left out; the last
# line names what was.
# Exit code 0: all passed; 1: something failed, and the last lines say what; 3: there is no container engine, and the reason.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/joborchestrator-e2e-XXXXXX")
project=joe2e$$
https_port=${HTTPS_PORT:-18443}
http_port=${HTTP_PORT:-18080}
helpers=()

say() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

cleanup() {
  local status=$?
  if [ "$status" -ne 0 ] && [ "$status" -ne 3 ] && [ -f "$work/up" ]; then
    compose ps || true
    compose logs --tail 30 || true
  fi
  if [ -z "${KEEP:-}" ] && [ -f "$work/up" ]; then compose down --volumes --timeout 5 >/dev/null 2>&1 || true; fi
  for helper in "${helpers[@]:-}"; do [ -z "$helper" ] || kill "$helper" 2>/dev/null || true; done
  if [ -z "${KEEP:-}" ]; then rm -rf "$work"; fi
}
trap cleanup EXIT
trap 'echo "FAILED: line $LINENO: $BASH_COMMAND" >&2' ERR

# ---- which engine
if docker info >/dev/null 2>&1; then
  engine=docker
elif command -v podman >/dev/null 2>&1; then
  engine=podman
  # Some machines may not raise limits, or have cgroups of both versions, which crun refuses: then runc, within the limits there are.
  if [ -z "${CONTAINERS_CONF:-}" ]; then
    files=$(ulimit -Hn); [ "$files" != unlimited ] || files=1048576
    runtime=crun; [ ! -d /sys/fs/cgroup/unified ] || runtime=runc
    printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=32000:32000"]\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "%s"\n' \
      "$files" "$files" "$runtime" > "$work/containers.conf"
    export CONTAINERS_CONF=$work/containers.conf
  fi
  podman info >/dev/null 2>"$work/podman.err" || { echo "no container engine: podman info says: $(tail -1 "$work/podman.err")" >&2; exit 3; }
else
  echo "no container engine: neither 'docker info' nor podman answers" >&2
  exit 3
fi
say "engine: $engine"

# ---- images
build_base() {
  # A root file system of Debian's, with this machine's .NET where the Microsoft images have theirs.
  if ! "$engine" image inspect localhost/joe2e-debian:1 >/dev/null 2>&1; then
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" > "$work/debootstrap.log"
    tar -C "$work/root" -c . | "$engine" import - localhost/joe2e-debian:1 >/dev/null
    rm -rf "$work/root"
  fi
  local dotnet; dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  mkdir -p "$work/empty"
  "$engine" build --network host -v "$dotnet:/from:ro" -t localhost/joe2e-runtime:1 -f - "$work/empty" > "$work/runtime.log" 2>&1 <<'END' || fail "$(tail -3 "$work/runtime.log")"
FROM localhost/joe2e-debian:1
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 zlib1g && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /usr/share/dotnet && cp -a /from/dotnet /from/host /from/shared /usr/share/dotnet && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
END
  "$engine" build --network host -v "$dotnet:/from:ro" -t localhost/joe2e-sdk:1 -f - "$work/empty" > "$work/sdk.log" 2>&1 <<'END' || fail "$(tail -3 "$work/sdk.log")"
FROM localhost/joe2e-debian:1
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 gcc libc6-dev zlib1g-dev && rm -rf /var/lib/apt/lists/*
RUN cp -a /from /usr/share/dotnet && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NUGET_FALLBACK_PACKAGES=/nuget
END
  "$engine" build --network host -t localhost/joe2e-nginx:1 -f - "$work/empty" > "$work/nginx.log" 2>&1 <<'END' || fail "$(tail -3 "$work/nginx.log")"
FROM localhost/joe2e-debian:1
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light busybox && rm -rf /var/lib/apt/lists/* \
    && ln -s /bin/busybox /usr/local/bin/wget && ln -s /bin/busybox /usr/local/bin/nslookup
END
}

build_prometheus() { # directory of the programs
  "$engine" build -t localhost/joe2e-prometheus:1 -f - "$1" > "$work/prometheus.log" 2>&1 <<'END' || fail "$(tail -3 "$work/prometheus.log")"
FROM localhost/joe2e-debian:1
COPY prometheus promtool /usr/local/bin/
RUN mkdir /prometheus && chown 65534:65534 /prometheus
ENTRYPOINT ["prometheus"]
END
}

say "images"
local_base=${LOCAL_BASE:-}
if [ -z "$local_base" ] && ! timeout 60 "$engine" pull -q nginx:1.28.0-alpine >/dev/null 2>&1; then
  echo "the registry of base images does not answer; making them from Debian's packages"
  local_base=1
fi
options=()
services=(server client proxy prometheus grafana)
left_out=()
scraped=
if [ -n "$local_base" ]; then
  build_base
  # Packages this machine has already are taken from here.
  packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  options=(--network host -v "$packages:/nuget:ro" --build-arg SDK_IMAGE=localhost/joe2e-sdk:1 --build-arg RUNTIME_IMAGE=localhost/joe2e-runtime:1)
  services=(server client proxy)
  left_out=(grafana)
  programs=$(bash eng/prometheus)
  if [ -n "$programs" ]; then
    build_prometheus "$programs"
    services+=(prometheus)
    "$programs/prometheus" --help 2>&1 | grep -q enable-otlp-receiver || scraped=1
  else
    left_out+=(prometheus)
  fi
  for service in "${left_out[@]}"; do echo "LEFT OUT: $service, since its image cannot be pulled and there is no package of it"; done
fi
if [ -z "${REUSE:-}" ]; then
  ENGINE=$engine PREFIX=localhost/ TAG=e2e bash eng/images "${options[@]}" > "$work/images.log" 2>&1 || fail "building the images: $(tail -20 "$work/images.log")"
  tail -4 "$work/images.log"
fi
[ -n "${REUSE:-}" ] || "$engine" build --network host --build-arg CLIENT_IMAGE=localhost/joborchestrator-client:e2e -t localhost/joborchestrator-own-client:e2e \
  examples/own-client-image > "$work/build-own.log" 2>&1 || fail "building the example's image: $(tail -20 "$work/build-own.log")"
"$engine" images | grep -E 'joborchestrator-(server|client|own-client) +e2e'

# ---- publish and configure, as docs/operations.md says
say "publish"
dotnet run --project JobOrchestrator.AppHost ${REUSE:+--no-build} -- --operation publish --step publish --output-path "$work/site" --clients 2
sh "$work/site/nginx/make-certificate.sh" "$work/site/certificates" localhost 127.0.0.1
set_line() { sed -i "s|^$1=.*|$1=$2|" "$work/site/.env"; grep -q "^$1=$2$" "$work/site/.env" || fail ".env has no line $1"; }
secret=$(openssl rand -hex 32)
set_line JOBORCHESTRATOR_CLIENT_SECRET "$secret"
set_line SERVER_IMAGE localhost/joborchestrator-server:e2e
set_line CLIENT_IMAGE localhost/joborchestrator-own-client:e2e
set_line HTTPS_PORT "$https_port"
set_line HTTP_PORT "$http_port"
set_line CLIENT_CPUS 1
set_line CLIENT_MEMORY 1G
set_line SERVER_CPUS 1
set_line SERVER_MEMORY 1G
password=$(openssl rand -hex 16)
set_line GRAFANA_ADMIN_PASSWORD "$password"

if [ -n "$scraped" ]; then
  # As the comments in the file say, with the clients' secret, and a key that is made below, when there is a server.
  sed -i -e 's/^    # authorization:/    authorization:/' -e 's|^    #   credentials_file: /run/secrets/|      credentials_file: /etc/prometheus/|' "$work/site/prometheus/scrape.yml"
  [ "$(grep -c '^      credentials_file: /etc/prometheus/' "$work/site/prometheus/scrape.yml")" -eq 2 ] || fail "scrape.yml has no place for a key and a secret"
  echo "$secret" > "$work/site/prometheus/client-secret"
fi

files=(-f "$work/site/docker-compose.yaml")
{
  echo "services:"
  files_limit=$(ulimit -Hn)
  for service in "${services[@]}"; do
    echo "  $service:"
    [ -z "$local_base" ] || case "$service" in
      proxy) echo "    image: localhost/joe2e-nginx:1" ;;
      prometheus) echo "    image: localhost/joe2e-prometheus:1" ;;
    esac
    [ -z "$scraped" ] || case "$service" in
      server|client) echo '    environment: {METRICS_SCRAPE: "true"}' ;;
      prometheus) echo "    command: [--config.file=/etc/prometheus/scrape.yml, --storage.tsdb.path=/prometheus]" ;;
    esac
    # An engine that may not raise limits refuses more than it has.
    if [ "$files_limit" = unlimited ] || [ "$files_limit" -ge 65536 ]; then echo "    labels: {}"; else echo "    ulimits: {nofile: {soft: $files_limit, hard: $files_limit}, nproc: {soft: 32000, hard: 32000}}"; fi
  done
  # Podman adds an option of its own, which docker-compose takes for a change of the network.
  [ "$engine" != podman ] || printf 'networks:\n  web:\n    ipam: {options: {driver: host-local}}\n'
} > "$work/site/docker-compose.e2e.yaml"
files+=(-f "$work/site/docker-compose.e2e.yaml")

if [ "$engine" = podman ]; then
  podman system service --time=0 "unix://$work/engine.sock" 2>"$work/service.log" &
  helpers+=($!)
  export DOCKER_HOST=unix://$work/engine.sock
  for _ in $(seq 100); do [ ! -S "$work/engine.sock" ] || break; sleep 0.1; done
fi
compose() { docker-compose --compatibility -p "$project" --project-directory "$work/site" --env-file "$work/site/.env" "${files[@]}" "$@"; }
containers() { "$engine" ps --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1" --format '{{.ID}}'; }

# Podman leaves health checks to timers of systemd; without it somebody else must keep the time.
if [ "$engine" = podman ] && ! systemctl is-system-running >/dev/null 2>&1; then
  (while sleep 2; do for id in $(podman ps -q --filter "label=com.docker.compose.project=$project" 2>/dev/null); do podman healthcheck run "$id" >/dev/null 2>&1 || true; done; done) &
  helpers+=($!)
fi

say "up"
touch "$work/up"
compose up -d --no-build "${services[@]}" > "$work/up.log" 2>&1 || fail "compose up: $(tail -20 "$work/up.log")"
base=https://localhost:$https_port
curl_() { curl --silent --show-error --cacert "$work/site/certificates/server.crt" "$@"; }
wait_for() { # what, seconds, command…
  local what=$1 patience=$(( SECONDS + $2 )); shift 2
  until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$patience" ] || fail "$what did not come about"; sleep 1; done
}
wait_for "a healthy server behind the proxy" 120 curl_ --fail "$base/health"

say "every container is as locked down as its service says"
for service in "${services[@]}"; do
  for id in $(containers "$service"); do
    facts=$("$engine" exec "$id" cat /proc/1/status 2>/dev/null || true)
    if [ -z "$facts" ]; then facts=$(cat "/proc/$("$engine" inspect -f '{{.State.Pid}}' "$id")/status"); fi # no cat in the image
    grep -q '^CapBnd:[[:space:]]*0000000000000000$' <<< "$facts" || fail "$service has capabilities: $(grep CapBnd <<< "$facts")"
    grep -q '^CapEff:[[:space:]]*0000000000000000$' <<< "$facts" || fail "$service has capabilities: $(grep CapEff <<< "$facts")"
    grep -q '^NoNewPrivs:[[:space:]]*1$' <<< "$facts" || fail "$service may gain privileges"
    grep -q '^Uid:[[:space:]]*0' <<< "$facts" && fail "$service is root"
    [ "$("$engine" inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$id")" = true ] || fail "$service has a writable root"
    [ "$("$engine" inspect -f '{{.HostConfig.PidsLimit}}' "$id")" -gt 0 ] || fail "$service has no limit on processes"
    [ "$("$engine" inspect -f '{{.HostConfig.Memory}}' "$id")" -gt 0 ] || fail "$service has no limit on memory"
  done
done
client=$(containers client | sed -n 1p)
"$engine" exec "$client" bash -c 'touch /x 2>/dev/null' && fail "a client can write to its root"
"$engine" exec "$client" timeout 5 bash -c 'echo > /dev/tcp/1.1.1.1/53' 2>/dev/null && fail "a client has a way out"
"$engine" exec "$client" timeout 5 bash -c "echo > /dev/tcp/$(ip -4 route get 1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')/$https_port" 2>/dev/null && fail "a client reaches the host"

say "jobs through the proxy"
[ "$(curl_ -o /dev/null -w '%{http_code}' "$base/api-docs/openapi.json")" = 403 ] || fail "the documentation is not blocked"
[ "$(curl_ -o /dev/null -w '%{http_code}' "$base/grafana/")" = 403 ] || fail "Grafana is not closed"
[ "$(curl_ -o /dev/null -w '%{http_code}' -F file=@examples/hello/run.sh -F user_id=1 -F service=example "$base/upload")" = 401 ] || fail "a job without a key is not refused"
make_key() { # name, role
  "$engine" exec "$(containers server)" dotnet JobOrchestrator.Server.dll keys create --name "$1" --any-user --role "$2" 2>"$work/key.log" | tr -d '\r' \
    || fail "no key was made: $(tail -3 "$work/key.log")"
}
key=$(make_key e2e submit)
metrics_key=$(make_key prometheus read)
[ -z "$scraped" ] || echo "$metrics_key" > "$work/site/prometheus/metrics-key"
bearer=(-H "Authorization: Bearer $key")
submit() { curl_ --fail "${bearer[@]}" "$@" -F user_id=1 -F service=example "$base/upload" | sed -n 's/.*"id":\([0-9]*\).*/\1/p'; }
finished() { curl_ --fail "${bearer[@]}" -o "$work/result-$1.zip" -D "$work/headers" "$base/download/$1" && grep -qi '^content-type: application/zip' "$work/headers"; }
job=$(submit -F file=@examples/docking/run.sh -F file=@examples/docking/2oob_A.pdb -F file=@examples/docking/2oob_B.pdb)
wait_for "the result of docking" 60 finished "$job"
unzip -p "$work/result-$job.zip" contacts.csv | grep '^A,ASN,931,B,LYS,6,' > /dev/null || fail "docking came to another result"

say "a program of the group's own image"
printf 'set -e\nresidues 2oob_A.pdb > count.txt\necho "2 * 21" | bc >> count.txt\n' > "$work/run.sh"
job=$(submit -F "file=@$work/run.sh;filename=run.sh" -F file=@examples/docking/2oob_A.pdb)
wait_for "the group's own program" 60 finished "$job"
[ "$(unzip -p "$work/result-$job.zip" count.txt | tr '\n' ' ')" = "A 44 42 " ] || fail "residues counted $(unzip -p "$work/result-$job.zip" count.txt)"

say "four clients; one is killed while all work"
compose up -d --no-build --scale client=4 "${services[@]}" > "$work/scale.log" 2>&1 || fail "scaling: $(tail -5 "$work/scale.log")"
[ "$(containers client | wc -l)" -eq 4 ] || fail "there are $(containers client | wc -l) clients"
directories() { [ "$("$engine" exec "$client" ls /data | grep -cE '^[0-9]+$')" -eq 4 ]; }
wait_for "a directory for each client" 60 directories
# The server asks DNS who the clients are, every ten seconds.
printf 'sleep 6; hostname > where.txt\n' > "$work/run.sh"
jobs=()
for _ in 1 2 3 4 5 6 7 8; do jobs+=("$(submit -F "file=@$work/run.sh;filename=run.sh")"); done
victim=$(containers client | sed -n '$p')
sleep 3
"$engine" kill --signal KILL "$victim" >/dev/null
for job in "${jobs[@]}"; do wait_for "job $job after a client's death" 240 finished "$job"; done
echo "clients that ended these jobs: $(for job in "${jobs[@]}"; do unzip -p "$work/result-$job.zip" where.txt; done | sort | uniq -c | tr '\n' ' ')"

if [[ " ${services[*]} " = *" prometheus "* ]]; then
  say "what happened is in Prometheus"
  query() { "$engine" exec "$(containers prometheus)" promtool query instant http://127.0.0.1:9090 "$1"; }
  counted() { query 'sum(joborchestrator_job_submissions_total)' | grep -E '^\{\} => [1-9]'; }
  wait_for "the count of submissions" 60 counted
  clients_counted() { query 'count(joborchestrator_client_info)' | grep -E '^\{\} => [34] '; }
  wait_for "metrics of the clients" 60 clients_counted
  evaluated() { query 'count(joborchestrator:success_ratio:15m)' | grep -E '^\{\} => [1-9]'; }
  wait_for "what the recording rules make" 60 evaluated
  query 'sum by (job_outcome) (joborchestrator_job_completions_total)'
fi

say "the server restarts; what was acknowledged is still there"
job=$(submit -F "file=@$work/run.sh;filename=run.sh")
"$engine" restart --time 40 "$(containers server)" >/dev/null
wait_for "the server after its restart" 120 curl_ --fail "$base/health"
wait_for "a job that ran during the restart" 120 finished "$job"

if [[ " ${services[*]} " = *" grafana "* ]]; then
  say "Grafana has its data source and its dashboards"
  grafana() { "$engine" exec "$(containers grafana)" wget -q -O - --header "Authorization: Basic $(printf 'admin:%s' "$password" | base64)" "http://127.0.0.1:3000$1"; }
  wait_for "Grafana's answer from Prometheus" 60 grafana /api/datasources/uid/joborchestrator-prometheus/health
  [ "$(grafana '/api/search?tag=joborchestrator' | grep -o '"uid":"joborchestrator-[a-z]*"' | sort -u | wc -l)" -eq 2 ] || fail "Grafana does not have both dashboards"
fi

say "no secret where none belongs"
compose logs --no-color > "$work/logs" 2>&1 || true
grep -qF -e "$secret" -e "$key" -e "$metrics_key" -e "$password" "$work/logs" && fail "a secret is in the logs"

say "down"
if [ -z "${KEEP:-}" ]; then
  compose down --volumes --timeout 60 > "$work/down.log" 2>&1 || fail "compose down: $(tail -5 "$work/down.log")"
  rm "$work/up"
  [ -z "$("$engine" ps -aq --filter "label=com.docker.compose.project=$project")" ] || fail "containers are left"
fi
say "passed${left_out:+, without ${left_out[*]}}"
