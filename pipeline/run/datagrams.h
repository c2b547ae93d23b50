/* pipeline/run/datagrams.h - the datagrams of one UDP socket on their way into a pipeline: what the inputs that listen on
 * UDP have in common.
 *
 * Ownership: the memory is the input's state; a zeroed one is closed. The socket is the process's.
 * Threads: the input loop. */
#ifndef CHUTE_RUN_DATAGRAMS_H
#define CHUTE_RUN_DATAGRAMS_H

#include "pipeline/net/peers.h"
#include "pipeline/net/sockets.h"
#include "pipeline/run/stream.h"

/* Longest datagram there is. */
#define CHUTE_DATAGRAM_MOST 65536

/* Set by the input before the opening; texts live as long as the input. */
struct chute_datagrams_ask {
    const char *module; /* whose log lines these are */
    const char *host;
    int port;
    size_t most;              /* bytes of a datagram; what is longer is cut */
    long long receive_buffer; /* bytes to ask the kernel for; 0: not asked for */
    uint32_t queue_size;      /* datagrams that may wait to be decoded; 0: bounded in bytes only */
    const char *sender_field; /* gets the sender's address */
    bool replaces_sender;     /* also where the event brings one itself */
    bool trims_ends;          /* line ends and NULs at the end of a datagram are no part of it */
};

struct chute_datagrams {
    struct chute_input *input;
    struct chute_datagrams_ask ask;
    struct chute_socket *socket; /* NULL: not attached */
    struct chute_stream *stream;
    struct chute_peers peers; /* origins */
};

/* Attaches to the socket; datagrams come from now on. 0, or negative after saying why. */
int chute_datagrams_open(struct chute_datagrams *datagrams, struct chute_input *input,
    const struct chute_datagrams_ask *ask);
/* Nothing more comes: what the codec holds is handed over. Before chute_input_ended. */
void chute_datagrams_end(struct chute_datagrams *datagrams);
/* Frees what is its own; in state_finish. */
void chute_datagrams_finish(struct chute_datagrams *datagrams);

#endif
