/* What systemd is told: by a real socket, and by real loops and workers. */
#include "../run/test_plugins.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pipeline/cli/notify.h"

#define SOON_MS 10000
#define QUIET_MS 200 /* many turns of a watchdog of 2 ms */

/* A service manager's socket under `name`, `@` for an abstract one; NOTIFY_SOCKET names it. */
static int listen_at(const char *name) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, len), 0, "%s: %s", name, strerror(errno));
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

/* The next datagram; "" when none comes within `timeout_ms`. */
static const char *next(int fd, int timeout_ms) {
    static char text[256];
    struct pollfd wanted = { .fd = fd, .events = POLLIN };
    ssize_t len = 0;
    if (poll(&wanted, 1, timeout_ms) == 1) {
        len = recv(fd, text, sizeof(text) - 1, 0);
    }
    text[len < 0 ? 0 : len] = '\0';
    return text;
}

static void name_one(char name[64], const char *start) {
    snprintf(name, 64, "%s/logchute-notify-%d", start, (int)getpid());
}

Test(cli_notify, to_a_path) {
    char name[64];
    name_one(name, "/tmp");
    int fd = listen_at(name);
    int status = chute_cli_notify("READY=1\nSTATUS=Runs");
    unlink(name);
    cr_assert_eq(status, 0);
    cr_assert_str_eq(next(fd, SOON_MS), "READY=1\nSTATUS=Runs");
    close(fd);
}

Test(cli_notify, to_an_abstract_name) {
    char name[64];
    name_one(name, "@abstract");
    int fd = listen_at(name);
    cr_assert_eq(chute_cli_notify("STOPPING=1"), 0);
    cr_assert_str_eq(next(fd, SOON_MS), "STOPPING=1");
    close(fd);
}

Test(cli_notify, to_nobody) {
    unsetenv("NOTIFY_SOCKET");
    cr_assert_eq(chute_cli_notify("READY=1"), 0);
    setenv("NOTIFY_SOCKET", "", 1);
    cr_assert_eq(chute_cli_notify("READY=1"), 0);
}

Test(cli_notify, where_it_cannot_be_sent) {
    char longest[256] = "/";
    memset(longest + 1, 'x', sizeof(longest) - 2);
    setenv("NOTIFY_SOCKET", longest, 1);
    cr_assert_eq(chute_cli_notify("READY=1"), -ENAMETOOLONG);
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    cr_assert_eq(chute_cli_notify("READY=1"), -EAFNOSUPPORT);
    setenv("NOTIFY_SOCKET", "/tmp/no/such/socket", 1);
    cr_assert_eq(chute_cli_notify("READY=1"), -ENOENT);
}

/* ------------------------------------------------------------------ the watchdog */

static struct chute_process process;
static struct chute_pipeline pipeline; /* has no workers */

static const struct {
    const char *says, *microseconds, *pid;
    bool want;
    uint64_t period_ms;
} rows[] = {
    { "nobody watches", NULL, NULL, true, 0 },
    { "twice in its time", "60000000", NULL, true, 30000 },
    { "that of another process", "60000000", "1", true, 0 },
    { "no number", "soon", NULL, false, 0 },
    { "a number and more", "60000000s", NULL, false, 0 },
    { "too short", "1999", NULL, false, 0 },
};

Test(cli_notify, what_the_watchdog_asks_for) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_cli_watchdog watchdog;
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        if (rows[i].microseconds != NULL) {
            setenv("WATCHDOG_USEC", rows[i].microseconds, 1);
        }
        if (rows[i].pid != NULL) {
            setenv("WATCHDOG_PID", rows[i].pid, 1);
        }
        cr_expect_eq(chute_cli_watchdog_init(&watchdog, &process, &pipeline), rows[i].want, "%s",
            rows[i].says);
        cr_expect_eq(watchdog.period_ms, rows[i].period_ms, "%s", rows[i].says);
    }
}

