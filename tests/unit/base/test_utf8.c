#include <criterion/criterion.h>

#include "pipeline/base/utf8.h"

static const struct {
    const char *says;
    struct chute_str text;
    size_t valid; /* bytes of the valid start */
} checks[] = {
    { "nothing", { "", 0 }, 0 },
    { "ASCII", { "plain", 5 }, 5 },
    { "two, three and four bytes", { "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9 }, 9 },
    { "a zero byte is a character", { "a\0b", 3 }, 3 },
    { "an overlong slash", { "\xC0\xAF", 2 }, 0 },
    { "overlong C1", { "\xC1\xBF", 2 }, 0 },
    { "overlong of three", { "\xE0\x9F\xBF", 3 }, 0 },
    { "the first of three", { "\xE0\xA0\x80", 3 }, 3 },
    { "overlong of four", { "\xF0\x8F\xBF\xBF", 4 }, 0 },
    { "the first of four", { "\xF0\x90\x80\x80", 4 }, 4 },
    { "a surrogate", { "\xED\xA0\x80", 3 }, 0 },
    { "the last before the surrogates", { "\xED\x9F\xBF", 3 }, 3 },
    { "the last of all", { "\xF4\x8F\xBF\xBF", 4 }, 4 },
    { "above the last", { "\xF4\x90\x80\x80", 4 }, 0 },
    { "F5", { "\xF5\x80\x80\x80", 4 }, 0 },
    { "a lone continuation", { "ab\x80", 3 }, 2 },
    { "cut off after one of two", { "a\xC3", 2 }, 1 },
    { "cut off after two of three", { "a\xE2\x82", 3 }, 1 },
    { "cut off after three of four", { "a\xF0\x9F\x98", 4 }, 1 },
    { "a bad byte behind a block of 16", { "0123456789abcdef\xFFz", 18 }, 16 },
    { "a bad byte in the second block", { "0123456789abcdef0123456\xFE", 24 }, 23 },
    { "an accent over the edge of a block", { "0123456789abcde\xC3\xA9z", 18 }, 18 },
};

Test(base_utf8, validity) {
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        size_t got = chute_utf8_valid_prefix(checks[i].text);
        cr_expect_eq(got, checks[i].valid, "%s: got %zu", checks[i].says, got);
        cr_expect_eq(chute_utf8_is_valid(checks[i].text), checks[i].valid == checks[i].text.len,
            "%s", checks[i].says);
    }
}

/* The definition, written the slow way. */
static bool is_valid_slowly(const unsigned char *at, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t more = at[i] < 0x80       ? 0
                      : at[i] >> 5 == 6  ? 1
                      : at[i] >> 4 == 14 ? 2
                      : at[i] >> 3 == 30 ? 3
                                         : 9;
        uint32_t point = more == 0 ? at[i] : at[i] & (0x3Fu >> more);
        if (more == 9 || i + more >= len) {
            return false;
        }
        for (size_t k = 1; k <= more; k++) {
            if (at[i + k] >> 6 != 2) {
                return false;
            }
            point = point << 6 | (at[i + k] & 0x3F);
        }
        static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

Test(base_utf8, all_texts_of_three_bytes_agree_with_the_definition) {
    size_t wrong = 0;
    for (uint32_t n = 0; n < 1u << 24; n++) {
        unsigned char bytes[3] = { n >> 16 & 0xFF, n >> 8 & 0xFF, n & 0xFF };
        if ((n >> 16) < 0x7E) { /* the lead byte is ASCII: nothing new */
            n = 0x7EFFFF;
            continue;
        }
        wrong += chute_utf8_is_valid((struct chute_str){ (const char *)bytes, 3 }) !=
                 is_valid_slowly(bytes, 3);
    }
    cr_expect_eq(wrong, 0);
}

Test(base_utf8, every_character_survives_encode_and_decode) {
    size_t wrong = 0;
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char bytes[4];
        struct chute_str text = { bytes, chute_utf8_encode(point, bytes) };
        uint32_t got = 0;
        bool is_good = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        wrong += chute_utf8_decode(text, &got) != text.len ||
                 got != (is_good ? point : CHUTE_UTF8_REPLACEMENT);
    }
    cr_expect_eq(wrong, 0);
    uint32_t point = 7;
    cr_expect_eq(chute_utf8_decode(CHUTE_STR(""), &point), 0);
    cr_expect_eq(chute_utf8_decode(CHUTE_STR("\xED\xA0\x80"), &point), 0);
    cr_expect_eq(point, 7);
}

Test(base_utf8, floor_splits_no_character) {
    struct chute_str text = CHUTE_STR("a\xC3\xA9\xF0\x9F\x98\x80z");
    static const size_t want[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8, 8 };
    for (size_t limit = 0; limit < sizeof(want) / sizeof(want[0]); limit++) {
        cr_expect_eq(chute_utf8_floor(text, limit), want[limit], "limit %zu", limit);
    }
    cr_expect_eq(chute_utf8_count(text), 4);
}

typedef struct chute_str change(struct chute_arena *arena, struct chute_str text);

static void expect_change(
    change *run, const char *says, struct chute_str text, struct chute_str want) {
    struct chute_arena arena = { 0 };
    struct chute_str got = run(&arena, text);
    cr_expect(chute_str_eq(got, want), "%s: got '%.*s'", says, CHUTE_STR_ARGS(got));
    chute_arena_finish(&arena);
}

Test(base_utf8, repair) {
    struct chute_str bad = CHUTE_STR("foo \xED\xB9\x81\xC3");
    expect_change(chute_utf8_escape, "hex", bad, CHUTE_STR("foo \\xED\\xB9\\x81\\xC3"));
    expect_change(chute_utf8_replace, "U+FFFD", bad,
        CHUTE_STR("foo \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
    expect_change(chute_utf8_escape, "between characters", CHUTE_STR("\xC3\xA9\xFF\xC3\xA9\""),
        CHUTE_STR("\xC3\xA9\\xFF\xC3\xA9\""));
    struct chute_arena arena = { 0 };
    struct chute_str good = CHUTE_STR("g\xC3\xBCt");
    cr_expect_eq(chute_utf8_escape(&arena, good).at, good.at, "a valid text is not copied");
    chute_arena_finish(&arena);
}

static const struct {
    const char *says;
    struct chute_str text, want;
} inspected[] = {
    { "bad bytes", { "bar \xAD", 5 }, { "bar \\xAD", 8 } },
    { "quote and backslash", { "\"\\", 2 }, { "\\\"\\\\", 4 } },
    { "control characters with letters", { "\a\b\t\n\v\f\r\x1B", 8 },
        { "\\a\\b\\t\\n\\v\\f\\r\\e", 16 } },
    { "control characters without", { "\0\x01", 2 }, { "\\u0000\\u0001", 12 } },
    { "delete", { "\x7F", 1 }, { "\\x7F", 4 } },
    { "a C1 control character", { "\xC2\x85", 2 }, { "\\u0085", 6 } },
    { "letters of any script stay", { "\xC3\xA9\xE5\xAE\x89", 5 }, { "\xC3\xA9\xE5\xAE\x89", 5 } },
    { "interpolation", { "#{a} # #$b #@c", 14 }, { "\\#{a} # \\#$b \\#@c", 17 } },
};

Test(base_utf8, inspect_writes_what_ruby_writes) {
    for (size_t i = 0; i < sizeof(inspected) / sizeof(inspected[0]); i++) {
        expect_change(chute_utf8_inspect, inspected[i].says, inspected[i].text, inspected[i].want);
    }
}

static const struct {
    const char *text, *upper, *lower, *capital;
} cased[] = {
    { "", "", "", "" },
    { "hello World_1", "HELLO WORLD_1", "hello world_1", "Hello world_1" },
    { "\xC3\xA9t\xC3\xA9 \xC3\x89", "\xC3\x89T\xC3\x89 \xC3\x89", "\xC3\xA9t\xC3\xA9 \xC3\xA9",
        "\xC3\x89t\xC3\xA9 \xC3\xA9" },
    { "stra\xC3\x9F"
      "e",
        "STRASSE",
        "stra\xC3\x9F"
        "e",
        "Stra\xC3\x9F"
        "e" },
    { "\xC3\x9Fx", "SSX", "\xC3\x9Fx", "Ssx" },
    { "\xC3\xBF", "\xC5\xB8", "\xC3\xBF", "\xC5\xB8" }, /* ÿ → Ÿ */
    { "\xC7\x86", "\xC7\x84", "\xC7\x86", "\xC7\x85" }, /* ǆ → Ǆ, title ǅ */
    { "\xD0\xB6\xD0\x96", "\xD0\x96\xD0\x96", "\xD0\xB6\xD0\xB6", "\xD0\x96\xD0\xB6" }, /* Ж */
    { "\xCE\xA3\xCF\x82", "\xCE\xA3\xCE\xA3", "\xCF\x83\xCF\x82", "\xCE\xA3\xCF\x82" }, /* Σς */
    { "\xC4\xB0", "\xC4\xB0", "i\xCC\x87", "\xC4\xB0" },                                /* İ */
    { "\xC9\x90", "\xE2\xB1\xAF", "\xC9\x90", "\xE2\xB1\xAF" }, /* ɐ → Ɐ grows */
    { "\xE2\x84\xAA", "\xE2\x84\xAA", "k", "\xE2\x84\xAA" },    /* Kelvin sign */
    { "\xCE\x90", "\xCE\x99\xCC\x88\xCC\x81", "\xCE\x90", "\xCE\x99\xCC\x88\xCC\x81" }, /* ΐ × 3 */
    { "\xF0\x90\x90\xA8", "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8", "\xF0\x90\x90\x80" },
    { "\xE5\xAE\x89", "\xE5\xAE\x89", "\xE5\xAE\x89", "\xE5\xAE\x89" },
};

Test(base_utf8, case_mapping) {
    for (size_t i = 0; i < sizeof(cased) / sizeof(cased[0]); i++) {
        struct chute_str text = chute_str_of(cased[i].text);
        expect_change(chute_utf8_upper, "upper", text, chute_str_of(cased[i].upper));
        expect_change(chute_utf8_lower, "lower", text, chute_str_of(cased[i].lower));
        expect_change(chute_utf8_capitalize, "capital", text, chute_str_of(cased[i].capital));
    }
}
