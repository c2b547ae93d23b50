/* pipeline/base/joda.h - date patterns of Joda-Time (`yyyy-MM-dd HH:mm:ss,SSS Z`): reading and writing.
 *
 * A pattern is compiled once. As in Joda, what is read and written has milliseconds and no more.
 *
 * Ownership: a compiled pattern lives in the arena it was compiled into; immutable.
 * Threads: any. */
#ifndef CHUTE_BASE_JODA_H
#define CHUTE_BASE_JODA_H

#include <stdbool.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/locale.h"
#include "pipeline/base/str.h"
#include "pipeline/base/time.h"
#include "pipeline/base/zone.h"

struct chute_joda; /* a compiled pattern */

/* Compiles `pattern`. NULL, with `why` a constant sentence, if it is illegal. */
const struct chute_joda *chute_joda_compile(struct chute_arena *arena, struct chute_str pattern,
    const struct chute_locale *locale, const char **why);
/* False for a pattern that only writes (zzzz). */
bool chute_joda_can_parse(const struct chute_joda *joda);

/* True if what it writes may differ within one second. */
bool chute_joda_has_fraction(const struct chute_joda *joda);
/* True if it has names (of months, weekdays, halves of the day, eras), which depend on the locale. */
bool chute_joda_has_names(const struct chute_joda *joda);

/* Reads the whole of `text`, whose wall times are in `zone` unless it names another. Without a year, it is
 * the one that is nearest to the clock's: this year, but December read in January is last year's, and
 * January read in December next year's. False, and `out` as it was, if `text` is something else, or
 * names a day that is not in the calendar or a time that clocks skipped. */
bool chute_joda_parse(const struct chute_joda *joda, struct chute_str text, struct chute_zone zone,
    struct chute_time *out);

/* Bytes that chute_joda_format may write. */
size_t chute_joda_room(const struct chute_joda *joda);
/* Writes `time` as seen in `zone` to `out`, which has chute_joda_room bytes; no NUL. Returns the length. */
size_t chute_joda_format(
    const struct chute_joda *joda, struct chute_time time, struct chute_zone zone, char *out);

#endif
