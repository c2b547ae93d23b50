#include <criterion/criterion.h>

#include "pipeline/base/javatime.h"

/* What Java 17 writes in the locale en_US. */
static const struct {
    const char *pattern, *time, *want;
} rows[] = {
    { "yyyy-MM-dd", "2015-10-01T00:00:00Z", "2015-10-01" },
    { "YYYY-DDD", "2015-10-01T00:00:00Z", "2015-274" },
    { "YYYY-'W'ww", "2015-10-01T00:00:00Z", "2015-W40" },
    { "YY-ww-e", "2015-10-01T00:00:00Z", "15-40-5" },
    { "u uu uuu uuuuu", "2015-10-01T00:00:00Z", "2015 15 2015 02015" },
    { "y yyy yyyyyyy", "2015-10-01T00:00:00Z", "2015 2015 0002015" },
    { "G GGGG GGGGG", "2015-10-01T00:00:00Z", "AD Anno Domini A" },
    { "M MMM MMMM MMMMM L LLL", "2015-10-01T00:00:00Z", "10 Oct October O 10 Oct" },
    { "Q QQ QQQ QQQQ QQQQQ q", "2015-10-01T00:00:00Z", "4 04 Q4 4th quarter 4 4" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "2015-10-01T00:00:00Z",
        "Thu Thursday T 5 05 Thu Thursday 5 Thu" },
    { "d dd D DD W", "2015-10-01T00:00:00Z", "1 01 274 274 1" },
    { "h hh H HH k K a", "2015-10-01T00:00:00Z", "12 12 0 00 24 0 AM" },
    { "m s SSS SSSSSSSSS S", "2015-10-01T00:00:00Z", "0 0 000 000000000 0" },
    { "n N A nnnnnnnnnn", "2015-10-01T00:00:00Z", "0 0 0 0000000000" },
    { "VV z zzzz O OOOO", "2015-10-01T00:00:00Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "2015-10-01T00:00:00Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "2015-10-01T00:00:00Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "2015-10-01T00:00:00Z", "   0| 10|  000" },
    { "[yyyy]-MM", "2015-10-01T00:00:00Z", "2015-10" },
    { "''yyyy'' 'it''s'", "2015-10-01T00:00:00Z", "'2015' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "2015-10-01T00:00:00Z", "2015.10.01T00:00:00.000Z" },
    { "", "2015-10-01T00:00:00Z", "" },
    { "g", "2015-10-01T00:00:00Z", "57296" },
    { "%d/%M", "2015-10-01T00:00:00Z", "%1/%10" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "2015-10-01T00:00:00Z", "2015-10-01 00:00:00,000000" },
    { "yyyy-MM-dd", "2024-02-29T23:05:09.078901234Z", "2024-02-29" },
    { "YYYY-DDD", "2024-02-29T23:05:09.078901234Z", "2024-060" },
    { "YYYY-'W'ww", "2024-02-29T23:05:09.078901234Z", "2024-W09" },
    { "YY-ww-e", "2024-02-29T23:05:09.078901234Z", "24-09-5" },
    { "u uu uuu uuuuu", "2024-02-29T23:05:09.078901234Z", "2024 24 2024 02024" },
    { "y yyy yyyyyyy", "2024-02-29T23:05:09.078901234Z", "2024 2024 0002024" },
    { "G GGGG GGGGG", "2024-02-29T23:05:09.078901234Z", "AD Anno Domini A" },
    { "M MMM MMMM MMMMM L LLL", "2024-02-29T23:05:09.078901234Z", "2 Feb February F 2 Feb" },
    { "Q QQ QQQ QQQQ QQQQQ q", "2024-02-29T23:05:09.078901234Z", "1 01 Q1 1st quarter 1 1" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "2024-02-29T23:05:09.078901234Z",
        "Thu Thursday T 5 05 Thu Thursday 5 Thu" },
    { "d dd D DD W", "2024-02-29T23:05:09.078901234Z", "29 29 60 60 5" },
    { "h hh H HH k K a", "2024-02-29T23:05:09.078901234Z", "11 11 23 23 23 11 PM" },
    { "m s SSS SSSSSSSSS S", "2024-02-29T23:05:09.078901234Z", "5 9 078 078901234 0" },
    { "n N A nnnnnnnnnn", "2024-02-29T23:05:09.078901234Z",
        "78901234 83109078901234 83109078 0078901234" },
    { "VV z zzzz O OOOO", "2024-02-29T23:05:09.078901234Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "2024-02-29T23:05:09.078901234Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "2024-02-29T23:05:09.078901234Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "2024-02-29T23:05:09.078901234Z", "  23|  2|  078" },
    { "[yyyy]-MM", "2024-02-29T23:05:09.078901234Z", "2024-02" },
    { "''yyyy'' 'it''s'", "2024-02-29T23:05:09.078901234Z", "'2024' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "2024-02-29T23:05:09.078901234Z", "2024.02.29T23:05:09.078Z" },
    { "", "2024-02-29T23:05:09.078901234Z", "" },
    { "g", "2024-02-29T23:05:09.078901234Z", "60369" },
    { "%d/%M", "2024-02-29T23:05:09.078901234Z", "%29/%2" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "2024-02-29T23:05:09.078901234Z",
        "2024-02-29 23:05:09,078901" },
    { "yyyy-MM-dd", "2021-01-02T12:00:00.900Z", "2021-01-02" },
    { "YYYY-DDD", "2021-01-02T12:00:00.900Z", "2021-002" },
    { "YYYY-'W'ww", "2021-01-02T12:00:00.900Z", "2021-W01" },
    { "YY-ww-e", "2021-01-02T12:00:00.900Z", "21-01-7" },
    { "u uu uuu uuuuu", "2021-01-02T12:00:00.900Z", "2021 21 2021 02021" },
    { "y yyy yyyyyyy", "2021-01-02T12:00:00.900Z", "2021 2021 0002021" },
    { "G GGGG GGGGG", "2021-01-02T12:00:00.900Z", "AD Anno Domini A" },
    { "M MMM MMMM MMMMM L LLL", "2021-01-02T12:00:00.900Z", "1 Jan January J 1 Jan" },
    { "Q QQ QQQ QQQQ QQQQQ q", "2021-01-02T12:00:00.900Z", "1 01 Q1 1st quarter 1 1" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "2021-01-02T12:00:00.900Z",
        "Sat Saturday S 7 07 Sat Saturday 7 Sat" },
    { "d dd D DD W", "2021-01-02T12:00:00.900Z", "2 02 2 02 1" },
    { "h hh H HH k K a", "2021-01-02T12:00:00.900Z", "12 12 12 12 12 0 PM" },
    { "m s SSS SSSSSSSSS S", "2021-01-02T12:00:00.900Z", "0 0 900 900000000 9" },
    { "n N A nnnnnnnnnn", "2021-01-02T12:00:00.900Z",
        "900000000 43200900000000 43200900 0900000000" },
    { "VV z zzzz O OOOO", "2021-01-02T12:00:00.900Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "2021-01-02T12:00:00.900Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "2021-01-02T12:00:00.900Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "2021-01-02T12:00:00.900Z", "  12|  1|  900" },
    { "[yyyy]-MM", "2021-01-02T12:00:00.900Z", "2021-01" },
    { "''yyyy'' 'it''s'", "2021-01-02T12:00:00.900Z", "'2021' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "2021-01-02T12:00:00.900Z", "2021.01.02T12:00:00.900Z" },
    { "", "2021-01-02T12:00:00.900Z", "" },
    { "g", "2021-01-02T12:00:00.900Z", "59216" },
    { "%d/%M", "2021-01-02T12:00:00.900Z", "%2/%1" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "2021-01-02T12:00:00.900Z", "2021-01-02 12:00:00,900000" },
    { "yyyy-MM-dd", "2024-12-29T11:59:59.999Z", "2024-12-29" },
    { "YYYY-DDD", "2024-12-29T11:59:59.999Z", "2025-364" },
    { "YYYY-'W'ww", "2024-12-29T11:59:59.999Z", "2025-W01" },
    { "YY-ww-e", "2024-12-29T11:59:59.999Z", "25-01-1" },
    { "u uu uuu uuuuu", "2024-12-29T11:59:59.999Z", "2024 24 2024 02024" },
    { "y yyy yyyyyyy", "2024-12-29T11:59:59.999Z", "2024 2024 0002024" },
    { "G GGGG GGGGG", "2024-12-29T11:59:59.999Z", "AD Anno Domini A" },
    { "M MMM MMMM MMMMM L LLL", "2024-12-29T11:59:59.999Z", "12 Dec December D 12 Dec" },
    { "Q QQ QQQ QQQQ QQQQQ q", "2024-12-29T11:59:59.999Z", "4 04 Q4 4th quarter 4 4" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "2024-12-29T11:59:59.999Z",
        "Sun Sunday S 1 01 Sun Sunday 1 Sun" },
    { "d dd D DD W", "2024-12-29T11:59:59.999Z", "29 29 364 364 5" },
    { "h hh H HH k K a", "2024-12-29T11:59:59.999Z", "11 11 11 11 11 11 AM" },
    { "m s SSS SSSSSSSSS S", "2024-12-29T11:59:59.999Z", "59 59 999 999000000 9" },
    { "n N A nnnnnnnnnn", "2024-12-29T11:59:59.999Z",
        "999000000 43199999000000 43199999 0999000000" },
    { "VV z zzzz O OOOO", "2024-12-29T11:59:59.999Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "2024-12-29T11:59:59.999Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "2024-12-29T11:59:59.999Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "2024-12-29T11:59:59.999Z", "  11| 12|  999" },
    { "[yyyy]-MM", "2024-12-29T11:59:59.999Z", "2024-12" },
    { "''yyyy'' 'it''s'", "2024-12-29T11:59:59.999Z", "'2024' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "2024-12-29T11:59:59.999Z", "2024.12.29T11:59:59.999Z" },
    { "", "2024-12-29T11:59:59.999Z", "" },
    { "g", "2024-12-29T11:59:59.999Z", "60673" },
    { "%d/%M", "2024-12-29T11:59:59.999Z", "%29/%12" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "2024-12-29T11:59:59.999Z", "2024-12-29 11:59:59,999000" },
    { "yyyy-MM-dd", "2021-08-11T01:02:03Z", "2021-08-11" },
    { "YYYY-DDD", "2021-08-11T01:02:03Z", "2021-223" },
    { "YYYY-'W'ww", "2021-08-11T01:02:03Z", "2021-W33" },
    { "YY-ww-e", "2021-08-11T01:02:03Z", "21-33-4" },
    { "u uu uuu uuuuu", "2021-08-11T01:02:03Z", "2021 21 2021 02021" },
    { "y yyy yyyyyyy", "2021-08-11T01:02:03Z", "2021 2021 0002021" },
    { "G GGGG GGGGG", "2021-08-11T01:02:03Z", "AD Anno Domini A" },
    { "M MMM MMMM MMMMM L LLL", "2021-08-11T01:02:03Z", "8 Aug August A 8 Aug" },
    { "Q QQ QQQ QQQQ QQQQQ q", "2021-08-11T01:02:03Z", "3 03 Q3 3rd quarter 3 3" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "2021-08-11T01:02:03Z",
        "Wed Wednesday W 4 04 Wed Wednesday 4 Wed" },
    { "d dd D DD W", "2021-08-11T01:02:03Z", "11 11 223 223 2" },
    { "h hh H HH k K a", "2021-08-11T01:02:03Z", "1 01 1 01 1 1 AM" },
    { "m s SSS SSSSSSSSS S", "2021-08-11T01:02:03Z", "2 3 000 000000000 0" },
    { "n N A nnnnnnnnnn", "2021-08-11T01:02:03Z", "0 3723000000000 3723000 0000000000" },
    { "VV z zzzz O OOOO", "2021-08-11T01:02:03Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "2021-08-11T01:02:03Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "2021-08-11T01:02:03Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "2021-08-11T01:02:03Z", "   1|  8|  000" },
    { "[yyyy]-MM", "2021-08-11T01:02:03Z", "2021-08" },
    { "''yyyy'' 'it''s'", "2021-08-11T01:02:03Z", "'2021' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "2021-08-11T01:02:03Z", "2021.08.11T01:02:03.000Z" },
    { "", "2021-08-11T01:02:03Z", "" },
    { "g", "2021-08-11T01:02:03Z", "59437" },
    { "%d/%M", "2021-08-11T01:02:03Z", "%11/%8" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "2021-08-11T01:02:03Z", "2021-08-11 01:02:03,000000" },
    { "yyyy-MM-dd", "-0043-03-15T12:00:00Z", "0044-03-15" },
    { "YYYY-DDD", "-0043-03-15T12:00:00Z", "-0043-074" },
    { "YYYY-'W'ww", "-0043-03-15T12:00:00Z", "-0043-W11" },
    { "YY-ww-e", "-0043-03-15T12:00:00Z", "43-11-6" },
    { "u uu uuu uuuuu", "-0043-03-15T12:00:00Z", "-43 43 -043 -00043" },
    { "y yyy yyyyyyy", "-0043-03-15T12:00:00Z", "44 044 0000044" },
    { "G GGGG GGGGG", "-0043-03-15T12:00:00Z", "BC Before Christ B" },
    { "M MMM MMMM MMMMM L LLL", "-0043-03-15T12:00:00Z", "3 Mar March M 3 Mar" },
    { "Q QQ QQQ QQQQ QQQQQ q", "-0043-03-15T12:00:00Z", "1 01 Q1 1st quarter 1 1" },
    { "E EEEE EEEEE e ee eee eeee c ccc", "-0043-03-15T12:00:00Z",
        "Fri Friday F 6 06 Fri Friday 6 Fri" },
    { "d dd D DD W", "-0043-03-15T12:00:00Z", "15 15 74 74 3" },
    { "h hh H HH k K a", "-0043-03-15T12:00:00Z", "12 12 12 12 12 0 PM" },
    { "m s SSS SSSSSSSSS S", "-0043-03-15T12:00:00Z", "0 0 000 000000000 0" },
    { "n N A nnnnnnnnnn", "-0043-03-15T12:00:00Z", "0 43200000000000 43200000 0000000000" },
    { "VV z zzzz O OOOO", "-0043-03-15T12:00:00Z", "Z Z Z GMT GMT" },
    { "X XX XXX XXXXX x xx xxx xxxx xxxxx", "-0043-03-15T12:00:00Z",
        "Z Z Z Z +00 +0000 +00:00 +0000 +00:00" },
    { "Z ZZZZ ZZZZZ", "-0043-03-15T12:00:00Z", "+0000 GMT Z" },
    { "ppppH|pppM|pppppSSS", "-0043-03-15T12:00:00Z", "  12|  3|  000" },
    { "[yyyy]-MM", "-0043-03-15T12:00:00Z", "0044-03" },
    { "''yyyy'' 'it''s'", "-0043-03-15T12:00:00Z", "'0044' it's" },
    { "yyyy.MM.dd'T'HH:mm:ss.SSSX", "-0043-03-15T12:00:00Z", "0044.03.15T12:00:00.000Z" },
    { "", "-0043-03-15T12:00:00Z", "" },
    { "g", "-0043-03-15T12:00:00Z", "-694573" },
    { "%d/%M", "-0043-03-15T12:00:00Z", "%15/%3" },
    { "yyyy-MM-dd HH:mm:ss,SSSSSS", "-0043-03-15T12:00:00Z", "0044-03-15 12:00:00,000000" },
};

Test(javatime, formats_as_java_does) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_arena arena = { 0 };
        const char *why;
        const struct chute_javatime *pattern =
            chute_javatime_compile(&arena, chute_str_of(rows[i].pattern), &why);
        struct chute_time time;
        cr_assert(pattern != NULL, "%s", rows[i].pattern);
        cr_assert(chute_time_parse(chute_str_of(rows[i].time), &time), "%s", rows[i].time);
        char *out = chute_arena_get(&arena, chute_javatime_room(pattern));
        size_t len = chute_javatime_format(pattern, time, out);
        cr_expect(len <= chute_javatime_room(pattern));
        cr_expect(chute_str_eq((struct chute_str){ out, len }, chute_str_of(rows[i].want)),
            "%s %s: got %.*s, want %s", rows[i].pattern, rows[i].time, (int)len, out, rows[i].want);
        chute_arena_finish(&arena);
    }
}

Test(javatime, refuses_illegal_patterns) {
    static const struct {
        const char *pattern;
        bool is_legal;
    } patterns[] = {
        { "yyyyMMddb", false },
        { "DDDD", false },
        { "'open", false },
        { "{", false },
        { "yyyy}", false },
        { "#", false },
        { "]", false },
        { "[yyyy", true },
        { "cc", false },
        { "VVV", false },
        { "V", false },
        { "OO", false },
        { "HHH", false },
        { "SSSSSSSSSS", false },
        { "MMMMMM", false },
        { "pp", false },
        { "p-", false },
        { "i", false },
        { "aa", false },
        { "www", false },
        { "EEEEEE", false },
        { "ZZZZZZ", false },
        { "XXXXXX", false },
        { "zzzzz", false },
        { "vvv", false },
        { "FF", false },
        { "yyyyyyyyyyyyyyyyyyyy", false },
        { "WW", false },
        { "ppp", false },
        { "dd'", false },
    };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct chute_arena arena = { 0 };
        const char *why = NULL;
        const struct chute_javatime *pattern =
            chute_javatime_compile(&arena, chute_str_of(patterns[i].pattern), &why);
        cr_expect((pattern != NULL) == patterns[i].is_legal, "%s", patterns[i].pattern);
        cr_expect((pattern != NULL) == (why == NULL), "%s", patterns[i].pattern);
        chute_arena_finish(&arena);
    }
}

Test(javatime, knows_what_changes_within_a_second) {
    static const struct {
        const char *pattern;
        bool has_fraction;
    } patterns[] = { { "HH:mm:ss", false }, { "HH:mm:ss.SSS", true }, { "'S' yyyy", false },
        { "n", true }, { "A", true }, { "N", true } };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct chute_arena arena = { 0 };
        const char *why;
        cr_expect(chute_javatime_has_fraction(chute_javatime_compile(
                      &arena, chute_str_of(patterns[i].pattern), &why)) == patterns[i].has_fraction,
            "%s", patterns[i].pattern);
        chute_arena_finish(&arena);
    }
}
