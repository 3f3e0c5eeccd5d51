#!/usr/bin/env bash
# Submits a directory as a job, follows its output, and downloads the result. Needs curl and tar.
#   bash client.sh <server> <service> <user id> <directory> <result.zip>
# Set KEY to send an API key. The exit code is 0 when the job completed.
set -euo pipefail
server=$1 service=$2 user=$3 directory=$4 result=$5
api() { curl --silent --show-error --fail-with-body ${KEY:+--header "Authorization: Bearer $KEY"} "$@"; }
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

job=$(tar -C "$directory" -cz . | api -H "Idempotency-Key: $(date +%s)-$$" \
  -F user_id="$user" -F service="$service" -F "archive=@-;filename=job.tar.gz" "$server/api/v1/jobs" | member id)
echo "job $job" >&2

# Plain text as it is written; ends with the job.
api --no-buffer "$server/api/v1/jobs/$job/logs?follow=true"

state=$(api "$server/api/v1/jobs/$job" | member state)
echo "$state" >&2
# -C - goes on where an earlier download broke off.
api -C - -o "$result" "$server/api/v1/jobs/$job/result"
[ "$state" = completed ]
