#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/text/line.h"

static const struct {
    const char *bytes, *delimiter;
    size_t seen, want;
} cuts[] = {
    { "", "\n", 0, 0 },
    { "abc", "\n", 0, 0 },
    { "abc\n", "\n", 0, 4 },
    { "abc\n", "\n", 3, 4 },
    { "a\nbc\nd", "\n", 0, 5 },
    { "abc\n", "\n", 4, 0 }, /* what was seen is not looked at again */
    { "a|b", "|", 0, 2 },
    { "axyzbxyzc", "xyz", 0, 8 },
    { "axyz", "xyz", 3, 4 }, /* it began in what was seen */
    { "axz", "xyz", 0, 0 },
    { "yz", "xyz", 0, 0 },
    { "xyzz", "xyz", 1, 3 },
    { "xyz", "xyz", 0, 3 },
    { "a\r\nb\n", "\r\n", 0, 3 },
};

Test(text_line, cuts_at_the_last_delimiter) {
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        size_t got = chute_line_cut(
            chute_str_of(cuts[i].bytes), chute_str_of(cuts[i].delimiter), cuts[i].seen);
        cr_expect(got == cuts[i].want, "row %zu: got %zu", i, got);
    }
}

static const struct {
    const char *bytes, *delimiter, *want; /* lines in brackets */
} lines[] = {
    { "", "\n", "" },
    { "\n", "\n", "[]" },
    { "a\n\nb", "\n", "[a][][b]" },
    { "axyzbxyz", "xyz", "[a][b]" },
    { "axyzbxy", "xyz", "[a][bxy]" },
};

Test(text_line, takes_lines_off) {
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct chute_str rest = chute_str_of(lines[i].bytes), line;
        char got[64] = "";
        while (chute_line_next(&rest, chute_str_of(lines[i].delimiter), &line)) {
            size_t len = strlen(got);
            snprintf(got + len, sizeof(got) - len, "[%.*s]", CHUTE_STR_ARGS(line));
        }
        cr_expect_str_eq(got, lines[i].want, "row %zu: got %s", i, got);
    }
}

static const struct {
    const char *bytes;
    size_t seen;
    bool is_idle;
    size_t want;
} objects[] = {
    { "", 0, true, 0 },
    { "{\"a\":1}", 0, false, 0 }, /* its line end may follow */
    { "{\"a\":1}", 7, true, 7 },
    { "{\"a\":1", 6, true, 0 },
    { "{\"a\":1}{\"b\":2}", 0, false, 7 },
    { "{\"a\":1}{\"b\":2}", 7, false, 7 },
    { "{\"a\":1} {", 8, false, 7 },
    { "{\"a\":1}{\"b\":2}{", 14, false, 14 },
    { "{\"a\":1}{\"b\":2}", 14, true, 14 },
    { "{\"a\":{}}{", 0, false, 8 },
    { "{\"a\":\"}{\"}", 0, false, 0 },
    { "{\"a\":\"}{\\\"}{\"}{", 0, false, 14 },
    { "{\"a\":\"\\\\\"}{", 0, false, 10 },
    { "  {}{", 0, false, 4 },
    { "[{}]{", 0, true, 0 },
    { "text}{", 0, false, 0 },
    { "{}}{", 0, true, 2 },
};

Test(text_line, cuts_objects) {
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        size_t got = chute_line_cut_objects(
            chute_str_of(objects[i].bytes), objects[i].seen, objects[i].is_idle);
        cr_expect(got == objects[i].want, "row %zu: got %zu", i, got);
    }
}

/* However a stream is split, what is cut must be the same in the end. */
Test(text_line, cuts_objects_byte_by_byte) {
    struct chute_str text = CHUTE_STR("{\"a\":\"}{\"}{\"b\":{\"c\":[1,{}]}}\t{\"d\":\"\\\"}\"}{");
    size_t taken = 0, seen = 0, cuts_made = 0;
    for (size_t len = 1; len <= text.len; len++) {
        struct chute_str bytes = { text.at + taken, len - taken };
        size_t cut = chute_line_cut_objects(bytes, seen, false);
        taken += cut;
        cuts_made += cut > 0;
        seen = len - taken;
    }
    cr_expect_eq(taken, text.len - 1);
    cr_expect_eq(cuts_made, 3);
}

/* An object of 8 MiB whose text looks like the start of others must be cut in linear time: with a scan for
 * each piece this would take minutes. */
Test(text_line, does_not_scan_a_growing_object_again_and_again, .timeout = 60) {
    size_t size = (size_t)8 * 1024 * 1024, taken = 0, seen = 0;
    char *bytes = malloc(size + 3);
    memcpy(bytes, "{\"a\":\"", 6);
    for (size_t i = 6; i < size; i++) {
        bytes[i] = i % 2 == 0 ? '}' : '{';
    }
    memcpy(bytes + size - 2, "\"}", 2);
    for (size_t len = 512; len <= size; len += 512) {
        taken += chute_line_cut_objects((struct chute_str){ bytes, len }, seen, false);
        seen = len;
    }
    cr_expect_eq(taken, 0);
    cr_expect_eq(chute_line_cut_objects((struct chute_str){ bytes, size }, size, true), size);
    free(bytes);
}

Test(text_line, finds_the_first_of_several_objects) {
    static const struct {
        const char *bytes;
        size_t want;
    } rows[] = {
        { "", 0 },
        { "{}", 2 },
        { "{} {}", 2 },
        { " {a}  {b}{c}", 4 },
        { "{\"}{\"}{}", 6 },
        { "{\"\\\"}{\"}{}", 8 },
        { "{{}}{", 4 },
        { "{} 5 {}", 7 },
        { "{}[{}]", 6 },
        { "5{}{}", 5 },
        { "{{}{}", 5 },
        { "{\"}{}", 5 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t got = chute_line_first_object(chute_str_of(rows[i].bytes));
        cr_expect_eq(got, rows[i].want, "%s: got %zu", rows[i].bytes, got);
    }
}
