#include "pipeline/text/rubydebug.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

#define STEP 4

/* Where the printer stands. */
struct printer {
    struct chute_buf *buf;
    struct chute_arena arena; /* of inspected texts */
    size_t indent;            /* of the items of an array or object that opens now */
};

static void put_value(struct printer *printer, const struct chute_value *value);

static void put_blanks(struct printer *printer, size_t count) {
    memset(chute_buf_reserve(printer->buf, count), ' ', count);
    printer->buf->len += count;
}

static void put_text(struct printer *printer, struct chute_str text) {
    chute_buf_add_char(printer->buf, '"');
    chute_buf_add_str(printer->buf, chute_utf8_inspect(&printer->arena, text));
    chute_buf_add_char(printer->buf, '"');
}

static struct chute_str key_of(const struct chute_member *member) {
    return (struct chute_str){ member->key, member->key_len };
}

/* Characters of a key as it will be printed, with its quotes. */
static size_t key_width(struct printer *printer, const struct chute_member *member) {
    return chute_utf8_count(chute_utf8_inspect(&printer->arena, key_of(member))) + 2;
}

/* One line `"key" => value`, the key right-aligned to `width`. */
static void put_member(struct printer *printer, const struct chute_member *member, size_t width) {
    put_blanks(printer, width - key_width(printer, member));
    put_text(printer, key_of(member));
    chute_buf_add_str(printer->buf, CHUTE_STR(" => "));
    printer->indent += STEP;
    put_value(printer, &member->value);
    printer->indent -= STEP;
}

static void put_object(struct printer *printer, const struct chute_object *object) {
    if (object->count == 0) {
        chute_buf_add_str(printer->buf, CHUTE_STR("{}"));
        return;
    }
    size_t width = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        size_t one = key_width(printer, &object->members[i]);
        width = one > width ? one : width;
    }
    chute_buf_add_str(printer->buf, CHUTE_STR("{\n"));
    for (uint32_t i = 0; i < object->count; i++) {
        if (i > 0) {
            chute_buf_add_str(printer->buf, CHUTE_STR(",\n"));
        }
        put_member(printer, &object->members[i], width + printer->indent);
    }
    chute_buf_add_char(printer->buf, '\n');
    put_blanks(printer, printer->indent - STEP);
    chute_buf_add_char(printer->buf, '}');
}

static void put_array(struct printer *printer, const struct chute_array *array) {
    if (array->count == 0) {
        chute_buf_add_str(printer->buf, CHUTE_STR("[]"));
        return;
    }
    char number[CHUTE_NUMBER_MAX];
    int width = (int)chute_number_print_int((int64_t)array->count - 1, number);
    chute_buf_add_str(printer->buf, CHUTE_STR("[\n"));
    for (uint32_t i = 0; i < array->count; i++) {
        if (i > 0) {
            chute_buf_add_str(printer->buf, CHUTE_STR(",\n"));
        }
        put_blanks(printer, printer->indent);
        chute_buf_printf(printer->buf, "[%*u] ", width, (unsigned)i);
        printer->indent += STEP;
        put_value(printer, &array->items[i]);
        printer->indent -= STEP;
    }
    chute_buf_add_char(printer->buf, '\n');
    put_blanks(printer, printer->indent - STEP);
    chute_buf_add_char(printer->buf, ']');
}

static void put_value(struct printer *printer, const struct chute_value *value) {
    struct chute_buf *buf = printer->buf;
    switch ((enum chute_type)value->type) {
    case CHUTE_NULL:
        chute_buf_add_str(buf, CHUTE_STR("nil"));
        return;
    case CHUTE_BOOL:
        chute_buf_add_str(buf, value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false"));
        return;
    case CHUTE_INT:
        buf->len +=
            chute_number_print_int(value->as.integer, chute_buf_reserve(buf, CHUTE_NUMBER_MAX));
        return;
    case CHUTE_DOUBLE:
        buf->len +=
            chute_number_print_ruby(value->as.real, chute_buf_reserve(buf, CHUTE_NUMBER_MAX));
        return;
    case CHUTE_NUMBER:
        chute_buf_add_str(buf, chute_value_str(value));
        return;
    case CHUTE_STRING:
        put_text(printer, chute_value_str(value));
        return;
    case CHUTE_TIME:
        buf->len += chute_time_format(
            chute_value_time(value), chute_buf_reserve(buf, CHUTE_TIME_TEXT_SIZE));
        return;
    case CHUTE_ARRAY:
        put_array(printer, value->as.array);
        return;
    case CHUTE_OBJECT:
        put_object(printer, value->as.object);
        return;
    }
    chute_assert(!"a value of an unknown type");
}

void chute_rubydebug_encode(struct chute_buf *buf, const struct chute_value *value) {
    struct printer printer = { .buf = buf, .indent = STEP };
    put_value(&printer, value);
    chute_arena_finish(&printer.arena);
}

void chute_rubydebug_encode_event(
    struct chute_buf *buf, const struct chute_event *event, bool has_metadata) {
    if (!has_metadata || event->metadata.as.object->count == 0) {
        chute_rubydebug_encode(buf, &event->fields);
        return;
    }
    struct chute_arena arena = { 0 };
    struct chute_value all = chute_value_copy(&arena, &event->fields, false);
    chute_object_set(&arena, all.as.object, CHUTE_STR("@metadata"), event->metadata);
    chute_rubydebug_encode(buf, &all);
    chute_arena_finish(&arena);
}
