#!/bin/sh
# Makes a self-signed certificate for a trial; browsers and curl must be told to trust it. In production put a real one in its place.
#   sh make-certificate.sh DIRECTORY NAME…      names and addresses of the host: certificates portal.example.org 192.0.2.7
# Writes server.crt and server.key, valid for 90 days. An existing key is never overwritten.
set -eu
[ $# -ge 2 ] || { sed -n '3,4s/^# *//p' "$0" >&2; exit 2; }
directory=$1
shift
[ ! -e "$directory/server.key" ] || { echo "$directory/server.key exists; remove it first if you mean it" >&2; exit 1; }

names=
for name in "$@"; do
  case "$name" in
    *[!0-9a-zA-Z.:*-]*) echo "'$name' is no host name and no address" >&2; exit 2 ;;
    *:*|*[0-9].[0-9]*.[0-9]*.[0-9]*) kind=IP ;;
    *) kind=DNS ;;
  esac
  names="$names${names:+,}$kind:$name"
done

mkdir -p "$directory"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -nodes -days 90 -subj "/CN=$1" -addext "subjectAltName=$names" \
  -addext "keyUsage=critical,digitalSignature" -addext "extendedKeyUsage=serverAuth" \
  -keyout "$directory/server.key" -out "$directory/server.crt" 2>/dev/null

# The proxy runs as user 101 and must read the key.
chmod 755 "$directory"
chmod 644 "$directory/server.crt"
if [ "$(id -u)" = 0 ]; then
  chown 101:101 "$directory/server.key"
else
  chmod 644 "$directory/server.key"
  echo "Not root, so the key cannot be given to the proxy's user alone: everyone on this machine can read it. Fine for a trial, nothing else." >&2
fi
echo "Made $directory/server.crt for $names; trust it with: curl --cacert $directory/server.crt"
