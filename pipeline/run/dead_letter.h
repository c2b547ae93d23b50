/* pipeline/run/dead_letter.h - events that a destination refused for good, kept as JSON lines under
 * path.data/dead_letter_queue/<pipeline>/: one object a line with `@timestamp`, `plugin`, `where`, `reason` and `event`.
 *
 * The folder is bounded: the oldest file is removed when it would grow beyond the limit.
 *
 * Ownership: create/destroy.
 * Threads: any. */
#ifndef CHUTE_RUN_DEAD_LETTER_H
#define CHUTE_RUN_DEAD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_dead_letters;

/* Opens nothing yet: the first letter does. `max_bytes` 0: keeps none. */
struct chute_dead_letters *chute_dead_letters_create(
    const char *path_data, const char *pipeline_id, size_t max_bytes);
/* Accepts NULL. */
void chute_dead_letters_destroy(struct chute_dead_letters *letters);

/* How much is kept now. */
size_t chute_dead_letters_bytes(const struct chute_dead_letters *letters);
/* How many letters the bound has cost so far: those of the files that were removed. */
uint64_t chute_dead_letters_dropped(const struct chute_dead_letters *letters);

/* One refused event. `event` is JSON, or, if not `is_json`, any text. False, after logging once a minute, if it could
 * not be written. */
struct chute_letter {
    const char *plugin; /* id */
    const char *where;  /* index, file, … */
    const char *reason;
    const char *detail; /* put behind the reason; NULL: none */
    struct chute_str event;
    bool is_json;
};
bool chute_dead_letters_add(struct chute_dead_letters *letters, const struct chute_letter *letter);

#endif
