/* tests/unit/support/rows.h - what has to be true of the table of options of any plugin.
 *
 * Ownership: everything is borrowed for the length of a call.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_ROWS_H
#define CHUTE_TEST_ROWS_H

#include "pipeline/cli/reference.h"

/* Expects of each row of `rows` (named `title` in failures; settings of `settings_size` bytes):
 * - its member lies in the settings and is no other row's;
 * - its default is valid, and a configuration that sets it to a sample value changes the member;
 * - one that is refused or ignored says so, with its hint;
 * - it has a line of documentation. */
void test_rows_check(const char *title, const struct chute_option *rows, size_t settings_size);

#endif
