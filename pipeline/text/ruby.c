#include "pipeline/text/ruby.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct chute_str chute_ruby_strip(struct chute_str text) {
    while (text.len > 0 && (is_blank(text.at[0]) || text.at[0] == '\0')) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && (is_blank(text.at[text.len - 1]) || text.at[text.len - 1] == '\0')) {
        text.len--;
    }
    return text;
}

struct writer {
    struct chute_buf buf;
    struct chute_arena *arena;
};

static void put_double(struct writer *writer, double real) {
    char text[CHUTE_NUMBER_MAX];
    chute_buf_add(&writer->buf, text, chute_number_print_ruby(real, text));
}

/* A number with a point or an exponent is a Float in Ruby, one without an Integer. */
static void put_number(struct writer *writer, struct chute_str text) {
    double real;
    bool is_integer = true;
    for (size_t i = 0; i < text.len; i++) {
        is_integer = is_integer && text.at[i] != '.' && (text.at[i] | 0x20) != 'e';
    }
    if (is_integer || !chute_number_parse_double(text, &real)) {
        chute_buf_add_str(&writer->buf, text);
    } else {
        put_double(writer, real);
    }
}

/* What to_s and inspect do alike: all scalars but strings and null. */
static void put_scalar(struct writer *writer, const struct chute_value *value) {
    char text[CHUTE_TIME_TEXT_SIZE];
    switch (value->type) {
    case CHUTE_BOOL:
        chute_buf_add_str(&writer->buf, value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false"));
        break;
    case CHUTE_INT:
        chute_buf_add(&writer->buf, text, chute_number_print_int(value->as.integer, text));
        break;
    case CHUTE_DOUBLE:
        put_double(writer, value->as.real);
        break;
    case CHUTE_NUMBER:
        put_number(writer, chute_value_str(value));
        break;
    default:
        chute_buf_add(&writer->buf, text, chute_time_format(chute_value_time(value), text));
        break;
    }
}

static void put_quoted(struct writer *writer, struct chute_str text) {
    chute_buf_add_char(&writer->buf, '"');
    chute_buf_add_str(&writer->buf, chute_utf8_inspect(writer->arena, text));
    chute_buf_add_char(&writer->buf, '"');
}

static void inspect(struct writer *writer, const struct chute_value *value) {
    if (value->type == CHUTE_NULL) {
        chute_buf_add_str(&writer->buf, CHUTE_STR("nil"));
    } else if (value->type == CHUTE_STRING) {
        put_quoted(writer, chute_value_str(value));
    } else if (value->type == CHUTE_ARRAY) {
        const struct chute_array *array = value->as.array;
        chute_buf_add_char(&writer->buf, '[');
        for (uint32_t i = 0; i < array->count; i++) {
            chute_buf_add(&writer->buf, ", ", i == 0 ? 0 : 2);
            inspect(writer, &array->items[i]);
        }
        chute_buf_add_char(&writer->buf, ']');
    } else if (value->type == CHUTE_OBJECT) {
        const struct chute_object *object = value->as.object;
        chute_buf_add_char(&writer->buf, '{');
        for (uint32_t i = 0; i < object->count; i++) {
            const struct chute_member *member = &object->members[i];
            chute_buf_add(&writer->buf, ", ", i == 0 ? 0 : 2);
            put_quoted(writer, (struct chute_str){ member->key, member->key_len });
            chute_buf_add(&writer->buf, "=>", 2);
            inspect(writer, &member->value);
        }
        chute_buf_add_char(&writer->buf, '}');
    } else {
        put_scalar(writer, value);
    }
}

static struct chute_str take(struct writer *writer) {
    struct chute_str copy = chute_arena_copy(writer->arena, chute_buf_str(&writer->buf));
    chute_buf_finish(&writer->buf);
    return copy;
}

struct chute_str chute_ruby_to_s(struct chute_arena *arena, const struct chute_value *value) {
    if (value->type == CHUTE_STRING) {
        return chute_value_str(value);
    }
    struct writer writer = { .arena = arena };
    if (value->type == CHUTE_NULL) {
        return CHUTE_STR("");
    }
    inspect(&writer, value);
    return take(&writer);
}

static void join(
    struct writer *writer, const struct chute_array *array, struct chute_str separator) {
    for (uint32_t i = 0; i < array->count; i++) {
        const struct chute_value *item = &array->items[i];
        if (i > 0) {
            chute_buf_add_str(&writer->buf, separator);
        }
        if (item->type == CHUTE_ARRAY) {
            join(writer, item->as.array, separator);
        } else if (item->type == CHUTE_STRING) {
            chute_buf_add_str(&writer->buf, chute_value_str(item));
        } else if (item->type != CHUTE_NULL) {
            inspect(writer, item);
        }
    }
}

struct chute_str chute_ruby_join(
    struct chute_arena *arena, const struct chute_array *array, struct chute_str separator) {
    struct writer writer = { .arena = arena };
    join(&writer, array, separator);
    return take(&writer);
}

/* The next piece of `text` from `at`, which moves behind the separator; past the end when it was the last. */
static struct chute_str next_piece(struct chute_str text, struct chute_str separator, size_t *at) {
    struct chute_str rest = { text.at + *at, text.len - *at };
    if (separator.len == 0) {
        uint32_t point;
        size_t bytes = chute_utf8_decode(rest, &point);
        rest.len = bytes == 0 ? 1 : bytes;
        *at += rest.len;
        return rest;
    }
    ptrdiff_t found = chute_str_find(rest, separator);
    if (found >= 0) {
        rest.len = (size_t)found;
        *at += rest.len + separator.len;
    } else {
        *at = text.len + 1;
    }
    return rest;
}

static void split_at_blanks(
    struct chute_arena *arena, struct chute_str text, struct chute_array *pieces) {
    size_t at = 0;
    while (at < text.len) {
        size_t start = at;
        while (at < text.len && !is_blank(text.at[at])) {
            at++;
        }
        if (at > start) {
            chute_array_add(
                arena, pieces, chute_string((struct chute_str){ text.at + start, at - start }));
        }
        at++;
    }
}

struct chute_value chute_ruby_split(
    struct chute_arena *arena, struct chute_str text, struct chute_str separator) {
    struct chute_value list = chute_array_new(arena, 4);
    struct chute_array *pieces = list.as.array;
    if (chute_str_eq(separator, CHUTE_STR(" "))) {
        split_at_blanks(arena, text, pieces);
        return list;
    }
    size_t end = separator.len == 0 ? text.len : text.len + 1;
    for (size_t at = 0; at < end;) {
        chute_array_add(arena, pieces, chute_string(next_piece(text, separator, &at)));
    }
    while (pieces->count > 0 && pieces->items[pieces->count - 1].len == 0) {
        pieces->count--;
    }
    return list;
}
