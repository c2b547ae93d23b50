#!/usr/bin/env bash
# Start one OpenSearch node in the foreground on 127.0.0.1.
#   run.sh [PORT] [DATADIR] [-E key=value | key=value ...]
# Environment:
#   HEAP       JVM heap flags             (default "-Xms512m -Xmx1g")
#   OS_OPTS    more settings, key=value separated by spaces
#   PROFILE    reject-item | reject-request | breaker | tiny-body | es7 : presets (README.md)
#   JVM_OPTS   more JVM flags             LOG_LEVEL  log4j level on stderr (default warn)
# Prints "ready http://127.0.0.1:PORT pid=... start_ms=..." on stdout when the node answers.
# SIGTERM / SIGINT stops it. The process id is that of the java process (exec).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=${1:-9200}; [ $# -gt 0 ] && shift
data=${1:-$here/data-$port}; [ $# -gt 0 ] && shift

settings=()
case "${PROFILE:-}" in
  '') ;;
  reject-item)    settings+=(thread_pool.write.size=1 thread_pool.write.queue_size=1) ;;
  reject-request) settings+=(indexing_pressure.memory.limit=1kb) ;;
  breaker)        settings+=(network.breaker.inflight_requests.limit=100kb) ;;
  tiny-body)      settings+=(http.max_content_length=100kb) ;;
  es7)            settings+=(compatibility.override_main_response_version=true) ;;
  *) echo "run.sh: unknown PROFILE '$PROFILE'" >&2; exit 64 ;;
esac
for kv in ${OS_OPTS:-}; do settings+=("$kv"); done
while [ $# -gt 0 ]; do
  case $1 in
    -E) settings+=("${2:?-E needs key=value}"); shift 2 ;;
    -E*) settings+=("${1#-E}"); shift ;;
    *) settings+=("$1"); shift ;;
  esac
done

# First run, or after an edit: fetch the jars and compile. Otherwise no mvn at all.
"$here/fetch.sh"

# shellcheck disable=SC2086
exec java ${HEAP:--Xms512m -Xmx1g} -XX:+UseG1GC -Djava.awt.headless=true -Dfile.encoding=UTF-8 \
  -Dlog4j2.configurationFile="$here/log4j2.xml" -Dlog4j2.disable.jmx=true -Dlog4j.shutdownHookEnabled=false \
  -Dio.netty.noUnsafe=true -Dio.netty.noKeySetOptimization=true -Dio.netty.recycler.maxCapacityPerThread=0 \
  -Djava.io.tmpdir="${TMPDIR:-/tmp}" --add-opens=java.base/java.io=ALL-UNNAMED \
  ${JVM_OPTS:-} -cp "$here/classes:$here/lib/*" search.SearchNode "$port" "$data" ${settings[@]+"${settings[@]}"}
