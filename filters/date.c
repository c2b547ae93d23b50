/* filters/date.c - reads a date from a field, and makes it the event's time. */
#include "conf/template.h"
#include "pipeline/base/ascii.h"
#include "pipeline/base/iso8601.h"
#include "pipeline/base/joda.h"
#include "pipeline/base/number.h"
#include "pipeline/run/plugin.h"

#define UNIX_MAX INT32_MAX /* Logstash's: a larger number is not taken for seconds */
#define TAI_OFFSET 10      /* Logstash's: leap seconds since then are not counted */
#define TAI_EPOCH_MASK ((INT64_C(1) << 62) - 1)

enum parser_type {
    PARSER_ISO8601,
    PARSER_UNIX,
    PARSER_UNIX_MS,
    PARSER_TAI64N,
    PARSER_JODA,
};

struct parser {
    enum parser_type type;
    const struct chute_joda *joda;
};

struct date {
    struct chute_list match;
    struct chute_str locale;
    const struct chute_template *timezone;
    const struct chute_ref *target;
    struct chute_list tag_on_failure;
    struct chute_ref source;
    struct parser *parsers;
    size_t parser_count;
    const struct chute_joda *nearly_iso8601[4];
    bool zone_is_dynamic; /* it comes from the event */
    struct chute_zone zone;
};

static const struct chute_option options[] = {
    { .name = "match",
        CHUTE_LIST(struct date, match),
        .sample = "[\"at\", \"ISO8601\"]",
        .doc = "The field to read, then the formats to try: ISO8601, UNIX, UNIX_MS, TAI64N, or a "
               "pattern such as \"yyyy-MM-dd HH:mm:ss,SSS\"." },
    { .name = "timezone",
        CHUTE_TEMPLATE(struct date, timezone),
        .sample = "\"Europe/Berlin\"",
        .doc = "The zone of dates that name none: an id such as Europe/Berlin or an offset; may "
               "refer to the event. Without it, the zone of this machine." },
    { .name = "locale",
        CHUTE_TEXT(struct date, locale),
        .sample = "\"de-DE\"",
        .doc = "The language of month and weekday names: en, de, fr, es, it, pt or nl." },
    { .name = "target",
        CHUTE_REF(struct date, target),
        .fallback = "\"@timestamp\"",
        .doc = "The field that gets the time." },
    { .name = "tag_on_failure",
        CHUTE_LIST(struct date, tag_on_failure),
        .fallback = "[\"_dateparsefailure\"]",
        .doc = "Tags of an event whose date fits no format." },
    { 0 },
};

static bool is_text_parser(const struct parser *parser) {
    return parser->type == PARSER_ISO8601 || parser->type == PARSER_JODA;
}

/* An unknown language is an error only where its names are asked for. */
static bool check_joda(const struct date *self, const struct chute_prepare *prepare,
    const struct chute_joda *joda, struct chute_str pattern, bool locale_is_known) {
    if (!locale_is_known && chute_joda_has_names(joda)) {
        chute_prepare_refuse(prepare, "locale",
            "the names of months and days in \"%.*s\" are not known, only those of en, de, fr, es, "
            "it, pt and nl",
            CHUTE_STR_ARGS(self->locale));
        return false;
    }
    if (!chute_joda_can_parse(joda)) {
        chute_prepare_warn(prepare, "match",
            "\"%.*s\" never fits: a zone's full name (zzzz) cannot be read; use ZZZ for an id such "
            "as Europe/Berlin",
            CHUTE_STR_ARGS(pattern));
    }
    return true;
}

static bool prepare_parser(const struct date *self, const struct chute_prepare *prepare,
    struct chute_str format, struct parser *parser) {
    static const char *const names[] = {
        [PARSER_ISO8601] = "ISO8601",
        [PARSER_UNIX] = "UNIX",
        [PARSER_UNIX_MS] = "UNIX_MS",
        [PARSER_TAI64N] = "TAI64N",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (chute_str_eq(format, chute_str_of(names[i]))) {
            parser->type = (enum parser_type)i;
            return true;
        }
    }
    const struct chute_locale *locale =
        self->locale.at == NULL ? chute_locale_default() : chute_locale_find(self->locale);
    bool locale_is_known = locale != NULL;
    const char *why;
    parser->type = PARSER_JODA;
    parser->joda = chute_joda_compile(
        prepare->arena, format, locale_is_known ? locale : chute_locale_default(), &why);
    if (parser->joda == NULL) {
        chute_prepare_refuse(prepare, "match", "\"%.*s\": %s", CHUTE_STR_ARGS(format), why);
        return false;
    }
    return check_joda(self, prepare, parser->joda, format, locale_is_known);
}

