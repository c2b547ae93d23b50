#!/bin/bash
# syslog-send.sh KIND PORT N FOLDER: N syslog messages to 127.0.0.1:PORT by a real sender; FOLDER is for its files.
# logger and loggen end by themselves; rsyslog-* and syslogng-* stay in the foreground until they are ended.
# KIND: logger-{3164,5424}-{udp,tcp,octet}  loggen-{3164,5424}-{udp,tcp,noframe}  rsyslog-{udp,tcp,octet,5424}
#       syslogng-{tcp,syslog}
# The last two and loggen are found by the variables that tests/tools/unpack-syslog writes.
set -euo pipefail
kind=$1 port=$2 count=$3 work=$4 host=127.0.0.1

messages() {
    for i in $(seq 1 "$count"); do
        echo "seq=$i hello"
    done
}

send_by_logger() {
    messages | logger -n "$host" -P "$port" -t timetable -p user.info "$@"
}

send_by_loggen() {
    "$LOGGEN" -i -Q -n "$count" -s 256 "$@" "$host" "$port"
}

run_rsyslog() { # PROTOCOL TEMPLATE [OPTION]
    messages >"$work/in.log"
    cat >"$work/rsyslog.conf" <<CONF
global(workDirectory="$work")
module(load="imfile" mode="inotify")
input(type="imfile" file="$work/in.log" tag="timetable:" ruleset="forward")
ruleset(name="forward") {
    action(type="omfwd" target="$host" port="$port" protocol="$1" ${3:-} template="$2"
        action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="linkedList")
}
CONF
    exec "$RSYSLOGD" -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" -M "$RSYSLOG_MODULES"
}

run_syslog_ng() { # DESTINATION
    messages >"$work/in.log"
    cat >"$work/syslog-ng.conf" <<CONF
@version: 3.35
@module affile
@module afsocket
@module syslogformat
options { stats-freq(0); time-reopen(1); };
source s { file("$work/in.log" follow-freq(0.1) flags(no-parse) program-override("timetable")); };
destination d { $1; };
log { source(s); destination(d); };
CONF
    exec "$SYSLOG_NG" -F -e --no-caps -f "$work/syslog-ng.conf" --module-path "$SYSLOG_NG_MODULES" \
        -R "$work/persist" -c "$work/control" -p "$work/pid"
}

structured=(--rfc5424 --sd-id app@32473 --sd-param 'k="v"')
case $kind in
logger-3164-udp) send_by_logger -d --rfc3164 ;;
logger-3164-tcp) send_by_logger -T --rfc3164 ;;
logger-3164-octet) send_by_logger -T --octet-count --rfc3164 ;;
logger-5424-udp) send_by_logger -d "${structured[@]}" --msgid MID ;;
logger-5424-tcp) send_by_logger -T "${structured[@]}" ;;
logger-5424-octet) send_by_logger -T --octet-count "${structured[@]}" ;;
loggen-3164-udp) send_by_loggen -D -r 1000 ;;
loggen-3164-tcp) send_by_loggen -S -r 100000 ;;
loggen-5424-udp) send_by_loggen -D -P -F -r 1000 ;;
loggen-5424-tcp) send_by_loggen -S -P -r 100000 ;;
loggen-5424-noframe) send_by_loggen -S -P -F -r 100000 ;;
rsyslog-udp) run_rsyslog udp RSYSLOG_ForwardFormat ;;
rsyslog-tcp) run_rsyslog tcp RSYSLOG_ForwardFormat ;;
rsyslog-octet) run_rsyslog tcp RSYSLOG_ForwardFormat 'TCP_Framing="octet-counted"' ;;
rsyslog-5424) run_rsyslog tcp RSYSLOG_SyslogProtocol23Format ;;
syslogng-tcp) run_syslog_ng "network(\"$host\" port($port) transport(tcp))" ;;
syslogng-syslog) run_syslog_ng "syslog(\"$host\" port($port) transport(tcp))" ;;
*)
    echo "syslog-send.sh: unknown kind $kind" >&2
    exit 2
    ;;
esac
