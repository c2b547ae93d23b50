#include "pipeline/base/wake.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pipeline/base/log.h"

int chute_wake_open(struct chute_wake *wake, const char *who) {
    wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->fd < 0) {
        int error = errno;
        chute_log(
            CHUTE_LOG_FATAL, who, "no descriptor to wake it with", "reason", strerror(error), NULL);
        return -error;
    }
    wake->is_open = true;
    return 0;
}

void chute_wake_signal(const struct chute_wake *wake) {
    uint64_t one = 1;
    if (wake->is_open) {
        ssize_t wrote = write(wake->fd, &one, sizeof(one));
        (void)wrote; /* only a counter that is already set can refuse */
    }
}

void chute_wake_clear(const struct chute_wake *wake) {
    uint64_t count;
    ssize_t len = read(wake->fd, &count, sizeof(count));
    (void)len; /* nothing was signalled: just as well */
}

void chute_wake_finish(struct chute_wake *wake) {
    if (wake->is_open) {
        close(wake->fd);
        wake->is_open = false;
    }
}
