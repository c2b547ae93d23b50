#include "pipeline/base/tzif.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/base/rest.h"
#include "pipeline/base/time.h"

#define HEADER_SIZE 44
#define ABBREVIATION_SIZE 12

struct kind {
    int32_t offset;
    char abbreviation[ABBREVIATION_SIZE];
};

enum day_rule { DAY_OF_YEAR_WITHOUT_LEAP, DAY_OF_YEAR, WEEKDAY_OF_MONTH };

/* When a year's change happens, on the wall clock before it. */
struct change_rule {
    enum day_rule type;
    int month;
    int week; /* 5 is the last */
    int day;
    int32_t time;
};

/* What holds after the last listed change. */
struct tail {
    bool is_known;
    bool has_summer;
    struct kind standard;
    struct kind summer;
    struct change_rule begin; /* of summer time */
    struct change_rule end;
};

struct chute_zone_rules {
    char *id;
    size_t count; /* of changes */
    int64_t *moments;
    unsigned char *kind_of; /* from each moment on */
    size_t kind_count;
    struct kind *kinds; /* the first one holds before all changes */
    struct tail tail;
};

void chute_tzif_destroy(struct chute_zone_rules *rules) {
    if (rules == NULL) {
        return;
    }
    chute_free(rules->id);
    chute_free(rules->moments);
    chute_free(rules->kind_of);
    chute_free(rules->kinds);
    chute_free(rules);
}

struct chute_str chute_tzif_id(const struct chute_zone_rules *rules) {
    return chute_str_of(rules->id);
}

static bool take_number(struct chute_rest *cursor, int max, int *out) {
    const char *start = cursor->at;
    int value = 0;
    while (cursor->at < cursor->end && chute_is_digit(*cursor->at) && value <= max) {
        value = value * 10 + (*cursor->at++ - '0');
    }
    *out = value;
    return cursor->at > start && value <= max;
}

/* `[+-]h[h[h]][:mm[:ss]]` */
static bool take_hours(struct chute_rest *cursor, int32_t *seconds) {
    bool is_negative = chute_rest_take(cursor, '-');
    if (!is_negative) {
        chute_rest_take(cursor, '+');
    }
    int part;
    if (!take_number(cursor, 167, &part)) {
        return false;
    }
    *seconds = part * 3600;
    for (int unit = 60; unit > 0 && chute_rest_take(cursor, ':'); unit /= 60) {
        if (!take_number(cursor, 59, &part)) {
            return false;
        }
        *seconds += part * unit;
    }
    if (is_negative) {
        *seconds = -*seconds;
    }
    return true;
}

static bool take_name(struct chute_rest *cursor, struct kind *kind) {
    bool is_quoted = chute_rest_take(cursor, '<');
    size_t len = 0;
    while (cursor->at < cursor->end) {
        char byte = *cursor->at;
        bool is_letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (!is_letter && !(is_quoted && (chute_is_digit(byte) || byte == '+' || byte == '-'))) {
            break;
        }
        if (len + 1 >= sizeof(kind->abbreviation)) {
            return false;
        }
        kind->abbreviation[len++] = byte;
        cursor->at++;
    }
    kind->abbreviation[len] = '\0';
    return len >= 3 && (!is_quoted || chute_rest_take(cursor, '>'));
}

static bool take_change(struct chute_rest *cursor, struct change_rule *rule) {
    rule->time = 2 * 3600;
    if (chute_rest_take(cursor, 'M')) {
        rule->type = WEEKDAY_OF_MONTH;
        if (!take_number(cursor, 12, &rule->month) || rule->month < 1 ||
            !chute_rest_take(cursor, '.') || !take_number(cursor, 5, &rule->week) ||
            rule->week < 1 || !chute_rest_take(cursor, '.') ||
            !take_number(cursor, 6, &rule->day)) {
            return false;
        }
    } else {
        rule->type = chute_rest_take(cursor, 'J') ? DAY_OF_YEAR_WITHOUT_LEAP : DAY_OF_YEAR;
        if (!take_number(cursor, 365, &rule->day) ||
            (rule->type == DAY_OF_YEAR_WITHOUT_LEAP && rule->day < 1)) {
            return false;
        }
    }
    return !chute_rest_take(cursor, '/') || take_hours(cursor, &rule->time);
}

