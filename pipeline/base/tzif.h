/* pipeline/base/tzif.h - the rules of one time zone, from a TZif file or a POSIX TZ text.
 *
 * For zone.c; everything else asks zone.h.
 *
 * Ownership: rules own all they point at.
 * Threads: any, as rules never change. */
#ifndef CHUTE_BASE_TZIF_H
#define CHUTE_BASE_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/str.h"

/* A stretch of time with one offset: from `start` up to and without `end`, in seconds since 1970.
 */
struct chute_zone_segment {
    int64_t start;
    int64_t end;
    int32_t offset;
    const char *abbreviation;
};

struct chute_zone_rules;

/* Reads the bytes of a TZif file, version 1 to 4. Returns new rules, or NULL if they are no such
 * file. */
struct chute_zone_rules *chute_tzif_parse(struct chute_str bytes, struct chute_str id);
/* Reads a text such as `CET-1CEST,M3.5.0,M10.5.0/3`. Returns new rules, or NULL if it is none. */
struct chute_zone_rules *chute_tzif_parse_posix(struct chute_str text, struct chute_str id);
/* Accepts NULL. */
void chute_tzif_destroy(struct chute_zone_rules *rules);
/* The id that the rules were made with. */
struct chute_str chute_tzif_id(const struct chute_zone_rules *rules);
/* The stretch that `seconds` lies in. */
struct chute_zone_segment chute_tzif_segment(const struct chute_zone_rules *rules, int64_t seconds);

#endif
