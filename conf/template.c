#include "conf/template.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/javatime.h"
#include "pipeline/base/joda.h"
#include "pipeline/base/json.h"
#include "pipeline/base/number.h"

/* Pieces that need no memory of their own while they are put together. */
#define FEW_PARTS 16

enum part_type {
    PART_TEXT,
    PART_FIELD,
    PART_EPOCH,
    PART_JODA,
    PART_JAVATIME,
    PART_NOW,
};

struct part {
    enum part_type type;
    struct chute_str text; /* as written */
    struct chute_ref ref;
    const struct chute_joda *joda;
    const struct chute_javatime *javatime;
};

struct chute_template {
    struct chute_str text;
    struct part *parts;
    size_t count;
    bool is_constant;
    bool is_dated; /* made of text and dates alone, and the same for a whole second */
};

/* What one date part wrote last, or the whole of a template that is_dated. */
struct chute_template_slot {
    int64_t seconds;
    size_t len;
    size_t size; /* of `text`; 0: nothing was written yet */
    char *text;
};

/* Finds the part's meaning in `inner`, what stands between %{ and }. False: it has none. */
static bool compile_part(struct chute_arena *arena, struct chute_str inner,
    enum chute_escape_style style, struct part *part) {
    const char *why;
    /* Logstash compares only as much as there is: %{} and %{+} mean %{+%s}, too. */
    if (chute_str_starts_with(CHUTE_STR("+%s"), inner)) {
        part->type = PART_EPOCH;
        return true;
    }
    if (*inner.at == '+') {
        struct chute_str pattern = { inner.at + 1, inner.len - 1 };
        part->type = PART_JODA;
        part->joda = chute_joda_compile(arena, pattern, chute_locale_default(), &why);
        return part->joda != NULL;
    }
    part->type = PART_FIELD;
    return chute_ref_compile(arena, inner, style, &part->ref);
}

static bool compile_javatime(
    struct chute_arena *arena, struct chute_str pattern, struct part *part) {
    const char *why;
    if (chute_str_eq(pattern, CHUTE_STR("TIME_NOW"))) {
        part->type = PART_NOW;
        return true;
    }
    part->type = PART_JAVATIME;
    part->javatime = chute_javatime_compile(arena, pattern, &why);
    return part->javatime != NULL;
}

/* Adds text, to the part before it where that is text as well. */
static void add_text(struct chute_template *template, struct chute_str text) {
    struct part *last = template->count > 0 ? &template->parts[template->count - 1] : NULL;
    if (last != NULL && last->type == PART_TEXT) {
        last->text.len += text.len;
    } else if (text.len > 0) {
        template->parts[template->count++] = (struct part){ .type = PART_TEXT, .text = text };
    }
}

static struct chute_str slice(struct chute_str text, size_t from, size_t to) {
    return (struct chute_str){ text.at + from, to - from };
}

/* Offset of the first `needle` from `from` on, or -1. */
static ptrdiff_t find_from(struct chute_str text, size_t from, struct chute_str needle) {
    ptrdiff_t at = chute_str_find(slice(text, from, text.len), needle);
    return at < 0 ? -1 : at + (ptrdiff_t)from;
}

static void compile_parts(
    struct chute_arena *arena, struct chute_template *template, enum chute_escape_style style) {
    struct chute_str text = template->text;
    size_t done = 0;
    for (;;) {
        ptrdiff_t open = find_from(text, done, CHUTE_STR("%{"));
        ptrdiff_t close = open < 0 ? -1 : find_from(text, (size_t)open, CHUTE_STR("}"));
        if (close < 0) {
            break;
        }
        size_t start = (size_t)open;
        size_t end = (size_t)close;
        bool is_double = text.at[start + 2] == '{' && end + 1 < text.len && text.at[end + 1] == '}';
        struct part part = { 0 };
        bool is_good = is_double ? compile_javatime(arena, slice(text, start + 3, end), &part)
                                 : compile_part(arena, slice(text, start + 2, end), style, &part);
        end += is_double ? 2 : 1;
        part.text = slice(text, start, end);
        add_text(template, slice(text, done, start));
        if (is_good) {
            template->parts[template->count++] = part;
        } else {
            add_text(template, part.text);
        }
        done = end;
    }
    add_text(template, slice(text, done, text.len));
}

static bool changes_within_a_second(const struct part *part) {
    return part->type == PART_NOW ||
           (part->type == PART_JODA && chute_joda_has_fraction(part->joda)) ||
           (part->type == PART_JAVATIME && chute_javatime_has_fraction(part->javatime));
}

