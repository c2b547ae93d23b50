/* inputs/syslog.c - syslog messages over UDP and TCP, on one port: RFC 3164 and RFC 5424, however a TCP sender
 * frames them.
 *
 * Fields are those of Logstash's input. Its default pattern does not know RFC 5424; ours are, with ECS:
 * [log][syslog][version], [msgid], [structured_data], and [procid] where that is no number; without:
 * syslog_version, msgid, structured_data. */
#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/zone.h"
#include "pipeline/net/address.h"
#include "pipeline/net/sockets.h"
#include "pipeline/run/datagrams.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"
#include "pipeline/text/syslog.h"
#include "pipeline/text/syslog_framing.h"

#define LEGACY_PATTERN "<%{POSINT:priority}>%{SYSLOGLINE}"
#define ECS_PATTERN "<%{POSINT:[log][syslog][priority]:int}>%{SYSLOGLINE}"
#define FAILURE_TAG "_grokparsefailure_sysloginput"

#define ROOM ((size_t)64 * 1024) /* of a read of TCP */
#define FRAME_LIMIT ((size_t)1024 * 1024)
/* When unfinished frames come to that, each may have no more than ROOM. */
#define PARTIAL_BUDGET ((size_t)16 * 1024 * 1024)

/* The fields that are set, as compiled references. */
enum field {
    PRIORITY,
    SEVERITY,
    FACILITY,
    SEVERITY_LABEL,
    FACILITY_LABEL,
    HOST,
    PROGRAM,
    PID,
    VERSION,
    MESSAGE_ID,
    STRUCTURED,
    PROCESS_ID, /* a pid that is no number */
    MESSAGE,
    TIMESTAMP,
    ORIGINAL,
    SERVICE,
    FIELDS,
};

static const char *const legacy_names[FIELDS] = {
    [PRIORITY] = "priority",
    [SEVERITY] = "severity",
    [FACILITY] = "facility",
    [SEVERITY_LABEL] = "severity_label",
    [FACILITY_LABEL] = "facility_label",
    [HOST] = "logsource",
    [PROGRAM] = "program",
    [PID] = "pid",
    [VERSION] = "syslog_version",
    [MESSAGE_ID] = "msgid",
    [STRUCTURED] = "structured_data",
    [PROCESS_ID] = "pid",
    [MESSAGE] = "message",
    [TIMESTAMP] = "timestamp",
};
static const char *const ecs_names[FIELDS] = {
    [PRIORITY] = "[log][syslog][priority]",
    [SEVERITY] = "[log][syslog][severity][code]",
    [FACILITY] = "[log][syslog][facility][code]",
    [SEVERITY_LABEL] = "[log][syslog][severity][name]",
    [FACILITY_LABEL] = "[log][syslog][facility][name]",
    [HOST] = "[host][hostname]",
    [PROGRAM] = "[process][name]",
    [PID] = "[process][pid]",
    [VERSION] = "[log][syslog][version]",
    [MESSAGE_ID] = "[log][syslog][msgid]",
    [STRUCTURED] = "[log][syslog][structured_data]",
    [PROCESS_ID] = "[log][syslog][procid]",
    [MESSAGE] = "message",
    [ORIGINAL] = "[event][original]",
    [SERVICE] = "[service][type]",
};

struct syslog {
    struct chute_str host;
    long long port;
    bool proxy_protocol;
    bool use_labels;
    struct chute_list facility_labels;
    struct chute_list severity_labels;
    struct chute_str timezone;
    struct chute_str locale;
    struct chute_str grok_pattern;
    const struct chute_ref *syslog_field;
    struct chute_zone zone;
    bool is_ecs;
    struct chute_ref fields[FIELDS];
};

struct syslog_state {
    struct chute_socket *tcp;
    struct chute_datagrams udp;
    char *room; /* every connection is read into it */
    size_t partial_total;
    int open_sockets; /* at a stop */
};

/* What is kept for a connection. */
struct sender {
    struct chute_stream *stream;
    struct chute_syslog_framing framing;
    struct chute_buf partial; /* the unfinished frame */
};

