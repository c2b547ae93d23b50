/* tests/fuzz/fuzz_date.c - any bytes as a pattern and a date: read and written, in several zones; as a
 * timestamp, an ISO 8601 date, a zone's id, a zone's file. */
#include "pipeline/base/alloc.h"
#include "pipeline/base/iso8601.h"
#include "pipeline/base/javatime.h"
#include "pipeline/base/joda.h"
#include "pipeline/base/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_time(struct chute_time time) {
    char text[CHUTE_TIME_TEXT_SIZE];
    struct chute_time again;
    chute_assert(time.nanos < 1000000000);
    struct chute_str written = { text, chute_time_format(time, text) };
    if (written.len <= 30) { /* what has more digits of a year is not read back */
        chute_assert(chute_time_parse(written, &again) && chute_time_cmp(time, again) == 0);
    }
}

static void try_patterns(struct chute_arena *arena, struct chute_str pattern, struct chute_str text,
    struct chute_zone zone) {
    const char *why;
    struct chute_time time = { 1234567890, 987654321 };
    const struct chute_joda *joda =
        chute_joda_compile(arena, pattern, chute_locale_find(CHUTE_STR("fr")), &why);
    if (joda != NULL) {
        if (chute_joda_parse(joda, text, zone, &time)) {
            check_time(time);
        }
        char *out = chute_alloc(chute_joda_room(joda) + 1);
        chute_assert(chute_joda_format(joda, time, zone, out) <= chute_joda_room(joda));
        chute_free(out);
    }
    const struct chute_javatime *java = chute_javatime_compile(arena, pattern, &why);
    if (java != NULL) {
        char *out = chute_alloc(chute_javatime_room(java) + 1);
        chute_assert(chute_javatime_format(java, time, out) <= chute_javatime_room(java));
        chute_free(out);
    }
}

static void try_rules(struct chute_zone_rules *rules) {
    for (int64_t at = -4000000000; rules != NULL && at < 8000000000; at += 123456789) {
        struct chute_zone_segment segment = chute_tzif_segment(rules, at);
        chute_assert(segment.start <= at && at < segment.end);
    }
    chute_tzif_destroy(rules);
}

/* Pattern and text stand on lines of their own; the first byte chooses the zone. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const char *const ids[] = { "UTC", "Europe/Berlin", "America/New_York", "+05:45" };
    struct chute_arena arena = { 0 };
    struct chute_zone zone = { 0 };
    struct chute_time time;
    if (len == 0) {
        return 0;
    }
    chute_zone_find(chute_str_of(ids[bytes[0] % 4]), &zone);
    struct chute_str all = { (const char *)bytes + 1, len - 1 };
    const char *end = memchr(all.at, '\n', all.len);
    size_t first = end == NULL ? all.len : (size_t)(end - all.at);
    struct chute_str pattern = { all.at, first };
    struct chute_str text = { all.at + first + (end != NULL), all.len - first - (end != NULL) };
    try_patterns(&arena, pattern, text, zone);
    if (chute_time_parse(text, &time)) {
        check_time(time);
    }
    if (chute_iso8601_parse(text, zone, &time)) {
        check_time(time);
    }
    chute_zone_find(pattern, &zone);
    try_rules(chute_tzif_parse(all, CHUTE_STR("fuzz")));
    try_rules(chute_tzif_parse_posix(all, CHUTE_STR("fuzz")));
    chute_arena_finish(&arena);
    return 0;
}
