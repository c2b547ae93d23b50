/* tests/unit/support/prefilter_check.h - whether a regex matches only where its literals and digits said it may.
 *
 * Ownership: create/destroy; the regex is borrowed.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_PREFILTER_CHECK_H
#define CHUTE_TEST_PREFILTER_CHECK_H

#include "pipeline/base/regex.h"

struct test_prefilter_check;

struct test_prefilter_check *test_prefilter_check_create(const struct chute_regex *regex);
void test_prefilter_check_destroy(struct test_prefilter_check *check);
/* How many literals there are. */
unsigned test_prefilter_check_literals(const struct test_prefilter_check *check);

/* Runs the regex over a text: each match holds one of the literals, in its distance, which a scan finds there, and
 * enough digits; and the prefilter lets the text pass. Counts the matches into `*matches`, and returns what is wrong,
 * or NULL. */
const char *test_prefilter_check_text(const struct test_prefilter_check *check,
    struct chute_regex_scratch *scratch, struct chute_str text, size_t *matches);

#endif
