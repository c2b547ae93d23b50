#include "pipeline/base/joda.h"

#include "pipeline/base/joda_steps.h"

/* Room for a sign and the digits of any number, a name, an offset or a zone id. */
#define STEP_ROOM 64

bool chute_joda_can_parse(const struct chute_joda *joda) {
    return !joda->is_write_only;
}

bool chute_joda_has_fraction(const struct chute_joda *joda) {
    return joda->has_fraction;
}

bool chute_joda_has_names(const struct chute_joda *joda) {
    return joda->has_names;
}

size_t chute_joda_room(const struct chute_joda *joda) {
    return joda->room;
}

int chute_joda_names(const struct chute_locale *locale, const struct chute_joda_step *step,
    bool is_long, const char *const **names) {
    switch (step->field) {
    case JODA_MONTH:
        *names = is_long ? locale->months : locale->short_months;
        return 12;
    case JODA_WEEKDAY:
        *names = is_long ? locale->weekdays : locale->short_weekdays;
        return 7;
    case JODA_HALFDAY:
        *names = locale->halfdays;
        return 2;
    default:
        *names = locale->eras;
        return 2;
    }
}

static bool is_letter(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static size_t run_length(struct chute_str pattern, size_t at) {
    size_t len = 1;
    while (at + len < pattern.len && pattern.at[at + len] == pattern.at[at]) {
        len++;
    }
    return len;
}

/* True if what follows reads digits, so that a number before it must not take them too. */
static bool is_number_next(struct chute_str pattern, size_t at) {
    if (at >= pattern.len || !is_letter(pattern.at[at])) {
        return false;
    }
    return pattern.at[at] == 'M' ? run_length(pattern, at) <= 2
                                 : memchr("CxyYdhHkKmsSeDFwW", pattern.at[at], 17) != NULL;
}

static struct chute_joda_step number(enum chute_joda_field field, int min, int max) {
    return (struct chute_joda_step){
        .type = JODA_NUMBER, .field = field, .min_digits = min, .max_digits = max
    };
}

static struct chute_joda_step text(enum chute_joda_field field, bool is_long) {
    return (struct chute_joda_step){ .type = JODA_TEXT, .field = field, .is_long = is_long };
}

static struct chute_joda_step year_step(char letter, int len, bool is_number_behind) {
    enum chute_joda_field field = letter == 'x'   ? JODA_WEEKYEAR
                                  : letter == 'Y' ? JODA_YEAR_OF_ERA
                                                  : JODA_YEAR;
    if (len == 2) {
        return (struct chute_joda_step){ .type = JODA_TWO_DIGIT_YEAR,
            .field = field == JODA_WEEKYEAR ? JODA_WEEKYEAR : JODA_YEAR,
            .is_lenient = !is_number_behind };
    }
    struct chute_joda_step step = number(field, len, is_number_behind ? len : 9);
    step.is_signed = letter != 'Y';
    return step;
}

/* The letters that are one number each: field and digits at most. */
static bool plain_number(char letter, int len, struct chute_joda_step *out) {
    static const struct {
        char letter;
        enum chute_joda_field field;
        int max;
    } letters[] = {
        { 'd', JODA_DAY, 2 },
        { 'h', JODA_CLOCKHOUR_OF_HALF, 2 },
        { 'H', JODA_HOUR, 2 },
        { 'k', JODA_CLOCKHOUR, 2 },
        { 'K', JODA_HOUR_OF_HALFDAY, 2 },
        { 'm', JODA_MINUTE, 2 },
        { 's', JODA_SECOND, 2 },
        { 'e', JODA_WEEKDAY, 1 },
        { 'D', JODA_DAY_OF_YEAR, 3 },
        { 'w', JODA_WEEK, 2 },
        { 'M', JODA_MONTH, 2 },
    };
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter == letter) {
            *out = number(letters[i].field, len, letters[i].max > len ? letters[i].max : len);
            return true;
        }
    }
    return false;
}

