#include "pipeline/base/javatime.h"

#include "pipeline/base/joda_steps.h"
#include "pipeline/base/locale.h"

#define STEP_ROOM 64

struct step {
    char letter; /* 0: text */
    int count;
    int pad; /* blanks in front, up to this width; 0: none */
    struct chute_str text;
};

struct chute_javatime {
    struct step *steps;
    size_t count;
    size_t room;
    bool has_fraction;
};

size_t chute_javatime_room(const struct chute_javatime *pattern) {
    return pattern->room;
}

bool chute_javatime_has_fraction(const struct chute_javatime *pattern) {
    return pattern->has_fraction;
}

static bool is_letter(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* How often each letter may stand in a row. */
static bool is_legal(char letter, int count) {
    static const struct {
        const char *letters;
        int max;
    } limits[] = {
        { "aFW", 1 },
        { "dhHkKmsw", 2 },
        { "D", 3 },
        { "GMLQqEecxXZ", 5 },
        { "vOz", 4 },
        { "S", 9 },
        { "uyYAnNg", 19 },
    };
    if (letter == 'V') {
        return count == 2;
    }
    if ((letter == 'O' || letter == 'v') && count != 1 && count != 4) {
        return false;
    }
    if (letter == 'c' && count == 2) {
        return false;
    }
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (strchr(limits[i].letters, letter) != NULL) {
            return count <= limits[i].max;
        }
    }
    return false;
}

/* Length of the run of one letter at `at`. */
static size_t run_length(struct chute_str pattern, size_t at) {
    size_t len = 1;
    while (at + len < pattern.len && pattern.at[at + len] == pattern.at[at]) {
        len++;
    }
    return len;
}

static bool letter_step(struct chute_str pattern, size_t *at, struct step *step) {
    size_t len = run_length(pattern, *at);
    if (pattern.at[*at] == 'p') {
        step->pad = (int)len;
        *at += len;
        if (*at >= pattern.len || !is_letter(pattern.at[*at]) || pattern.at[*at] == 'p') {
            return false;
        }
        len = run_length(pattern, *at);
    }
    step->letter = pattern.at[*at];
    step->count = (int)len;
    *at += len;
    return is_legal(step->letter, step->count);
}

/* One quoted text; `''` is a quote, inside and outside. False if it does not end. */
static bool quoted_step(
    struct chute_arena *arena, struct chute_str pattern, size_t *at, struct step *step) {
    char *out = chute_arena_get(arena, pattern.len - *at);
    size_t len = 0;
    for ((*at)++; *at < pattern.len; (*at)++) {
        if (pattern.at[*at] == '\'') {
            if (*at + 1 >= pattern.len || pattern.at[*at + 1] != '\'') {
                break;
            }
            (*at)++;
        }
        out[len++] = pattern.at[*at];
    }
    if (*at == pattern.len) {
        return false;
    }
    (*at)++;
    if (len == 0) {
        out[len++] = '\'';
    }
    step->text = (struct chute_str){ out, len };
    return true;
}

static bool compile(
    struct chute_arena *arena, struct chute_str pattern, struct chute_javatime *out) {
    int open = 0;
    for (size_t at = 0; at < pattern.len;) {
        char byte = pattern.at[at];
        struct step step = { 0 };
        bool is_good = true;
        if (is_letter(byte)) {
            is_good = letter_step(pattern, &at, &step);
            out->has_fraction |= strchr("SAnN", step.letter) != NULL;
        } else if (byte == '\'') {
            is_good = quoted_step(arena, pattern, &at, &step);
        } else if (byte == '[' || byte == ']') { /* optional parts matter to reading only */
            open += byte == '[' ? 1 : -1;
            is_good = open >= 0;
            at++;
        } else {
            is_good = byte != '{' && byte != '}' && byte != '#';
            step.text = (struct chute_str){ &pattern.at[at++], 1 };
        }
        if (!is_good) {
            return false;
        }
        out->steps[out->count++] = step;
        out->room += step.letter != 0 ? STEP_ROOM + (size_t)step.pad : step.text.len;
    }
    return true;
}

