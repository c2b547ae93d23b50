/* pipeline/base/time.h - a moment in time, the calendar, and ISO 8601 text.
 *
 * Ownership: plain values; what is formatted goes into the caller's memory.
 * Threads: any. */
#ifndef CHUTE_BASE_TIME_H
#define CHUTE_BASE_TIME_H

#include <stdint.h>

/* A moment: seconds since 1970-01-01T00:00:00Z, negative before, and what is past that second. */
struct chute_time {
    int64_t seconds;
    uint32_t nanos; /* 0 … 999,999,999 */
};

#endif
