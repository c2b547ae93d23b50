#include <criterion/criterion.h>

#include <string.h>
#include <time.h>

#include "pipeline/base/time.h"
#include "pipeline/base/zone.h"
#include "tests/unit/support/fake_clock.h"

/* What Java's formatter makes of these in a process whose zone is Europe/Berlin; NULL: refused. */
static const struct {
    const char *text, *want;
} parse_rows[] = {
    { "2014-09-23T12:34:56.789012345-0800", "2014-09-23T20:34:56.789012345Z" },
    { "2014-09-23T12:34:56.000000000-0800", "2014-09-23T20:34:56.000Z" },
    { "2014-09-23-08:00", "2014-09-23T08:00:00.000Z" },
    { "2014-09-23T13:49:52.987654321Z", "2014-09-23T13:49:52.987654321Z" },
    { "2014-09-23T12:34:56", "2014-09-23T10:34:56.000Z" },
    { "2014-09-23", "2014-09-22T22:00:00.000Z" },
    { "2014-09-23Z", "2014-09-23T00:00:00.000Z" },
    { "2014-09-23t12:34z", "2014-09-23T12:34:00.000Z" },
    { "2014-09-23T12:34+02", "2014-09-23T10:34:00.000Z" },
    { "2014-09-23T12:34:56+02:00:30", "2014-09-23T10:34:26.000Z" },
    { "2014-09-23T12:34:56+020030", "2014-09-23T10:34:26.000Z" },
    { "2014-09-23T12:34:56.Z", "2014-09-23T12:34:56.000Z" },
    { "2014-09-23T12:34:56,5Z", NULL },
    { "2014-09-23T24:00:00Z", "2014-09-24T00:00:00.000Z" },
    { "2014-09-23T24:00:01Z", NULL },
    { "2014-09-23T12:34:60Z", NULL },
    { "2014-02-31", "2014-02-27T23:00:00.000Z" },
    { "2014-02-32", NULL },
    { "2014-13-01", NULL },
    { "2014-09-23T12:34:56.1234567890Z", NULL },
    { "2014-09-23 12:34:56Z", NULL },
    { "2014-09-23T12:34:56 Z", NULL },
    { "2014-09-23T", NULL },
    { "2014-09-23T12", NULL },
    { "2014-09-23T12:", NULL },
    { "2014-09-23T12:34:", NULL },
    { "14-09-23", NULL },
    { "20140923T123456Z", NULL },
    { "+12345-01-01T00:00:00Z", "+12345-01-01T00:00:00.000Z" },
    { "+2014-09-23T00:00:00Z", NULL },
    { "-0001-09-23T00:00:00Z", "-0001-09-23T00:00:00.000Z" },
    { "12345-09-23T00:00:00Z", NULL },
    { "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z" },
    { "2014-09-23T12:34:56Europe/London", "2014-09-23T11:34:56.000Z" },
    { "2014-09-23T12:34:56UTC", "2014-09-23T12:34:56.000Z" },
    { "2014-09-23T12:34:56GMT+02:00", "2014-09-23T10:34:56.000Z" },
    { "2014-09-23T12:34:56-08:", NULL },
    { "2014-09-23T12:34:56-080", NULL },
    { "2014-09-23T12:34:56-8", NULL },
    { "2014-09-23T12:34:56+19:00", NULL },
    { "2014-09-23T12:34:56+18:00", "2014-09-22T18:34:56.000Z" },
    { "2016-03-27T02:30:00", "2016-03-27T01:30:00.000Z" },
    { "2016-10-30T02:30:00", "2016-10-30T00:30:00.000Z" },
    { "", NULL },
    { "x", NULL },
    { "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z" },
    { "2014-09-23T12:34:56.789Zx", NULL },
    { "2014-9-23", NULL },
    { "2014-09-23T12:34:56+2:00", NULL },
    { "+2014-09-23", NULL },
    { " 2014-09-23T12:34:56Z", NULL },
    { "2014-09-23T12:34:56Z ", NULL },
    { "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
};

Test(time, parses_as_java_does) {
    test_zone_set("Europe/Berlin");
    for (size_t i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]); i++) {
        struct chute_time time = { 42, 42 };
        char got[CHUTE_TIME_TEXT_SIZE];
        bool is_read = chute_time_parse(chute_str_of(parse_rows[i].text), &time);
        cr_expect(is_read == (parse_rows[i].want != NULL), "%s", parse_rows[i].text);
        if (!is_read) {
            cr_expect(time.seconds == 42 && time.nanos == 42, "%s: touched", parse_rows[i].text);
            continue;
        }
        size_t len = chute_time_format(time, got);
        cr_expect(parse_rows[i].want != NULL && strcmp(got, parse_rows[i].want) == 0, "%s: got %s",
            parse_rows[i].text, got);
        cr_expect(len == strlen(got));
    }
}