const struct chute_template *chute_template_compile(
    struct chute_arena *arena, struct chute_str text, enum chute_escape_style style) {
    struct chute_template *template = chute_arena_zeroed(arena, sizeof(*template));
    template->text = chute_arena_copy(arena, text);
    size_t most = 1; /* a text before each reference and one behind the last */
    for (size_t i = 0; i < text.len; i++) {
        most += text.at[i] == '%' ? 2 : 0;
    }
    template->parts = chute_arena_get(arena, most * sizeof(*template->parts));
    compile_parts(arena, template, style);
    template->is_dated = true;
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        template->is_dated =
            template->is_dated && part->type != PART_FIELD && !changes_within_a_second(part);
    }
    template->is_constant =
        template->count == 0 || (template->count == 1 && template->parts[0].type == PART_TEXT);
    return template;
}

struct chute_str chute_template_text(const struct chute_template *template) {
    return template->text;
}

bool chute_template_is_constant(const struct chute_template *template) {
    return template->is_constant;
}

/* Java's decimal print of what is written with an exponent; anything else as it is written. */
static size_t print_number(struct chute_str text, char *out) {
    double value;
    bool is_scientific =
        memchr(text.at, 'e', text.len) != NULL || memchr(text.at, 'E', text.len) != NULL;
    if (!is_scientific || !chute_number_parse_double(text, &value)) {
        return 0;
    }
    return chute_number_print_double(value, out);
}

/* Scalars that are no text of their own: printed into `room`. */
static struct chute_str print_scalar(
    const struct chute_value *value, char room[CHUTE_TIME_TEXT_SIZE]) {
    size_t len;
    switch (value->type) {
    case CHUTE_BOOL:
        return value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false");
    case CHUTE_INT:
        len = chute_number_print_int(value->as.integer, room);
        break;
    case CHUTE_DOUBLE:
        len = chute_number_print_double(value->as.real, room);
        break;
    case CHUTE_NUMBER:
        len = print_number(chute_value_str(value), room);
        if (len == 0) {
            return chute_value_str(value);
        }
        break;
    case CHUTE_STRING:
        return chute_value_str(value);
    case CHUTE_TIME:
        len = chute_time_format(chute_value_time(value), room);
        break;
    default:
        return (struct chute_str){ room, 0 };
    }
    return (struct chute_str){ room, len };
}

static bool is_tree(const struct chute_value *value) {
    return value->type == CHUTE_ARRAY || value->type == CHUTE_OBJECT;
}

static void print_scalar_to(struct chute_buf *buf, const struct chute_value *value) {
    char room[CHUTE_TIME_TEXT_SIZE];
    chute_buf_add_str(buf, print_scalar(value, room));
}

/* As Java prints what lies inside a list: {a=1, b=[x, y], c=null}. */
static void print_nested(struct chute_buf *buf, const struct chute_value *value) {
    if (value->type == CHUTE_NULL) {
        chute_buf_add_str(buf, CHUTE_STR("null"));
    } else if (value->type == CHUTE_ARRAY) {
        chute_buf_add_char(buf, '[');
        for (uint32_t i = 0; i < value->as.array->count; i++) {
            chute_buf_add_str(buf, i > 0 ? CHUTE_STR(", ") : CHUTE_STR(""));
            print_nested(buf, &value->as.array->items[i]);
        }
        chute_buf_add_char(buf, ']');
    } else if (value->type == CHUTE_OBJECT) {
        chute_buf_add_char(buf, '{');
        for (uint32_t i = 0; i < value->as.object->count; i++) {
            const struct chute_member *member = &value->as.object->members[i];
            chute_buf_add_str(buf, i > 0 ? CHUTE_STR(", ") : CHUTE_STR(""));
            chute_buf_add(buf, member->key, member->key_len);
            chute_buf_add_char(buf, '=');
            print_nested(buf, &member->value);
        }
        chute_buf_add_char(buf, '}');
    } else {
        print_scalar_to(buf, value);
    }
}

static void print_joined(struct chute_buf *buf, const struct chute_array *array) {
    for (uint32_t i = 0; i < array->count; i++) {
        const struct chute_value *item = &array->items[i];
        if (i > 0) {
            chute_buf_add_char(buf, ',');
        }
        if (item->type == CHUTE_ARRAY) {
            print_joined(buf, item->as.array);
        } else if (item->type != CHUTE_NULL) {
            print_nested(buf, item);
        }
    }
}

void chute_template_print(struct chute_buf *buf, const struct chute_value *value) {
    if (value->type == CHUTE_ARRAY) {
        print_joined(buf, value->as.array);
    } else if (value->type == CHUTE_OBJECT) {
        chute_json_encode(buf, value);
    } else {
        print_scalar_to(buf, value);
    }
}

static struct chute_str render_field(
    const struct part *part, const struct chute_event *event, struct chute_arena *arena) {
    const struct chute_value *value = chute_event_get(event, &part->ref);
    if (value == NULL || value->type == CHUTE_NULL) {
        return part->text;
    }
    if (is_tree(value)) {
        struct chute_buf buf = { 0 };
        chute_template_print(&buf, value);
        struct chute_str text = chute_arena_copy(arena, chute_buf_str(&buf));
        chute_buf_finish(&buf);
        return text;
    }
    char room[CHUTE_TIME_TEXT_SIZE];
    struct chute_str text = print_scalar(value, room);
    return text.at == room ? chute_arena_copy(arena, text) : text;
}

