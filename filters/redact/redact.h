/* filters/redact/redact.h - what redact counts, for its metrics.
 *
 * Ownership: the state of an instance owns its counters.
 * Threads: any. */
#ifndef CHUTE_FILTERS_REDACT_H
#define CHUTE_FILTERS_REDACT_H

#include <stdatomic.h>
#include <stdint.h>

#include "pipeline/base/str.h"

/* Counter 0 is of the values hidden for the name of their field, counter n of pattern n, in written order. */
struct redact_state {
    struct redact_counter {
        struct chute_str name;   /* "fields", or the pattern's */
        _Atomic uint64_t values; /* that were changed */
    } * counters;
    size_t count;
};

#endif
