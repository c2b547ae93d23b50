#include "conf/settings_internal.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

struct unit {
    const char *name;
    double size;
};

/* Reads a number, not negative, and a unit behind it; `plain` is the unit of a number alone, 0: it needs
 * one. */
static bool parse_quantity(
    struct chute_str text, const struct unit *units, double plain, long long *out) {
    char copy[64];
    if (text.len == 0 || text.len >= sizeof(copy) || text.at[0] < '0' || text.at[0] > '9') {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    size_t digits = strspn(copy, "0123456789.");
    char *end;
    double number = strtod(copy, &end);
    if (end != copy + digits) {
        return false;
    }
    struct chute_str name = chute_str_trim(chute_str_of(end));
    double size = name.len == 0 ? plain : 0;
    for (const struct unit *unit = units; unit->name != NULL && size == 0; unit++) {
        if (chute_str_eq_nocase(name, chute_str_of(unit->name))) {
            size = unit->size;
        }
    }
    double value = number * size;
    if (size == 0 || value >= 9e18) {
        return false;
    }
    *out = llround(value);
    return true;
}

static bool parse_bytes(struct chute_str text, long long *out) {
    static const struct unit units[] = { { "b", 1 }, { "k", 0x1p10 }, { "kb", 0x1p10 },
        { "m", 0x1p20 }, { "mb", 0x1p20 }, { "g", 0x1p30 }, { "gb", 0x1p30 }, { "t", 0x1p40 },
        { "tb", 0x1p40 }, { "p", 0x1p50 }, { "pb", 0x1p50 }, { NULL, 0 } };
    return parse_quantity(text, units, 1, out);
}

static bool parse_millis(struct chute_str text, long long plain_ms, long long *out) {
    static const struct unit units[] = { { "ns", 1e-6 }, { "nanos", 1e-6 }, { "micros", 1e-3 },
        { "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 }, { NULL, 0 } };
    return parse_quantity(text, units, (double)plain_ms, out);
}

static bool parse_int(struct chute_str text, long long *out) {
    bool is_negative = text.len > 1 && text.at[0] == '-';
    long long number = 0;
    for (size_t i = is_negative; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || number > (LLONG_MAX - 9) / 10) {
            return false;
        }
        number = number * 10 + (text.at[i] - '0');
    }
    *out = is_negative ? -number : number;
    return text.len > 0;
}

static bool parse_ports(struct chute_str text, struct chute_setting_value *out) {
    ptrdiff_t dash = chute_str_find(text, CHUTE_STR("-"));
    struct chute_str first = text, last = text;
    if (dash >= 0) {
        first.len = (size_t)dash;
        last = (struct chute_str){ text.at + dash + 1, text.len - (size_t)dash - 1 };
    }
    return parse_int(chute_str_trim(first), &out->number) &&
           parse_int(chute_str_trim(last), &out->last_port) && out->number >= 1 &&
           out->number <= out->last_port && out->last_port <= 65535;
}

static bool next_choice(struct chute_str *rest, struct chute_str *choice) {
    *rest = chute_str_trim(*rest);
    ptrdiff_t blank = chute_str_find(*rest, CHUTE_STR(" "));
    *choice = (struct chute_str){ rest->at, blank < 0 ? rest->len : (size_t)blank };
    rest->at += choice->len;
    rest->len -= choice->len;
    return choice->len > 0;
}

/* The number of `text` in `choices`, and `text` as it is spelt there; -1 if it is none of them. */
static int number_of_choice(const char *choices, struct chute_str *text) {
    struct chute_str rest = chute_str_of(choices), choice;
    for (int number = 0; next_choice(&rest, &choice); number++) {
        if (chute_str_eq_nocase(choice, *text)) {
            *text = choice;
            return number;
        }
    }
    return -1;
}

bool chute_setting_is_refused(const struct chute_setting *row, struct chute_str text) {
    return row->refused != NULL && number_of_choice(row->refused, &text) >= 0;
}

bool chute_setting_parse(
    const struct chute_setting *row, struct chute_str *text, struct chute_setting_value *out) {
    switch (row->type) {
    case CHUTE_SETTING_TEXT:
        return true;
    case CHUTE_SETTING_BOOL:
        /* YAML's words too, as Logstash reads them. */
        out->number = number_of_choice("false true no yes off on", text);
        if (out->number < 0) {
            return false;
        }
        out->number %= 2;
        *text = out->number != 0 ? CHUTE_STR("true") : CHUTE_STR("false");
        return true;
    case CHUTE_SETTING_CHOICE:
        out->number = number_of_choice(row->choices, text);
        return out->number >= 0;
    case CHUTE_SETTING_PORTS:
        return parse_ports(*text, out);
    case CHUTE_SETTING_INT:
        return parse_int(*text, &out->number) && out->number >= row->min && out->number <= row->max;
    case CHUTE_SETTING_BYTES:
        return parse_bytes(*text, &out->number) && out->number >= row->min &&
               out->number <= row->max;
    case CHUTE_SETTING_MILLIS:
        return parse_millis(*text, row->plain_ms, &out->number) && out->number >= row->min &&
               out->number <= row->max;
    }
    return false;
}

struct chute_str chute_setting_takes(struct chute_arena *arena, const struct chute_setting *row) {
    switch (row->type) {
    case CHUTE_SETTING_BOOL:
        return CHUTE_STR("true or false");
    case CHUTE_SETTING_CHOICE:
        return chute_arena_printf(arena, "one of: %s", row->choices);
    case CHUTE_SETTING_PORTS:
        return CHUTE_STR("a port or a range such as 9600-9700");
    case CHUTE_SETTING_INT:
        return chute_arena_printf(arena, "a number from %lld to %lld", row->min, row->max);
    case CHUTE_SETTING_BYTES:
        return chute_arena_printf(
            arena, "a size such as 64mb, from %lld to %lld bytes", row->min, row->max);
    case CHUTE_SETTING_MILLIS:
        return chute_arena_printf(
            arena, "a duration such as 5s or 500ms, from %lld to %lld ms", row->min, row->max);
    case CHUTE_SETTING_TEXT:
        break;
    }
    return CHUTE_STR("a text");
}