/* What Logstash also takes for ISO8601: a blank in place of the T, where there is a fraction. */
static void prepare_iso8601(struct date *self, const struct chute_prepare *prepare) {
    static const char *const patterns[] = { "yyyy-MM-dd HH:mm:ss.SSSZ", "yyyy-MM-dd HH:mm:ss.SSS",
        "yyyy-MM-dd HH:mm:ss,SSSZ", "yyyy-MM-dd HH:mm:ss,SSS" };
    const char *why;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        self->nearly_iso8601[i] = chute_joda_compile(
            prepare->arena, chute_str_of(patterns[i]), chute_locale_default(), &why);
    }
}

/* Numbers need no zone: then a wrong one does not matter. */
static bool prepare_zone(struct date *self, const struct chute_prepare *prepare) {
    bool is_needed = false;
    for (size_t i = 0; i < self->parser_count; i++) {
        is_needed = is_needed || is_text_parser(&self->parsers[i]);
    }
    self->zone = chute_zone_local();
    if (self->timezone == NULL || !is_needed) {
        return true;
    }
    if (!chute_template_is_constant(self->timezone)) {
        self->zone_is_dynamic = true;
        return true;
    }
    struct chute_str id = chute_template_text(self->timezone);
    if (!chute_zone_find(id, &self->zone)) {
        chute_prepare_refuse(prepare, "timezone",
            "no time zone is called \"%.*s\"; use an id such as Europe/Berlin or an offset such as "
            "+02:00",
            CHUTE_STR_ARGS(id));
        return false;
    }
    return true;
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct date *self = settings;
    if (self->match.count < 2) {
        chute_prepare_refuse(prepare, chute_prepare_is_set(prepare, "match") ? "match" : NULL,
            "match needs the name of a field and at least one format");
        return false;
    }
    bool is_good = true;
    if (!chute_ref_compile(
            prepare->arena, self->match.items[0], prepare->escape_style, &self->source)) {
        chute_prepare_refuse(prepare, "match", "\"%.*s\" is no field reference",
            CHUTE_STR_ARGS(self->match.items[0]));
        is_good = false;
    }
    self->parser_count = self->match.count - 1;
    self->parsers = chute_arena_zeroed(prepare->arena, self->parser_count * sizeof(*self->parsers));
    for (size_t i = 0; i < self->parser_count; i++) {
        if (!prepare_parser(self, prepare, self->match.items[i + 1], &self->parsers[i])) {
            is_good = false;
        }
    }
    prepare_iso8601(self, prepare);
    return prepare_zone(self, prepare) && is_good;
}

static struct chute_time time_of_millis(int64_t millis) {
    int64_t seconds = millis / 1000 - (millis % 1000 < 0);
    return (struct chute_time){ seconds, (uint32_t)(millis - seconds * 1000) * 1000000 };
}

/* Seconds with up to three digits of what stands behind the point; more are not looked at. */
static bool parse_unix_text(struct chute_str text, struct chute_time *out) {
    int64_t seconds;
    int64_t part = 0;
    const char *point = memchr(text.at, '.', text.len);
    struct chute_str whole = { text.at, point == NULL ? text.len : (size_t)(point - text.at) };
    if (!chute_number_parse_int(whole, &seconds) || seconds > UNIX_MAX ||
        seconds < INT64_MIN / 2000) {
        return false;
    }
    if (point != NULL) {
        struct chute_str digits = { point + 1, text.len - whole.len - 1 };
        digits.len = digits.len > 3 ? 3 : digits.len;
        if (!chute_number_parse_int(digits, &part)) {
            return false;
        }
        part *= digits.len == 1 ? 100 : digits.len == 2 ? 10 : 1;
    }
    *out = time_of_millis(seconds * 1000 + part);
    return true;
}

