#!/bin/sh
# Starts nginx with the configuration beside this file. What depends on where it runs is written to the scratch directory first.
#   PROXY_DOCS_ALLOW      addresses and networks that may see the interactive documentation, separated by spaces: "192.0.2.0/24 2001:db8::/32"
#   PROXY_GRAFANA_ALLOW   the same for Grafana at /grafana/
set -eu
scratch=/tmp/nginx
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$scratch"

# nginx does not read resolv.conf by itself, and asks all it is given in turn. Where each network has a name server of its own (Podman), only those that
# know the name are of use.
resolver_of() { # name
  all=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf)
  useful=
  if command -v nslookup >/dev/null 2>&1; then
    for resolver in $all; do
      if nslookup "$1" "$resolver" >/dev/null 2>&1; then useful="$useful $resolver"; fi
    done
  fi
  [ -n "$useful" ] || useful=${all:-127.0.0.11}
  # IPv6 addresses need brackets.
  echo $useful | awk '{ for (i = 1; i <= NF; i++) printf " %s", index($i, ":") ? "[" $i "]" : $i }' \
    | awk '{ print "resolver " $0 " valid=10s;" }'
}

only_for() { # setting, value
  for network in $2; do
    case "$network" in
      *[!0-9a-fA-F.:/]*) echo "$1: '$network' is no address and no network" >&2; return 1 ;;
    esac
    echo "allow $network;"
  done
  echo "deny all;"
}

resolver_of server > "$scratch/resolver.conf"
resolver_of grafana > "$scratch/grafana-resolver.conf"
only_for PROXY_DOCS_ALLOW "${PROXY_DOCS_ALLOW:-}" > "$scratch/docs-access.conf"
only_for PROXY_GRAFANA_ALLOW "${PROXY_GRAFANA_ALLOW:-}" > "$scratch/grafana-access.conf"

exec nginx -c "$here/nginx.conf" -g 'daemon off;'
