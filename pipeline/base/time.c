#include "pipeline/base/time.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "pipeline/base/ascii.h"
#include "pipeline/base/rest.h"
#include "pipeline/base/zone.h"

#define NANOS_A_SECOND 1000000000LL
#define OFFSET_MAX (18 * 3600) /* Java's */

/* How far chute_clock_set moved the clock, in microseconds. */
static atomic_llong clock_moved;

static int64_t real_micros(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t floor_div(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

struct chute_time chute_clock_now(void) {
    int64_t micros = real_micros() + atomic_load_explicit(&clock_moved, memory_order_relaxed);
    int64_t seconds = floor_div(micros, 1000000);
    return (struct chute_time){ seconds, (uint32_t)(micros - seconds * 1000000) * 1000 };
}

void chute_clock_set(struct chute_time now) {
    atomic_store(&clock_moved, now.seconds * 1000000 + now.nanos / 1000 - real_micros());
}

void chute_clock_reset(void) {
    atomic_store(&clock_moved, 0);
}

uint64_t chute_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int chute_time_cmp(struct chute_time a, struct chute_time b) {
    if (a.seconds != b.seconds) {
        return a.seconds < b.seconds ? -1 : 1;
    }
    return (a.nanos > b.nanos) - (a.nanos < b.nanos);
}

bool chute_year_is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int chute_days_in_month(int64_t year, int month) {
    static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && chute_year_is_leap(year));
}

int chute_weekday_of_days(int64_t days) {
    int64_t weekday = (days + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday) + 1;
}

/* Both directions count from the first of March of year 0, so that the leap day comes last. */
int64_t chute_days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t cycle = floor_div(year, 400);
    int64_t year_of_cycle = year - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - 719468;
}

/* Multiplications and shifts where one would divide: Neri and Schneider, "Euclidean affine
 * functions and their application to calendar algorithms", 2022. Twice as fast as the plain way. */
void chute_civil_from_days(int64_t days, struct chute_civil *out) {
    int64_t cycle = 0; /* of 400 years, before or after those that 32 bits can count */
    days += 719468;
    if (days < 0 || days > 0x3fffffff) {
        cycle = floor_div(days, 146097);
        days -= cycle * 146097;
    }
    uint32_t quarters = 4 * (uint32_t)days + 3;
    uint32_t century = quarters / 146097;
    uint32_t century_quarters = quarters % 146097 | 3;
    uint64_t product = (uint64_t)2939745 * century_quarters;
    uint32_t year_of_century = (uint32_t)(product >> 32);
    uint32_t day_of_year = (uint32_t)product / 2939745 / 4; /* from March on */
    uint32_t month_and_day = 2141 * day_of_year + 197913;
    bool is_next_year = day_of_year >= 306;
    out->year = cycle * 400 + 100 * (int64_t)century + year_of_century + is_next_year;
    out->month = (int)(month_and_day >> 16) - (is_next_year ? 12 : 0);
    out->day = (int)((month_and_day & 0xffff) / 2141) + 1;
}

int chute_day_of_year(const struct chute_civil *civil) {
    return (int)(chute_days_from_civil(civil->year, civil->month, civil->day) -
                 chute_days_from_civil(civil->year, 1, 1)) +
           1;
}

int64_t chute_days_from_iso_year(int64_t year) {
    int64_t in_first_week = chute_days_from_civil(year, 1, 4);
    return in_first_week - chute_weekday_of_days(in_first_week) + 1;
}

int chute_iso_weeks_in_year(int64_t year) {
    return (int)((chute_days_from_iso_year(year + 1) - chute_days_from_iso_year(year)) / 7);
}

int chute_iso_week_of_days(int64_t days, int64_t *year) {
    struct chute_civil civil;
    chute_civil_from_days(
        days - chute_weekday_of_days(days) + 4, &civil); /* its Thursday decides */
    *year = civil.year;
    return (int)((days - chute_days_from_iso_year(civil.year)) / 7) + 1;
}

int64_t chute_seconds_from_civil(const struct chute_civil *civil) {
    return chute_days_from_civil(civil->year, civil->month, civil->day) * CHUTE_SECONDS_A_DAY +
           civil->hour * 3600 + civil->minute * 60 + civil->second;
}

struct chute_civil chute_civil_from_seconds(int64_t seconds) {
    struct chute_civil civil;
    int64_t days = floor_div(seconds, CHUTE_SECONDS_A_DAY);
    unsigned rest = (unsigned)(seconds - days * CHUTE_SECONDS_A_DAY);
    unsigned minutes = rest / 60;
    chute_civil_from_days(days, &civil);
    civil.hour = (int)(minutes / 60);
    civil.minute = (int)(minutes % 60);
    civil.second = (int)(rest % 60);
    return civil;
}

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static void put_two(char *at, unsigned value) {
    memcpy(at, &two_digits[value * 2], 2);
}

/* Java's way: four digits, a sign before more of them and before what is negative. */
static char *put_year(char *at, int64_t year) {
    if (year >= 0 && year <= 9999) {
        put_two(at, (unsigned)year / 100);
        put_two(at + 2, (unsigned)year % 100);
        return at + 4;
    }
    *at++ = year < 0 ? '-' : '+';
    uint64_t rest = year < 0 ? 0 - (uint64_t)year : (uint64_t)year;
    char digits[20];
    size_t len = 0;
    while (rest > 0 || len < 4) {
        digits[len++] = (char)('0' + rest % 10);
        rest /= 10;
    }
    while (len > 0) {
        *at++ = digits[--len];
    }
    return at;
}

