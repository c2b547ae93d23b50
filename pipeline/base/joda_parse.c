#include "pipeline/base/joda_steps.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/base/rest.h"

#define DEFAULT_YEAR 2000 /* Joda's, where a month or day stands without a year */
#define MAX_FIELDS 24
#define MILLIS_A_DAY 86400000
#define YEAR_MAX 292278993 /* Joda's */

struct saved {
    enum chute_joda_field field;
    int64_t value;
};

/* What the steps have read so far. */
struct bucket {
    const struct chute_joda *joda;
    struct saved fields[MAX_FIELDS];
    size_t count;
    bool has_offset;
    int32_t offset;
    struct chute_zone zone;
};

static bool save(struct bucket *bucket, enum chute_joda_field field, int64_t value) {
    if (bucket->count == MAX_FIELDS) {
        return false;
    }
    bucket->fields[bucket->count++] = (struct saved){ field, value };
    return true;
}

static bool take_literal(struct chute_rest *cursor, struct chute_str text) {
    if ((size_t)(cursor->end - cursor->at) < text.len) {
        return false;
    }
    struct chute_str rest = { cursor->at, text.len };
    cursor->at += text.len;
    /* a single byte as it is: the usual case */
    return (text.len == 1 && *rest.at == *text.at) || chute_str_eq_nocase(rest, text);
}

/* Up to `max` digits, a sign not among them. Returns how many there were; 0 leaves the cursor alone. */
static int take_digits(struct chute_rest *cursor, int max, bool is_signed, int64_t *value) {
    const char *at = cursor->at;
    bool is_negative = is_signed && at < cursor->end && *at == '-';
    if (is_signed && at < cursor->end && (*at == '-' || *at == '+')) {
        at++;
    }
    int64_t read = 0;
    int count = 0;
    while (at < cursor->end && chute_is_digit(*at) && count < max) {
        if (read > INT64_MAX / 100) {
            return 0;
        }
        read = read * 10 + (*at++ - '0');
        count++;
    }
    if (count > 0) {
        *value = is_negative ? -read : read;
        cursor->at = at;
    }
    return count;
}

static bool read_number(
    struct bucket *bucket, struct chute_rest *cursor, const struct chute_joda_step *step) {
    int64_t value;
    return take_digits(cursor, step->max_digits, step->is_signed, &value) > 0 &&
           save(bucket, step->field, value);
}

static bool read_short_year(
    struct bucket *bucket, struct chute_rest *cursor, const struct chute_joda_step *step) {
    int64_t value;
    bool has_sign =
        step->is_lenient && cursor->at < cursor->end && (*cursor->at == '-' || *cursor->at == '+');
    int count = take_digits(cursor, step->is_lenient ? 18 : 2, has_sign, &value);
    if (count == 0 || (!step->is_lenient && count < 2)) {
        return false;
    }
    if (count == 2 && !has_sign) {
        int64_t first = bucket->joda->first_short_year;
        value += first - first % 100 + (value < first % 100 ? 100 : 0);
    }
    return save(bucket, step->field, value);
}

static bool read_fraction(
    struct bucket *bucket, struct chute_rest *cursor, const struct chute_joda_step *step) {
    int millis = 0;
    int count = 0;
    for (int unit = 100; count < step->max_digits; count++, unit /= 10) {
        if (cursor->at == cursor->end || !chute_is_digit(*cursor->at)) {
            break;
        }
        millis += (*cursor->at++ - '0') * unit;
    }
    return count > 0 && save(bucket, JODA_MILLIS, millis);
}

/* The full name or the short one, whichever fits longer: Joda takes both for either. */
static bool read_text(
    struct bucket *bucket, struct chute_rest *cursor, const struct chute_joda_step *step) {
    struct chute_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    const char *const *names;
    int index = 0;
    int short_index = 0;
    int count = chute_joda_names(bucket->joda->locale, step, true, &names);
    size_t len = chute_locale_match(rest, names, count, &index);
    count = chute_joda_names(bucket->joda->locale, step, false, &names);
    size_t short_len = chute_locale_match(rest, names, count, &short_index);
    if (short_len > len) {
        len = short_len;
        index = short_index;
    }
    if (len == 0) {
        return false;
    }
    cursor->at += len;
    bool is_from_one = step->field == JODA_MONTH || step->field == JODA_WEEKDAY;
    return save(bucket, step->field, index + is_from_one);
}

