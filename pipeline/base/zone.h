/* pipeline/base/zone.h - time zones, read from the system's zone files once and kept.
 *
 * Ownership: a zone is a value; the rules that it may point at live as long as the process.
 * Threads: any. */
#ifndef CHUTE_BASE_ZONE_H
#define CHUTE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_zone_rules; /* of a zone file */

/* A zone. A zeroed one is UTC. */
struct chute_zone {
    const struct chute_zone_rules *rules; /* NULL: a fixed offset */
    int32_t offset;                       /* seconds east of UTC, where it is fixed */
};

/* How a wall clock's time relates to moments. */
enum chute_zone_wall {
    CHUTE_ZONE_ONCE,    /* it was shown once */
    CHUTE_ZONE_TWICE,   /* clocks were put back: it was shown twice */
    CHUTE_ZONE_SKIPPED, /* clocks were put forward: it was never shown */
};

/* Finds a zone by its id (`Europe/Berlin`, `UTC`, `EST5EDT`) or offset (`-05:00`, `+0530`,
 * `GMT+2`). False, and `out` as it was, if there is none. */
bool chute_zone_find(struct chute_str id, struct chute_zone *out);
/* The zone of this machine: TZ, else /etc/localtime, else UTC; looked up once. */
struct chute_zone chute_zone_local(void);
/* Makes `zone` the local one in place of what TZ says. For tests. */
void chute_zone_set_local(struct chute_zone zone);

/* Seconds east of UTC at a moment. */
int32_t chute_zone_offset(struct chute_zone zone, int64_t seconds);
/* The offset with which a wall clock showed `wall` (seconds as if it were UTC): the earlier moment
 * if it was shown twice; if never, the offset from before the gap. */
enum chute_zone_wall chute_zone_offset_of_wall(
    struct chute_zone zone, int64_t wall, int32_t *offset);
/* `Europe/Berlin`, `UTC`, `+05:30`. Of a fixed offset the text goes into `room`. */
struct chute_str chute_zone_id(struct chute_zone zone, char room[16]);
/* `CEST`, `UTC`, `+05:30`: what the zone is called at a moment. */
struct chute_str chute_zone_abbreviation(struct chute_zone zone, int64_t seconds, char room[16]);

/* Reads `+hh`, `+hhmm`, `+hh:mm`, with seconds likewise, at the start of `text`. Returns its
 * length, or 0 if there is none. */
size_t chute_offset_parse(struct chute_str text, int32_t *offset);

#endif
