#!/usr/bin/env bash
# run.sh VERSION --fetch: only fetches the jars of that version.
# run.sh VERSION PORT DATADIR: one Elasticsearch node of that version in the foreground, on 127.0.0.1:PORT.
# The first start of a version fetches its jars out of Maven into build-VERSION/ and compiles the starter; later ones need
# no network. Prints "ready" when the node answers; SIGTERM stops it. JAVA_HOME names the JDK: 17 or later, for version 9 21.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$1 port=$2 data=${3:-}
home=$here/build-$version
module=$home/modules/transport-netty4
java=${JAVA_HOME:+$JAVA_HOME/bin/}java javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac

case $version in
7.*) netty=transport-netty4-client log4j=2.17.1 needs=1.8 class=org.elasticsearch.transport.Netty4Plugin ;;
8.*) netty=transport-netty4 log4j=2.19.0 needs=17 class=org.elasticsearch.transport.netty4.Netty4Plugin ;;
*) netty=transport-netty4 log4j=2.19.0 needs=21 class=org.elasticsearch.transport.netty4.Netty4Plugin ;;
esac

fetch() {
    rm -rf "$home"
    mkdir -p "$home/classes"
    (cd "$here" && mvn -B -q -Dengine.version="$version" \
        -Dnetty.artifact="$netty" -Dlog4j.version="$log4j" -Djars="$home/lib" dependency:copy-dependencies) >&2
    mkdir -p "$module"
    mv "$home"/lib/netty-*.jar "$home"/lib/transport-netty4*.jar "$module/"
    cat >"$module/plugin-descriptor.properties" <<PROPERTIES
name=transport-netty4
description=HTTP and the transport between nodes
version=$version
elasticsearch.version=$version
java.version=$needs
classname=$class
extended.plugins=
has.native.controller=false
PROPERTIES
    [ "$needs" = 1.8 ] || echo licensed=false >>"$module/plugin-descriptor.properties"
    "$javac" -nowarn -proc:none -d "$home/classes" -cp "$home/lib/*" "$here/src/search/Engine.java" >&2
    touch "$home/.ok"
}

if [ ! -f "$home/.ok" ] || [ "$here/pom.xml" -nt "$home/.ok" ] || [ "$here/src/search/Engine.java" -nt "$home/.ok" ]; then
    fetch
fi

if [ "$port" = --fetch ]; then
    exit 0
fi

# From version 8 on the server is a module, and looks at itself as one.
if [ "$needs" = 1.8 ]; then
    path=(-cp "$home/classes:$home/lib/*" --add-opens=java.base/java.io=ALL-UNNAMED)
else
    path=(-p "$home/lib" --add-modules=jdk.net,ALL-MODULE-PATH -cp "$home/classes")
fi
exec "$java" -Xms256m -Xmx512m -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$here/../opensearch/log4j2.xml" \
    -Dlog4j2.disable.jmx=true -Dio.netty.noUnsafe=true -Des.path.home="$home" "${path[@]}" search.Engine "$port" "$home" "$data"