static bool read_offset(struct bucket *bucket, struct chute_rest *cursor) {
    struct chute_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    size_t len = 1;
    if (rest.len > 0 && (*rest.at == 'Z' || *rest.at == 'z')) {
        bucket->offset = 0;
    } else {
        len = chute_offset_parse(rest, &bucket->offset);
    }
    bucket->has_offset = true;
    cursor->at += len;
    return len > 0;
}

static bool is_zone_byte(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || chute_is_digit(byte) ||
           byte == '/' || byte == '_' || byte == '+' || byte == '-';
}

/* The longest id that is a zone's. */
static bool read_zone_id(struct bucket *bucket, struct chute_rest *cursor) {
    const char *end = cursor->at;
    while (end < cursor->end && is_zone_byte(*end) && end - cursor->at < 40) {
        end++;
    }
    while (end > cursor->at) {
        struct chute_str id = { cursor->at, (size_t)(end - cursor->at) };
        if (chute_zone_find(id, &bucket->zone)) {
            bucket->has_offset = false;
            cursor->at = end;
            return true;
        }
        end--;
    }
    return false;
}

/* The names that Joda reads, each with the zone it stands for, in winter and summer. */
static bool read_zone_name(struct bucket *bucket, struct chute_rest *cursor) {
    static const struct {
        const char *name, *id;
    } names[] = {
        { "UTC", "UTC" },
        { "UT", "UTC" },
        { "GMT", "UTC" },
        { "EST", "America/New_York" },
        { "EDT", "America/New_York" },
        { "CST", "America/Chicago" },
        { "CDT", "America/Chicago" },
        { "MST", "America/Denver" },
        { "MDT", "America/Denver" },
        { "PST", "America/Los_Angeles" },
        { "PDT", "America/Los_Angeles" },
    };
    struct chute_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct chute_str name = chute_str_of(names[i].name);
        if (chute_str_starts_with(rest, name)) {
            cursor->at += name.len;
            bucket->has_offset = false;
            return chute_zone_find(chute_str_of(names[i].id), &bucket->zone);
        }
    }
    return false;
}

static bool read_step(
    struct bucket *bucket, struct chute_rest *cursor, const struct chute_joda_step *step) {
    switch (step->type) {
    case JODA_LITERAL:
        return take_literal(cursor, step->text);
    case JODA_NUMBER:
        return read_number(bucket, cursor, step);
    case JODA_TWO_DIGIT_YEAR:
        return read_short_year(bucket, cursor, step);
    case JODA_FRACTION:
        return read_fraction(bucket, cursor, step);
    case JODA_TEXT:
        return read_text(bucket, cursor, step);
    case JODA_OFFSET:
        return read_offset(bucket, cursor);
    case JODA_ZONE_ID:
        return read_zone_id(bucket, cursor);
    default:
        return read_zone_name(bucket, cursor);
    }
}

/* A wall time while fields are set on it, one after the other. */
struct wall {
    int64_t days;
    int millis; /* of the day */
};

static void set_date(struct wall *wall, int64_t year, int month, int day) {
    int last = chute_days_in_month(year, month);
    wall->days = chute_days_from_civil(year, month, day > last ? last : day);
}

