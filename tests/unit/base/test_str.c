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
