/* pipeline/run/parcel.h - encoded events on their way out: kept, joined, split and used again.
 *
 * Ownership: a parcel owns its bytes, its table and a reference to each item's token.
 * Threads: one at a time; an output's lists are under its lock. */
#ifndef CHUTE_RUN_PARCEL_H
#define CHUTE_RUN_PARCEL_H

#include "pipeline/run/engine.h"

struct chute_parcel *chute_parcel_create(void);
/* Frees the parcel; its tokens were settled. Accepts NULL. */
void chute_parcel_destroy(struct chute_parcel *parcel);
/* Forgets the items, keeps the memory. */
void chute_parcel_clear(struct chute_parcel *parcel);
/* Appends a copy of item `index` of `from`, which gives its token to `to`. */
void chute_parcel_move_item(struct chute_parcel *to, struct chute_parcel *from, uint32_t index);
/* Memory that the parcel holds. */
size_t chute_parcel_weight(const struct chute_parcel *parcel);
/* Takes from the list at `*first` what fits into one delivery: the first parcel as it is, or several joined, or the
 * first part of one that is too large. `into` (empty) is used when bytes have to be copied; parcels that were
 * emptied go to `*emptied`. Never NULL, unless the list is empty. */
struct chute_parcel *chute_parcel_take(struct chute_parcel **first, struct chute_parcel **last,
    size_t join_bytes, uint32_t join_items, struct chute_parcel *into,
    struct chute_parcel **emptied);

#endif
