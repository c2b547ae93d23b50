/* pipeline/base/wake.h - wakes a thread that waits in poll(): the descriptor becomes readable, and stays so until cleared.
 *
 * Ownership: open/finish; a zeroed one is not open.
 * Threads: signal any, once it is open; the rest one at a time. */
#ifndef CHUTE_BASE_WAKE_H
#define CHUTE_BASE_WAKE_H

#include <stdbool.h>

struct chute_wake {
    int fd; /* to be polled for POLLIN */
    bool is_open;
};

/* 0; or negative after logging, as module `who`, that there is no descriptor. */
int chute_wake_open(struct chute_wake *wake, const char *who);
/* Does nothing where it is not open. */
void chute_wake_signal(const struct chute_wake *wake);
/* Forgets what was signalled. Does not wait. */
void chute_wake_clear(const struct chute_wake *wake);
void chute_wake_finish(struct chute_wake *wake);

#endif
