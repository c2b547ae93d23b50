/* pipeline/base/iso8601.h - reads ISO 8601 dates as Joda's dateTimeParser does, for the date filter.
 *
 * What becomes @timestamp by itself is read by chute_time_parse, as java.time does: the two differ.
 *
 * Ownership: plain values.
 * Threads: any. */
#ifndef CHUTE_BASE_ISO8601_H
#define CHUTE_BASE_ISO8601_H

#include "pipeline/base/str.h"
#include "pipeline/base/time.h"
#include "pipeline/base/zone.h"

/* Reads a date (`2024-02-29`, `2024-060`, `2024-W09-4`, the smaller parts optional), then optionally `T`, a time
 * (`10`, `10:30`, `10:30:15`, the last part with a fraction) and an offset, or `T` and a time alone. Without an
 * offset it is a wall time of `zone`. Cut to milliseconds. False, and `out` as it was, if `text` is something
 * else, or not in the calendar, or clocks skipped it. */
bool chute_iso8601_parse(struct chute_str text, struct chute_zone zone, struct chute_time *out);

#endif