static char *put_fraction(char *at, unsigned nanos) {
    unsigned millis = nanos / 1000000;
    *at = '.';
    at[1] = (char)('0' + millis / 100);
    put_two(at + 2, millis % 100);
    at += 4;
    nanos %= 1000000;
    if (nanos == 0) {
        return at;
    }
    unsigned micros = nanos / 1000;
    at[0] = (char)('0' + micros / 100);
    put_two(at + 1, micros % 100);
    at += 3;
    nanos %= 1000;
    if (nanos == 0) {
        return at;
    }
    at[0] = (char)('0' + nanos / 100);
    put_two(at + 1, nanos % 100);
    return at + 3;
}

size_t chute_time_format(struct chute_time time, char out[CHUTE_TIME_TEXT_SIZE]) {
    struct chute_civil civil = chute_civil_from_seconds(time.seconds);
    char *at = put_year(out, civil.year);
    at[0] = '-';
    put_two(at + 1, (unsigned)civil.month);
    at[3] = '-';
    put_two(at + 4, (unsigned)civil.day);
    at[6] = 'T';
    put_two(at + 7, (unsigned)civil.hour);
    at[9] = ':';
    put_two(at + 10, (unsigned)civil.minute);
    at[12] = ':';
    put_two(at + 13, (unsigned)civil.second);
    at = put_fraction(at + 15, time.nanos);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

/* Exactly two digits, at most `max`; -1 else. */
static int take_two(struct chute_rest *cursor, int max) {
    if (cursor->end - cursor->at < 2 || !chute_is_digit(cursor->at[0]) ||
        !chute_is_digit(cursor->at[1])) {
        return -1;
    }
    int value = (cursor->at[0] - '0') * 10 + cursor->at[1] - '0';
    cursor->at += 2;
    return value <= max ? value : -1;
}

/* Four digits; five to nine after a `+`, four to nine after a `-`. */
static bool take_year(struct chute_rest *cursor, int64_t *year) {
    bool is_negative = chute_rest_take(cursor, '-');
    bool is_positive = !is_negative && chute_rest_take(cursor, '+');
    int64_t value = 0;
    int digits = 0;
    while (digits < (is_negative || is_positive ? 9 : 4) && cursor->at < cursor->end &&
           chute_is_digit(*cursor->at)) {
        value = value * 10 + (*cursor->at++ - '0');
        digits++;
    }
    *year = is_negative ? -value : value;
    return digits >= 4 + is_positive;
}

static bool take_date(struct chute_rest *cursor, struct chute_civil *civil) {
    if (!take_year(cursor, &civil->year) || !chute_rest_take(cursor, '-')) {
        return false;
    }
    civil->month = take_two(cursor, 12);
    if (civil->month < 1 || !chute_rest_take(cursor, '-')) {
        return false;
    }
    civil->day = take_two(cursor, 31);
    if (civil->day < 1) {
        return false;
    }
    /* Java takes 31 April for the 30th. */
    int last = chute_days_in_month(civil->year, civil->month);
    civil->day = civil->day > last ? last : civil->day;
    return true;
}

static void take_fraction(struct chute_rest *cursor, uint32_t *nanos) {
    uint32_t unit = NANOS_A_SECOND / 10;
    while (unit > 0 && cursor->at < cursor->end && chute_is_digit(*cursor->at)) {
        *nanos += (uint32_t)(*cursor->at++ - '0') * unit;
        unit /= 10;
    }
}

static bool take_time_of_day(
    struct chute_rest *cursor, struct chute_civil *civil, uint32_t *nanos) {
    civil->hour = take_two(cursor, 24);
    if (civil->hour < 0 || !chute_rest_take(cursor, ':')) {
        return false;
    }
    civil->minute = take_two(cursor, 59);
    if (civil->minute < 0) {
        return false;
    }
    if (chute_rest_take(cursor, ':')) {
        civil->second = take_two(cursor, 59);
        if (civil->second < 0) {
            return false;
        }
        if (chute_rest_take(cursor, '.')) {
            take_fraction(cursor, nanos);
        }
    }
    return civil->hour < 24 || (civil->minute == 0 && civil->second == 0 && *nanos == 0);
}

static bool take_zone(struct chute_rest *cursor, int64_t wall, int32_t *offset) {
    struct chute_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    struct chute_zone zone;
    if (rest.len == 0) {
        zone = chute_zone_local();
    } else if (*rest.at == 'Z' || *rest.at == 'z') {
        *offset = 0;
        return rest.len == 1;
    } else if (*rest.at == '+' || *rest.at == '-') {
        return chute_offset_parse(rest, offset) == rest.len && *offset >= -OFFSET_MAX &&
               *offset <= OFFSET_MAX;
    } else if (!chute_zone_find(rest, &zone)) {
        return false;
    }
    chute_zone_offset_of_wall(zone, wall, offset);
    return true;
}

bool chute_time_parse(struct chute_str text, struct chute_time *out) {
    struct chute_rest cursor = { text.at, text.at + text.len };
    struct chute_civil civil = { 0 };
    uint32_t nanos = 0;
    if (!take_date(&cursor, &civil)) {
        return false;
    }
    if ((chute_rest_take(&cursor, 'T') || chute_rest_take(&cursor, 't')) &&
        !take_time_of_day(&cursor, &civil, &nanos)) {
        return false;
    }
    int64_t wall = chute_seconds_from_civil(&civil);
    int32_t offset;
    if (!take_zone(&cursor, wall, &offset)) {
        return false;
    }
    *out = (struct chute_time){ wall - offset, nanos };
    return true;
}
