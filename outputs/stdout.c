/* outputs/stdout.c - writes events to standard output. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/log.h"
#include "pipeline/run/plugin.h"

#define WAIT_MS 100 /* between looks at whether the stop's patience is over */

struct stdout_settings {
    const struct chute_codec *codec;
};

struct stdout_state {
    bool is_file;   /* which takes any number of bytes */
    bool is_closed; /* its reader is gone */
    struct chute_log_limiter limiter;
};

static const struct chute_option options[] = {
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct stdout_settings *self = settings;
    self->codec = prepare->codec;
    if (self->codec != NULL && self->codec->plugin->encode == NULL) {
        chute_prepare_refuse(
            prepare, "codec", "codec \"%s\" does not write", self->codec->plugin->name);
        return false;
    }
    return true;
}

static bool encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    const struct stdout_settings *self = settings;
    (void)flags;
    (void)worker;
    self->codec->plugin->encode(self->codec, event, bytes);
    return true;
}

static int start(struct chute_output *output) {
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        chute_log(CHUTE_LOG_FATAL, chute_output_id(output), "standard output is not open", NULL);
        return -EBADF;
    }
    return 0;
}

/* Says once what stopped the writing. A reader that went away ends the process, as it ends any program of
 * a pipe; what was not written is not acknowledged. */
static void complain(struct chute_output *output, int error) {
    struct stdout_state *state = chute_output_state(output);
    uint64_t suppressed;
    if (error == EPIPE && !state->is_closed) {
        state->is_closed = true;
        chute_log(CHUTE_LOG_ERROR, chute_output_id(output),
            "the reader of standard output is gone: stopping", NULL);
        kill(getpid(), SIGTERM);
    } else if (error != EPIPE && chute_log_limit(&state->limiter, 60000, &suppressed)) {
        chute_log(CHUTE_LOG_ERROR, chute_output_id(output), "standard output cannot be written",
            "reason", strerror(error), NULL);
    }
}

/* Waits until the reader takes more: as long as it likes, but for the end of a stop's patience (false). */
static bool wait_for_room(struct chute_output *output) {
    struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };
    while (poll(&fd, 1, WAIT_MS) <= 0) {
        if (chute_output_is_abandoned(output)) {
            return false;
        }
    }
    return true;
}

/* Writes as much as it can; returns how much that was. A pipe with room takes PIPE_BUF bytes without blocking, and
 * it is not ours alone to be made one that never blocks. */
static size_t write_bytes(struct chute_output *output, struct chute_str bytes) {
    const struct stdout_state *state = chute_output_state(output);
    size_t done = 0;
    while (done < bytes.len && wait_for_room(output)) {
        size_t len = bytes.len - done;
        size_t most = state->is_file || len < PIPE_BUF ? len : PIPE_BUF;
        ssize_t wrote = write(STDOUT_FILENO, bytes.at + done, most);
        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            complain(output, errno);
            break;
        }
    }
    return done;
}

static void deliver(struct chute_output *output, struct chute_parcel *parcel) {
    size_t done = write_bytes(output, chute_buf_str(&parcel->bytes));
    for (uint32_t i = 0; i < parcel->count; i++) {
        const struct chute_item *item = &parcel->items[i];
        if ((size_t)item->offset + item->len <= done) {
            chute_output_done(parcel, i);
        } else {
            chute_output_retry(parcel, i, 0);
        }
    }
    chute_output_finish(output, parcel);
}

const struct chute_output_plugin chute_output_stdout = {
    .name = "stdout",
    .summary = "Writes events to standard output.",
    .settings_size = sizeof(struct stdout_settings),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "rubydebug",
    .state_size = sizeof(struct stdout_state),
    .encode = encode,
    .start = start,
    .deliver = deliver,
};
