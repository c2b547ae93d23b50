#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/regex.h"
#include "pipeline/text/prefilter.h"
#include "tests/unit/support/prefilter_check.h"
#include "tests/unit/support/random_regex.h"

Test(text_prefilter, finds_what_patterns_need) {
    const struct chute_str patterns[] = { CHUTE_STR("password="), CHUTE_STR(""), CHUTE_STR("x"),
        CHUTE_STR("(?:Bearer|Basic) [a-z]+"), CHUTE_STR("==") };
    struct chute_prefilter *prefilter = chute_prefilter_create(patterns, 5);
    cr_assert_eq(chute_prefilter_words(prefilter), 1);
    static const struct {
        const char *text;
        unsigned want; /* bits 1 and 2 need too little, so they are always there */
    } rows[] = {
        { "", 6 },
        { "p", 6 },
        { "password=", 7 },
        { "a password=b", 7 },
        { "password", 6 },
        { "xpassword", 6 },
        { "=", 6 },
        { "==", 22 },
        { "Bearer x", 14 },
        { "Basic x", 14 },
        { "Bearer", 6 },
        { "Bearer password==", 31 },
        { "ppassword=Bearer Bearer ", 15 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t set = 0;
        bool has_any = chute_prefilter_scan(prefilter, chute_str_of(rows[i].text), &set);
        cr_expect(has_any);
        cr_expect_eq(set, rows[i].want, "'%s': got %llx", rows[i].text, (unsigned long long)set);
    }
    chute_prefilter_destroy(prefilter);
    chute_prefilter_destroy(NULL);
}

Test(text_prefilter, says_when_nothing_is_there) {
    const struct chute_str patterns[] = { CHUTE_STR("ab"), CHUTE_STR("abc") };
    struct chute_prefilter *prefilter = chute_prefilter_create(patterns, 2);
    uint64_t set = 99;
    cr_expect_not(chute_prefilter_scan(prefilter, CHUTE_STR("a b ba"), &set));
    cr_expect_eq(set, 0);
    cr_expect(chute_prefilter_scan(prefilter, CHUTE_STR("zab"), &set));
    cr_expect_eq(set, 1);
    chute_prefilter_destroy(prefilter);
}

static unsigned roll(unsigned below) {
    static struct test_chance chance = { .seed = 88172645463325252u };
    return test_chance_draw(&chance, below);
}

/* What every redaction relies on: a regex that matches is among the candidates. */
Test(text_prefilter, loses_no_match) {
    static const char *const patterns[] = { "password=\\S+", "[Bb]earer [A-Za-z0-9._-]+",
        "\\b\\d{4}[- ]?\\d{4}[- ]?\\d{4}[- ]?\\d{4}\\b", "(?i)secret\\s*[:=]\\s*\\w+", "token|key",
        "(?:ab)?cd+e", "x(?=yz)", "(foo){0}bar", "a{2,3}b", "ab*c", "(?:api|auth)_key=(\\w+)",
        "[a-z]+@[a-z]+\\.com", "(?#password)pw", "q(?:r|s(?:t|u))v", "\\x41\\x42C", "k\\.l\\.m",
        "(?x) p w  # password", "(?i)kiss", "(?i)ask|task", "[sk]ey=", "(?i:S)ecret",
        "(?:(?:a|b)c){2}", "x{3}y", "(a|b|)cd", "(?!no)yes", "(?<=pw)=\\w", "[pP]assw(?:or)?d",
        "é+\\w", "^user:", "\\d{3}-\\d{4}", "[0-9]{2,}?x", "1\\d*1+", "\\d\\d?\\b", "(?:1|11)1" };
    static const char *const parts[] = { "password=", "pass", "word", "bearer ", "Bearer ", "4111",
        " ", "-", "1111", "SECRET", "secret", ":", "=", "token", "key", "ab", "cd", "e", "x", "yz",
        "foo", "bar", "aa", "b", "c", "api", "_key=", "auth", "me@", "ex", ".com", "pw", "q", "r",
        "st", "v", "AB", "ki\xc5\xbfs", "\xe2\x84\xaaiss", "TASK", "acbc", "xxxy", "C", "k.l.m",
        "k", "yes", "no", "Passwd", "é", "user:", "\n", "a" };
    enum { COUNT = sizeof(patterns) / sizeof(patterns[0]) };
    struct chute_regex *regexes[COUNT];
    struct chute_str translated[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct chute_regex_error error;
        regexes[i] = chute_regex_compile(chute_str_of(patterns[i]), NULL, &error);
        cr_assert_not_null(regexes[i], "%s: %s", patterns[i], error.text);
        translated[i] = chute_regex_translated(regexes[i]);
    }
    struct chute_prefilter *prefilter = chute_prefilter_create(translated, COUNT);
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    size_t matches = 0, skipped = 0;
    for (unsigned n = 0; n < 20000; n++) {
        char text[256];
        size_t len = 0;
        for (unsigned part = roll(10); part > 0; part--) {
            const char *add = parts[roll(sizeof(parts) / sizeof(parts[0]))];
            memcpy(text + len, add, strlen(add));
            len += strlen(add);
        }
        uint64_t set;
        chute_prefilter_scan(prefilter, (struct chute_str){ text, len }, &set);
        for (size_t i = 0; i < COUNT; i++) {
            bool may = (set >> i & 1) != 0;
            bool does = chute_regex_test(regexes[i], scratch, (struct chute_str){ text, len }) != 0;
            matches += does;
            skipped += !may;
            cr_assert(may || !does, "%s in %.*s", patterns[i], (int)len, text);
        }
    }
    cr_expect_gt(matches, 1000);
    cr_expect_gt(skipped, 100000);
    for (size_t i = 0; i < COUNT; i++) {
        chute_regex_destroy(regexes[i]);
    }
    chute_regex_scratch_destroy(scratch);
    chute_prefilter_destroy(prefilter);
}

/* Patterns of all kinds, by chance, each with texts that it mostly matches. */
Test(text_prefilter, loses_no_match_of_random_patterns) {
    enum { PATTERNS = 15000, TEXTS = 4 };
    struct test_chance chance = { .seed = 88172645463325252u };
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    struct chute_buf pattern = { 0 }, sample = { 0 }, text = { 0 };
    size_t matches = 0, made = 0, with_literals = 0;
    for (unsigned n = 0; n < PATTERNS; n++) {
        pattern.len = sample.len = 0;
        test_random_regex(&chance, &pattern, &sample);
        struct chute_regex_options options = { .is_caseless = n % 8 == 0, .match_limit = 10000 };
        struct chute_regex_error error;
        struct chute_regex *regex = chute_regex_compile(chute_buf_str(&pattern), &options, &error);
        if (regex == NULL) {
            continue;
        }
        struct test_prefilter_check *check = test_prefilter_check_create(regex);
        made++;
        with_literals += test_prefilter_check_literals(check) > 0;
        for (unsigned i = 0; i < TEXTS; i++) {
            text.len = 0;
            test_random_noise(&chance, &text);
            chute_buf_add_str(&text, chute_buf_str(&sample));
            test_random_noise(&chance, &text);
            const char *wrong =
                test_prefilter_check_text(check, scratch, chute_buf_str(&text), &matches);
            cr_expect_null(wrong, "/%.*s/ in '%.*s': %s", (int)pattern.len, pattern.at,
                (int)text.len, text.at, wrong);
        }
        test_prefilter_check_destroy(check);
        chute_regex_destroy(regex);
    }
    cr_log_info("%zu patterns, %zu with literals, %zu matches", made, with_literals, matches);
    cr_expect_gt(made, PATTERNS / 2);
    cr_expect_gt(with_literals, PATTERNS / 4);
    cr_expect_gt(matches, PATTERNS);
    chute_regex_scratch_destroy(scratch);
    chute_buf_finish(&pattern);
    chute_buf_finish(&sample);
    chute_buf_finish(&text);
}

Test(text_prefilter, knows_a_regex_that_is_caseless) {
    struct chute_regex_error error;
    struct chute_regex_options options = { .is_caseless = true };
    struct chute_regex *regex = chute_regex_compile(CHUTE_STR("task="), &options, &error);
    const struct chute_str pattern = chute_regex_translated(regex);
    struct chute_prefilter *prefilter = chute_prefilter_create(&pattern, 1);
    uint64_t set;
    cr_expect(chute_prefilter_scan(prefilter, CHUTE_STR("TASK="), &set));
    cr_expect(chute_prefilter_scan(prefilter, CHUTE_STR("ta\xc5\xbfk="), &set));
    cr_expect(chute_prefilter_scan(prefilter, CHUTE_STR("tas\xe2\x84\xaa="), &set));
    cr_expect_not(chute_prefilter_scan(prefilter, CHUTE_STR("task"), &set));
    chute_prefilter_destroy(prefilter);
    chute_regex_destroy(regex);
}

Test(text_prefilter, counts_the_digits_of_a_text) {
    const struct chute_str pattern = CHUTE_STR("[0-9]{12}");
    struct chute_prefilter *prefilter = chute_prefilter_create(&pattern, 1);
    for (unsigned n = 0; n < 20000; n++) {
        char room[80];
        unsigned len = roll(sizeof(room)), digits = 0;
        for (unsigned i = 0; i < len; i++) {
            room[i] = (char)(roll(3) == 0 ? '/' + (int)roll(12) : (int)roll(256));
            digits += room[i] >= '0' && room[i] <= '9';
        }
        uint64_t set;
        bool may = chute_prefilter_scan(prefilter, (struct chute_str){ room, len }, &set);
        cr_assert_eq(may, digits >= 12, "%u digits in %u bytes", digits, len);
        cr_assert_eq(set, may);
    }
    chute_prefilter_destroy(prefilter);
}
