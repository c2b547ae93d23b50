/* inputs/stdin.c - reads standard input to its end. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/origin.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

#define IDLE_MS 500 /* between looks for what a codec has held for long enough */

struct stdin_state {
    bool has_wake;
    int wake_fd; /* written by stop */
};

static const struct chute_option options[] = {
    { 0 },
};

static int start(struct chute_input *input) {
    struct stdin_state *state = chute_input_state(input);
    state->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state->wake_fd < 0) {
        int error = errno;
        chute_log(CHUTE_LOG_FATAL, chute_input_id(input), "no descriptor to wake it with", "reason",
            strerror(error), NULL);
        return -error;
    }
    state->has_wake = true;
    return 0;
}

static void stop(struct chute_input *input) {
    const struct stdin_state *state = chute_input_state(input);
    uint64_t one = 1;
    ssize_t wrote = write(state->wake_fd, &one, sizeof(one));
    (void)wrote; /* only a counter that is already set can refuse */
}

static void state_finish(void *arg) {
    struct stdin_state *state = arg;
    if (state->has_wake) {
        close(state->wake_fd);
    }
}

static struct chute_stream *open_stream(struct chute_input *input) {
    struct chute_origin *origin = chute_origin_create();
    const char *host = chute_input_ecs(input) == CHUTE_ECS_DISABLED ? "host" : "[host][hostname]";
    chute_origin_add(origin, host, chute_string(chute_str_of(chute_input_host_name(input))), false);
    struct chute_stream *stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    return stream;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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
    long long last_ms = now_ms();
    struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = state->wake_fd, .events = POLLIN } };
    bool is_open = true;
    while (is_open && !chute_input_is_stopping(input)) {
        int ready = poll(fds, 2, has_idle ? IDLE_MS : -1);
        if (ready > 0 && fds[0].revents != 0) {
            is_open = read_some(input, stream);
            last_ms = now_ms();
        } else if (ready == 0) {
            chute_stream_idle(stream, now_ms() - last_ms);
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
