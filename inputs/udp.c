/* inputs/udp.c - datagrams over UDP; the codec makes events of each. */
#include "pipeline/base/log.h"
#include "pipeline/net/address.h"
#include "pipeline/net/peers.h"
#include "pipeline/net/sockets.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

struct udp {
    struct chute_str host;
    long long port;
    long long buffer_size;
    long long receive_buffer_bytes;
    long long queue_size;
    long long ignored;
    const struct chute_ref *source_ip_fieldname;
};

struct udp_state {
    struct chute_socket *socket;
    struct chute_stream *stream;
    struct chute_peers peers; /* origins */
};

static const struct chute_option options[] = {
    { .name = "host",
        CHUTE_TEXT(struct udp, host),
        .fallback = "0.0.0.0",
        .doc = "Address to listen on." },
    { .name = "port",
        CHUTE_INTEGER(struct udp, port),
        .is_required = true,
        .has_bounds = true,
        .min = 0,
        .max = 65535,
        .doc = "Port to listen on." },
    { .name = "buffer_size",
        CHUTE_INTEGER(struct udp, buffer_size),
        .fallback = "65536",
        .has_bounds = true,
        .min = 1,
        .max = 65536,
        .doc = "Longest datagram; a longer one is cut there." },
    { .name = "receive_buffer_bytes",
        CHUTE_SIZE(struct udp, receive_buffer_bytes),
        .has_bounds = true,
        .min = 1,
        .max = 1 << 30,
        .doc =
            "Receive buffer to ask the kernel for, which bounds it by net.core.rmem_max. Without "
            "it, 4 MiB as far as allowed." },
    { .name = "queue_size",
        CHUTE_INTEGER(struct udp, queue_size),
        .has_bounds = true,
        .min = 1,
        .max = INT32_MAX,
        .doc =
            "How many datagrams may wait to be decoded; then they wait in the kernel's buffer, and "
            "are dropped there when it is full (counted as kernel_drops). Without it they are "
            "bounded in bytes only, with all of the pipeline's queue. Not looked at with a codec "
            "that joins datagrams." },
    { .name = "workers",
        CHUTE_INTEGER(struct udp, ignored),
        .state = CHUTE_OPTION_IGNORED,
        .hint = "datagrams are decoded by the pipeline's workers",
        .doc = "Without meaning: the pipeline's workers decode." },
    { .name = "source_ip_fieldname",
        CHUTE_REF(struct udp, source_ip_fieldname),
        .doc = "Field that gets the sender's address; by default [host][ip], and host without "
               "ECS." },
    { 0 },
};

static struct chute_held *make_origin(void *owner, const char *ip) {
    struct chute_input *input = owner;
    const struct udp *self = chute_input_settings(input);
    bool is_ecs = chute_input_ecs(input) != CHUTE_ECS_DISABLED;
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin,
        self->source_ip_fieldname != NULL ? self->source_ip_fieldname->text.at
        : is_ecs                          ? "[host][ip]"
                                          : "host",
        chute_string(chute_str_of(ip)), false);
    return &origin->held;
}

/* ------------------------------------------------------------------ the input */

static void on_datagram(void *owner, struct chute_str bytes, const struct sockaddr *from) {
    struct udp_state *state = chute_input_state(owner);
    size_t size;
    char *room = chute_stream_buffer(state->stream, &size);
    size_t len = bytes.len < size ? bytes.len : size;
    memcpy(room, bytes.at, len);
    struct chute_origin *origin =
        (struct chute_origin *)chute_peers_get(&state->peers, from, make_origin, owner);
    if (!chute_stream_datagram(state->stream, len, origin)) {
        chute_socket_pause(state->socket);
    }
}

static void on_drops(void *owner, unsigned long long count) {
    chute_input_count(owner, "kernel_drops", count);
}

static void on_idle(void *owner, long long idle_ms) {
    struct udp_state *state = chute_input_state(owner);
    chute_stream_idle(state->stream, idle_ms);
}

static void pause_reading(struct chute_input *input) {
    struct udp_state *state = chute_input_state(input);
    chute_socket_pause(state->socket);
}

static void resume_reading(struct chute_input *input) {
    struct udp_state *state = chute_input_state(input);
    chute_socket_resume(state->socket);
}

static int start(struct chute_input *input) {
    const struct udp *self = chute_input_settings(input);
    struct udp_state *state = chute_input_state(input);
    struct chute_udp udp = {
        .loop = chute_input_loop(input),
        .module = "inputs.udp",
        .owner = input,
        .most = (size_t)self->buffer_size,
        .receive_buffer = self->receive_buffer_bytes,
        .on_datagram = on_datagram,
        .on_drops = on_drops,
        .on_idle = on_idle,
        .is_paused = chute_input_is_paused(input),
    };
    struct chute_socket_ask ask = {
        .id = chute_input_id(input), .host = self->host.at, .port = (int)self->port, .udp = &udp
    };
    int rc = chute_socket_attach(chute_input_sockets(input), &ask, &state->socket);
    if (rc != 0) {
        return rc;
    }
    chute_input_bound_frames(input, (uint32_t)self->queue_size);
    struct chute_origin *nowhere = chute_origin_create();
    state->stream = chute_stream_create(input, nowhere, NULL);
    chute_held_unref(&nowhere->held);
    struct chute_arena arena = { 0 };
    struct chute_str text = chute_arena_printf(&arena, "udp %s (%s)",
        chute_address_join(&arena, self->host.at, self->port).at,
        chute_input_codec(input)->plugin->name);
    chute_input_describe(input, text.at);
    chute_arena_finish(&arena);
    return 0;
}

static void on_closed(void *input) {
    struct udp_state *state = chute_input_state(input);
    if (state->stream != NULL) { /* else the start failed */
        chute_stream_end(state->stream, NULL);
    }
    chute_input_ended(input);
}

static void stop(struct chute_input *input) {
    struct udp_state *state = chute_input_state(input);
    if (state->socket != NULL && !chute_input_keeps_sockets(input)) {
        chute_socket_close(state->socket, on_closed, input);
        return;
    }
    if (state->socket != NULL) {
        chute_socket_leave(state->socket);
    }
    on_closed(input);
}

static void state_finish(void *memory) {
    struct udp_state *state = memory;
    chute_stream_destroy(state->stream);
    chute_peers_finish(&state->peers);
}

const struct chute_input_plugin chute_input_udp = {
    .name = "udp",
    .summary = "Events over UDP, a datagram at a time.",
    .settings_size = sizeof(struct udp),
    .options = options,
    .thread = CHUTE_ON_LOOP,
    .default_codec = "plain",
    .takes_datagrams = true,
    .state_size = sizeof(struct udp_state),
    .start = start,
    .pause = pause_reading,
    .resume = resume_reading,
    .stop = stop,
    .state_finish = state_finish,
};
