/* inputs/tcp.c - bytes over TCP, cut into events by the codec: from whoever connects, or (mode client) from
 * where it connects to. */
#include "pipeline/base/log.h"
#include "pipeline/net/conn.h"
#include "pipeline/net/dial.h"
#include "pipeline/net/names.h"
#include "pipeline/net/sockets.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

enum mode { MODE_SERVER, MODE_CLIENT };

struct tcp {
    struct chute_str host;
    long long port;
    int mode;
    bool proxy_protocol;
    bool dns_reverse_lookup_enabled;
    bool tcp_keep_alive;
    bool ssl_enabled;
    struct chute_value unsupported;
};

struct tcp_state {
    struct chute_socket *socket; /* of a server */
    struct chute_conns dialled;  /* of a client: the set of its connection, */
    struct chute_dial dial;      /* what keeps it up, */
    int open_parts;              /* and how many of the two are open */
    struct chute_names *names;
};

static const char *const modes[] = { "server", "client", NULL };

#define TLS_HINT "TLS for inputs comes in a later version; put a TLS-terminating proxy before it"
#define TLS_ROW(n)                                                                                 \
    {                                                                                              \
        .name = n, CHUTE_VALUE(struct tcp, unsupported), .state = CHUTE_OPTION_UNSUPPORTED,        \
        .hint = TLS_HINT, .doc = "Of TLS."                                                         \
    }

