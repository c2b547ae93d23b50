#include <math.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/json_text.h"
#include "pipeline/base/number.h"

/* chute_buf_reserve, without the call when there is room: it is asked once or twice for each value. */
static inline char *room(struct chute_buf *buf, size_t more) {
    return more <= buf->size - buf->len ? buf->at + buf->len : chute_buf_reserve(buf, more);
}

static inline void add_byte(struct chute_buf *buf, char byte) {
    *room(buf, 1) = byte;
    buf->len++;
}

/* Bytes at the start of `text` that JSON writes as they are. */
static size_t plain_prefix(struct chute_str text) {
    return (size_t)(chute_json_find_special(text.at, text.at + text.len) - text.at);
}

/* Writes the escape of one byte: at most 6. */
static size_t put_escape(char *out, unsigned char byte) {
    static const char digits[] = "0123456789ABCDEF";
    static const char letters[] = "btn\0fr"; /* U+0008 … U+000D */
    out[0] = '\\';
    if (byte == '"' || byte == '\\') {
        out[1] = (char)byte;
        return 2;
    }
    if (byte >= 8 && byte <= 13 && byte != 11) {
        out[1] = letters[byte - 8];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = digits[byte >> 4];
    out[5] = digits[byte & 15];
    return 6;
}

/* The content of a string that may need escapes, without quotes. */
static void add_escaped(struct chute_buf *buf, struct chute_str text) {
    while (text.len > 0) {
        size_t plain = plain_prefix(text);
        char *out = room(buf, plain + 6);
        memcpy(out, text.at, plain);
        buf->len += plain;
        if (plain < text.len) {
            buf->len += put_escape(out + plain, (unsigned char)text.at[plain]);
            plain++;
        }
        text.at += plain;
        text.len -= plain;
    }
}

void chute_json_encode_str(struct chute_buf *buf, struct chute_str text) {
    add_byte(buf, '"');
    add_escaped(buf, text);
    add_byte(buf, '"');
}

static void add_string(struct chute_buf *buf, const struct chute_value *value) {
    if (!(value->flags & CHUTE_CLEAN)) {
        chute_json_encode_str(buf, chute_value_str(value));
        return;
    }
    char *out = room(buf, (size_t)value->len + 2);
    out[0] = '"';
    memcpy(out + 1, value->as.text, value->len);
    out[1 + value->len] = '"';
    buf->len += (size_t)value->len + 2;
}

static void add_double(struct chute_buf *buf, double real) {
    char *out = room(buf, CHUTE_NUMBER_MAX + 2);
    if (isfinite(real)) {
        buf->len += chute_number_print_double(real, out);
        return;
    }
    out[0] = '"';
    size_t len = 1 + chute_number_print_double(real, out + 1);
    out[len++] = '"';
    buf->len += len;
}

static void add_time(struct chute_buf *buf, const struct chute_value *value) {
    char *out = room(buf, CHUTE_TIME_TEXT_SIZE + 2);
    out[0] = '"';
    size_t len = 1 + chute_time_format(chute_value_time(value), out + 1);
    out[len++] = '"';
    buf->len += len;
}

/* The key of a member with the colon, and the comma before it unless it is the first. */
static void add_key(struct chute_buf *buf, const struct chute_member *member, bool is_first) {
    if (!is_first) {
        add_byte(buf, ',');
    }
    if (!member->key_is_clean) {
        chute_json_encode_str(buf, (struct chute_str){ member->key, member->key_len });
        add_byte(buf, ':');
        return;
    }
    size_t len = member->key_len;
    char *out = room(buf, len + 3);
    out[0] = '"';
    memcpy(out + 1, member->key, len);
    out[len + 1] = '"';
    out[len + 2] = ':';
    buf->len += len + 3;
}

static void add_object(struct chute_buf *buf, const struct chute_object *object) {
    add_byte(buf, '{');
    for (uint32_t i = 0; i < object->count; i++) {
        add_key(buf, &object->members[i], i == 0);
        chute_json_encode(buf, &object->members[i].value);
    }
    add_byte(buf, '}');
}

static void add_array(struct chute_buf *buf, const struct chute_array *array) {
    add_byte(buf, '[');
    for (uint32_t i = 0; i < array->count; i++) {
        if (i > 0) {
            add_byte(buf, ',');
        }
        chute_json_encode(buf, &array->items[i]);
    }
    add_byte(buf, ']');
}

void chute_json_encode(struct chute_buf *buf, const struct chute_value *value) {
    switch ((enum chute_type)value->type) {
    case CHUTE_STRING:
        add_string(buf, value);
        return;
    case CHUTE_INT:
        buf->len += chute_number_print_int(value->as.integer, room(buf, CHUTE_NUMBER_MAX));
        return;
    case CHUTE_OBJECT:
        add_object(buf, value->as.object);
        return;
    case CHUTE_ARRAY:
        add_array(buf, value->as.array);
        return;
    case CHUTE_NUMBER:
        chute_buf_add_str(buf, chute_value_str(value));
        return;
    case CHUTE_DOUBLE:
        add_double(buf, value->as.real);
        return;
    case CHUTE_TIME:
        add_time(buf, value);
        return;
    case CHUTE_BOOL:
        chute_buf_add_str(buf, value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false"));
        return;
    case CHUTE_NULL:
        chute_buf_add_str(buf, CHUTE_STR("null"));
        return;
    }
    chute_assert(!"a value of an unknown type");
}

void chute_json_encode_event(struct chute_buf *buf, const struct chute_event *event) {
    chute_json_encode(buf, &event->fields);
}
