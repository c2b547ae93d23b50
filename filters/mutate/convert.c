/* filters/mutate/convert.c - `convert`: a value of another type, by Ruby's rules. */
#include <ctype.h>

#include "filters/mutate/mutate.h"
#include "pipeline/base/number.h"
#include "pipeline/text/ruby.h"

/* False: Ruby raises an exception. */
typedef bool converter(struct chute_arena *arena, struct chute_value *value);

static bool convert_string(struct chute_arena *arena, struct chute_value *value) {
    if (value->type != CHUTE_STRING) {
        *value = chute_string(chute_ruby_to_s(arena, value));
    }
    return true;
}

/* True if `line` is one of `words`, ended by NULL; a `.` in a word stands for any byte. */
static bool is_word(struct chute_str line, const char *const *words) {
    for (; *words != NULL; words++) {
        const char *word = *words;
        size_t i = 0;
        while (word[i] != '\0' && i < line.len &&
               (word[i] == '.' || word[i] == tolower((unsigned char)line.at[i]))) {
            i++;
        }
        if (word[i] == '\0' && i == line.len) {
            return true;
        }
    }
    return false;
}

/* True if any line of `text` is one of `words`: Ruby's ^ and $ match at every line. */
static bool has_word(struct chute_str text, const char *const *words) {
    for (;;) {
        const char *end = memchr(text.at, '\n', text.len);
        struct chute_str line = { text.at, end == NULL ? text.len : (size_t)(end - text.at) };
        if (is_word(line, words)) {
            return true;
        }
        if (end == NULL) {
            return false;
        }
        text.at += line.len + 1;
        text.len -= line.len + 1;
    }
}

static bool convert_boolean(struct chute_arena *arena, struct chute_value *value) {
    static const char *const yes[] = { "true", "t", "yes", "y", "1", "1.0", NULL };
    static const char *const no[] = { "false", "f", "no", "n", "0", "0.0", NULL };
    struct chute_str text = chute_ruby_to_s(arena, value);
    if (text.len == 0) {
        *value = chute_bool(false);
    } else if (has_word(text, yes)) {
        *value = chute_bool(true);
    } else if (has_word(text, no)) {
        *value = chute_bool(false);
    }
    return true;
}

static bool has_byte(struct chute_str text, char byte) {
    return text.len > 0 && memchr(text.at, byte, text.len) != NULL;
}

/* The text without white space around it and without `mark`. */
static struct chute_str without(struct chute_arena *arena, struct chute_str text, char mark) {
    text = chute_ruby_strip(text);
    if (!has_byte(text, mark)) {
        return text;
    }
    char *out = chute_arena_get(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != mark) {
            out[len++] = text.at[i];
        }
    }
    return (struct chute_str){ out, len };
}

static struct chute_value integer_of(const struct chute_number_int *number) {
    return number->fits ? chute_int(number->value) : chute_number(number->text);
}

/* Reads digits of base 8, single underscores between them. False for any other byte, or if it does not fit. */
static bool read_octal(struct chute_str digits, int64_t *value) {
    int64_t sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char byte = digits.at[i];
        if (byte == '_') {
            continue;
        }
        if (byte < '0' || byte > '7' || sum > INT64_MAX / 8) {
            return false;
        }
        sum = sum * 8 + (byte - '0');
    }
    *value = sum;
    return true;
}

/* Ruby's Integer() of a text without a point that Float() takes: 0x is hex, a leading 0 octal, an exponent
 * is refused. */
static bool strict_integer(
    struct chute_arena *arena, struct chute_str text, struct chute_value *value) {
    struct chute_number_int number;
    size_t sign = text.at[0] == '-' || text.at[0] == '+' ? 1 : 0;
    struct chute_str digits = { text.at + sign, text.len - sign };
    if (digits.len > 2 && digits.at[0] == '0' && (digits.at[1] | 0x20) == 'x') {
        if (!chute_number_hex_to_i(arena, text, &number)) {
            return false;
        }
    } else if (digits.len > 1 && digits.at[0] == '0') {
        int64_t magnitude;
        if (!read_octal(digits, &magnitude)) {
            return false;
        }
        *value = chute_int(sign == 1 && text.at[0] == '-' ? -magnitude : magnitude);
        return true;
    } else if (has_byte(text, 'e') || has_byte(text, 'E')) {
        return false;
    } else {
        number = chute_number_to_i(arena, text);
    }
    *value = integer_of(&number);
    return true;
}