Test(time, formats_three_six_or_nine_digits) {
    static const struct {
        struct chute_time time;
        const char *want;
    } rows[] = {
        { { 0, 0 }, "1970-01-01T00:00:00.000Z" },
        { { 1411504496, 789000000 }, "2014-09-23T20:34:56.789Z" },
        { { 1411504496, 789012000 }, "2014-09-23T20:34:56.789012Z" },
        { { 1411504496, 12 }, "2014-09-23T20:34:56.000000012Z" },
        { { -1, 999999999 }, "1969-12-31T23:59:59.999999999Z" },
        { { 253402300799, 0 }, "9999-12-31T23:59:59.000Z" },
        { { 253402300800, 0 }, "+10000-01-01T00:00:00.000Z" },
        { { -62167219200, 0 }, "0000-01-01T00:00:00.000Z" },
        { { -62167219201, 0 }, "-0001-12-31T23:59:59.000Z" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char got[CHUTE_TIME_TEXT_SIZE];
        chute_time_format(rows[i].time, got);
        cr_expect(strcmp(got, rows[i].want) == 0, "%s: got %s", rows[i].want, got);
    }
}

Test(time, fits_the_largest_moments_into_the_room) {
    char got[CHUTE_TIME_TEXT_SIZE];
    cr_expect(chute_time_format((struct chute_time){ INT64_MAX, 999999999 }, got) < sizeof(got));
    cr_expect(chute_time_format((struct chute_time){ INT64_MIN, 999999999 }, got) < sizeof(got));
}

/* libc's gmtime_r, over every 11th day of 2,400 years. */
Test(time, agrees_with_gmtime) {
    for (int64_t days = -600000; days < 300000; days += 11) {
        time_t seconds =
            (time_t)(days * CHUTE_SECONDS_A_DAY + (days * 7919 % 86400 + 86400) % 86400);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        struct chute_civil civil = chute_civil_from_seconds(seconds);
        cr_assert(civil.year == tm.tm_year + 1900 && civil.month == tm.tm_mon + 1 &&
                      civil.day == tm.tm_mday && civil.hour == tm.tm_hour &&
                      civil.minute == tm.tm_min && civil.second == tm.tm_sec,
            "%lld", (long long)seconds);
        cr_assert(chute_seconds_from_civil(&civil) == seconds, "%lld", (long long)seconds);
        cr_assert(chute_weekday_of_days(days) % 7 == tm.tm_wday, "%lld", (long long)days);
    }
}

Test(time, knows_the_length_of_months) {
    cr_expect(chute_days_in_month(2023, 2) == 28);
    cr_expect(chute_days_in_month(2024, 2) == 29);
    cr_expect(chute_days_in_month(1900, 2) == 28);
    cr_expect(chute_days_in_month(2000, 2) == 29);
    cr_expect(chute_days_in_month(2023, 4) == 30 && chute_days_in_month(2023, 12) == 31);
}

Test(time, compares) {
    struct chute_time a = { 1, 5 }, b = { 1, 6 }, c = { -2, 9 };
    cr_expect(chute_time_cmp(a, b) < 0 && chute_time_cmp(b, a) > 0);
    cr_expect(chute_time_cmp(a, a) == 0 && chute_time_cmp(c, a) < 0);
}

Test(time, clock_goes_on_from_where_it_is_set) {
    struct chute_time real = chute_clock_now();
    cr_expect(real.nanos % 1000 == 0, "microseconds, as Java gives");
    test_clock_set("1969-12-31T23:59:58.250Z");
    struct chute_time now = chute_clock_now();
    cr_expect(now.seconds >= -2 && now.seconds < 60 && now.nanos < 1000000000, "%lld",
        (long long)now.seconds);
    chute_clock_reset();
    cr_expect(chute_time_cmp(chute_clock_now(), real) >= 0);
}
