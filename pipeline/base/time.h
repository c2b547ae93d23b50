/* pipeline/base/time.h - a moment in time, the calendar, the clock, and ISO 8601 text.
 *
 * The calendar is the proleptic Gregorian one, in UTC; for other zones see zone.h. Nothing here
 * asks libc for a time zone.
 *
 * Ownership: plain values; what is formatted goes into the caller's memory.
 * Threads: any. */
#ifndef CHUTE_BASE_TIME_H
#define CHUTE_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/str.h"

#define CHUTE_SECONDS_A_DAY 86400

/* A moment: seconds since 1970-01-01T00:00:00Z, negative before, and what is past that second. */
struct chute_time {
    int64_t seconds;
    uint32_t nanos; /* 0 … 999,999,999 */
};

/* A date and a time of day as a wall calendar and clock show them. */
struct chute_civil {
    int64_t year; /* 0 is 1 BC */
    int month;    /* 1 … 12 */
    int day;      /* 1 … 31 */
    int hour;
    int minute;
    int second;
};

/* Room for any moment as text, with a NUL. */
#define CHUTE_TIME_TEXT_SIZE 48

/* The present moment, to the microsecond. */
struct chute_time chute_clock_now(void);
/* Moves the clock, which goes on from `now`: a run at another date (LOGCHUTE_NOW), and tests. */
void chute_clock_set(struct chute_time now);
/* The clock tells the real time again. */
void chute_clock_reset(void);

/* Milliseconds of another clock, which only goes forward and which nobody moves. */
uint64_t chute_now_ms(void);

/* Negative, 0, positive, as strcmp. */
int chute_time_cmp(struct chute_time a, struct chute_time b);

/* Days from 1970-01-01 to a date. */
int64_t chute_days_from_civil(int64_t year, int month, int day);
/* Sets year, month and day of `out` to the date `days` after 1970-01-01. */
void chute_civil_from_days(int64_t days, struct chute_civil *out);
/* Seconds from 1970-01-01T00:00:00 to what `civil` shows, both on the same clock. */
int64_t chute_seconds_from_civil(const struct chute_civil *civil);
/* What a clock shows `seconds` after it showed 1970-01-01T00:00:00. */
struct chute_civil chute_civil_from_seconds(int64_t seconds);
bool chute_year_is_leap(int64_t year);
/* 28 … 31. */
int chute_days_in_month(int64_t year, int month);
/* 1 is Monday, 7 Sunday. */
int chute_weekday_of_days(int64_t days);
/* 1 … 366. */
int chute_day_of_year(const struct chute_civil *civil);
/* ISO 8601's week, 1 … 53, and the year that it belongs to. */
int chute_iso_week_of_days(int64_t days, int64_t *year);
/* The Monday of the first ISO week of a year. */
int64_t chute_days_from_iso_year(int64_t year);
/* 52 or 53. */
int chute_iso_weeks_in_year(int64_t year);

/* Writes `time` as Logstash shows it, `2014-09-23T20:34:56.789Z` with 3, 6 or 9 fraction digits,
 * and a NUL behind it. Returns the length. */
size_t chute_time_format(struct chute_time time, char out[CHUTE_TIME_TEXT_SIZE]);
/* Reads what Logstash takes for a timestamp: a date, then optionally `T` and a time, then
 * optionally `Z`, an offset or a zone id; in the local zone without one. False, and `out` as it
 * was, if `text` is anything else. */
bool chute_time_parse(struct chute_str text, struct chute_time *out);

#endif