static size_t date_room(const struct part *part) {
    switch (part->type) {
    case PART_JODA:
        return chute_joda_room(part->joda);
    case PART_JAVATIME:
        return chute_javatime_room(part->javatime);
    default:
        return CHUTE_TIME_TEXT_SIZE;
    }
}

static size_t write_date(const struct part *part, struct chute_time time, char *out) {
    switch (part->type) {
    case PART_JODA:
        return chute_joda_format(part->joda, time, (struct chute_zone){ 0 }, out);
    case PART_JAVATIME:
        return chute_javatime_format(part->javatime, time, out);
    case PART_NOW:
        return chute_time_format(chute_clock_now(), out);
    default:
        return chute_number_print_int(time.seconds, out);
    }
}

static struct chute_str render_date(const struct part *part, struct chute_time time,
    struct chute_arena *arena, struct chute_template_slot *slot) {
    if (slot == NULL || changes_within_a_second(part)) {
        size_t room = date_room(part);
        char *out = chute_arena_get(arena, room);
        size_t len = write_date(part, time, out);
        chute_arena_trim(arena, out, room, len);
        return (struct chute_str){ out, len };
    }
    if (slot->size == 0 || slot->seconds != time.seconds) {
        if (slot->size == 0) {
            slot->size = date_room(part) + 1;
            slot->text = chute_alloc(slot->size);
        }
        slot->len = write_date(part, time, slot->text);
        slot->seconds = time.seconds;
    }
    return (struct chute_str){ slot->text, slot->len };
}

static struct chute_str render_part(const struct part *part, const struct chute_event *event,
    struct chute_arena *arena, struct chute_template_slot *slot) {
    struct chute_time time = { 0 };
    switch (part->type) {
    case PART_TEXT:
        return part->text;
    case PART_FIELD:
        return render_field(part, event, arena);
    default:
        if (part->type != PART_NOW && !chute_event_time(event, &time)) {
            return (struct chute_str){ part->text.at, 0 };
        }
        return render_date(part, time, arena, slot);
    }
}

static struct chute_str render(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena, struct chute_template_slot *slots) {
    if (template->is_constant) {
        return template->text;
    }
    if (template->count == 1 && slots == NULL) {
        return render_part(&template->parts[0], event, arena, NULL);
    }
    struct chute_str few[FEW_PARTS];
    struct chute_str *pieces = template->count <= FEW_PARTS
                                   ? few
                                   : chute_arena_get(arena, template->count * sizeof(*pieces));
    size_t len = 0;
    for (size_t i = 0; i < template->count; i++) {
        pieces[i] =
            render_part(&template->parts[i], event, arena, slots == NULL ? NULL : &slots[i]);
        len += pieces[i].len;
    }
    char *out = chute_arena_get(arena, len + 1);
    char *at = out;
    for (size_t i = 0; i < template->count; i++) {
        if (pieces[i].len > 0) {
            memcpy(at, pieces[i].at, pieces[i].len);
            at += pieces[i].len;
        }
    }
    *at = '\0';
    return (struct chute_str){ out, len };
}

struct chute_str chute_template_render(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena) {
    return render(template, event, arena, NULL);
}

static struct chute_str render_dated(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena, struct chute_template_slot *slot) {
    struct chute_time time;
    if (!chute_event_time(event, &time)) {
        return render(template, event, arena, NULL);
    }
    if (slot->size > 0 && slot->seconds == time.seconds) {
        return chute_arena_copy(arena, (struct chute_str){ slot->text, slot->len });
    }
    struct chute_str text = render(template, event, arena, NULL);
    if (slot->size < text.len + 1) {
        slot->size = text.len + 1;
        slot->text = chute_realloc(slot->text, slot->size);
    }
    memcpy(slot->text, text.at, text.len);
    slot->len = text.len;
    slot->seconds = time.seconds;
    return text;
}

struct chute_str chute_template_render_cached(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena,
    struct chute_template_cache *cache) {
    if (cache->slots == NULL) {
        cache->slots = chute_calloc(template->count + 1, sizeof(*cache->slots));
        cache->template = template;
    }
    chute_assert(cache->template == template);
    if (template->is_dated && !template->is_constant) {
        return render_dated(template, event, arena, &cache->slots[0]);
    }
    return render(template, event, arena, cache->slots);
}

void chute_template_cache_finish(struct chute_template_cache *cache) {
    for (size_t i = 0; cache->slots != NULL && i < cache->template->count; i++) {
        chute_free(cache->slots[i].text);
    }
    chute_free(cache->slots);
    *cache = (struct chute_template_cache){ 0 };
}