/* Java's cast: cut towards zero, what does not fit is the nearest there is. */
static int64_t cut(double value) {
    if (value != value) {
        return 0;
    }
    if (value >= 9223372036854775807.0) {
        return INT64_MAX;
    }
    return value <= -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

static bool parse_unix_double(double value, bool is_millis, struct chute_time *out) {
    if (!is_millis && value >= (double)UNIX_MAX + 1) {
        return false;
    }
    *out = time_of_millis(cut(is_millis ? value : value * 1000));
    return true;
}

static bool parse_unix(const struct chute_value *value, bool is_millis, struct chute_time *out) {
    struct chute_str text;
    double real;
    int64_t integer;
    switch (value->type) {
    case CHUTE_STRING:
        text = chute_value_str(value);
        if (!is_millis) {
            return text.len > 0 && parse_unix_text(text, out);
        }
        if (!chute_number_parse_int(text, &integer)) {
            return false;
        }
        *out = time_of_millis(integer);
        return true;
    case CHUTE_INT:
        integer = value->as.integer;
        if (!is_millis && (integer > UNIX_MAX || integer < INT64_MIN / 2000)) {
            return false;
        }
        *out = time_of_millis(is_millis ? integer : integer * 1000);
        return true;
    case CHUTE_DOUBLE:
        return parse_unix_double(value->as.real, is_millis, out);
    case CHUTE_NUMBER: /* an integer that fits none of Java's is no date */
        text = chute_value_str(value);
        for (size_t i = 0; i < text.len; i++) {
            if (text.at[i] == '.' || text.at[i] == 'e' || text.at[i] == 'E') {
                return chute_number_parse_double(text, &real) &&
                       parse_unix_double(real, is_millis, out);
            }
        }
        return false;
    default:
        return false;
    }
}

static bool parse_hex(struct chute_str text, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = chute_hex_value(text.at[i]);
        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (uint64_t)digit;
    }
    return true;
}

/* `@`, 16 hex digits of seconds from 2^62 on, 8 of nanoseconds; what follows is not looked at. */
static bool parse_tai64n(struct chute_str text, struct chute_time *out) {
    uint64_t seconds;
    uint64_t nanos;
    if (text.len > 0 && *text.at == '@') {
        text = (struct chute_str){ text.at + 1, text.len - 1 };
    }
    if (text.len < 24 || !parse_hex((struct chute_str){ text.at, 16 }, &seconds) ||
        !parse_hex((struct chute_str){ text.at + 16, 8 }, &nanos) || seconds > INT64_MAX ||
        nanos > INT32_MAX) {
        return false;
    }
    int64_t utc = (int64_t)(seconds & TAI_EPOCH_MASK) - TAI_OFFSET + (int64_t)(nanos / 1000000000);
    *out = (struct chute_time){ utc, (uint32_t)(nanos % 1000000000 / 1000000 * 1000000) };
    return true;
}

static bool parse_iso8601(const struct date *self, struct chute_str text, struct chute_zone zone,
    struct chute_time *out) {
    if (chute_iso8601_parse(text, zone, out)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(self->nearly_iso8601) / sizeof(self->nearly_iso8601[0]); i++) {
        if (chute_joda_parse(self->nearly_iso8601[i], text, zone, out)) {
            return true;
        }
    }
    return false;
}

static bool parse_with(const struct date *self, const struct parser *parser,
    const struct chute_value *value, const struct chute_zone *zone, struct chute_time *out) {
    switch (parser->type) {
    case PARSER_UNIX:
        return parse_unix(value, false, out);
    case PARSER_UNIX_MS:
        return parse_unix(value, true, out);
    case PARSER_TAI64N:
        return value->type == CHUTE_STRING && parse_tai64n(chute_value_str(value), out);
    case PARSER_ISO8601:
        return value->type == CHUTE_STRING && zone != NULL &&
               parse_iso8601(self, chute_value_str(value), *zone, out);
    default:
        return value->type == CHUTE_STRING && zone != NULL &&
               chute_joda_parse(parser->joda, chute_value_str(value), *zone, out);
    }
}

static enum chute_verdict run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    const struct date *self = settings;
    const struct chute_value *value = chute_event_get(event, &self->source);
    if (value == NULL || value->type == CHUTE_NULL) {
        return CHUTE_PASSED;
    }
    struct chute_zone zone = self->zone;
    bool has_zone =
        !self->zone_is_dynamic ||
        chute_zone_find(chute_template_render(self->timezone, event, run->arena), &zone);
    struct chute_time time;
    for (size_t i = 0; i < self->parser_count; i++) {
        if (parse_with(self, &self->parsers[i], value, has_zone ? &zone : NULL, &time)) {
            chute_run_hit(run, i);
            if (chute_event_set(event, self->target, chute_time_value(time))) {
                return CHUTE_MATCHED;
            }
            break;
        }
    }
    for (size_t i = 0; i < self->tag_on_failure.count; i++) {
        chute_event_tag(event, self->tag_on_failure.items[i]);
    }
    return CHUTE_PASSED;
}

static struct chute_str pattern(const void *settings, size_t index) {
    const struct date *self = settings;
    return index < self->parser_count ? self->match.items[index + 1] : (struct chute_str){ 0 };
}

const struct chute_filter_plugin chute_filter_date = {
    .name = "date",
    .summary = "Reads a date from a field, and makes it the event's time.",
    .settings_size = sizeof(struct date),
    .options = options,
    .prepare = prepare,
    .run = run,
    .pattern = pattern,
};
