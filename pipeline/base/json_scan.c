/* pipeline/base/json_scan.c - JSON read in one pass, sixteen bytes of a string at a time. It takes an object or array that is plainly
 * right (RFC 8259) and gives up on everything else, which yajl then reads from its start: what is an error, and which, is yajl's to say.
 * Most of a pipeline's time went into yajl, which looks at each byte by itself. */
#include "pipeline/base/ascii.h"
#include "pipeline/base/json_build.h"

/* Each function reads on from `at` and returns where it stopped; NULL: gave up. */
struct scan {
    struct chute_json_build *build;
    const char *end;
};

static inline const char *skip_blanks(const struct scan *scan, const char *at) {
    return chute_json_skip_blanks(at, scan->end);
}

static inline bool is_at(const struct scan *scan, const char *at, char byte) {
    return at < scan->end && *at == byte;
}

/* Behind the escape whose backslash stands at `at`; NULL if it is none. */
static const char *skip_escape(const char *at, const char *end) {
    if (end - at < 2) {
        return NULL;
    }
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        if (end - at < 6) {
            return NULL;
        }
        for (int i = 2; i < 6; i++) {
            if (!chute_is_hex(at[i])) {
                return NULL;
            }
        }
        return at + 6;
    default:
        return NULL;
    }
}

/* What follows the opening quote of a string with an escape, the first at `at`. */
static __attribute__((noinline)) const char *read_escaped(
    const struct scan *scan, const char *start, const char *at, struct chute_str *text) {
    while (is_at(scan, at, '\\')) {
        at = skip_escape(at, scan->end);
        if (at == NULL) {
            return NULL;
        }
        at = chute_json_find_special(at, scan->end);
    }
    if (!is_at(scan, at, '"')) {
        return NULL;
    }
    *text =
        chute_json_unescape(scan->build->arena, (struct chute_str){ start, (size_t)(at - start) });
    return at + 1;
}

/* What follows the opening quote of a string. */
static inline const char *read_text(
    const struct scan *scan, const char *start, struct chute_str *text, bool *is_clean) {
    const char *at = chute_json_find_special(start, scan->end);
    *is_clean = is_at(scan, at, '"');
    if (!*is_clean) {
        return read_escaped(scan, start, at, text);
    }
    *text = (struct chute_str){ start, (size_t)(at - start) };
    return at + 1;
}

/* A key with its colon. */
static inline const char *read_key(const struct scan *scan, const char *at) {
    struct chute_str key;
    bool is_clean;
    if (!is_at(scan, at, '"')) {
        return NULL;
    }
    at = read_text(scan, at + 1, &key, &is_clean);
    if (at == NULL) {
        return NULL;
    }
    chute_json_put_key(scan->build, key, is_clean);
    at = skip_blanks(scan, at);
    return is_at(scan, at, ':') ? at + 1 : NULL;
}

/* One digit or more. */
static inline const char *read_digits(const struct scan *scan, const char *at) {
    const char *start = at;
    while (at < scan->end && chute_is_digit(*at)) {
        at++;
    }
    return at > start ? at : NULL;
}

/* The fraction and the exponent of a number, if it has any. */
static const char *read_fraction(const struct scan *scan, const char *at) {
    if (is_at(scan, at, '.')) {
        at = read_digits(scan, at + 1);
    }
    if (at != NULL && at < scan->end && (*at | 0x20) == 'e') {
        at++;
        at = read_digits(scan, at + (is_at(scan, at, '+') || is_at(scan, at, '-')));
    }
    return at;
}

static inline const char *read_number(
    const struct scan *scan, const char *start, struct chute_value *value) {
    bool is_negative = *start == '-';
    const char *digits = start + is_negative;
    const char *whole = is_at(scan, digits, '0') ? digits + 1 : read_digits(scan, digits);
    const char *at = whole == NULL ? NULL : read_fraction(scan, whole);
    if (at == NULL) {
        return NULL;
    }
    if (at == whole && whole - digits <= 18) { /* fits, whatever the digits are */
        int64_t sum = 0;
        for (const char *digit = digits; digit < whole; digit++) {
            sum = sum * 10 + (*digit - '0');
        }
        *value = chute_int(is_negative ? -sum : sum);
    } else {
        *value = chute_json_number((struct chute_str){ start, (size_t)(at - start) });
    }
    return at;
}

static inline const char *read_word(
    const struct scan *scan, const char *at, struct chute_str word) {
    bool is_it = (size_t)(scan->end - at) >= word.len && memcmp(at, word.at, word.len) == 0;
    return is_it ? at + word.len : NULL;
}

static inline const char *read_scalar(
    const struct scan *scan, const char *at, struct chute_value *value) {
    struct chute_str text;
    bool is_clean;
    switch (*at) {
    case '"':
        at = read_text(scan, at + 1, &text, &is_clean);
        *value = at == NULL ? chute_null()
                 : is_clean ? chute_clean_string(text)
                            : chute_string(text);
        return at;
    case 't':
        *value = chute_bool(true);
        return read_word(scan, at, CHUTE_STR("true"));
    case 'f':
        *value = chute_bool(false);
        return read_word(scan, at, CHUTE_STR("false"));
    case 'n':
        *value = chute_null();
        return read_word(scan, at, CHUTE_STR("null"));
    default:
        return read_number(scan, at, value);
    }
}

/* Closes the innermost frame, if that comes next. */
static inline const char *close_frame(const struct scan *scan, const char *at) {
    struct chute_json_build *build = scan->build;
    if (build->frames[build->depth - 1].is_object) {
        return is_at(scan, at, '}') && chute_json_close_object(build) ? at + 1 : NULL;
    }
    return is_at(scan, at, ']') && chute_json_close_array(build) ? at + 1 : NULL;
}

/* Behind a value: closes frames up to a comma, which says that another item comes, or to the end of the root. */
static inline const char *read_ends(const struct scan *scan, const char *at) {
    while (at != NULL && scan->build->depth > 0) {
        at = skip_blanks(scan, at);
        if (is_at(scan, at, ',')) {
            return at + 1;
        }
        at = close_frame(scan, at);
    }
    return at;
}

/* A value, with all that ends behind it; of an object or array that is not empty only what opens it. */
static inline const char *read_value(const struct scan *scan, const char *at) {
    struct chute_value value;
    if (at == scan->end) {
        return NULL;
    }
    if (*at != '{' && *at != '[') {
        at = read_scalar(scan, at, &value);
        return at != NULL && chute_json_put(scan->build, value) ? read_ends(scan, at) : NULL;
    }
    if (!chute_json_open(scan->build, *at == '{')) {
        return NULL;
    }
    at = skip_blanks(scan, at + 1);
    const char *behind = close_frame(scan, at);
    return behind == NULL ? at : read_ends(scan, behind);
}

bool chute_json_scan(struct chute_json_parser *parser, struct chute_str text) {
    const struct scan scan = { &parser->build, text.at + text.len };
    const char *at = text.at;
    if (*at != '{' && *at != '[') {
        return false;
    }
    chute_json_begin(parser);
    at = read_value(&scan, at);
    while (at != NULL && scan.build->depth > 0) {
        at = skip_blanks(&scan, at);
        if (scan.build->frames[scan.build->depth - 1].is_object) {
            at = read_key(&scan, at);
            at = at == NULL ? NULL : skip_blanks(&scan, at);
        }
        at = at == NULL ? NULL : read_value(&scan, at);
    }
    parser->root_end = at == NULL ? 0 : (size_t)(at - text.at);
    return at != NULL;
}