static void hold(void *arg) {
    uv_sem_wait(arg);
}

/* Turns the watchdog until its next time has come. */
static void turn(struct chute_cli_watchdog *watchdog) {
    poll(NULL, 0, chute_cli_watchdog_turn(watchdog));
    chute_cli_watchdog_turn(watchdog);
}

Test(cli_notify, a_loop_that_does_not_turn_sends_nothing) {
    char name[64];
    uv_sem_t goes_on;
    name_one(name, "@watchdog");
    int fd = listen_at(name);
    setenv("WATCHDOG_USEC", "4000", 1);
    unsetenv("WATCHDOG_PID");
    chute_process_start(&process);
    uv_sem_init(&goes_on, 0);
    struct chute_cli_watchdog watchdog;
    cr_assert(chute_cli_watchdog_init(&watchdog, &process, &pipeline));
    chute_cli_watchdog_turn(&watchdog);
    cr_expect_str_eq(next(fd, SOON_MS), "WATCHDOG=1");
    struct chute_loop *loops[] = { &process.input_loop, &process.output_loop };
    for (size_t i = 0; i < 2; i++) {
        chute_loop_post(loops[i], hold, &goes_on);
        turn(&watchdog);
        cr_expect_str_eq(next(fd, QUIET_MS), "", "loop %zu is held", i);
        uv_sem_post(&goes_on);
        cr_expect_str_eq(next(fd, SOON_MS), "WATCHDOG=1", "loop %zu goes on", i);
        while (next(fd, QUIET_MS)[0] != '\0') {
        }
    }
    chute_process_finish(&process);
    uv_sem_destroy(&goes_on);
    close(fd);
}

static void wait_for_gate(void) {
    bool is_there = false;
    while (!is_there) {
        pthread_mutex_lock(&gate.lock);
        is_there = gate.is_there;
        pthread_mutex_unlock(&gate.lock);
        usleep(500);
    }
}

static void open_gate(void) {
    pthread_mutex_lock(&gate.lock);
    gate.may_go_on = true;
    pthread_cond_broadcast(&gate.goes_on);
    pthread_mutex_unlock(&gate.lock);
}

Test(cli_notify, while_a_worker_is_stuck_nothing_is_sent, .timeout = 60) {
    char name[64];
    struct chute_cli_watchdog watchdog;
    name_one(name, "@worker");
    int fd = listen_at(name);
    setenv("WATCHDOG_USEC", "4000", 1);
    unsetenv("WATCHDOG_PID");
    chute_process_start(&process);
    struct chute_pipeline *held = load(&process,
        "input { lines { count => 1 endless => true } } filter { gate { } } output { collect { } }",
        1);
    cr_assert_eq(chute_pipeline_start(held), 0);
    wait_for_gate();
    cr_assert(chute_cli_watchdog_init(&watchdog, &process, held));
    chute_cli_watchdog_turn(&watchdog);
    cr_expect_str_eq(next(fd, SOON_MS), "WATCHDOG=1", "it may take a while");
    watchdog.stuck_worker_ms = 1;
    while (chute_workers_busy_ms(held) <= 1) {
        usleep(500);
    }
    turn(&watchdog);
    cr_expect_str_eq(next(fd, QUIET_MS), "");
    open_gate();
    while (chute_workers_busy_ms(held) > 0) {
        usleep(500);
    }
    turn(&watchdog);
    cr_expect_str_eq(next(fd, SOON_MS), "WATCHDOG=1");
    chute_pipeline_stop(held);
    while (!chute_pipeline_is_drained(held)) {
        usleep(500);
    }
    chute_pipeline_close(held);
    chute_pipeline_destroy(held);
    chute_process_finish(&process);
    close(fd);
}

Test(cli_notify, a_watchdog_that_nobody_asked_for_does_nothing) {
    struct chute_cli_watchdog watchdog = { 0 };
    cr_assert_eq(chute_cli_watchdog_turn(&watchdog), -1);
}
