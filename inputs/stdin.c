/* inputs/stdin.c - reads standard input to its end. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/origin.h"
#include "pipeline/base/time.h"
#include "pipeline/base/wake.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

#define IDLE_MS 500 /* between looks for what a codec has held for long enough */

struct stdin_state {
    struct chute_wake wake; /* by stop */
};

static const struct chute_option options[] = {
    { 0 },
};

static int start(struct chute_input *input) {
    struct stdin_state *state = chute_input_state(input);
    return chute_wake_open(&state->wake, chute_input_id(input));
}

static void stop(struct chute_input *input) {
    const struct stdin_state *state = chute_input_state(input);
    chute_wake_signal(&state->wake);
}

static void state_finish(void *arg) {
    struct stdin_state *state = arg;
    chute_wake_finish(&state->wake);
}

static struct chute_stream *open_stream(struct chute_input *input) {
    struct chute_origin *origin = chute_origin_create();
    const char *host = chute_input_ecs(input) == CHUTE_ECS_DISABLED ? "host" : "[host][hostname]";
    chute_origin_add(origin, host, chute_string(chute_str_of(chute_input_host_name(input))), false);
    struct chute_stream *stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    return stream;
}

/* Reads once. False at the end, and when nothing more is taken. */
static bool read_some(struct chute_input *input, struct chute_stream *stream) {
    size_t size;
    char *at = chute_stream_buffer(stream, &size);
    ssize_t len = read(STDIN_FILENO, at, size);
    if (len > 0) {
        return chute_stream_read(stream, (size_t)len, NULL);
    }
    if (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        chute_log(CHUTE_LOG_ERROR, chute_input_id(input), "standard input cannot be read", "reason",
            strerror(errno), NULL);
        return false;
    }
    return len < 0;
}

static void run(struct chute_input *input) {
    const struct stdin_state *state = chute_input_state(input);
    struct chute_stream *stream = open_stream(input);
    bool has_idle = chute_input_codec(input)->plugin->idle_ms != NULL;
    uint64_t last_ms = chute_now_ms();
    struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = state->wake.fd, .events = POLLIN } };
    bool is_open = true;
    while (is_open && !chute_input_is_stopping(input)) {
        int ready = poll(fds, 2, has_idle ? IDLE_MS : -1);
        if (ready > 0 && fds[0].revents != 0) {
            is_open = read_some(input, stream);
            last_ms = chute_now_ms();
        } else if (ready == 0) {
            chute_stream_idle(stream, (long long)(chute_now_ms() - last_ms));
        }
    }
    chute_stream_end(stream, NULL);
    chute_stream_destroy(stream);
}

const struct chute_input_plugin chute_input_stdin = {
    .name = "stdin",
    .summary = "Reads standard input to its end.",
    .options = options,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "line",
    .state_size = sizeof(struct stdin_state),
    .start = start,
    .run = run,
    .stop = stop,
    .state_finish = state_finish,
};
