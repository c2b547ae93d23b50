#!/usr/bin/env bash
# run.sh VERSION --fetch: only fetches the jars of that version.
# run.sh VERSION PORT DATADIR: one Elasticsearch node of that version in the foreground, on 127.0.0.1:PORT. A VERSION such as
# opensearch-1.3.20 is one of OpenSearch.
# The first start of a version fetches its jars out of Maven into build-VERSION/ and compiles the starter; later ones need
# no network. Prints "ready" when the node answers; SIGTERM stops it. JAVA_HOME names the JDK: 17 or later, for Elasticsearch 9 and
# OpenSearch 3 21.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$1 port=$2 data=${3:-}
home=$here/build-$version
module=$home/modules/transport-netty4
java=${JAVA_HOME:+$JAVA_HOME/bin/}java javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac

engine=elasticsearch number=$version path_home=es.path.home
case $version in
opensearch-*) engine=opensearch number=${version#opensearch-} path_home=opensearch.path.home ;;
esac

case $version in
opensearch-1.*) netty=transport-netty4-client log4j=2.17.1 needs=1.8 class=org.opensearch.transport.Netty4Plugin loader=plugins ;;
opensearch-*) netty=transport-netty4-client log4j=2.25.3 needs=21 class=org.opensearch.transport.Netty4ModulePlugin \
    loader=plugin.classloader ;;
7.*) netty=transport-netty4-client log4j=2.17.1 needs=1.8 class=org.elasticsearch.transport.Netty4Plugin ;;
8.*) netty=transport-netty4 log4j=2.19.0 needs=17 class=org.elasticsearch.transport.netty4.Netty4Plugin ;;
*) netty=transport-netty4 log4j=2.19.0 needs=21 class=org.elasticsearch.transport.netty4.Netty4Plugin ;;
esac

# OpenSearch has the same classes in packages of its own name; and its server asks for a loader of plugins that is in no
# Maven package of version 1.
compile() {
    local sources=$here/src
    if [ "$engine" = opensearch ]; then
        sources=$home/src
        mkdir -p "$sources/search"
        sed 's/org\.elasticsearch/org.opensearch/g' "$here/src/search/Engine.java" >"$sources/search/Engine.java"
        sed "s/^package .*/package org.opensearch.$loader;/" "$here/src/ExtendedPluginsClassLoader.java" \
            >"$sources/search/ExtendedPluginsClassLoader.java"
    fi
    "$javac" -nowarn -proc:none -d "$home/classes" -cp "$home/lib/*" "$sources"/search/*.java >&2
}

fetch() {
    rm -rf "$home"
    mkdir -p "$home/classes"
    (cd "$here" && mvn -B -q -Dengine.name="$engine" -Dengine.version="$number" \
        -Dnetty.artifact="$netty" -Dlog4j.version="$log4j" -Djars="$home/lib" dependency:copy-dependencies) >&2
    mkdir -p "$module"
    mv "$home"/lib/netty-*.jar "$home"/lib/transport-netty4*.jar "$module/"
    find "$home/lib" -name 'opensearch-netty4-*.jar' -exec mv -t "$module" {} +
    cat >"$module/plugin-descriptor.properties" <<PROPERTIES
name=transport-netty4
description=HTTP and the transport between nodes
version=$number
$engine.version=$number
java.version=$needs
classname=$class
extended.plugins=
has.native.controller=false
PROPERTIES
    [ "$needs" = 1.8 ] || [ "$engine" = opensearch ] || echo licensed=false >>"$module/plugin-descriptor.properties"
    compile
    touch "$home/.ok"
}

if [ ! -f "$home/.ok" ] || [ "$here/pom.xml" -nt "$home/.ok" ] || [ "$here/src/search/Engine.java" -nt "$home/.ok" ]; then
    fetch
fi

if [ "$port" = --fetch ]; then
    exit 0
fi

# From version 8 on Elasticsearch's server is a module, and looks at itself as one.
if [ "$needs" = 1.8 ] || [ "$engine" = opensearch ]; then
    path=(-cp "$home/classes:$home/lib/*" --add-opens=java.base/java.io=ALL-UNNAMED)
else
    path=(-p "$home/lib" --add-modules=jdk.net,ALL-MODULE-PATH -cp "$home/classes")
fi
exec "$java" -Xms256m -Xmx512m -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$here/../opensearch/log4j2.xml" \
    -Dlog4j2.disable.jmx=true -Dio.netty.noUnsafe=true -D$path_home="$home" "${path[@]}" search.Engine "$port" "$home" "$data"