/* Sets the date; `is_floored` also puts every smaller field to its start. False: no such date. */
static bool set_date_field(struct wall *wall, const struct saved *saved, bool is_floored) {
    struct chute_civil civil;
    int64_t weekyear;
    int64_t value = saved->value;
    chute_civil_from_days(wall->days, &civil);
    int week = chute_iso_week_of_days(wall->days, &weekyear);
    int weekday = chute_weekday_of_days(wall->days);
    switch (saved->field) {
    case JODA_ERA:
        civil.year = value == 1 ? 1 : -1;
        set_date(wall, civil.year, is_floored ? 1 : civil.month, is_floored ? 1 : civil.day);
        return true;
    case JODA_CENTURY:
        if (value < -YEAR_MAX || value > YEAR_MAX) {
            return false;
        }
        value = value * 100 + (is_floored ? 0 : civil.year % 100);
        /* fall through */
    case JODA_YEAR:
    case JODA_YEAR_OF_ERA:
        if (value < -YEAR_MAX || value > YEAR_MAX) {
            return false;
        }
        value = saved->field == JODA_YEAR_OF_ERA && civil.year < 0 ? -value : value;
        set_date(wall, value, is_floored ? 1 : civil.month, is_floored ? 1 : civil.day);
        return true;
    case JODA_WEEKYEAR:
        if (value < -YEAR_MAX || value > YEAR_MAX) {
            return false;
        }
        week = week > chute_iso_weeks_in_year(value) ? chute_iso_weeks_in_year(value) : week;
        wall->days = chute_days_from_iso_year(value);
        wall->days += is_floored ? 0 : (week - 1) * 7 + weekday - 1;
        return true;
    case JODA_MONTH:
        if (value < 1 || value > 12) {
            return false;
        }
        set_date(wall, civil.year, (int)value, is_floored ? 1 : civil.day);
        return true;
    case JODA_WEEK:
        wall->days += (value - week) * 7 - (is_floored ? weekday - 1 : 0);
        return value >= 1 && value <= chute_iso_weeks_in_year(weekyear);
    case JODA_DAY_OF_YEAR:
        wall->days = chute_days_from_civil(civil.year, 1, 1) + value - 1;
        return value >= 1 && value <= 365 + chute_year_is_leap(civil.year);
    case JODA_DAY:
        wall->days += value - civil.day;
        return value >= 1 && value <= chute_days_in_month(civil.year, civil.month);
    default: /* JODA_WEEKDAY: moves within the week, as Joda does with a name that does not fit */
        wall->days += value - weekday;
        return value >= 1 && value <= 7;
    }
}

/* Sets a field of the time of day that counts `unit` milliseconds, `range` of them at most. */
static bool set_unit(struct wall *wall, int64_t value, int unit, int range, bool is_floored) {
    if (value < 0 || value >= range) {
        return false;
    }
    wall->millis += (int)(value - wall->millis / unit % range) * unit;
    if (is_floored) {
        wall->millis -= wall->millis % unit;
    }
    return true;
}

static bool set_field(struct wall *wall, const struct saved *saved, bool is_floored) {
    int64_t value = saved->value;
    switch (saved->field) {
    case JODA_HALFDAY:
        return set_unit(wall, value, MILLIS_A_DAY / 2, 2, is_floored);
    case JODA_CLOCKHOUR:
        return value >= 1 && value <= 24 && set_unit(wall, value % 24, 3600000, 24, is_floored);
    case JODA_HOUR:
        return set_unit(wall, value, 3600000, 24, is_floored);
    case JODA_CLOCKHOUR_OF_HALF:
        return value >= 1 && value <= 12 && set_unit(wall, value % 12, 3600000, 12, is_floored);
    case JODA_HOUR_OF_HALFDAY:
        return set_unit(wall, value, 3600000, 12, is_floored);
    case JODA_MINUTE:
        return set_unit(wall, value, 60000, 60, is_floored);
    case JODA_SECOND:
        return set_unit(wall, value, 1000, 60, is_floored);
    case JODA_MILLIS:
        return set_unit(wall, value, 1, 1000, is_floored);
    default:
        if (is_floored) {
            wall->millis = 0;
        }
        return set_date_field(wall, saved, is_floored);
    }
}

/* Fields of one rank are applied in the order in which they were read. */
static int rank(enum chute_joda_field field) {
    switch (field) {
    case JODA_YEAR_OF_ERA:
    case JODA_WEEKYEAR:
        return JODA_YEAR;
    case JODA_CLOCKHOUR:
        return JODA_HOUR;
    case JODA_CLOCKHOUR_OF_HALF:
        return JODA_HOUR_OF_HALFDAY;
    default:
        return (int)field;
    }
}