const struct chute_javatime *chute_javatime_compile(
    struct chute_arena *arena, struct chute_str pattern, const char **why) {
    if (pattern.len > 1000) {
        *why = "the date pattern is too long";
        return NULL;
    }
    struct chute_javatime *out = chute_arena_zeroed(arena, sizeof(*out));
    out->steps = chute_arena_zeroed(arena, (pattern.len + 1) * sizeof(*out->steps));
    if (!compile(arena, chute_arena_copy(arena, pattern), out)) {
        *why = "the date pattern is not one of java.time; put text into single quotes";
        return NULL;
    }
    return out;
}

/* A moment, taken apart once for all steps. */
struct parts {
    struct chute_civil civil;
    int64_t days;
    int64_t seconds_of_day;
    unsigned nanos;
};

/* 0 is Sunday. */
static int sunday_based(int64_t days) {
    return chute_weekday_of_days(days) % 7;
}

/* Week 1 is the one that 1 January is in. */
static int us_week(const struct parts *parts, int64_t *year) {
    int64_t sunday = parts->days - sunday_based(parts->days);
    int64_t first = chute_days_from_civil(parts->civil.year, 1, 1);
    *year = parts->civil.year;
    if (chute_days_from_civil(parts->civil.year + 1, 1, 1) <= sunday + 6) {
        (*year)++;
        return 1;
    }
    return (int)((sunday - (first - sunday_based(first))) / 7) + 1;
}

static char *put_year(char *at, int64_t year, int count) {
    if (count == 2) {
        return chute_joda_put_number(at, (year < 0 ? -year : year) % 100, 2);
    }
    int64_t limit = 1;
    for (int i = 0; i < count && i < 18; i++) {
        limit *= 10;
    }
    if (count >= 4 && year >= limit) {
        *at++ = '+';
    }
    return chute_joda_put_number(at, year, count);
}

/* Counts above two are names: short, full, or one letter. */
static char *put_name(char *at, const char *short_name, const char *name, int count) {
    struct chute_str text = chute_str_of(count == 4 ? name : short_name);
    text.len = count == 5 ? 1 : text.len;
    return chute_joda_put_text(at, text);
}

static char *put_quarter(char *at, int quarter, int count) {
    static const char *const names[] = { "1st quarter", "2nd quarter", "3rd quarter",
        "4th quarter" };
    if (count == 4) {
        return chute_joda_put_text(at, chute_str_of(names[quarter - 1]));
    }
    if (count == 3) {
        *at++ = 'Q';
    }
    return chute_joda_put_number(at, quarter, count == 2 ? 2 : 1);
}

static char *put_era(char *at, bool is_ours, int count) {
    return put_name(at, is_ours ? "AD" : "BC", is_ours ? "Anno Domini" : "Before Christ", count);
}

static char *put_fraction(char *at, unsigned nanos, int digits) {
    char all[16];
    chute_joda_put_number(all, nanos, 9);
    return chute_joda_put_text(at, (struct chute_str){ all, (size_t)digits });
}

/* The zone is always UTC. */
static char *put_zone(char *at, char letter, int count) {
    static const char *const offsets[] = { "+00", "+0000", "+00:00", "+0000", "+00:00" };
    const char *text = "Z";
    if (letter == 'x') {
        text = offsets[count - 1];
    } else if (letter == 'O' || (letter == 'Z' && count == 4)) {
        text = "GMT";
    } else if (letter == 'Z' && count <= 3) {
        text = "+0000";
    }
    return chute_joda_put_text(at, chute_str_of(text));
}