/* Logstash takes what Float() takes, and goes through it where there is a point. */
static bool integer_of_text(
    struct chute_arena *arena, struct chute_str text, struct chute_value *value) {
    double real;
    if (!chute_number_ruby_float(text, &real)) {
        return false;
    }
    if (!has_byte(text, '.')) {
        return strict_integer(arena, text, value);
    }
    struct chute_number_int number;
    if (!chute_number_double_to_i(arena, real, &number)) {
        return false;
    }
    *value = integer_of(&number);
    return true;
}

static bool convert_number_integer(struct chute_arena *arena, struct chute_value *value) {
    struct chute_str text = chute_value_str(value);
    struct chute_number_int number;
    double real;
    if (!has_byte(text, '.') && !has_byte(text, 'e') && !has_byte(text, 'E')) {
        return true;
    }
    if (!chute_number_parse_double(text, &real) ||
        !chute_number_double_to_i(arena, real, &number)) {
        return false;
    }
    *value = integer_of(&number);
    return true;
}

static bool convert_integer(struct chute_arena *arena, struct chute_value *value) {
    struct chute_number_int number;
    switch (value->type) {
    case CHUTE_BOOL:
        *value = chute_int(value->as.boolean ? 1 : 0);
        return true;
    case CHUTE_INT:
        return true;
    case CHUTE_DOUBLE:
        if (!chute_number_double_to_i(arena, value->as.real, &number)) {
            return false;
        }
        *value = integer_of(&number);
        return true;
    case CHUTE_NUMBER:
        return convert_number_integer(arena, value);
    case CHUTE_STRING:
        return integer_of_text(arena, without(arena, chute_value_str(value), ','), value);
    case CHUTE_TIME:
        *value = chute_int(value->as.seconds);
        return true;
    default:
        return false;
    }
}

static bool convert_float(struct chute_arena *arena, struct chute_value *value) {
    double real;
    switch (value->type) {
    case CHUTE_BOOL:
        real = value->as.boolean ? 1 : 0;
        break;
    case CHUTE_INT:
    case CHUTE_NUMBER:
        real = chute_value_double(value);
        break;
    case CHUTE_DOUBLE:
        return true;
    case CHUTE_STRING:
        if (!chute_number_ruby_float(without(arena, chute_value_str(value), ','), &real)) {
            return false;
        }
        break;
    case CHUTE_TIME:
        real = (double)value->as.seconds + (double)value->len / 1e9;
        break;
    default:
        return false;
    }
    *value = chute_double(real);
    return true;
}

/* Comma and point change places. */
static void swap_marks(struct chute_arena *arena, struct chute_value *value) {
    if (value->type != CHUTE_STRING) {
        return;
    }
    char *out = chute_arena_get(arena, value->len);
    for (uint32_t i = 0; i < value->len; i++) {
        char byte = value->as.text[i];
        out[i] = byte == ',' ? '.' : byte == '.' ? ',' : byte;
    }
    *value = chute_string((struct chute_str){ out, value->len });
}

static bool convert_integer_eu(struct chute_arena *arena, struct chute_value *value) {
    swap_marks(arena, value);
    return convert_integer(arena, value);
}

static bool convert_float_eu(struct chute_arena *arena, struct chute_value *value) {
    swap_marks(arena, value);
    return convert_float(arena, value);
}

converter *mutate_converter(struct chute_str name) {
    static const struct {
        const char *name;
        converter *convert;
    } converters[] = {
        { "string", convert_string },
        { "integer", convert_integer },
        { "float", convert_float },
        { "boolean", convert_boolean },
        { "integer_eu", convert_integer_eu },
        { "float_eu", convert_float_eu },
    };
    for (size_t i = 0; i < sizeof(converters) / sizeof(converters[0]); i++) {
        if (chute_str_eq(name, chute_str_of(converters[i].name))) {
            return converters[i].convert;
        }
    }
    return NULL;
}

bool mutate_convert(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    const struct chute_value *present = chute_event_get(work->event, &step->field.ref);
    if (present == NULL || present->type == CHUTE_NULL || present->type == CHUTE_OBJECT) {
        return true;
    }
    struct chute_value value = *present;
    if (value.type != CHUTE_ARRAY) {
        return step->convert(work->arena, &value) &&
               chute_event_set(work->event, &step->field.ref, value);
    }
    const struct chute_array *items = value.as.array;
    struct chute_value list = chute_array_new(work->arena, items->count);
    for (uint32_t i = 0; i < items->count; i++) {
        struct chute_value item = items->items[i];
        if (item.type != CHUTE_NULL && !step->convert(work->arena, &item)) {
            return false;
        }
        chute_array_add(work->arena, list.as.array, item);
    }
    return chute_event_set(work->event, &step->field.ref, list);
}
