/* pipeline/net/spare.h - descriptors that are kept for when there are no others: a server that tells what ails the
 * process has to answer then, too.
 *
 * Ownership: plain memory, zeroed at first; close gives the descriptors back.
 * Threads: one at a time. */
#ifndef CHUTE_NET_SPARE_H
#define CHUTE_NET_SPARE_H

#include <stdbool.h>
#include <stddef.h>

#define CHUTE_SPARE_DESCRIPTORS 8

struct chute_spare {
    int fds[CHUTE_SPARE_DESCRIPTORS];
    size_t count;
};

/* Opens what is missing, as far as it can be had. */
void chute_spare_fill(struct chute_spare *spare);
/* Closes one, so that the next descriptor can be opened. False if there is none left. */
bool chute_spare_lend(struct chute_spare *spare);
void chute_spare_close(struct chute_spare *spare);

#endif
