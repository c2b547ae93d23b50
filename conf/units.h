/* conf/units.h - sizes and durations as a configuration writes them.
 *
 * Ownership: everything is borrowed for the length of a call.
 * Threads: any. */
#ifndef CHUTE_CONF_UNITS_H
#define CHUTE_CONF_UNITS_H

#include <stdbool.h>

#include "pipeline/base/str.h"

/* `123`, `10 KiB`, `64mb`: thousands for kB, MB …, 1024 for KiB, MiB …; letters of any case. False, and `out`
 * as it was, if it is none, negative, or too large. */
bool chute_units_bytes(struct chute_str text, long long *out);
/* Milliseconds: `0.5` (seconds), `500ms`, `2 weeks`, `1h`. False, and `out` as it was, as above. */
bool chute_units_duration(struct chute_str text, long long *out);

#endif