static bool letter_step(char letter, int len, bool is_number_behind, struct chute_joda_step *out) {
    switch (letter) {
    case 'G':
        *out = text(JODA_ERA, false);
        return true;
    case 'C':
        *out = number(JODA_CENTURY, len, len);
        out->is_signed = true;
        return true;
    case 'x':
    case 'y':
    case 'Y':
        *out = year_step(letter, len, is_number_behind);
        return true;
    case 'M':
        if (len >= 3) {
            *out = text(JODA_MONTH, len >= 4);
            return true;
        }
        return plain_number(letter, len, out);
    case 'E':
        *out = text(JODA_WEEKDAY, len >= 4);
        return true;
    case 'a':
        *out = text(JODA_HALFDAY, false);
        return true;
    case 'S':
        *out = (struct chute_joda_step){
            .type = JODA_FRACTION, .field = JODA_MILLIS, .min_digits = len, .max_digits = len
        };
        return true;
    case 'z':
        *out = (struct chute_joda_step){ .type = JODA_ZONE_NAME, .is_long = len >= 4 };
        return true;
    case 'Z':
        *out = (struct chute_joda_step){ .type = len >= 3 ? JODA_ZONE_ID : JODA_OFFSET,
            .is_long = len == 2 };
        return true;
    default:
        return plain_number(letter, len, out);
    }
}

/* Text up to the next letter; `''` is a quote, anything may stand between two quotes. */
static struct chute_joda_step literal_step(
    struct chute_arena *arena, struct chute_str pattern, size_t *at) {
    char *out = chute_arena_get(arena, pattern.len - *at + 1);
    size_t len = 0;
    bool is_quoted = false;
    for (; *at < pattern.len; (*at)++) {
        char byte = pattern.at[*at];
        if (byte == '\'') {
            if (*at + 1 < pattern.len && pattern.at[*at + 1] == '\'') {
                out[len++] = '\'';
                (*at)++;
            } else {
                is_quoted = !is_quoted;
            }
        } else if (!is_quoted && is_letter(byte)) {
            break;
        } else {
            out[len++] = byte;
        }
    }
    return (struct chute_joda_step){ .type = JODA_LITERAL, .text = { out, len } };
}

const struct chute_joda *chute_joda_compile(struct chute_arena *arena, struct chute_str pattern,
    const struct chute_locale *locale, const char **why) {
    if (pattern.len == 0 || pattern.len > 1000) {
        *why = pattern.len == 0 ? "the date pattern is empty" : "the date pattern is too long";
        return NULL;
    }
    struct chute_joda *joda = chute_arena_zeroed(arena, sizeof(*joda));
    joda->locale = locale;
    joda->steps = chute_arena_zeroed(arena, pattern.len * sizeof(*joda->steps));
    joda->first_short_year = chute_civil_from_seconds(chute_clock_now().seconds).year - 80;
    for (size_t at = 0; at < pattern.len;) {
        struct chute_joda_step *step = &joda->steps[joda->count++];
        if (!is_letter(pattern.at[at])) {
            *step = literal_step(arena, pattern, &at);
            joda->room += step->text.len;
            continue;
        }
        size_t len = run_length(pattern, at);
        if (!letter_step(pattern.at[at], (int)len, is_number_next(pattern, at + len), step)) {
            *why = "the date pattern has a letter without a meaning; put text into single quotes";
            return NULL;
        }
        joda->room += STEP_ROOM + len;
        joda->has_year |= memchr("yY", pattern.at[at], 2) != NULL;
        joda->has_fraction |= step->type == JODA_FRACTION;
        joda->has_names |= step->type == JODA_TEXT;
        joda->has_zone |= pattern.at[at] == 'Z';
        joda->is_write_only |= pattern.at[at] == 'z' && len >= 4;
        at += len;
    }
    return joda;
}

/* A moment, taken apart once for all steps. */
struct parts {
    struct chute_civil civil;
    int64_t days;
    unsigned millis;
    int64_t seconds; /* in UTC */
    int32_t offset;
    struct chute_zone zone;
};

