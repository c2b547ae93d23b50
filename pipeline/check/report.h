/* pipeline/check/report.h - what became of test cases: for a person, as TAP (version 13), and as JUnit's XML.
 *
 * Ownership: everything is borrowed for the length of a call.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_REPORT_H
#define CHUTE_CHECK_REPORT_H

#include <stdio.h>

#include "pipeline/check/compare.h"

/* A file that was run. */
struct chute_report_file {
    const struct chute_case_file *file;
    struct chute_judgement *judgements; /* of each case */
    size_t failed;
    double seconds;
};

/* Of all files. */
struct chute_report_sum {
    size_t files, cases, failed;
    double seconds;
};

/* One line a file, and how each case that failed differs. */
void chute_report_person(FILE *out, const struct chute_report_file *file, bool has_colour);
void chute_report_person_end(FILE *out, const struct chute_report_sum *sum, bool has_colour);

/* The plan comes before the first file; `*number` counts the cases of all files. */
void chute_report_tap_begin(FILE *out, size_t cases);
void chute_report_tap(FILE *out, const struct chute_report_file *file, size_t *number);

void chute_report_junit(struct chute_buf *out, const struct chute_report_file *files,
    const struct chute_report_sum *sum);

/* What no case reached, and how many of all were; each line begins with `prefix`. True if all were. */
bool chute_report_coverage(FILE *out, const struct chute_suite *suite, const char *prefix);

#endif
