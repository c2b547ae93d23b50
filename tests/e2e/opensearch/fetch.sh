#!/usr/bin/env bash
# Fetches the node's jars into lib/ unless they are there; run.sh does the same at its first start.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ ! -f "$here/lib/.ok" ] || [ "$here/pom.xml" -nt "$here/lib/.ok" ]; then
  rm -rf "$here/lib"
  (cd "$here" && mvn -B -q dependency:copy-dependencies) >&2
  touch "$here/lib/.ok"
fi