static const struct chute_option options[] = {
    { .name = "host",
        CHUTE_TEXT(struct tcp, host),
        .fallback = "0.0.0.0",
        .doc = "Address to listen on, or host to connect to." },
    { .name = "port",
        CHUTE_INTEGER(struct tcp, port),
        .is_required = true,
        .has_bounds = true,
        .min = 0,
        .max = 65535,
        .doc = "Port to listen on, or to connect to." },
    { .name = "mode",
        CHUTE_CHOICE(struct tcp, mode),
        .choices = modes,
        .fallback = "server",
        .doc = "server listens; client connects, and connects again when it is cut off." },
    { .name = "proxy_protocol",
        CHUTE_BOOLEAN(struct tcp, proxy_protocol),
        .fallback = "false",
        .doc = "Connections begin with a header of the PROXY protocol, version 1 or 2." },
    { .name = "dns_reverse_lookup_enabled",
        CHUTE_BOOLEAN(struct tcp, dns_reverse_lookup_enabled),
        .fallback = "true",
        .doc = "Looks up the name of the peer's address, for two seconds at most." },
    { .name = "tcp_keep_alive",
        CHUTE_BOOLEAN(struct tcp, tcp_keep_alive),
        .fallback = "false",
        .doc = "Asks peers that are silent whether they are still there." },
    { .name = "ssl_enabled",
        CHUTE_BOOLEAN(struct tcp, ssl_enabled),
        .fallback = "false",
        .doc = "Only false: " TLS_HINT "." },
    { .name = "ssl_enable",
        CHUTE_BOOLEAN(struct tcp, ssl_enabled),
        .alias_of = "ssl_enabled",
        .state = CHUTE_OPTION_DEPRECATED,
        .hint = "use ssl_enabled",
        .doc = "Former name of ssl_enabled." },
    TLS_ROW("ssl_cert"),
    TLS_ROW("ssl_certificate"),
    TLS_ROW("ssl_certificate_authorities"),
    TLS_ROW("ssl_cipher_suites"),
    TLS_ROW("ssl_client_authentication"),
    TLS_ROW("ssl_extra_chain_certs"),
    TLS_ROW("ssl_key"),
    TLS_ROW("ssl_key_passphrase"),
    TLS_ROW("ssl_supported_protocols"),
    TLS_ROW("ssl_verification_mode"),
    TLS_ROW("ssl_verify"),
    { .name = "ssl_cacert",
        .state = CHUTE_OPTION_OBSOLETE,
        .hint = "it is now ssl_certificate_authorities" },
    { .name = "data_timeout",
        .state = CHUTE_OPTION_OBSOLETE,
        .hint = "it has no meaning any more: leave it out" },
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    const struct tcp *self = settings;
    if (self->ssl_enabled) {
        bool is_former = chute_prepare_is_set(prepare, "ssl_enable");
        chute_prepare_refuse(prepare, is_former ? "ssl_enable" : "ssl_enabled", "%s", TLS_HINT);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ connections */

/* Where a connection's events come from, under the names that Logstash uses. */
static struct chute_origin *origin_of(
    const struct tcp *self, enum chute_ecs ecs, const struct chute_conn *conn) {
    bool is_ecs = ecs != CHUTE_ECS_DISABLED;
    const char *ip = conn->peer.ip;
    const char *name = conn->name == NULL ? ip : conn->name;
    struct chute_value port = chute_int(conn->peer.port);
    const struct chute_proxy *proxy = &conn->proxy;
    bool is_told = self->proxy_protocol && proxy->source_ip[0] != '\0';
    if (is_told) {
        ip = name = proxy->source_ip;
        port = chute_string(chute_str_of(proxy->source_port)); /* a text, as in Logstash */
    }
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, is_ecs ? "[@metadata][input][tcp][source][name]" : "host",
        chute_string(chute_str_of(name)), false);
    chute_origin_add(origin,
        is_ecs ? "[@metadata][input][tcp][source][ip]" : "[@metadata][ip_address]",
        chute_string(chute_str_of(ip)), false);
    chute_origin_add(
        origin, is_ecs ? "[@metadata][input][tcp][source][port]" : "port", port, false);
    if (is_told) {
        chute_origin_add(origin, is_ecs ? "[@metadata][input][tcp][proxy][ip]" : "proxy_host",
            chute_string(chute_str_of(proxy->proxy_ip)), false);
        chute_origin_add(origin, is_ecs ? "[@metadata][input][tcp][proxy][port]" : "proxy_port",
            chute_string(chute_str_of(proxy->proxy_port)), false);
    }
    return origin;
}

static void pause_reading(struct chute_input *input) {
    struct tcp_state *state = chute_input_state(input);
    chute_socket_pause(state->socket);
    chute_conns_pause(&state->dialled);
}

static void resume_reading(struct chute_input *input) {
    struct tcp_state *state = chute_input_state(input);
    chute_socket_resume(state->socket);
    chute_conns_resume(&state->dialled);
}

static void on_open(struct chute_conn *conn) {
    struct chute_input *input = conn->conns->owner;
    struct chute_origin *origin =
        origin_of(chute_input_settings(input), chute_input_ecs(input), conn);
    conn->data = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    chute_stream_inherit(conn->data, chute_buf_str(&conn->rest.bytes), conn->rest.is_skipping);
    chute_input_count(input, "connections", 1);
}

static char *on_room(struct chute_conn *conn, size_t *size) {
    return chute_stream_buffer(conn->data, size);
}

static void on_read(struct chute_conn *conn, size_t len) {
    if (!chute_stream_read(conn->data, len, NULL)) {
        chute_conns_pause(conn->conns);
    }
}

static void on_bytes(struct chute_conn *conn, struct chute_str bytes) {
    if (!chute_stream_feed(conn->data, bytes, NULL)) {
        chute_conns_pause(conn->conns);
    }
}

static void on_idle(struct chute_conn *conn, long long idle_ms) {
    chute_stream_idle(conn->data, idle_ms);
}

static void on_end(struct chute_conn *conn, int error) {
    struct chute_input *input = conn->conns->owner;
    struct tcp_state *state = chute_input_state(input);
    const struct tcp *self = chute_input_settings(input);
    if (error != 0) {
        chute_log(CHUTE_LOG_DEBUG, "inputs.tcp", "connection lost", "peer", conn->peer.ip, "reason",
            uv_strerror(error), NULL);
    }
    chute_stream_end(conn->data, NULL);
    chute_stream_destroy(conn->data);
    if (self->mode == MODE_CLIENT) {
        chute_dial_again(&state->dial);
    }
}

static void on_leave(struct chute_conn *conn) {
    conn->rest.is_skipping = chute_stream_leave(conn->data, &conn->rest.bytes);
    chute_stream_destroy(conn->data);
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

static void describe(struct chute_input *input) {
    const struct tcp *self = chute_input_settings(input);
    struct chute_arena arena = { 0 };
    struct chute_str text =
        chute_arena_printf(&arena, "tcp %s%s (%s)", self->mode == MODE_CLIENT ? "to " : "",
            chute_address_join(&arena, self->host.at, self->port).at,
            chute_input_codec(input)->plugin->name);
    chute_input_describe(input, text.at);
    chute_arena_finish(&arena);
}

static int open_server(struct chute_input *input, const struct chute_conns *conns) {
    const struct tcp *self = chute_input_settings(input);
    struct tcp_state *state = chute_input_state(input);
    struct chute_socket_ask ask = {
        .id = chute_input_id(input), .host = self->host.at, .port = (int)self->port, .tcp = conns
    };
    return chute_socket_attach(chute_input_sockets(input), &ask, &state->socket);
}

static void open_client(struct chute_input *input, const struct chute_conns *conns) {
    const struct tcp *self = chute_input_settings(input);
    struct tcp_state *state = chute_input_state(input);
    state->dialled = *conns;
    chute_conns_init(&state->dialled);
    chute_dial_start(&state->dial, &state->dialled, self->host.at, (int)self->port);
    state->open_parts = 2;
}

static int start(struct chute_input *input) {
    const struct tcp *self = chute_input_settings(input);
    struct tcp_state *state = chute_input_state(input);
    if (self->dns_reverse_lookup_enabled && !self->proxy_protocol) {
        state->names = chute_names_create(chute_input_loop(input));
    }
    struct chute_conns conns = {
        .loop = chute_input_loop(input),
        .events = &conn_events,
        .owner = input,
        .module = "inputs.tcp",
        .names = state->names,
        .has_proxy = self->proxy_protocol,
        .has_keep_alive = self->tcp_keep_alive,
        .is_paused = chute_input_is_paused(input),
    };
    int rc = 0;
    if (self->mode == MODE_SERVER) {
        rc = open_server(input, &conns);
    } else {
        open_client(input, &conns);
    }
    describe(input);
    return rc;
}

static void end(struct chute_input *input) {
    struct tcp_state *state = chute_input_state(input);
    chute_names_close(state->names);
    chute_input_ended(input);
}

static void on_socket_closed(void *input) {
    end(input);
}

static void on_part_closed(void *input) {
    struct tcp_state *state = chute_input_state(input);
    if (--state->open_parts == 0) {
        end(input);
    }
}

static void stop(struct chute_input *input) {
    struct tcp_state *state = chute_input_state(input);
    if (state->open_parts > 0) {
        chute_dial_close(&state->dial, on_part_closed);
        chute_conns_close(&state->dialled, on_part_closed, input);
    } else if (state->socket != NULL && !chute_input_keeps_sockets(input)) {
        chute_socket_close(state->socket, on_socket_closed, input);
    } else {
        if (state->socket != NULL) { /* else the start failed */
            chute_socket_leave(state->socket);
        }
        end(input);
    }
}

const struct chute_input_plugin chute_input_tcp = {
    .name = "tcp",
    .summary = "Events over TCP, cut by the codec: lines, JSON and others.",
    .settings_size = sizeof(struct tcp),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_ON_LOOP,
    .default_codec = "line",
    .state_size = sizeof(struct tcp_state),
    .start = start,
    .pause = pause_reading,
    .resume = resume_reading,
    .stop = stop,
};