static bool parse_tail(struct chute_str text, struct tail *tail) {
    struct chute_rest cursor = { text.at, text.at + text.len };
    if (!take_name(&cursor, &tail->standard) || !take_hours(&cursor, &tail->standard.offset)) {
        return false;
    }
    tail->standard.offset = -tail->standard.offset; /* POSIX counts to the west */
    tail->is_known = true;
    if (cursor.at == cursor.end) {
        return true;
    }
    tail->has_summer = true;
    if (!take_name(&cursor, &tail->summer)) {
        return false;
    }
    tail->summer.offset = tail->standard.offset + 3600;
    if (cursor.at < cursor.end && *cursor.at != ',') {
        if (!take_hours(&cursor, &tail->summer.offset)) {
            return false;
        }
        tail->summer.offset = -tail->summer.offset;
    }
    if (cursor.at == cursor.end) { /* then the rules of the United States, says everybody */
        tail->begin = (struct change_rule){ WEEKDAY_OF_MONTH, 3, 2, 0, 2 * 3600 };
        tail->end = (struct change_rule){ WEEKDAY_OF_MONTH, 11, 1, 0, 2 * 3600 };
        return true;
    }
    return chute_rest_take(&cursor, ',') && take_change(&cursor, &tail->begin) &&
           chute_rest_take(&cursor, ',') && take_change(&cursor, &tail->end) &&
           cursor.at == cursor.end;
}

struct chute_zone_rules *chute_tzif_parse_posix(struct chute_str text, struct chute_str id) {
    struct tail tail = { 0 };
    if (!parse_tail(text, &tail)) {
        return NULL;
    }
    struct chute_zone_rules *rules = chute_calloc(1, sizeof(*rules));
    rules->id = chute_strndup(id.at, id.len);
    rules->tail = tail;
    return rules;
}

/* The counts in a header, in the file's order. */
struct counts {
    uint32_t is_ut, is_standard, leaps, moments, kinds, chars;
};

