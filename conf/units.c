#include "conf/units.h"

#include "pipeline/base/number.h"

/* Splits `12.5 KiB` into its number and its unit. */
static bool split(struct chute_str text, double *number, struct chute_str *unit) {
    text = chute_str_trim(text);
    size_t len = 0;
    while (
        len < text.len && ((text.at[len] >= '0' && text.at[len] <= '9') || text.at[len] == '.')) {
        len++;
    }
    if (len == 0 || !chute_number_parse_double((struct chute_str){ text.at, len }, number)) {
        return false;
    }
    *unit = chute_str_trim((struct chute_str){ text.at + len, text.len - len });
    return true;
}

static bool finish(double value, long long *out) {
    if (!(value >= 0 && value < 9e18)) {
        return false;
    }
    *out = (long long)value;
    return true;
}

bool chute_units_bytes(struct chute_str text, long long *out) {
    double number;
    struct chute_str unit;
    static const char letters[] = "kmgtpe";
    if (!split(text, &number, &unit)) {
        return false;
    }
    if (unit.len == 0 || chute_str_eq_nocase(unit, CHUTE_STR("b"))) {
        return finish(number, out);
    }
    const char *letter = strchr(letters, unit.at[0] | 0x20);
    struct chute_str rest = { unit.at + 1, unit.len - 1 };
    bool is_binary = chute_str_eq_nocase(rest, CHUTE_STR("ib"));
    if (letter == NULL || (!is_binary && !chute_str_eq_nocase(rest, CHUTE_STR("b")))) {
        return false;
    }
    for (const char *at = letters; at <= letter; at++) {
        number *= is_binary ? 1024 : 1000;
    }
    return finish(number, out);
}

bool chute_units_duration(struct chute_str text, long long *out) {
    static const struct {
        const char *name;
        double ms;
    } units[] = {
        { "", 1e3 },
        { "us", 1e-3 },
        { "usec", 1e-3 },
        { "usecs", 1e-3 },
        { "ms", 1 },
        { "msec", 1 },
        { "msecs", 1 },
        { "s", 1e3 },
        { "sec", 1e3 },
        { "secs", 1e3 },
        { "second", 1e3 },
        { "seconds", 1e3 },
        { "m", 6e4 },
        { "min", 6e4 },
        { "mins", 6e4 },
        { "minute", 6e4 },
        { "minutes", 6e4 },
        { "h", 36e5 },
        { "hour", 36e5 },
        { "hours", 36e5 },
        { "d", 864e5 },
        { "day", 864e5 },
        { "days", 864e5 },
        { "w", 6048e5 },
        { "week", 6048e5 },
        { "weeks", 6048e5 },
    };
    double number;
    struct chute_str unit;
    if (!split(text, &number, &unit)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (chute_str_eq_nocase(unit, chute_str_of(units[i].name))) {
            return finish(number * units[i].ms, out);
        }
    }
    return false;
}