static char *put_date(char *at, const struct step *step, const struct parts *parts) {
    const struct chute_locale *names = chute_locale_default();
    const struct chute_civil *civil = &parts->civil;
    int64_t year = civil->year;
    int weekday = chute_weekday_of_days(parts->days);
    switch (step->letter) {
    case 'G':
        return put_era(at, year > 0, step->count);
    case 'u':
        return put_year(at, year, step->count);
    case 'y':
        return put_year(at, year > 0 ? year : 1 - year, step->count);
    case 'Y':
        us_week(parts, &year);
        return put_year(at, year, step->count);
    case 'w':
        return chute_joda_put_number(at, us_week(parts, &year), step->count);
    case 'W':
        return chute_joda_put_number(
            at, (civil->day - 1 + sunday_based(parts->days - civil->day + 1)) / 7 + 1, 1);
    case 'F':
        return chute_joda_put_number(at, (civil->day - 1) / 7 + 1, 1);
    case 'Q':
    case 'q':
        return put_quarter(at, (civil->month + 2) / 3, step->count);
    case 'M':
    case 'L':
        return step->count <= 2 ? chute_joda_put_number(at, civil->month, step->count)
                                : put_name(at, names->short_months[civil->month - 1],
                                      names->months[civil->month - 1], step->count);
    case 'D':
        return chute_joda_put_number(at, chute_day_of_year(civil), step->count);
    case 'd':
        return chute_joda_put_number(at, civil->day, step->count);
    case 'g':
        return chute_joda_put_number(at, parts->days + 40587, step->count);
    case 'e':
    case 'c':
        if (step->count <= 2) {
            return chute_joda_put_number(at, sunday_based(parts->days) + 1, step->count);
        }
        /* fall through */
    default: /* E */
        return put_name(
            at, names->short_weekdays[weekday - 1], names->weekdays[weekday - 1], step->count);
    }
}

static char *put_step(char *at, const struct step *step, const struct parts *parts) {
    int hour = parts->civil.hour;
    switch (step->letter) {
    case 'a':
        return chute_joda_put_text(at, hour < 12 ? CHUTE_STR("AM") : CHUTE_STR("PM"));
    case 'H':
        return chute_joda_put_number(at, hour, step->count);
    case 'k':
        return chute_joda_put_number(at, hour == 0 ? 24 : hour, step->count);
    case 'K':
        return chute_joda_put_number(at, hour % 12, step->count);
    case 'h':
        return chute_joda_put_number(at, hour % 12 == 0 ? 12 : hour % 12, step->count);
    case 'm':
        return chute_joda_put_number(at, parts->civil.minute, step->count);
    case 's':
        return chute_joda_put_number(at, parts->civil.second, step->count);
    case 'S':
        return put_fraction(at, parts->nanos, step->count);
    case 'n':
        return chute_joda_put_number(at, parts->nanos, step->count);
    case 'A':
        return chute_joda_put_number(
            at, parts->seconds_of_day * 1000 + parts->nanos / 1000000, step->count);
    case 'N':
        return chute_joda_put_number(
            at, parts->seconds_of_day * 1000000000 + parts->nanos, step->count);
    case 'V':
    case 'v':
    case 'z':
    case 'O':
    case 'X':
    case 'x':
    case 'Z':
        return put_zone(at, step->letter, step->count);
    default:
        return put_date(at, step, parts);
    }
}

size_t chute_javatime_format(
    const struct chute_javatime *pattern, struct chute_time time, char *out) {
    struct parts parts = { .civil = chute_civil_from_seconds(time.seconds), .nanos = time.nanos };
    parts.days = chute_days_from_civil(parts.civil.year, parts.civil.month, parts.civil.day);
    parts.seconds_of_day = time.seconds - parts.days * CHUTE_SECONDS_A_DAY;
    char *at = out;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct step *step = &pattern->steps[i];
        if (step->letter == 0) {
            at = chute_joda_put_text(at, step->text);
            continue;
        }
        char text[STEP_ROOM];
        struct chute_str written = { text, (size_t)(put_step(text, step, &parts) - text) };
        for (size_t blanks = written.len; blanks < (size_t)step->pad; blanks++) {
            *at++ = ' ';
        }
        at = chute_joda_put_text(at, written);
    }
    return (size_t)(at - out);
}
