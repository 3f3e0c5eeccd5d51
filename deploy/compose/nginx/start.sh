#!/bin/sh
# Starts nginx with the configuration beside this file. What depends on where it runs is written to the scratch directory first.
#   PROXY_DOCS_ALLOW   addresses and networks that may see the interactive documentation, separated by spaces: "192.0.2.0/24 2001:db8::/32"
set -eu
scratch=/tmp/nginx
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$scratch"

# nginx does not read resolv.conf by itself, and asks all it is given in turn. Where each network has a name server of its own (Podman), only those that
# know the server are of use.
all=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf)
useful=
if command -v nslookup >/dev/null 2>&1; then
  for resolver in $all; do
    if nslookup server "$resolver" >/dev/null 2>&1; then useful="$useful $resolver"; fi
  done
fi
[ -n "$useful" ] || useful=${all:-127.0.0.11}
# IPv6 addresses need brackets.
echo $useful | awk '{ for (i = 1; i <= NF; i++) printf " %s", index($i, ":") ? "[" $i "]" : $i }' \
  | awk '{ print "resolver " $0 " valid=10s;" }' > "$scratch/resolver.conf"

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
