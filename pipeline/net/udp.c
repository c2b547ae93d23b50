#include "pipeline/net/udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"

#define RUN 32          /* datagrams a system call */
#define RUNS_AT_ONCE 16 /* then other handles of the loop get their turn */
#define TICK_MS 1000
#define LOG_INTERVAL_MS 10000
#define USUAL_RECEIVE_BUFFER (4 * 1024 * 1024) /* as far as net.core.rmem_max allows */

/* What the kernel says of the socket; zeros where it says nothing. */
static void ask_kernel(const struct chute_udp *udp, unsigned info[SK_MEMINFO_VARS]) {
    socklen_t len = SK_MEMINFO_VARS * sizeof(*info);
    memset(info, 0, len);
    getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, info, &len);
}

static void count_drops(struct chute_udp *udp) {
    unsigned info[SK_MEMINFO_VARS];
    ask_kernel(udp, info);
    unsigned since = info[SK_MEMINFO_DROPS] - udp->drops; /* it may have wrapped around */
    udp->drops = info[SK_MEMINFO_DROPS];
    if (since == 0 || udp->owner == NULL) {
        return;
    }
    udp->on_drops(udp->owner, since);
    udp->unsaid_drops += since;
    uint64_t suppressed;
    if (chute_log_limit(&udp->drop_limiter, LOG_INTERVAL_MS, &suppressed)) {
        chute_logf(CHUTE_LOG_WARN, udp->module,
            "the kernel dropped %llu datagrams, as its receive buffer was full: raise "
            "net.core.rmem_max",
            udp->unsaid_drops);
        udp->unsaid_drops = 0;
    }
}

/* Reads one run. Returns its bytes, an empty datagram being one; 0 if there was nothing. */
static size_t read_run(struct chute_udp *udp) {
    struct mmsghdr messages[RUN];
    struct iovec pieces[RUN];
    struct sockaddr_storage from[RUN];
    for (int i = 0; i < RUN; i++) {
        pieces[i] = (struct iovec){ udp->room + (size_t)i * udp->most, udp->most };
        messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
                                            .msg_namelen = sizeof(from[i]),
                                            .msg_iov = &pieces[i],
                                            .msg_iovlen = 1 } };
    }
    size_t got = 0;
    int count = recvmmsg(udp->fd, messages, RUN, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        struct chute_str bytes = { pieces[i].iov_base, messages[i].msg_len };
        udp->on_datagram(udp->owner, bytes, (const struct sockaddr *)&from[i]);
        udp->last_ms = uv_now(udp->loop);
        got += bytes.len > 0 ? bytes.len : 1;
    }
    return got;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct chute_udp *udp = poll->data;
    for (int i = 0; i < RUNS_AT_ONCE && !udp->is_paused && read_run(udp) > 0; i++) {
    }
}

static void on_tick(uv_timer_t *timer) {
    struct chute_udp *udp = timer->data;
    count_drops(udp);
    if (udp->on_idle != NULL) {
        udp->on_idle(udp->owner, (long long)(uv_now(udp->loop) - udp->last_ms));
    }
}

static void set_receive_buffer(struct chute_udp *udp) {
    int want = udp->receive_buffer > 0 ? (int)udp->receive_buffer : USUAL_RECEIVE_BUFFER;
    int got = 0;
    socklen_t len = sizeof(got);
    if (setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) != 0) {
        setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
    }
    getsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &got, &len);
    got /= 2; /* the kernel counts its own overhead as well */
    if (udp->receive_buffer > 0 && got < want) {
        chute_logf(CHUTE_LOG_WARN, udp->module,
            "asked for a receive buffer of %d bytes, the kernel allows %d: raise net.core.rmem_max",
            want, got);
    }
}

void chute_udp_start(struct chute_udp *udp, int fd) {
    udp->fd = fd;
    set_receive_buffer(udp);
    udp->room = chute_alloc(udp->most * RUN);
    udp->open_handles = 2;
    udp->last_ms = uv_now(udp->loop);
    uv_poll_init(udp->loop, &udp->poll, udp->fd);
    uv_timer_init(udp->loop, &udp->timer);
    udp->poll.data = udp;
    udp->timer.data = udp;
    uv_timer_start(&udp->timer, on_tick, TICK_MS, TICK_MS);
    if (!udp->is_paused) {
        chute_udp_resume(udp);
    }
}

void chute_udp_pause(struct chute_udp *udp) {
    udp->is_paused = true;
    uv_poll_stop(&udp->poll);
}

void chute_udp_resume(struct chute_udp *udp) {
    udp->is_paused = false;
    uv_poll_start(&udp->poll, UV_READABLE, on_readable);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct chute_udp *udp = handle->data;
    if (--udp->open_handles == 0) {
        chute_free(udp->room);
        udp->room = NULL;
        udp->on_closed(udp->on_closed_arg);
    }
}

void chute_udp_leave(struct chute_udp *udp) {
    chute_udp_pause(udp);
    uv_timer_stop(&udp->timer);
    count_drops(udp);
    udp->owner = NULL;
}

void chute_udp_take(struct chute_udp *udp, const struct chute_udp *wanted) {
    bool wants_another_buffer = wanted->receive_buffer != udp->receive_buffer;
    udp->module = wanted->module;
    udp->owner = wanted->owner;
    udp->most = wanted->most;
    udp->receive_buffer = wanted->receive_buffer;
    udp->on_datagram = wanted->on_datagram;
    udp->on_drops = wanted->on_drops;
    udp->on_idle = wanted->on_idle;
    udp->room = chute_realloc(udp->room, udp->most * RUN);
    if (wants_another_buffer) {
        set_receive_buffer(udp);
    }
    uv_timer_start(&udp->timer, on_tick, TICK_MS, TICK_MS);
    if (!wanted->is_paused) {
        chute_udp_resume(udp);
    }
}

/* At the most about what there is now, though a sender goes on. */
static void read_what_waits(struct chute_udp *udp) {
    unsigned info[SK_MEMINFO_VARS];
    ask_kernel(udp, info);
    size_t most = info[SK_MEMINFO_RMEM_ALLOC]; /* with the kernel's overhead */
    size_t all = 0, got;
    do {
        got = read_run(udp);
        all += got;
    } while (got > 0 && all < most);
}

void chute_udp_close(struct chute_udp *udp, void (*on_closed)(void *arg), void *arg) {
    udp->on_closed = on_closed;
    udp->on_closed_arg = arg;
    if (udp->owner != NULL) {
        read_what_waits(udp);
    }
    count_drops(udp);
    uv_poll_stop(&udp->poll);
    close(udp->fd);
    uv_close((uv_handle_t *)&udp->poll, on_handle_closed);
    uv_close((uv_handle_t *)&udp->timer, on_handle_closed);
}
