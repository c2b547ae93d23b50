/* pipeline/net/names.h - the names of addresses, looked up without waiting and remembered for a while.
 *
 * Ownership: create/close; an asker must forget its question before it dies.
 * Threads: the loop of the look-ups. */
#ifndef CHUTE_NET_NAMES_H
#define CHUTE_NET_NAMES_H

#include <sys/socket.h>
#include <uv.h>

struct chute_names;

/* Returns new. */
struct chute_names *chute_names_create(uv_loop_t *loop);
/* Calls `on_name(asker, name)`, once, now or later; an address without a name is its own. */
void chute_names_ask(struct chute_names *names, const struct sockaddr *address,
    void (*on_name)(void *asker, const char *name), void *asker);
/* The asker's call will not come any more. */
void chute_names_forget(struct chute_names *names, const void *asker);
/* Frees it as soon as the look-ups under way are over; nobody may be asking any more. Accepts NULL. */
void chute_names_close(struct chute_names *names);

#endif