static uint32_t read_u32(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t read_moment(const char *at, size_t size) {
    if (size == 4) {
        return (int32_t)read_u32(at);
    }
    return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

static bool read_counts(struct chute_str bytes, struct counts *counts) {
    if (bytes.len < HEADER_SIZE || memcmp(bytes.at, "TZif", 4) != 0) {
        return false;
    }
    *counts =
        (struct counts){ read_u32(bytes.at + 20), read_u32(bytes.at + 24), read_u32(bytes.at + 28),
            read_u32(bytes.at + 32), read_u32(bytes.at + 36), read_u32(bytes.at + 40) };
    return counts->moments <= 100000 && counts->kinds <= 255 && counts->chars <= 4096 &&
           counts->leaps <= 1000 && counts->is_ut <= 255 && counts->is_standard <= 255;
}

static size_t body_size(const struct counts *counts, size_t moment_size) {
    return counts->moments * (moment_size + 1) + counts->kinds * 6 + counts->chars +
           counts->leaps * (moment_size + 4) + counts->is_standard + counts->is_ut;
}

static bool read_kinds(
    struct chute_zone_rules *rules, const char *at, const struct counts *counts) {
    const char *chars = at + counts->kinds * 6;
    for (uint32_t i = 0; i < counts->kinds; i++, at += 6) {
        struct kind *kind = &rules->kinds[i];
        kind->offset = (int32_t)read_u32(at);
        unsigned index = (unsigned char)at[5];
        if (index >= counts->chars || kind->offset < -100000 || kind->offset > 100000) {
            return false;
        }
        for (size_t len = 0; len + 1 < ABBREVIATION_SIZE && index < counts->chars; len++, index++) {
            if (chars[index] == '\0') {
                break;
            }
            kind->abbreviation[len] = chars[index];
        }
    }
    return true;
}

/* `at` is what follows the header. */
static bool read_body(
    struct chute_zone_rules *rules, const char *at, const struct counts *counts, size_t size) {
    if (counts->kinds == 0) {
        return false;
    }
    rules->count = counts->moments;
    rules->moments = chute_calloc(counts->moments + 1, sizeof(*rules->moments));
    rules->kind_of = chute_calloc(counts->moments + 1, 1);
    rules->kind_count = counts->kinds;
    rules->kinds = chute_calloc(counts->kinds, sizeof(*rules->kinds));
    for (uint32_t i = 0; i < counts->moments; i++, at += size) {
        rules->moments[i] = read_moment(at, size);
        if (i > 0 && rules->moments[i] <= rules->moments[i - 1]) {
            return false;
        }
    }
    for (uint32_t i = 0; i < counts->moments; i++, at++) {
        rules->kind_of[i] = (unsigned char)*at;
        if (rules->kind_of[i] >= counts->kinds) {
            return false;
        }
    }
    return read_kinds(rules, at, counts);
}

/* `\n`, a POSIX text or nothing, `\n`. */
static bool read_footer(struct chute_zone_rules *rules, struct chute_str rest) {
    if (rest.len < 2 || rest.at[0] != '\n') {
        return false;
    }
    const char *text = rest.at + 1;
    const char *end = memchr(text, '\n', rest.len - 1);
    if (end == NULL) {
        return false;
    }
    return end == text ||
           parse_tail((struct chute_str){ text, (size_t)(end - text) }, &rules->tail);
}

static bool read_file(struct chute_zone_rules *rules, struct chute_str bytes) {
    struct counts counts;
    if (!read_counts(bytes, &counts)) {
        return false;
    }
    size_t size = 4;
    bool has_footer = bytes.at[4] >= '2';
    if (has_footer) { /* the first part is there for old readers */
        size_t skip = HEADER_SIZE + body_size(&counts, 4);
        if (skip > bytes.len) {
            return false;
        }
        bytes = (struct chute_str){ bytes.at + skip, bytes.len - skip };
        size = 8;
        if (!read_counts(bytes, &counts)) {
            return false;
        }
    }
    size_t used = HEADER_SIZE + body_size(&counts, size);
    if (used > bytes.len || !read_body(rules, bytes.at + HEADER_SIZE, &counts, size)) {
        return false;
    }
    return !has_footer ||
           read_footer(rules, (struct chute_str){ bytes.at + used, bytes.len - used });
}

struct chute_zone_rules *chute_tzif_parse(struct chute_str bytes, struct chute_str id) {
    struct chute_zone_rules *rules = chute_calloc(1, sizeof(*rules));
    rules->id = chute_strndup(id.at, id.len);
    if (!read_file(rules, bytes)) {
        chute_tzif_destroy(rules);
        return NULL;
    }
    return rules;
}

static int64_t change_day(const struct change_rule *rule, int64_t year) {
    int64_t first = chute_days_from_civil(year, 1, 1);
    if (rule->type == DAY_OF_YEAR) {
        return first + rule->day;
    }
    if (rule->type == DAY_OF_YEAR_WITHOUT_LEAP) {
        return first + rule->day - 1 + (rule->day >= 60 && chute_year_is_leap(year));
    }
    int64_t month = chute_days_from_civil(year, rule->month, 1);
    int days = (rule->day - chute_weekday_of_days(month) + 7) % 7 + (rule->week - 1) * 7;
    int len = chute_days_in_month(year, rule->month);
    return month + (days < len ? days : days - 7);
}

struct change {
    int64_t moment;
    bool is_to_summer;
};

static struct chute_zone_segment segment_of(const struct kind *kind, int64_t start, int64_t end) {
    return (struct chute_zone_segment){ start, end, kind->offset, kind->abbreviation };
}

/* The yearly rule: the changes of three years, sorted; the one before `seconds` decides. */
static struct chute_zone_segment tail_segment(
    const struct tail *tail, int64_t from, int64_t seconds) {
    if (!tail->has_summer) {
        return segment_of(&tail->standard, from, INT64_MAX);
    }
    int64_t year = chute_civil_from_seconds(seconds).year;
    struct change changes[6];
    size_t count = 0;
    for (int64_t each = year - 1; each <= year + 1; each++) {
        struct change both[2] = {
            { change_day(&tail->begin, each) * CHUTE_SECONDS_A_DAY + tail->begin.time -
                    tail->standard.offset,
                true },
            { change_day(&tail->end, each) * CHUTE_SECONDS_A_DAY + tail->end.time -
                    tail->summer.offset,
                false },
        };
        for (size_t i = 0; i < 2; i++) {
            size_t slot = count++;
            while (slot > 0 && changes[slot - 1].moment > both[i].moment) {
                changes[slot] = changes[slot - 1];
                slot--;
            }
            changes[slot] = both[i];
        }
    }
    size_t next = 0;
    while (next < count && changes[next].moment <= seconds) {
        next++;
    }
    bool is_summer = next > 0 ? changes[next - 1].is_to_summer : !changes[0].is_to_summer;
    int64_t start = next > 0 && changes[next - 1].moment > from ? changes[next - 1].moment : from;
    int64_t end = next < count ? changes[next].moment : INT64_MAX;
    return segment_of(is_summer ? &tail->summer : &tail->standard, start, end);
}

struct chute_zone_segment chute_tzif_segment(
    const struct chute_zone_rules *rules, int64_t seconds) {
    size_t low = 0; /* how many changes are not after `seconds` */
    size_t high = rules->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->moments[middle] <= seconds) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    int64_t start = low > 0 ? rules->moments[low - 1] : INT64_MIN;
    if (low == rules->count && rules->tail.is_known) {
        return tail_segment(&rules->tail, start, seconds);
    }
    const struct kind *kind = &rules->kinds[low > 0 ? rules->kind_of[low - 1] : 0];
    return segment_of(kind, start, low < rules->count ? rules->moments[low] : INT64_MAX);
}