static void sort_fields(struct bucket *bucket) {
    for (size_t i = 1; i < bucket->count; i++) {
        struct saved saved = bucket->fields[i];
        size_t slot = i;
        while (slot > 0 && rank(bucket->fields[slot - 1].field) > rank(saved.field)) {
            bucket->fields[slot] = bucket->fields[slot - 1];
            slot--;
        }
        bucket->fields[slot] = saved;
    }
}

static bool has_field(const struct bucket *bucket, enum chute_joda_field field) {
    for (size_t i = 0; i < bucket->count; i++) {
        if (bucket->fields[i].field == field) {
            return true;
        }
    }
    return false;
}

static void remove_field(struct bucket *bucket, enum chute_joda_field field) {
    size_t kept = 0;
    for (size_t i = 0; i < bucket->count; i++) {
        if (bucket->fields[i].field != field) {
            bucket->fields[kept++] = bucket->fields[i];
        }
    }
    bucket->count = kept;
}

/* The values of a bucket by their field; false if one stands twice or it is none of `allowed` (bits). */
static bool spread(const struct bucket *bucket, unsigned allowed, int64_t *values, unsigned *seen) {
    *seen = 0;
    for (size_t i = 0; i < bucket->count; i++) {
        unsigned bit = 1u << bucket->fields[i].field;
        if ((bit & allowed) == 0 || (bit & *seen) != 0) {
            return false;
        }
        *seen |= bit;
        values[bucket->fields[i].field] = bucket->fields[i].value;
    }
    return true;
}

#define BIT(field) (1u << (field))
#define PLAIN_FIELDS                                                                               \
    (BIT(JODA_YEAR) | BIT(JODA_YEAR_OF_ERA) | BIT(JODA_MONTH) | BIT(JODA_DAY) | BIT(JODA_HOUR) |   \
        BIT(JODA_MINUTE) | BIT(JODA_SECOND) | BIT(JODA_MILLIS))

enum resolved { NOT_PLAIN, RESOLVED, NO_SUCH_TIME };

/* Nearly all patterns are a date and a time of these fields: the same result as below, at a tenth of its cost. */
static enum resolved resolve_plain(const struct bucket *bucket, struct wall *wall) {
    int64_t values[JODA_MILLIS + 1];
    unsigned seen;
    if (!spread(bucket, PLAIN_FIELDS, values, &seen) ||
        (seen & (BIT(JODA_YEAR) | BIT(JODA_YEAR_OF_ERA))) ==
            (BIT(JODA_YEAR) | BIT(JODA_YEAR_OF_ERA))) {
        return NOT_PLAIN;
    }
    int64_t year = (seen & (BIT(JODA_MONTH) | BIT(JODA_DAY))) != 0 ? DEFAULT_YEAR : 1970;
    if ((seen & (BIT(JODA_YEAR) | BIT(JODA_YEAR_OF_ERA))) != 0) {
        year = values[(seen & BIT(JODA_YEAR)) != 0 ? JODA_YEAR : JODA_YEAR_OF_ERA];
    }
    int64_t month = (seen & BIT(JODA_MONTH)) != 0 ? values[JODA_MONTH] : 1;
    int64_t day = (seen & BIT(JODA_DAY)) != 0 ? values[JODA_DAY] : 1;
    int64_t hour = (seen & BIT(JODA_HOUR)) != 0 ? values[JODA_HOUR] : 0;
    int64_t minute = (seen & BIT(JODA_MINUTE)) != 0 ? values[JODA_MINUTE] : 0;
    int64_t second = (seen & BIT(JODA_SECOND)) != 0 ? values[JODA_SECOND] : 0;
    int64_t millis = (seen & BIT(JODA_MILLIS)) != 0 ? values[JODA_MILLIS] : 0;
    if (year < -YEAR_MAX || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > chute_days_in_month(year, (int)month) || hour > 23 || minute > 59 || second > 59) {
        return NO_SUCH_TIME;
    }
    wall->days = chute_days_from_civil(year, (int)month, (int)day);
    wall->millis = (int)(((hour * 60 + minute) * 60 + second) * 1000 + millis);
    return RESOLVED;
}

