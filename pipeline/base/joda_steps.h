/* pipeline/base/joda_steps.h - what a date pattern is compiled to; for joda*.c, and for
 * javatime.c the parts that are the same there.
 *
 * Ownership: steps live in the arena of their pattern. Threads: any; immutable. */
#ifndef CHUTE_BASE_JODA_STEPS_H
#define CHUTE_BASE_JODA_STEPS_H

#include "pipeline/base/joda.h"

/* In the order in which Joda applies what was read: the longest range first. */
enum chute_joda_field {
    JODA_ERA,
    JODA_CENTURY,
    JODA_YEAR,
    JODA_YEAR_OF_ERA,
    JODA_WEEKYEAR,
    JODA_MONTH,
    JODA_WEEK,
    JODA_DAY_OF_YEAR,
    JODA_DAY,
    JODA_WEEKDAY,
    JODA_HALFDAY,
    JODA_HOUR,
    JODA_CLOCKHOUR,         /* 1 … 24 */
    JODA_HOUR_OF_HALFDAY,   /* 0 … 11 */
    JODA_CLOCKHOUR_OF_HALF, /* 1 … 12 */
    JODA_MINUTE,
    JODA_SECOND,
    JODA_MILLIS,
};

enum chute_joda_step_type {
    JODA_LITERAL,
    JODA_NUMBER,
    JODA_TWO_DIGIT_YEAR,
    JODA_FRACTION,
    JODA_TEXT,
    JODA_OFFSET,
    JODA_ZONE_ID,
    JODA_ZONE_NAME,
};

struct chute_joda_step {
    enum chute_joda_step_type type;
    enum chute_joda_field field;
    int min_digits; /* NUMBER, FRACTION */
    int max_digits;
    bool is_signed;        /* NUMBER */
    bool is_lenient;       /* TWO_DIGIT_YEAR: takes any number of digits */
    bool is_long;          /* TEXT, ZONE_NAME: the full name; OFFSET: with a colon */
    struct chute_str text; /* LITERAL */
};

struct chute_joda {
    const struct chute_locale *locale;
    struct chute_joda_step *steps;
    size_t count;
    size_t room;
    int64_t first_short_year; /* two digits mean this year or one of the 99 after it */
    bool has_year;
    bool has_zone; /* an offset or a zone id, not a zone name, as the date filter asks */
    bool is_write_only;
    bool has_fraction;
    bool has_names;
};

/* The names of a TEXT step. Returns how many. */
int chute_joda_names(const struct chute_locale *locale, const struct chute_joda_step *step,
    bool is_long, const char *const **names);
/* Write at `at` and return where they ended: a number with zeros before it, a sign if it is negative; and text. */
char *chute_joda_put_number(char *at, int64_t value, int min_digits);
char *chute_joda_put_text(char *at, struct chute_str text);

#endif
