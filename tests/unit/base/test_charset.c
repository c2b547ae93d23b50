#include <criterion/criterion.h>

#include "pipeline/base/charset.h"
#include "pipeline/base/utf8.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
    const char *charset;
    struct chute_str bytes;
    const char *want;
} rows[] = {
    { "UTF-8", { "\xCE\xBA\xCF\x8C", 4 }, "\xCE\xBA\xCF\x8C" },
    { "UTF-8", { "bar \xAD", 5 }, "bar \\xAD" },
    { "ASCII-8BIT",
        { "\xE0 Montr\xE9"
          "al",
            10 },
        FFFD " Montr" FFFD "al" },
    { "US-ASCII", { "caf\xC3\xA9", 5 }, "caf" FFFD FFFD },
    { "US-ASCII", { "cafe", 4 }, "cafe" },
    { "CP1252", { "\x92", 1 }, "\xE2\x80\x99" },
    { "cp1252", { "a\x81z", 3 }, "a" FFFD "z" },
    { "Windows-1252", { "\x80", 1 }, "\xE2\x82\xAC" },
    { "ISO-8859-1", { "\xE9\xFF", 2 }, "\xC3\xA9\xC3\xBF" },
    { "ISO-8859-15", { "\xA4", 1 }, "\xE2\x82\xAC" },
    { "Windows-1251", { "\xC6", 1 }, "\xD0\x96" },
    { "KOI8-R", { "\xD6", 1 }, "\xD0\xB6" },
    { "CP437", { "\x82", 1 }, "\xC3\xA9" },
    { "UTF-16LE", { "h\0i\0", 4 }, "hi" },
    { "UTF-16BE", { "\0h\0i", 4 }, "hi" },
    { "UTF-16LE", { "\x3D\xD8\x00\xDE", 4 }, "\xF0\x9F\x98\x80" },
    { "UTF-16LE",
        { "\x00\xDC"
          "a\0",
            4 },
        FFFD "a" },
    { "UTF-16LE", { "a\0b", 3 }, "a" FFFD },
    { "UTF-32LE", { "a\0\0\0\0\0\x11\0b\0\0\0", 12 }, "a" FFFD "b" },
    { "Shift_JIS", { "\x93\xFA\x96\x7B", 4 }, "\xE6\x97\xA5\xE6\x9C\xAC" },
    { "Windows-31J", { "\x87\x40", 2 }, "\xE2\x91\xA0" },
    { "EUC-JP", { "\xC6\xFC\xCB\xDC", 4 }, "\xE6\x97\xA5\xE6\x9C\xAC" },
    { "EUC-JP", { "\xC6\xFC\xCB", 3 }, "\xE6\x97\xA5" FFFD },
    { "GBK", { "\xB0\xB2", 2 }, "\xE5\xAE\x89" },
    { "Big5", { "\xA6\x77", 2 }, "\xE5\xAE\x89" },
    { "Big5-HKSCS", { "\x88\x66", 2 }, "\xC3\x8A" }, /* held back until the end of the text */
    { "EUC-KR", { "\xC7\xD1", 2 }, "\xED\x95\x9C" },
    { "ISO-2022-JP", { "\x1B$BF|K\\", 7 }, "\xE6\x97\xA5\xE6\x9C\xAC" },
    { "macRoman", { "\x8E", 1 }, "\xC3\xA9" },
    { "CP1252", { "", 0 }, "" },
};

Test(base_charset, decodes) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_charset *charset = chute_charset_create(chute_str_of(rows[i].charset));
        cr_assert_not_null(charset, "%s", rows[i].charset);
        struct chute_arena arena = { 0 };
        for (int again = 0; again < 2; again++) { /* no state is left by the text before */
            struct chute_str got = chute_charset_decode(charset, &arena, rows[i].bytes);
            cr_expect(chute_str_eq(got, chute_str_of(rows[i].want)), "row %zu, %s: got '%.*s'", i,
                rows[i].charset, CHUTE_STR_ARGS(got));
        }
        chute_arena_finish(&arena);
        chute_charset_destroy(charset);
    }
}

Test(base_charset, every_name_opens_and_decodes_all_bytes) {
    char bytes[4096];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 167 + i / 256);
    }
    for (const char *const *name = chute_charset_names(); *name != NULL; name++) {
        struct chute_charset *charset = chute_charset_create(chute_str_of(*name));
        cr_expect_not_null(charset, "%s", *name);
        struct chute_arena arena = { 0 };
        struct chute_str got =
            chute_charset_decode(charset, &arena, (struct chute_str){ bytes, sizeof(bytes) });
        cr_expect(
            chute_utf8_is_valid(got) && got.len > sizeof(bytes) / 8, "%s: %zu", *name, got.len);
        chute_arena_finish(&arena);
        chute_charset_destroy(charset);
    }
}

Test(base_charset, unknown_names_are_refused) {
    cr_expect(chute_charset_is_known(CHUTE_STR("CP1252")));
    cr_expect(chute_charset_is_known(CHUTE_STR("shift_jis")));
    cr_expect_not(chute_charset_is_known(CHUTE_STR("CP12521")));
    cr_expect_not(chute_charset_is_known(CHUTE_STR("")));
    cr_expect_null(chute_charset_create(CHUTE_STR("Klingon")));
}

Test(base_charset, no_charset_means_utf8) {
    struct chute_arena arena = { 0 };
    struct chute_str got = chute_charset_decode(NULL, &arena, CHUTE_STR("a\xFF"));
    cr_expect(chute_str_eq(got, CHUTE_STR("a\\xFF")));
    chute_arena_finish(&arena);
}
