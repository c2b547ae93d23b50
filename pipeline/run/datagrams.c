#include "pipeline/run/datagrams.h"

static struct chute_held *make_origin(void *owner, const char *ip) {
    const struct chute_datagrams *datagrams = owner;
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, datagrams->ask.sender_field, chute_string(chute_str_of(ip)),
        datagrams->ask.replaces_sender);
    return &origin->held;
}

static void on_datagram(void *owner, struct chute_str bytes, const struct sockaddr *from) {
    struct chute_datagrams *datagrams = owner;
    while (datagrams->ask.trims_ends && bytes.len > 0 &&
           memchr("\n\r\0", bytes.at[bytes.len - 1], 3) != NULL) {
        bytes.len--;
    }
    size_t size;
    char *room = chute_stream_buffer(datagrams->stream, &size);
    size_t len = bytes.len < size ? bytes.len : size;
    memcpy(room, bytes.at, len);
    struct chute_origin *origin =
        (struct chute_origin *)chute_peers_get(&datagrams->peers, from, make_origin, datagrams);
    if (!chute_stream_datagram(datagrams->stream, len, origin)) {
        chute_socket_pause(datagrams->socket);
    }
}

static void on_drops(void *owner, unsigned long long count) {
    const struct chute_datagrams *datagrams = owner;
    chute_input_count(datagrams->input, "kernel_drops", count);
}

/* A codec that joins datagrams is flushed. */
static void on_idle(void *owner, long long idle_ms) {
    const struct chute_datagrams *datagrams = owner;
    chute_stream_idle(datagrams->stream, idle_ms);
}

int chute_datagrams_open(struct chute_datagrams *datagrams, struct chute_input *input,
    const struct chute_datagrams_ask *ask) {
    datagrams->input = input;
    datagrams->ask = *ask;
    chute_input_bound_frames(input, ask->queue_size);
    struct chute_origin *nowhere = chute_origin_create();
    datagrams->stream = chute_stream_create(input, nowhere, NULL);
    chute_held_unref(&nowhere->held);
    struct chute_udp udp = {
        .loop = chute_input_loop(input),
        .module = ask->module,
        .owner = datagrams,
        .most = ask->most,
        .receive_buffer = ask->receive_buffer,
        .on_datagram = on_datagram,
        .on_drops = on_drops,
        .on_idle = on_idle,
        .is_paused = chute_input_is_paused(input),
    };
    struct chute_socket_ask socket = {
        .id = chute_input_id(input), .host = ask->host, .port = ask->port, .udp = &udp
    };
    return chute_socket_attach(chute_input_sockets(input), &socket, &datagrams->socket);
}

void chute_datagrams_end(struct chute_datagrams *datagrams) {
    if (datagrams->stream != NULL) { /* else it was never opened */
        chute_stream_end(datagrams->stream, NULL);
    }
}

void chute_datagrams_finish(struct chute_datagrams *datagrams) {
    chute_stream_destroy(datagrams->stream);
    chute_peers_finish(&datagrams->peers);
}