static int64_t field_value(enum chute_joda_field field, const struct parts *parts) {
    const struct chute_civil *civil = &parts->civil;
    int64_t weekyear;
    switch (field) {
    case JODA_ERA:
        return civil->year > 0;
    case JODA_CENTURY:
        return (civil->year < 0 ? -civil->year : civil->year) / 100;
    case JODA_YEAR:
        return civil->year;
    case JODA_YEAR_OF_ERA:
        return civil->year < 0 ? -civil->year : civil->year;
    case JODA_WEEKYEAR:
        chute_iso_week_of_days(parts->days, &weekyear);
        return weekyear;
    case JODA_MONTH:
        return civil->month;
    case JODA_WEEK:
        return chute_iso_week_of_days(parts->days, &weekyear);
    case JODA_DAY_OF_YEAR:
        return chute_day_of_year(civil);
    case JODA_DAY:
        return civil->day;
    case JODA_WEEKDAY:
        return chute_weekday_of_days(parts->days);
    case JODA_HALFDAY:
        return civil->hour / 12;
    case JODA_HOUR:
        return civil->hour;
    case JODA_CLOCKHOUR:
        return civil->hour == 0 ? 24 : civil->hour;
    case JODA_HOUR_OF_HALFDAY:
        return civil->hour % 12;
    case JODA_CLOCKHOUR_OF_HALF:
        return civil->hour % 12 == 0 ? 12 : civil->hour % 12;
    case JODA_MINUTE:
        return civil->minute;
    case JODA_SECOND:
        return civil->second;
    default:
        return parts->millis;
    }
}

char *chute_joda_put_number(char *at, int64_t value, int min_digits) {
    char digits[24];
    int len = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[len++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *at++ = '-';
    }
    for (int i = len; i < min_digits; i++) {
        *at++ = '0';
    }
    while (len > 0) {
        *at++ = digits[--len];
    }
    return at;
}

char *chute_joda_put_text(char *at, struct chute_str text) {
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    return at + text.len;
}

static char *put_fraction(char *at, unsigned millis, int digits) {
    for (unsigned unit = 100; digits > 0; digits--, unit /= 10) {
        *at++ = (char)(unit > 0 ? '0' + millis / unit % 10 : '0');
    }
    return at;
}

static char *put_offset(char *at, int32_t offset, bool has_colon) {
    int32_t size = offset < 0 ? -offset : offset;
    *at++ = offset < 0 ? '-' : '+';
    at = chute_joda_put_number(at, size / 3600, 2);
    if (has_colon) {
        *at++ = ':';
    }
    at = chute_joda_put_number(at, size / 60 % 60, 2);
    if (size % 60 != 0) {
        if (has_colon) {
            *at++ = ':';
        }
        at = chute_joda_put_number(at, size % 60, 2);
    }
    return at;
}

static char *put_zone_name(char *at, const struct parts *parts, bool is_long) {
    char room[16];
    if (is_long && parts->zone.rules == NULL && parts->zone.offset == 0) {
        return chute_joda_put_text(at, CHUTE_STR("Coordinated Universal Time"));
    }
    return chute_joda_put_text(at, chute_zone_abbreviation(parts->zone, parts->seconds, room));
}

static char *put_step(char *at, const struct chute_joda *joda, const struct chute_joda_step *step,
    const struct parts *parts) {
    char room[16];
    const char *const *names;
    int64_t value;
    switch (step->type) {
    case JODA_LITERAL:
        return chute_joda_put_text(at, step->text);
    case JODA_NUMBER:
        return chute_joda_put_number(at, field_value(step->field, parts), step->min_digits);
    case JODA_TWO_DIGIT_YEAR:
        value = field_value(step->field, parts);
        return chute_joda_put_number(at, (value < 0 ? -value : value) % 100, 2);
    case JODA_FRACTION:
        return put_fraction(at, parts->millis, step->min_digits);
    case JODA_TEXT:
        value = field_value(step->field, parts);
        value -= step->field == JODA_MONTH || step->field == JODA_WEEKDAY;
        chute_joda_names(joda->locale, step, step->is_long, &names);
        return chute_joda_put_text(at, chute_str_of(names[value]));
    case JODA_OFFSET:
        return put_offset(at, parts->offset, step->is_long);
    case JODA_ZONE_ID:
        return chute_joda_put_text(at, chute_zone_id(parts->zone, room));
    default:
        return put_zone_name(at, parts, step->is_long);
    }
}

size_t chute_joda_format(
    const struct chute_joda *joda, struct chute_time time, struct chute_zone zone, char *out) {
    struct parts parts = { .millis = time.nanos / 1000000, .seconds = time.seconds, .zone = zone };
    parts.offset = chute_zone_offset(zone, time.seconds);
    parts.civil = chute_civil_from_seconds(time.seconds + parts.offset);
    parts.days = chute_days_from_civil(parts.civil.year, parts.civil.month, parts.civil.day);
    char *at = out;
    for (size_t i = 0; i < joda->count; i++) {
        at = put_step(at, joda, &joda->steps[i], &parts);
    }
    return (size_t)(at - out);
}
