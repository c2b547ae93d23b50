#!/usr/bin/env bash
# Fetches the node's jars into lib/ and compiles it, unless that was done; run.sh calls it at each start.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ ! -f "$here/lib/.ok" ] || [ "$here/pom.xml" -nt "$here/lib/.ok" ]; then
  rm -rf "$here/lib"
  (cd "$here" && mvn -B -q dependency:copy-dependencies) >&2
  touch "$here/lib/.ok"
fi
src=$here/src/main/java/search/SearchNode.java
if [ ! -f "$here/classes/search/SearchNode.class" ] || [ "$src" -nt "$here/classes/search/SearchNode.class" ]; then
  mkdir -p "$here/classes"
  javac -nowarn -proc:none -d "$here/classes" -cp "$here/lib/*" "$src" >&2
fi
