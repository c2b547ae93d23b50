/* pipeline/base/javatime.h - date patterns of Java's java.time (`%{{yyyy-MM-dd}}`): writing, in UTC.
 *
 * Names and weeks are those of the locale en_US, in which Logstash's packages run: weeks begin on Sunday.
 *
 * Ownership: a compiled pattern lives in the arena it was compiled into; immutable.
 * Threads: any. */
#ifndef CHUTE_BASE_JAVATIME_H
#define CHUTE_BASE_JAVATIME_H

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"
#include "pipeline/base/time.h"

struct chute_javatime; /* a compiled pattern */

/* Compiles `pattern`. NULL, with `why` a constant sentence, if it is illegal. */
const struct chute_javatime *chute_javatime_compile(
    struct chute_arena *arena, struct chute_str pattern, const char **why);
/* Bytes that chute_javatime_format may write. */
size_t chute_javatime_room(const struct chute_javatime *pattern);
/* Writes `time` to `out`, which has chute_javatime_room bytes; no NUL. Returns the length. */
size_t chute_javatime_format(
    const struct chute_javatime *pattern, struct chute_time time, char *out);
/* True if what it writes may differ within one second. */
bool chute_javatime_has_fraction(const struct chute_javatime *pattern);

#endif
