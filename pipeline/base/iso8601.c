#include "pipeline/base/iso8601.h"

#include "pipeline/base/ascii.h"
#include "pipeline/base/rest.h"

#define YEAR_MAX 292278993 /* Joda's */

/* Letters in either case. */
static bool take(struct chute_rest *cursor, char byte) {
    return chute_rest_take(cursor, byte) || chute_rest_take(cursor, (char)(byte | 0x20));
}

/* One to `max` digits. Returns how many. */
static int take_digits(struct chute_rest *cursor, int max, int64_t *value) {
    int count = 0;
    *value = 0;
    while (count < max && cursor->at < cursor->end && chute_is_digit(*cursor->at)) {
        *value = *value * 10 + (*cursor->at++ - '0');
        count++;
    }
    return count;
}

/* `before`, then one or two digits; else nothing is taken. */
static bool take_part(struct chute_rest *cursor, char before, int64_t *value) {
    struct chute_rest start = *cursor;
    if (take(cursor, before) && take_digits(cursor, 2, value) > 0) {
        return true;
    }
    *cursor = start;
    return false;
}

/* `-Www`, `-Www-e`: of the ISO year. */
static bool read_week(struct chute_rest *cursor, int64_t year, int64_t *days, bool *is_valid) {
    struct chute_rest start = *cursor;
    int64_t week;
    int64_t weekday = 1;
    if (!take(cursor, '-') || !take_part(cursor, 'W', &week)) {
        *cursor = start;
        return false;
    }
    start = *cursor;
    if (!take(cursor, '-') || take_digits(cursor, 1, &weekday) == 0) {
        *cursor = start;
        weekday = 1;
    }
    *is_valid = week >= 1 && week <= chute_iso_weeks_in_year(year) && weekday >= 1 && weekday <= 7;
    *days = chute_days_from_iso_year(year) + (week - 1) * 7 + weekday - 1;
    return true;
}

/* `-DDD`, where a month would leave a digit behind. */
static bool read_day_of_year(
    struct chute_rest *cursor, int64_t year, int64_t *days, bool *is_valid) {
    struct chute_rest start = *cursor;
    int64_t day;
    if (!take(cursor, '-') || take_digits(cursor, 3, &day) < 3) {
        *cursor = start;
        return false;
    }
    *is_valid = day >= 1 && day <= 365 + chute_year_is_leap(year);
    *days = chute_days_from_civil(year, 1, 1) + day - 1;
    return true;
}

/* False if there is no date, or none of the calendar. */
static bool read_date(struct chute_rest *cursor, int64_t *days) {
    bool is_negative = take(cursor, '-');
    if (!is_negative) {
        take(cursor, '+');
    }
    int64_t year;
    if (take_digits(cursor, 9, &year) == 0 || year > YEAR_MAX) {
        return false;
    }
    year = is_negative ? -year : year;
    bool is_valid;
    if (read_week(cursor, year, days, &is_valid) ||
        read_day_of_year(cursor, year, days, &is_valid)) {
        return is_valid;
    }
    int64_t month = 1;
    int64_t day = 1;
    if (take_part(cursor, '-', &month)) {
        take_part(cursor, '-', &day);
    }
    if (month < 1 || month > 12 || day < 1 || day > chute_days_in_month(year, (int)month)) {
        return false;
    }
    *days = chute_days_from_civil(year, (int)month, (int)day);
    return true;
}

/* A fraction of `unit` milliseconds; nothing is taken where there is none. */
static int64_t read_fraction(struct chute_rest *cursor, int64_t unit) {
    struct chute_rest start = *cursor;
    int64_t tenths = 0;
    int count = 0;
    if (take(cursor, '.') || take(cursor, ',')) {
        for (; count < 9 && cursor->at < cursor->end && chute_is_digit(*cursor->at); count++) {
            tenths += (*cursor->at++ - '0') * unit;
            unit /= 10;
        }
    }
    if (count == 0) {
        *cursor = start;
    }
    return tenths / 10;
}

/* The fraction belongs to the smallest part that is there. False if there is none or it is too large. */
static bool read_time(struct chute_rest *cursor, int64_t *millis) {
    int64_t hour;
    int64_t minute = 0;
    int64_t second = 0;
    if (take_digits(cursor, 2, &hour) == 0) {
        *millis = 0;
        return false;
    }
    int64_t unit = 3600000;
    if (take_part(cursor, ':', &minute)) {
        unit = take_part(cursor, ':', &second) ? 1000 : 60000;
    }
    *millis = hour * 3600000 + minute * 60000 + second * 1000 + read_fraction(cursor, unit);
    return hour <= 23 && minute <= 59 && second <= 59;
}

static bool read_offset(struct chute_rest *cursor, int32_t *offset) {
    if (take(cursor, 'Z')) {
        *offset = 0;
        return true;
    }
    struct chute_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    size_t len = chute_offset_parse(rest, offset);
    cursor->at += len;
    return len > 0;
}

bool chute_iso8601_parse(struct chute_str text, struct chute_zone zone, struct chute_time *out) {
    struct chute_rest cursor = { text.at, text.at + text.len };
    int64_t days = 0;
    int64_t millis = 0;
    int32_t offset;
    bool has_offset = false;
    bool has_date = text.len > 0 && *text.at != 'T' && *text.at != 't';
    if (has_date && !read_date(&cursor, &days)) {
        return false;
    }
    if (take(&cursor, 'T')) {
        bool has_time = cursor.at < cursor.end && chute_is_digit(*cursor.at);
        if ((has_time || !has_date) && !read_time(&cursor, &millis)) {
            return false;
        }
        has_offset = read_offset(&cursor, &offset);
    }
    if (cursor.at != cursor.end || text.len == 0) {
        return false;
    }
    int64_t wall = days * CHUTE_SECONDS_A_DAY + millis / 1000;
    if (!has_offset && chute_zone_offset_of_wall(zone, wall, &offset) == CHUTE_ZONE_SKIPPED) {
        return false;
    }
    *out = (struct chute_time){ wall - offset, (uint32_t)(millis % 1000) * 1000000 };
    return true;
}
