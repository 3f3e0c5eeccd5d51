#!/bin/sh
# Starts nginx with the configuration beside this file. What depends on where it runs is written to the scratch directory first.
#   PROXY_DOCS_ALLOW   addresses and networks that may see the interactive documentation, separated by spaces: "192.0.2.0/24 2001:db8::/32"
set -eu
scratch=/tmp/nginx
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$scratch"

# nginx does not read resolv.conf by itself. IPv6 addresses need brackets.
awk '$1 == "nameserver" { found = found " " (index($2, ":") ? "[" $2 "]" : $2) }
     END { print "resolver" (found == "" ? " 127.0.0.11" : found) " valid=10s;" }' /etc/resolv.conf > "$scratch/resolver.conf"

{
  for network in ${PROXY_DOCS_ALLOW:-}; do
    case "$network" in
      *[!0-9a-fA-F.:/]*) echo "PROXY_DOCS_ALLOW: '$network' is no address and no network" >&2; exit 1 ;;
    esac
    echo "allow $network;"
  done
  echo "deny all;"
} > "$scratch/docs-access.conf"

exec nginx -c "$here/nginx.conf" -g 'daemon off;'