/* Joda's way: all fields from the largest to the smallest, each putting what is smaller to its start;
 * then all again, for what an earlier one could not know. */
static bool resolve(struct bucket *bucket, struct wall *wall) {
    enum resolved resolved = resolve_plain(bucket, wall);
    if (resolved != NOT_PLAIN) {
        return resolved == RESOLVED;
    }
    sort_fields(bucket);
    if (bucket->count > 0 && rank(bucket->fields[0].field) >= JODA_MONTH &&
        rank(bucket->fields[0].field) <= JODA_WEEKDAY) {
        /* A weekday cannot fit before the year is known: Joda moves the date to it all the same, by up to
         * six days; ours does not. */
        if (has_field(bucket, JODA_DAY) || has_field(bucket, JODA_DAY_OF_YEAR)) {
            remove_field(bucket, JODA_WEEKDAY);
        }
        if (!save(bucket, JODA_YEAR, DEFAULT_YEAR)) {
            return false;
        }
        sort_fields(bucket);
    }
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < bucket->count; i++) {
            bool is_floored = pass == 0 || i + 1 == bucket->count;
            if (!set_field(wall, &bucket->fields[i], is_floored)) {
                return false;
            }
        }
    }
    return true;
}

/* The date in the year that is nearest to now. */
static int64_t guess_year(int64_t seconds) {
    int64_t clock = chute_clock_now().seconds;
    struct chute_civil now =
        chute_civil_from_seconds(clock + chute_zone_offset(chute_zone_local(), clock));
    struct chute_civil civil = chute_civil_from_seconds(seconds);
    civil.year = now.year;
    if (civil.month == 12 && now.month == 1) {
        civil.year--;
    } else if (civil.month == 1 && now.month == 12) {
        civil.year++;
    }
    int last = chute_days_in_month(civil.year, civil.month);
    civil.day = civil.day > last ? last : civil.day;
    return chute_seconds_from_civil(&civil);
}

/* False if clocks skipped it. */
static bool to_utc(const struct bucket *bucket, int64_t wall, int64_t *seconds) {
    int32_t offset = bucket->offset;
    if (!bucket->has_offset &&
        chute_zone_offset_of_wall(bucket->zone, wall, &offset) == CHUTE_ZONE_SKIPPED) {
        return false;
    }
    *seconds = wall - offset;
    return true;
}

bool chute_joda_parse(const struct chute_joda *joda, struct chute_str text, struct chute_zone zone,
    struct chute_time *out) {
    struct bucket bucket; /* its fields are set as they are read */
    bucket.joda = joda;
    bucket.count = 0;
    bucket.has_offset = false;
    bucket.offset = 0;
    bucket.zone = zone;
    struct chute_rest cursor = { text.at, text.at + text.len };
    if (joda->is_write_only) {
        return false;
    }
    for (size_t i = 0; i < joda->count; i++) {
        if (!read_step(&bucket, &cursor, &joda->steps[i])) {
            return false;
        }
    }
    struct wall wall = { 0, 0 };
    if (cursor.at != cursor.end || !resolve(&bucket, &wall)) {
        return false;
    }
    int64_t seconds = wall.days * CHUTE_SECONDS_A_DAY + wall.millis / 1000;
    if (!joda->has_year && !joda->has_zone) {
        seconds = guess_year(seconds);
    }
    if (!to_utc(&bucket, seconds, &seconds)) {
        return false;
    }
    if (!joda->has_year && joda->has_zone) { /* the month is that of the filter's own zone */
        int32_t offset = chute_zone_offset(zone, seconds);
        int64_t moved = guess_year(seconds + offset);
        chute_zone_offset_of_wall(zone, moved, &offset);
        seconds = moved - offset;
    }
    *out = (struct chute_time){ seconds, (uint32_t)(wall.millis % 1000) * 1000000 };
    return true;
}
