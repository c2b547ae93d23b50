/* pipeline/cli/notify.c - sd_notify(3) without libsystemd, and its watchdog. */
#include "pipeline/cli/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pipeline/base/log.h"
#include "pipeline/serve/api.h"

#define MODULE "notify"

/* A path, or an abstract name behind an `@`. 0, or negative. */
static int make_address(const char *name, struct sockaddr_un *address, socklen_t *len) {
    size_t name_len = strlen(name);
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (name[0] != '/' && name[0] != '@') {
        return -EAFNOSUPPORT;
    }
    if (name_len >= sizeof(address->sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address->sun_path, name, name_len);
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
    }
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len);
    return 0;
}

static int send_to(const char *name, const char *state) {
    struct sockaddr_un address;
    socklen_t len = 0;
    int status = make_address(name, &address, &len);
    if (status != 0) {
        return status;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, len) < 0) {
        status = -errno;
    }
    close(fd);
    return status;
}

int chute_cli_notify(const char *state) {
    const char *name = getenv("NOTIFY_SOCKET");
    if (name == NULL || name[0] == '\0') {
        return 0;
    }
    int status = send_to(name, state);
    if (status != 0) {
        chute_log(CHUTE_LOG_WARN, MODULE, "the service manager cannot be told", "NOTIFY_SOCKET",
            name, "reason", strerror(-status), NULL);
    }
    return status;
}

/* ------------------------------------------------------------------ the watchdog */

bool chute_cli_watchdog_init(struct chute_cli_watchdog *watchdog, struct chute_process *process,
    const struct chute_pipeline *pipeline) {
    *watchdog = (struct chute_cli_watchdog){
        .process = process, .pipeline = pipeline, .stuck_worker_ms = CHUTE_STUCK_WORKER_MS
    };
    const char *microseconds = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    char own[24];
    snprintf(own, sizeof(own), "%ld", (long)getpid());
    if (microseconds == NULL || (pid != NULL && strcmp(pid, own) != 0)) {
        return true; /* of another process, which gave us its environment */
    }
    char *end;
    unsigned long long period = strtoull(microseconds, &end, 10);
    if (end == microseconds || *end != '\0' || period < 2000) {
        chute_log(CHUTE_LOG_WARN, MODULE, "the service manager's watchdog is not told that we live",
            "reason", "WATCHDOG_USEC is no number of microseconds from 2000 on", NULL);
        return false;
    }
    watchdog->period_ms = period / 2000; /* twice in its time */
    return true;
}

/* On the output loop: both turn. */
static void tell(void *arg) {
    (void)arg;
    chute_cli_notify("WATCHDOG=1");
}

/* On the input loop. */
static void pass_on(void *arg) {
    struct chute_process *process = arg;
    chute_loop_post(&process->output_loop, tell, NULL);
}

int chute_cli_watchdog_turn(struct chute_cli_watchdog *watchdog) {
    if (watchdog->period_ms == 0) {
        return -1;
    }
    uint64_t now_ms = chute_now_ms();
    if (now_ms >= watchdog->next_ms) {
        watchdog->next_ms = now_ms + watchdog->period_ms;
        if (chute_workers_busy_ms(watchdog->pipeline) <= watchdog->stuck_worker_ms) {
            chute_loop_post(&watchdog->process->input_loop, pass_on, watchdog->process);
        } else {
            chute_log(CHUTE_LOG_WARN, MODULE,
                "a worker does not get on with its batch: the watchdog is not told that we live",
                NULL);
        }
    }
    uint64_t left_ms = watchdog->next_ms - now_ms;
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}
