#include "tests/unit/support/prefilter_check.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/text/prefilter.h"
#include "pipeline/text/regex_literals.h"
#include "pipeline/text/scan.h"

#define MATCHES_MOST 20

struct test_prefilter_check {
    const struct chute_regex *regex;
    struct chute_literals literals;
    struct chute_scan *scan;
    struct chute_prefilter *prefilter;
};

struct test_prefilter_check *test_prefilter_check_create(const struct chute_regex *regex) {
    struct test_prefilter_check *check = chute_calloc(1, sizeof(*check));
    struct chute_str pattern = chute_regex_translated(regex);
    struct chute_needle needles[CHUTE_LITERALS_MAX];
    check->regex = regex;
    chute_regex_literals(pattern, false, &check->literals);
    for (uint32_t i = 0; i < check->literals.count; i++) {
        const struct chute_literal *literal = &check->literals.items[i];
        needles[i] = (struct chute_needle){ { literal->text, literal->len }, literal->is_caseless };
    }
    check->scan = chute_scan_create(needles, check->literals.count, false);
    check->prefilter = chute_prefilter_create(&pattern, 1);
    return check;
}

void test_prefilter_check_destroy(struct test_prefilter_check *check) {
    chute_scan_destroy(check->scan);
    chute_prefilter_destroy(check->prefilter);
    chute_free(check);
}

unsigned test_prefilter_check_literals(const struct test_prefilter_check *check) {
    return check->literals.count;
}

static bool is_found(
    const struct test_prefilter_check *check, struct chute_str text, const size_t *match) {
    struct chute_scanner scanner = chute_scan_begin(check->scan, text);
    struct chute_hit hit;
    while (chute_scan_next(&scanner, &hit)) {
        const struct chute_literal *literal = &check->literals.items[hit.needle];
        bool is_fixed = literal->distance != CHUTE_LITERAL_ANYWHERE;
        if (hit.at >= match[0] && hit.at + literal->len <= match[1] &&
            (!is_fixed || hit.at == match[0] + literal->distance)) {
            return true;
        }
    }
    return false;
}

static size_t digits_of(struct chute_str text, const size_t *match) {
    size_t count = 0;
    for (size_t at = match[0]; at < match[1]; at++) {
        count += chute_is_digit(text.at[at]);
    }
    return count;
}

const char *test_prefilter_check_text(const struct test_prefilter_check *check,
    struct chute_regex_scratch *scratch, struct chute_str text, size_t *matches) {
    for (uint32_t i = 0; i < check->literals.count; i++) {
        uint8_t len = check->literals.items[i].len;
        if (len < 2 || len > CHUTE_LITERAL_LONGEST) {
            return "a literal is too short or too long";
        }
    }
    uint64_t set;
    bool may_match = chute_prefilter_scan(check->prefilter, text, &set);
    const size_t *match;
    size_t at = 0;
    for (int n = 0; n < MATCHES_MOST && at <= text.len &&
                    chute_regex_match(check->regex, scratch, text, at, &match) > 0;
         n++) {
        ++*matches;
        if (!may_match) {
            return "the prefilter loses a match";
        }
        if (check->literals.count > 0 && !is_found(check, text, match)) {
            return "a match has none of the literals at its place";
        }
        if (digits_of(text, match) < check->literals.digits) {
            return "a match has too few digits";
        }
        at = match[1] > at ? match[1] : text.len + 1;
    }
    return NULL;
}
