/* inputs/udp.c - datagrams over UDP; the codec makes events of each. */
#include "pipeline/net/address.h"
#include "pipeline/run/datagrams.h"
#include "pipeline/run/plugin.h"

struct udp {
    struct chute_str host;
    long long port;
    long long buffer_size;
    long long receive_buffer_bytes;
    long long queue_size;
    long long ignored;
    const struct chute_ref *source_ip_fieldname;
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
            "How many datagrams may wait to be decoded (and as many more as one read brings, 31 at "
            "most); then they wait in the kernel's buffer, and are dropped there when it is full "
            "(counted as kernel_drops). With a codec that joins datagrams, how many of its events. "
            "Without it they are bounded in bytes only, with all of the pipeline's queue." },
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

static void pause_reading(struct chute_input *input) {
    const struct chute_datagrams *datagrams = chute_input_state(input);
    chute_socket_pause(datagrams->socket);
}

static void resume_reading(struct chute_input *input) {
    const struct chute_datagrams *datagrams = chute_input_state(input);
    chute_socket_resume(datagrams->socket);
}

static int start(struct chute_input *input) {
    const struct udp *self = chute_input_settings(input);
    bool is_ecs = chute_input_ecs(input) != CHUTE_ECS_DISABLED;
    struct chute_datagrams_ask ask = {
        .module = "inputs.udp",
        .host = self->host.at,
        .port = (int)self->port,
        .most = (size_t)self->buffer_size,
        .receive_buffer = self->receive_buffer_bytes,
        .queue_size = (uint32_t)self->queue_size,
        .sender_field = self->source_ip_fieldname != NULL ? self->source_ip_fieldname->text.at
                        : is_ecs                          ? "[host][ip]"
                                                          : "host",
    };
    int rc = chute_datagrams_open(chute_input_state(input), input, &ask);
    if (rc != 0) {
        return rc;
    }
    struct chute_arena arena = { 0 };
    struct chute_str text = chute_arena_printf(&arena, "udp %s (%s)",
        chute_address_join(&arena, self->host.at, self->port).at,
        chute_input_codec(input)->plugin->name);
    chute_input_describe(input, text.at);
    chute_arena_finish(&arena);
    return 0;
}

static void on_closed(void *input) {
    chute_datagrams_end(chute_input_state(input));
    chute_input_ended(input);
}

static void stop(struct chute_input *input) {
    const struct chute_datagrams *datagrams = chute_input_state(input);
    if (datagrams->socket != NULL && !chute_input_keeps_sockets(input)) {
        chute_socket_close(datagrams->socket, on_closed, input);
        return;
    }
    if (datagrams->socket != NULL) { /* else the start failed */
        chute_socket_leave(datagrams->socket);
    }
    on_closed(input);
}

static void state_finish(void *memory) {
    chute_datagrams_finish(memory);
}

const struct chute_input_plugin chute_input_udp = {
    .name = "udp",
    .summary = "Events over UDP, a datagram at a time.",
    .settings_size = sizeof(struct udp),
    .options = options,
    .thread = CHUTE_ON_LOOP,
    .default_codec = "plain",
    .takes_datagrams = true,
    .state_size = sizeof(struct chute_datagrams),
    .start = start,
    .pause = pause_reading,
    .resume = resume_reading,
    .stop = stop,
    .state_finish = state_finish,
};