#define FACILITIES                                                                                 \
    "[\"kernel\", \"user-level\", \"mail\", \"system\", \"security/authorization\", \"syslogd\", " \
    "\"line printer\", \"network news\", \"UUCP\", \"clock\", \"security/authorization\", "        \
    "\"FTP\", \"NTP\", \"log audit\", \"log alert\", \"clock\", \"local0\", \"local1\", "          \
    "\"local2\", \"local3\", \"local4\", \"local5\", \"local6\", \"local7\"]"
#define SEVERITIES                                                                                 \
    "[\"Emergency\", \"Alert\", \"Critical\", \"Error\", \"Warning\", \"Notice\", "                \
    "\"Informational\", \"Debug\"]"

static const struct chute_option options[] = {
    { .name = "host",
        CHUTE_TEXT(struct syslog, host),
        .fallback = "0.0.0.0",
        .doc = "Address to listen on." },
    { .name = "port",
        CHUTE_INTEGER(struct syslog, port),
        .fallback = "514",
        .has_bounds = true,
        .min = 0,
        .max = 65535,
        .doc = "Port to listen on, for UDP and TCP." },
    { .name = "proxy_protocol",
        CHUTE_BOOLEAN(struct syslog, proxy_protocol),
        .fallback = "false",
        .doc = "TCP connections begin with a header of the PROXY protocol, version 1 or 2." },
    { .name = "use_labels",
        CHUTE_BOOLEAN(struct syslog, use_labels),
        .fallback = "true",
        .doc = "Sets the names of severity and facility, too." },
    { .name = "facility_labels",
        CHUTE_LIST(struct syslog, facility_labels),
        .fallback = FACILITIES,
        .doc = "Names of the facilities, from 0 on." },
    { .name = "severity_labels",
        CHUTE_LIST(struct syslog, severity_labels),
        .fallback = SEVERITIES,
        .doc = "Names of the severities, from 0 on." },
    { .name = "timezone",
        CHUTE_TEXT(struct syslog, timezone),
        .sample = "\"Europe/Berlin\"",
        .doc = "Zone of times that come without an offset; by default this machine's." },
    { .name = "locale",
        CHUTE_TEXT(struct syslog, locale),
        .sample = "\"en\"",
        .doc = "Only English: names of months in syslog messages are." },
    { .name = "grok_pattern",
        CHUTE_TEXT(struct syslog, grok_pattern),
        .sample = "\"" LEGACY_PATTERN "\"",
        .doc = "Only Logstash's default, for which there is a parser." },
    { .name = "syslog_field",
        CHUTE_REF(struct syslog, syslog_field),
        .fallback = "message",
        .doc = "Field of the decoded event that holds the syslog message." },
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct syslog *self = settings;
    self->is_ecs = prepare->ecs != CHUTE_ECS_DISABLED;
    const char *const *names = self->is_ecs ? ecs_names : legacy_names;
    for (int i = 0; i < FIELDS; i++) {
        if (names[i] != NULL) {
            chute_ref_compile(
                prepare->arena, chute_str_of(names[i]), prepare->escape_style, &self->fields[i]);
        }
    }
    if (self->timezone.at == NULL) {
        self->zone = chute_zone_local();
    } else if (!chute_zone_find(self->timezone, &self->zone)) {
        chute_prepare_refuse(
            prepare, "timezone", "unknown time zone '%.*s'", CHUTE_STR_ARGS(self->timezone));
        return false;
    }
    if (self->locale.at != NULL && !chute_str_starts_with(self->locale, CHUTE_STR("en"))) {
        chute_prepare_warn(
            prepare, "locale", "names of months are read in English, whatever the locale");
    }
    if (self->grok_pattern.at != NULL &&
        !chute_str_eq(self->grok_pattern, CHUTE_STR(LEGACY_PATTERN)) &&
        !chute_str_eq(self->grok_pattern, CHUTE_STR(ECS_PATTERN))) {
        chute_prepare_refuse(prepare, "grok_pattern",
            "another pattern than the default comes with the grok filter; until then use the tcp "
            "and "
            "udp inputs and a filter");
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ fields */

static void set(const struct syslog *self, struct chute_event *event, enum field field,
    struct chute_value value) {
    chute_event_set(event, &self->fields[field], value);
}

/* A text that the message may lack. */
static void set_text(
    const struct syslog *self, struct chute_event *event, enum field field, struct chute_str text) {
    if (text.len > 0) {
        set(self, event, field, chute_string(text));
    }
}

static void set_label(const struct syslog *self, struct chute_event *event, enum field field,
    const struct chute_list *labels, int number) {
    if ((size_t)number < labels->count) {
        set(self, event, field, chute_string(labels->items[number]));
    }
}

static void set_priority(const struct syslog *self, struct chute_event *event, int priority) {
    int facility = priority >> 3, severity = priority & 7;
    set(self, event, PRIORITY, chute_int(priority));
    set(self, event, SEVERITY, chute_int(severity));
    set(self, event, FACILITY, chute_int(facility));
    if (self->use_labels) {
        set_label(self, event, FACILITY_LABEL, &self->facility_labels, facility);
        set_label(self, event, SEVERITY_LABEL, &self->severity_labels, severity);
    }
}

/* The process: with ECS its pid is a number, and what is none has a field of its own. */
static void set_process(
    const struct syslog *self, struct chute_event *event, const struct chute_syslog *message) {
    set_text(self, event, PROGRAM, message->program);
    if (message->pid.len == 0) {
        return;
    }
    long long number = 0;
    bool is_number = message->pid.len <= 18;
    for (size_t i = 0; i < message->pid.len && is_number; i++) {
        is_number = message->pid.at[i] >= '0' && message->pid.at[i] <= '9';
        number = number * 10 + (message->pid.at[i] - '0');
    }
    if (self->is_ecs && is_number) {
        set(self, event, PID, chute_int(number));
    } else {
        set(self, event, PROCESS_ID, chute_string(message->pid));
    }
}

static void set_time(
    const struct syslog *self, struct chute_event *event, const struct chute_syslog *message) {
    if (message->timestamp.len == 0) {
        return;
    }
    struct chute_time time;
    if (chute_syslog_time(message->timestamp, self->zone, event->batch->now, &time)) {
        chute_event_set_time(event, time);
    } else {
        chute_event_tag(event, CHUTE_STR("_dateparsefailure"));
    }
    if (!self->is_ecs) {
        set(self, event, TIMESTAMP, chute_string(message->timestamp));
    }
}

/* The message takes the place of the syslog text; beside another `message` it makes an array, as grok does. */
static void set_message(
    const struct syslog *self, struct chute_event *event, struct chute_str message) {
    struct chute_value *there = chute_event_get(event, &self->fields[MESSAGE]);
    bool overwrites = chute_str_eq(self->syslog_field->text, CHUTE_STR("message")) ||
                      chute_str_eq(self->syslog_field->text, CHUTE_STR("[message]"));
    if (there == NULL || overwrites) {
        set(self, event, MESSAGE, chute_string(message));
        return;
    }
    struct chute_arena *arena = chute_event_arena(event);
    struct chute_value both = chute_array_new(arena, 2);
    chute_array_add(arena, both.as.array, *there);
    chute_array_add(arena, both.as.array, chute_string(message));
    set(self, event, MESSAGE, both);
}

static void decorate(
    const void *settings, struct chute_event *event, struct chute_decoder *decoder) {
    (void)decoder;
    const struct syslog *self = settings;
    struct chute_str text;
    struct chute_syslog message;
    bool is_text = chute_event_get_str(event, self->syslog_field, &text);
    if (self->is_ecs && is_text) {
        set(self, event, ORIGINAL, chute_string(text));
    }
    if (self->is_ecs && chute_event_get(event, &self->fields[SERVICE]) == NULL) {
        set(self, event, SERVICE, chute_clean_string(CHUTE_STR("system")));
    }
    if (is_text && text.len >= FRAME_LIMIT) {
        chute_event_tag(event, CHUTE_STR("_linetoolong"));
    }
    if (!is_text || !chute_syslog_parse(text, &message)) {
        set_priority(self, event, CHUTE_SYSLOG_UNKNOWN_PRIORITY);
        chute_event_tag(event, CHUTE_STR(FAILURE_TAG));
        return;
    }
    set_priority(self, event, message.priority);
    set_text(self, event, HOST, message.host);
    set_process(self, event, &message);
    set_text(self, event, MESSAGE_ID, message.message_id);
    if (message.version > 0) {
        set(self, event, VERSION, chute_clean_string(CHUTE_STR("1")));
    }
    if (message.structured_data.len > 0) {
        set(self, event, STRUCTURED,
            chute_syslog_structured(chute_event_arena(event), message.structured_data));
    }
    set_message(self, event, message.message);
    set_time(self, event, &message);
}

/* ------------------------------------------------------------------ TCP */

static const char *host_field(struct chute_input *input) {
    return chute_input_ecs(input) == CHUTE_ECS_DISABLED ? "host" : "[host][ip]";
}

static char *on_room(struct chute_conn *conn, size_t *size) {
    struct syslog_state *state = chute_input_state(conn->conns->owner);
    *size = ROOM;
    return state->room;
}

/* Hands the frames in `bytes` on, behind what was kept, and keeps the rest. */
static void take(struct chute_conn *conn, struct chute_str bytes, bool is_end) {
    struct syslog_state *state = chute_input_state(conn->conns->owner);
    struct sender *sender = conn->data;
    size_t limit = state->partial_total > PARTIAL_BUDGET ? ROOM : FRAME_LIMIT;
    state->partial_total -= sender->partial.len;
    bool is_kept = sender->partial.len > 0;
    if (is_kept) {
        chute_buf_add_str(&sender->partial, bytes);
        bytes = chute_buf_str(&sender->partial);
    }
    struct chute_str frame;
    while (chute_syslog_frame_next(&sender->framing, &bytes, limit, is_end, &frame)) {
        if (!chute_stream_frame(sender->stream, frame, NULL) && !conn->conns->is_paused) {
            chute_conns_pause(conn->conns);
        }
    }
    if (is_kept && bytes.len > 0) {
        memmove(sender->partial.at, bytes.at, bytes.len);
        sender->partial.len = bytes.len;
    } else if (is_kept) {
        chute_buf_finish(&sender->partial);
    } else {
        chute_buf_add_str(&sender->partial, bytes);
    }
    state->partial_total += sender->partial.len;
}

static void on_open(struct chute_conn *conn) {
    struct chute_input *input = conn->conns->owner;
    const char *ip = conn->proxy.source_ip[0] == '\0' ? conn->peer.ip : conn->proxy.source_ip;
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, host_field(input), chute_string(chute_str_of(ip)), true);
    struct sender *sender = chute_calloc(1, sizeof(*sender));
    sender->stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    sender->framing.to_skip = conn->rest.to_skip;
    sender->framing.is_skipping = conn->rest.is_skipping;
    conn->data = sender;
    take(conn, chute_buf_str(&conn->rest.bytes), false);
    chute_input_count(input, "connections", 1);
}

static void on_read(struct chute_conn *conn, size_t len) {
    struct syslog_state *state = chute_input_state(conn->conns->owner);
    take(conn, (struct chute_str){ state->room, len }, false);
}

static void on_bytes(struct chute_conn *conn, struct chute_str bytes) {
    take(conn, bytes, false);
}

static void on_idle(struct chute_conn *conn, long long idle_ms) {
    struct sender *sender = conn->data;
    chute_stream_idle(sender->stream, idle_ms);
}

static void on_end(struct chute_conn *conn, int error) {
    struct sender *sender = conn->data;
    if (error != 0) {
        chute_log(CHUTE_LOG_DEBUG, "inputs.syslog", "connection lost", "peer", conn->peer.ip,
            "reason", uv_strerror(error), NULL);
    }
    take(conn, (struct chute_str){ "", 0 }, true);
    chute_stream_end(sender->stream, NULL);
    chute_stream_destroy(sender->stream);
    chute_buf_finish(&sender->partial);
    chute_free(sender);
}

/* What was cut goes on one by one: the codec has nothing that is worth keeping. */
static void on_leave(struct chute_conn *conn) {
    struct syslog_state *state = chute_input_state(conn->conns->owner);
    struct sender *sender = conn->data;
    state->partial_total -= sender->partial.len;
    conn->rest = (struct chute_conn_rest){
        .bytes = sender->partial,
        .to_skip = sender->framing.to_skip,
        .is_skipping = sender->framing.is_skipping,
    };
    chute_stream_end(sender->stream, NULL);
    chute_stream_destroy(sender->stream);
    chute_free(sender);
}

static const struct chute_conn_events conn_events = {
    .on_open = on_open,
    .on_room = on_room,
    .on_read = on_read,
    .on_bytes = on_bytes,
    .on_idle = on_idle,
    .on_end = on_end,
    .on_leave = on_leave,
};

/* ------------------------------------------------------------------ the input */

static void pause_reading(struct chute_input *input) {
    struct syslog_state *state = chute_input_state(input);
    chute_socket_pause(state->tcp);
    chute_socket_pause(state->udp.socket);
}

static void resume_reading(struct chute_input *input) {
    struct syslog_state *state = chute_input_state(input);
    chute_socket_resume(state->tcp);
    chute_socket_resume(state->udp.socket);
}

static void end(struct chute_input *input) {
    struct syslog_state *state = chute_input_state(input);
    chute_datagrams_end(&state->udp);
    chute_input_ended(input);
}

static void on_socket_closed(void *input) {
    struct syslog_state *state = chute_input_state(input);
    if (--state->open_sockets == 0) {
        end(input);
    }
}

static void stop(struct chute_input *input) {
    struct syslog_state *state = chute_input_state(input);
    struct chute_socket *sockets[] = { state->tcp, state->udp.socket };
    bool keeps = chute_input_keeps_sockets(input);
    for (int i = 0; i < 2; i++) {
        if (sockets[i] != NULL && keeps) {
            chute_socket_leave(sockets[i]);
        } else if (sockets[i] != NULL) {
            state->open_sockets++;
            chute_socket_close(sockets[i], on_socket_closed, input);
        }
    }
    if (state->open_sockets == 0) {
        end(input);
    }
}

static int attach(struct chute_input *input) {
    const struct syslog *self = chute_input_settings(input);
    struct syslog_state *state = chute_input_state(input);
    struct chute_conns conns = {
        .loop = chute_input_loop(input),
        .events = &conn_events,
        .owner = input,
        .module = "inputs.syslog",
        .has_proxy = self->proxy_protocol,
        .is_paused = chute_input_is_paused(input),
    };
    struct chute_socket_ask ask = {
        .id = chute_input_id(input), .host = self->host.at, .port = (int)self->port, .tcp = &conns
    };
    int rc = chute_socket_attach(chute_input_sockets(input), &ask, &state->tcp);
    struct chute_datagrams_ask udp = {
        .module = "inputs.syslog",
        .host = self->host.at,
        .port = (int)self->port,
        .most = CHUTE_DATAGRAM_MOST,
        .sender_field = host_field(input),
        .replaces_sender = true,
        .trims_ends = true,
    };
    return rc == 0 ? chute_datagrams_open(&state->udp, input, &udp) : rc;
}

static int start(struct chute_input *input) {
    const struct syslog *self = chute_input_settings(input);
    struct syslog_state *state = chute_input_state(input);
    state->room = chute_alloc(ROOM);
    struct chute_arena arena = { 0 };
    struct chute_str text = chute_arena_printf(&arena, "syslog %s, udp and tcp (%s)",
        chute_address_join(&arena, self->host.at, self->port).at,
        chute_input_codec(input)->plugin->name);
    chute_input_describe(input, text.at);
    chute_arena_finish(&arena);
    return attach(input);
}

static void state_finish(void *memory) {
    struct syslog_state *state = memory;
    chute_datagrams_finish(&state->udp);
    chute_free(state->room);
}

const struct chute_input_plugin chute_input_syslog = {
    .name = "syslog",
    .summary = "Syslog messages over UDP and TCP, RFC 3164 and RFC 5424.",
    .settings_size = sizeof(struct syslog),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_ON_LOOP,
    .default_codec = "plain",
    .takes_datagrams = true,
    .state_size = sizeof(struct syslog_state),
    .start = start,
    .pause = pause_reading,
    .resume = resume_reading,
    .stop = stop,
    .state_finish = state_finish,
    .decorate = decorate,
};
