/* pipeline/run/measure.h - how often something took how long, in fixed steps from a microsecond to a minute.
 *
 * Ownership: plain memory; a zeroed histogram is empty.
 * Threads: any. */
#ifndef CHUTE_RUN_MEASURE_H
#define CHUTE_RUN_MEASURE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Bucket i counts what took up to 2^i microseconds, and longer than bucket i - 1; the last one all that took longer. */
#define CHUTE_HISTOGRAM_BUCKETS 28

struct chute_histogram {
    _Atomic uint64_t buckets[CHUTE_HISTOGRAM_BUCKETS];
};

/* The bucket for a duration. */
static inline size_t chute_histogram_bucket(uint64_t nanoseconds) {
    uint64_t micros = (nanoseconds + 999) / 1000;
    size_t bucket = micros <= 1 ? 0 : (size_t)(64 - __builtin_clzll(micros - 1));
    return bucket < CHUTE_HISTOGRAM_BUCKETS ? bucket : CHUTE_HISTOGRAM_BUCKETS - 1;
}

static inline void chute_histogram_add(struct chute_histogram *histogram, uint64_t nanoseconds) {
    atomic_fetch_add_explicit(
        &histogram->buckets[chute_histogram_bucket(nanoseconds)], 1, memory_order_relaxed);
}

/* What a codec did. */
struct chute_codec_counters {
    _Atomic uint64_t decode_in;  /* blocks */
    _Atomic uint64_t decode_out; /* events */
    _Atomic uint64_t decode_nanoseconds;
    _Atomic uint64_t encode_in; /* events */
    _Atomic uint64_t encode_nanoseconds;
};

#endif
