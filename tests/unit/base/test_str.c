#include <criterion/criterion.h>

#include "pipeline/base/str.h"

Test(base_str, finds_every_needle_at_every_place) {
    static const char *const needles[] = { "x", "xy", "xaay", "xxxxxxxxxxxxxxxxxxxxy",
        "x----------------------------------------------------------------------y" };
    char text[160];
    size_t wrong = 0;
    for (size_t n = 0; n < sizeof(needles) / sizeof(needles[0]); n++) {
        struct chute_str needle = chute_str_of(needles[n]);
        for (size_t len = needle.len; len <= sizeof(text); len++) {
            for (size_t at = 0; at + needle.len <= len; at++) {
                memset(text, 'a', sizeof(text));
                memcpy(text + at, needle.at, needle.len);
                ptrdiff_t got = chute_str_find((struct chute_str){ text, len }, needle);
                wrong += got != (ptrdiff_t)at;
                text[at] = 'b';
                got = chute_str_find((struct chute_str){ text, len }, needle);
                wrong += needle.at[1] != 'x' && got != -1;
            }
        }
    }
    cr_expect_eq(wrong, 0);
    cr_expect_eq(chute_str_find(CHUTE_STR("abc"), CHUTE_STR("")), 0);
    cr_expect_eq(chute_str_find(CHUTE_STR("abc"), CHUTE_STR("abcd")), -1);
    cr_expect_eq(chute_str_find(CHUTE_STR("abab"), CHUTE_STR("ab")), 0, "the first one");
    cr_expect_eq(chute_str_find(CHUTE_STR("a\0b"), CHUTE_STR("\0b")), 1, "a zero byte is a byte");
}

Test(base_str, folds_ascii_letters_only) {
    cr_expect(chute_str_eq_nocase(CHUTE_STR("aZ9"), CHUTE_STR("Az9")));
    cr_expect_not(chute_str_eq_nocase(CHUTE_STR("["), CHUTE_STR("{")));
    cr_expect_not(chute_str_eq_nocase(CHUTE_STR("\xC9"), CHUTE_STR("\xE9")));
    cr_expect_not(chute_str_eq_nocase(CHUTE_STR("a\0b"), CHUTE_STR("A\0c")), "behind a zero byte");
    cr_expect_not(chute_str_eq_nocase(CHUTE_STR("a"), CHUTE_STR("ab")));
}

Test(base_str, is_one_of_words_in_any_case) {
    static const char *const words[] = { "Path", "max-age" };
    cr_expect(chute_str_is_one_of(CHUTE_STR("pATH"), words, 2));
    cr_expect(chute_str_is_one_of(CHUTE_STR("max-age"), words, 2));
    cr_expect_not(chute_str_is_one_of(CHUTE_STR("max-age"), words, 1));
    cr_expect_not(chute_str_is_one_of(CHUTE_STR("pat"), words, 2));
    cr_expect_not(chute_str_is_one_of(CHUTE_STR(""), words, 2));
}

Test(base_str, compares_bytes) {
    static const struct {
        struct chute_str a, b;
        int order;
    } rows[] = {
        { CHUTE_STR("a"), CHUTE_STR("b"), -1 },
        { CHUTE_STR("a"), CHUTE_STR("a"), 0 },
        { CHUTE_STR("a"), CHUTE_STR("aa"), -1 },
        { CHUTE_STR(""), CHUTE_STR("a"), -1 },
        { { NULL, 0 }, CHUTE_STR(""), 0 },
        { CHUTE_STR("\xff"), CHUTE_STR("z"), 1 },
        { CHUTE_STR("a\0b"), CHUTE_STR("a\0c"), -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int there = chute_str_cmp(rows[i].a, rows[i].b), back = chute_str_cmp(rows[i].b, rows[i].a);
        cr_expect_eq((there > 0) - (there < 0), rows[i].order, "row %zu", i);
        cr_expect_eq((back > 0) - (back < 0), -rows[i].order, "row %zu, the other way", i);
        cr_expect_eq(chute_str_eq(rows[i].a, rows[i].b), rows[i].order == 0, "row %zu", i);
    }
}

Test(base_str, knows_starts_and_ends) {
    struct chute_str text = CHUTE_STR("message");
    cr_expect(chute_str_starts_with(text, CHUTE_STR("mess")));
    cr_expect(chute_str_starts_with(text, text));
    cr_expect(chute_str_starts_with(text, (struct chute_str){ 0 }));
    cr_expect_not(chute_str_starts_with(text, CHUTE_STR("messages")));
    cr_expect_not(chute_str_starts_with(text, CHUTE_STR("essage")));
    cr_expect(chute_str_ends_with(text, CHUTE_STR("sage")));
    cr_expect(chute_str_ends_with(text, (struct chute_str){ 0 }));
    cr_expect_not(chute_str_ends_with(text, CHUTE_STR("a message")));
    cr_expect_not(chute_str_ends_with(text, CHUTE_STR("messag")));
    cr_expect_eq(chute_str_of(NULL).len, 0);
}

Test(base_str, trims_blanks_around) {
    static const struct {
        const char *text, *want;
    } rows[] = { { " a b\t", "a b" }, { "\r\n\v\f", "" }, { "", "" }, { "ab", "ab" },
        { "\xC2\xA0x", "\xC2\xA0x" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str got = chute_str_trim(chute_str_of(rows[i].text));
        cr_expect(chute_str_eq(got, chute_str_of(rows[i].want)), "\"%s\"", rows[i].text);
    }
}

Test(base_str, cuts_at_a_separator) {
    static const struct {
        const char *text, *first, *rest;
    } rows[] = { { "a,b,c", "a", "b,c" }, { ",b", "", "b" }, { "a,", "a", "" }, { "a", "a", "" },
        { ",", "", "" }, { "", "", "" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str rest = chute_str_of(rows[i].text);
        struct chute_str first = chute_str_cut(&rest, ',');
        cr_expect(chute_str_eq(first, chute_str_of(rows[i].first)), "\"%s\"", rows[i].text);
        cr_expect(chute_str_eq(rest, chute_str_of(rows[i].rest)), "\"%s\"", rows[i].text);
    }
    struct chute_str nothing = { 0 };
    cr_expect_eq(chute_str_cut(&nothing, ',').len, 0);
}
