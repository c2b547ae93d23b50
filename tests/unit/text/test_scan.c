#include <criterion/criterion.h>

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "pipeline/base/alloc.h"
#include "pipeline/text/scan.h"
#include "tests/unit/support/random_regex.h"

static unsigned roll(unsigned below) {
    static struct test_chance chance = { .seed = 88172645463325252u };
    return test_chance_draw(&chance, below);
}

static struct chute_str random_text(
    char *room, unsigned shortest, unsigned longest, unsigned letters) {
    unsigned len = shortest + roll(longest - shortest + 1);
    for (unsigned i = 0; i < len; i++) {
        room[i] = (char)(letters > 200 ? roll(256) : (roll(4) == 0 ? 'A' : 'a') + roll(letters));
    }
    return (struct chute_str){ room, len };
}

static bool stands_at(const struct chute_needle *needle, struct chute_str text, size_t at) {
    if (text.len - at < needle->text.len) {
        return false;
    }
    struct chute_str there = { text.at + at, needle->text.len };
    return needle->is_caseless ? chute_str_eq_nocase(there, needle->text)
                               : chute_str_eq(there, needle->text);
}

/* Every hit of a scan is there, once, and what is there is a hit. */
static size_t compare(const struct chute_scan *scan, const struct chute_needle *needles,
    size_t count, struct chute_str text) {
    unsigned char *hits = chute_calloc(text.len * (count + 1) + 1, 1);
    struct chute_scanner scanner = chute_scan_begin(scan, text);
    struct chute_hit hit;
    size_t total = 0;
    while (chute_scan_next(&scanner, &hit)) {
        cr_assert_lt(hit.at, text.len);
        size_t needle = hit.needle == CHUTE_SCAN_NUMBER ? count : hit.needle;
        cr_assert_eq(hits[hit.at * (count + 1) + needle]++, 0, "a hit comes once");
        total++;
    }
    for (size_t at = 0; at < text.len; at++) {
        for (size_t i = 0; i < count; i++) {
            cr_assert_eq(hits[at * (count + 1) + i], stands_at(&needles[i], text, at),
                "needle %zu (%.*s) at %zu of %.*s", i, (int)needles[i].text.len, needles[i].text.at,
                at, (int)text.len, text.at);
        }
        bool starts =
            scan->has_numbers && chute_is_digit(text.at[at]) &&
            (at == 0 || (!chute_is_digit(text.at[at - 1]) && !chute_is_lower(text.at[at - 1])));
        cr_assert_eq(hits[at * (count + 1) + count], starts, "a number at %zu", at);
    }
    chute_free(hits);
    return total;
}

/* With so many needles that buckets have to be shared. */
Test(text_scan, agrees_with_a_plain_search) {
    enum { MOST = 700 };
    static char room[MOST][8];
    static struct chute_needle needles[MOST];
    size_t hits = 0;
    for (unsigned round = 0; round < 40; round++) {
        unsigned letters = round % 2 == 0 ? 4 : 256;
        unsigned count = round % 4 < 2 ? 1 + roll(9) : MOST;
        for (unsigned i = 0; i < count; i++) {
            needles[i] = (struct chute_needle){ random_text(room[i], 1, 6, letters), roll(2) == 0 };
        }
        struct chute_scan *scan = chute_scan_create(needles, count, round % 3 == 0);
        for (unsigned n = 0; n < 20; n++) {
            char text[120];
            hits += compare(scan, needles, count, random_text(text, 0, sizeof(text) - 1, letters));
        }
        chute_scan_destroy(scan);
    }
    cr_expect_gt(hits, 10000);
}

Test(text_scan, finds_at_the_ends) {
    const struct chute_needle needles[] = { { CHUTE_STR("@"), false }, { CHUTE_STR("key"), true },
        { CHUTE_STR("KEY"), false }, { CHUTE_STR("://"), false } };
    struct chute_scan *scan = chute_scan_create(needles, 4, true);
    static const char *const texts[] = { "", "@", "a@", "@a", "1", "11", "a1", "1a1", "key", "KEY",
        "kEy", "KEYkey", "://", ":/", "@1", "1@", "a1@2b", "12 34", "@@", "ke", "\n1" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        compare(scan, needles, 4, chute_str_of(texts[i]));
    }
    chute_scan_destroy(scan);
    chute_scan_destroy(NULL);
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double time_of(const struct chute_scan *scan, struct chute_str text) {
    struct chute_scanner scanner = chute_scan_begin(scan, text);
    struct chute_hit hit;
    double before = milliseconds();
    while (chute_scan_next(&scanner, &hit)) {
    }
    return milliseconds() - before;
}

/* Literals that all begin as the whole text goes on: each is compared to its last bytes, at each of its places, and
 * sixteen times the text still takes no more than about sixteen times as long. */
Test(text_scan, takes_time_in_proportion) {
    enum { NEEDLES = 50, LONG = 1 << 18, SHORT = LONG / 16 };
    static char room[NEEDLES][25];
    struct chute_needle needles[NEEDLES];
    for (unsigned i = 0; i < NEEDLES; i++) {
        snprintf(room[i], sizeof(room[i]), "zqzqzqzqzqzqzqzqzqzqzq%02u", i);
        needles[i] = (struct chute_needle){ chute_str_of(room[i]), true };
    }
    struct chute_scan *scan = chute_scan_create(needles, NEEDLES, true);
    char *text = chute_alloc(LONG);
    for (size_t at = 0; at < LONG; at++) {
        text[at] = "zQ"[at % 2];
    }
    double little = time_of(scan, (struct chute_str){ text, SHORT });
    double much = time_of(scan, (struct chute_str){ text, LONG });
    cr_expect_lt(much, 16 * 5 * little + 20, "%.1f ms, of a sixteenth %.1f", much, little);
    chute_free(text);
    chute_scan_destroy(scan);
}
