/* pipeline/text/syslog.h - what a syslog message says: RFC 3164 as it is really sent, and RFC 5424.
 *
 * Of RFC 3164 everything behind the priority may be missing; times may carry a year, a fraction or be
 * ISO 8601.
 *
 * Ownership: a parsed message is views of the text. Threads: any. */
#ifndef CHUTE_TEXT_SYSLOG_H
#define CHUTE_TEXT_SYSLOG_H

#include "pipeline/base/value.h"
#include "pipeline/base/zone.h"

#define CHUTE_SYSLOG_UNKNOWN_PRIORITY 13 /* user, notice: of a message that tells none */

struct chute_syslog {
    int priority;               /* 0 … 999 */
    int version;                /* 1 of RFC 5424; 0 of RFC 3164 */
    struct chute_str timestamp; /* as written; empty if there is none */
    struct chute_str host;      /* these are empty if there is none */
    struct chute_str program;
    struct chute_str pid; /* of RFC 3164 digits, of RFC 5424 any text */
    struct chute_str message_id;
    struct chute_str structured_data; /* `[id name="value"]…` */
    struct chute_str message;
};

/* Reads `text`, one message. False if it does not begin with a priority: `out` is then of no use. */
bool chute_syslog_parse(struct chute_str text, struct chute_syslog *out);

/* The moment that a message's timestamp names. What has no offset is local to `zone`; what has no year is in that
 * which puts it nearest to `now`. False if it is no time (the 30th of February). */
bool chute_syslog_time(struct chute_str timestamp, struct chute_zone zone, struct chute_time now,
    struct chute_time *out);

/* Structured data as an object of objects of texts, in `arena`; a parameter that stands twice becomes an array. */
struct chute_value chute_syslog_structured(struct chute_arena *arena, struct chute_str data);

#endif
