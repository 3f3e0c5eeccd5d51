#!/usr/bin/env bash
# The smallest job: what it prints comes back as stdout.log, what it writes comes back as it is.
echo "Hello from $(hostname), $(date -u +%F)"
ls -l > files.txt
