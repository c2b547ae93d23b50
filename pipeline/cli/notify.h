/* pipeline/cli/notify.h - tells the service manager that started us how we are, by systemd's protocol: a datagram of lines to the
 * socket that NOTIFY_SOCKET names.
 *
 * Ownership: texts are borrowed; a watchdog borrows its process and its pipeline.
 * Threads: chute_cli_notify any, the watchdog main. */
#ifndef CHUTE_CLI_NOTIFY_H
#define CHUTE_CLI_NOTIFY_H

#include "pipeline/run/engine.h"

/* Sends `state`, lines such as "READY=1". 0, also where no service manager listens; negative after logging why not. */
int chute_cli_notify(const char *state);

/* Tells the service manager again and again that we live, where it asks for that (WATCHDOG_USEC). */
struct chute_cli_watchdog {
    struct chute_process *process;
    const struct chute_pipeline *pipeline;
    uint64_t period_ms;       /* 0: it does not ask */
    uint64_t stuck_worker_ms; /* a worker that is at one batch for longer is stuck */
    uint64_t next_ms;
};

/* False after logging that what it asks for makes no sense; then it is not told. */
bool chute_cli_watchdog_init(struct chute_cli_watchdog *watchdog, struct chute_process *process,
    const struct chute_pipeline *pipeline);
/* When it is time, sends "WATCHDOG=1" by way of both loops, unless a worker is stuck: a loop that does not turn sends nothing.
 * Returns for how many milliseconds nothing is to be done; -1: for ever. */
int chute_cli_watchdog_turn(struct chute_cli_watchdog *watchdog);

#endif
