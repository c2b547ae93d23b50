#include "pipeline/base/json.h"

#include <yajl/yajl_parse.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

#define FEW_KEYS 24    /* up to here every pair of keys is compared, beyond there is a table */
#define ROOM_AT_ROOT 8 /* fields that a pipeline may add without a copy */
#define KEEP ((size_t)256 * 1024) /* memory a parser holds on to between texts */

/* An array or object that is still open: its items lie on the stack from `start` on. */
struct frame {
    size_t start;
    bool is_object;
};

struct chute_json_parser {
    yajl_handle yajl; /* NULL after an error: yajl cannot be reset */
    struct chute_arena *arena;
    const char *text; /* what yajl is being given */
    size_t len;
    struct chute_member *stack; /* items of all open frames; an array's use only `value` */
    size_t count, room;
    struct frame frames[CHUTE_JSON_DEPTH];
    size_t depth;
    bool has_root;
    size_t root_end; /* offset behind the root value */
    enum chute_json_status status;
    struct chute_value root;
    uint32_t *slots; /* table for the keys of a big object: index + 1 */
    size_t slot_room;
};

static bool is_in_text(const struct chute_json_parser *parser, const void *at) {
    uintptr_t offset = (uintptr_t)at - (uintptr_t)parser->text;
    return offset < parser->len;
}

/* The place for the next value, or NULL when a second root begins. */
static struct chute_value *next_place(struct chute_json_parser *parser) {
    if (parser->depth == 0) {
        if (parser->has_root) {
            return NULL;
        }
        parser->has_root = true;
        parser->root_end = yajl_get_bytes_consumed(parser->yajl);
        return &parser->root;
    }
    if (parser->frames[parser->depth - 1].is_object) {
        return &parser->stack[parser->count - 1].value; /* its key made room */
    }
    if (parser->count == parser->room) {
        parser->room *= 2;
        parser->stack = chute_realloc(parser->stack, parser->room * sizeof(*parser->stack));
    }
    return &parser->stack[parser->count++].value;
}

static int put(struct chute_json_parser *parser, struct chute_value value) {
    struct chute_value *place = next_place(parser);
    if (place == NULL) {
        return 0;
    }
    *place = value;
    return 1;
}

static int on_null(void *ctx) {
    return put(ctx, chute_null());
}

static int on_boolean(void *ctx, int boolean) {
    return put(ctx, chute_bool(boolean != 0));
}

/* A decimal has no negative zero: -0.0 is read as 0.0. */
static struct chute_str drop_sign_of_zero(struct chute_str text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] != '0' && text.at[i] != '.') {
            return text;
        }
    }
    return (struct chute_str){ text.at + 1, text.len - 1 };
}

static int on_number(void *ctx, const char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    struct chute_str text = { at, len };
    int64_t integer;
    if (at[0] == '-') {
        text = drop_sign_of_zero(text);
    }
    if (chute_number_is_canonical_int(text, &integer)) {
        return put(parser, chute_int(integer));
    }
    if (!is_in_text(parser, at)) {
        text = chute_arena_copy(parser->arena, text);
    }
    return put(parser, chute_number(text));
}

static int hex_digit(char byte) {
    return byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10;
}

static uint32_t hex_unit(const char *at) {
    return (uint32_t)(hex_digit(at[0]) << 12 | hex_digit(at[1]) << 8 | hex_digit(at[2]) << 4 |
                      hex_digit(at[3]));
}

/* Decodes the escape behind a backslash at `at`; moves `at` past it. yajl has checked its form. */
static size_t put_escape(const char **at, const char *end, char *out) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char letter = *(*at)++;
    const char *known = strchr(from, letter);
    if (letter != 'u') {
        *out = known != NULL ? to[known - from] : letter;
        return 1;
    }
    uint32_t point = hex_unit(*at);
    *at += 4;
    if (point >= 0xD800 && point < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' &&
        (*at)[1] == 'u') {
        uint32_t low = hex_unit(*at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            *at += 6;
        }
    }
    return chute_utf8_encode(point, out); /* a surrogate left alone becomes U+FFFD */
}

/* The text of a string or key with escapes, from its source: yajl's own decoding is wrong for surrogates.
 * The source ends at the closing quote, where yajl stands; its opening quote is the next unescaped one before. */
static struct chute_str unescape(struct chute_json_parser *parser) {
    const char *end = parser->text + yajl_get_bytes_consumed(parser->yajl) - 1;
    const char *start = end;
    for (;;) {
        do {
            start--;
        } while (*start != '"');
        const char *slash = start;
        while (slash > parser->text && slash[-1] == '\\') {
            slash--;
        }
        if ((start - slash) % 2 == 0) {
            break;
        }
    }
    start++;
    size_t size = (size_t)(end - start);
    char *out = chute_arena_get(parser->arena, size + 4);
    size_t len = 0;
    while (start < end) {
        const char *slash = memchr(start, '\\', (size_t)(end - start));
        size_t plain = (size_t)((slash == NULL ? end : slash) - start);
        memcpy(out + len, start, plain);
        len += plain;
        start += plain;
        if (slash != NULL) {
            start++;
            len += put_escape(&start, end, out + len);
        }
    }
    chute_arena_trim(parser->arena, out, size + 4, len);
    return (struct chute_str){ out, len };
}

static int on_string(void *ctx, const unsigned char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    if (parser->depth == 0 && parser->has_root) {
        return 0;
    }
    if (is_in_text(parser, at)) {
        return put(parser, chute_clean_string((struct chute_str){ (const char *)at, len }));
    }
    return put(parser, chute_string(unescape(parser)));
}

static int on_key(void *ctx, const unsigned char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    if (parser->count == parser->room) {
        parser->room *= 2;
        parser->stack = chute_realloc(parser->stack, parser->room * sizeof(*parser->stack));
    }
    bool is_clean = is_in_text(parser, at);
    struct chute_str key = { (const char *)at, len };
    if (!is_clean) {
        key = unescape(parser);
    }
    struct chute_member *member = &parser->stack[parser->count++];
    member->key = key.at;
    member->key_len = (uint32_t)key.len & 0x7FFFFFFF;
    member->key_is_clean = is_clean;
    member->head = chute_key_head(key);
    return 1;
}

static int open_frame(struct chute_json_parser *parser, bool is_object) {
    if (parser->depth == 0 && parser->has_root) {
        return 0;
    }
    if (parser->depth == CHUTE_JSON_DEPTH) {
        parser->status = CHUTE_JSON_DEEP;
        return 0;
    }
    parser->frames[parser->depth++] = (struct frame){ parser->count, is_object };
    return 1;
}

static int on_open_object(void *ctx) {
    return open_frame(ctx, true);
}

static int on_open_array(void *ctx) {
    return open_frame(ctx, false);
}

static bool is_same_key(const struct chute_member *a, const struct chute_member *b) {
    return a->head == b->head && a->key_len == b->key_len &&
           memcmp(a->key, b->key, a->key_len) == 0;
}

static uint64_t hash_key(const struct chute_member *member, uint64_t seed) {
    uint64_t hash = seed ^ member->key_len;
    const char *at = member->key;
    size_t left = member->key_len;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    for (; left > 0; at++, left--) {
        hash = (hash ^ (unsigned char)*at) * 0x9E3779B97F4A7C15u;
    }
    return hash ^ hash >> 32;
}

/* Moves the value of each key that stood before to its first place. Returns how many members remain. */
static size_t merge_few(struct chute_member *members, size_t count) {
    uint64_t seen = 0; /* one bit for a key's head and length: mostly it tells that a key is new */
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t mix = (members[i].head ^ members[i].key_len << 7) * 0x9E3779B1u;
        uint64_t bit = (uint64_t)1 << (mix >> 26);
        size_t k = (seen & bit) == 0 ? kept : 0;
        while (k < kept && !is_same_key(&members[k], &members[i])) {
            k++;
        }
        seen |= bit;
        if (k < kept) {
            members[k].value = members[i].value;
        } else {
            if (kept != i) {
                members[kept] = members[i];
            }
            kept++;
        }
    }
    return kept;
}

static size_t merge_many(
    struct chute_json_parser *parser, struct chute_member *members, size_t count) {
    size_t size = 64;
    while (size < count * 2) {
        size *= 2;
    }
    if (size > parser->slot_room) {
        parser->slots = chute_realloc(parser->slots, size * sizeof(*parser->slots));
        parser->slot_room = size;
    }
    memset(parser->slots, 0, size * sizeof(*parser->slots));
    uint64_t seed = (uintptr_t)parser ^ (uintptr_t)members; /* not for a sender to foresee */
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t slot = hash_key(&members[i], seed) & (size - 1);
        while (parser->slots[slot] != 0 &&
               !is_same_key(&members[parser->slots[slot] - 1], &members[i])) {
            slot = (slot + 1) & (size - 1);
        }
        if (parser->slots[slot] != 0) {
            members[parser->slots[slot] - 1].value = members[i].value;
            continue;
        }
        members[kept] = members[i];
        parser->slots[slot] = (uint32_t)++kept;
    }
    return kept;
}

static int on_close_object(void *ctx) {
    struct chute_json_parser *parser = ctx;
    size_t start = parser->frames[--parser->depth].start;
    struct chute_member *members = parser->stack + start;
    size_t count = parser->count - start;
    count = count <= FEW_KEYS ? merge_few(members, count) : merge_many(parser, members, count);
    uint32_t room = (uint32_t)count + (parser->depth == 0 ? ROOM_AT_ROOT : 0);
    struct chute_value value = chute_object_new(parser->arena, room);
    if (count > 0) {
        memcpy(value.as.object->members, members, count * sizeof(*members));
    }
    value.as.object->count = (uint32_t)count;
    parser->count = start;
    return put(parser, value);
}

static int on_close_array(void *ctx) {
    struct chute_json_parser *parser = ctx;
    size_t start = parser->frames[--parser->depth].start;
    size_t count = parser->count - start;
    struct chute_value value = chute_array_new(parser->arena, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        value.as.array->items[i] = parser->stack[start + i].value;
    }
    value.as.array->count = (uint32_t)count;
    parser->count = start;
    return put(parser, value);
}

static void *yajl_get(void *ctx, size_t size) {
    (void)ctx;
    return chute_alloc(size);
}

static void *yajl_grow(void *ctx, void *memory, size_t size) {
    (void)ctx;
    return chute_realloc(memory, size);
}

static void yajl_drop(void *ctx, void *memory) {
    (void)ctx;
    chute_free(memory);
}

/* Only yajl_number: its integer and double callbacks refuse what is large and depend on the locale. */
static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

static void open_yajl(struct chute_json_parser *parser) {
    static const yajl_alloc_funcs funcs = { yajl_get, yajl_grow, yajl_drop, NULL };
    parser->yajl = yajl_alloc(&callbacks, (yajl_alloc_funcs *)(uintptr_t)&funcs, parser);
    yajl_config(parser->yajl, yajl_allow_multiple_values, 1); /* else it is done after one text */
    yajl_config(parser->yajl, yajl_dont_validate_strings, 1); /* ours is the strict check */
}

static void close_yajl(struct chute_json_parser *parser) {
    if (parser->yajl != NULL) {
        yajl_free(parser->yajl);
        parser->yajl = NULL;
    }
}

struct chute_json_parser *chute_json_parser_create(void) {
    struct chute_json_parser *parser = chute_calloc(1, sizeof(*parser));
    parser->room = 64;
    parser->stack = chute_alloc(parser->room * sizeof(*parser->stack));
    return parser;
}

void chute_json_parser_destroy(struct chute_json_parser *parser) {
    if (parser == NULL) {
        return;
    }
    close_yajl(parser);
    chute_free(parser->stack);
    chute_free(parser->slots);
    chute_free(parser);
}

/* Gives back what an unusually big text made grow. */
static void shrink(struct chute_json_parser *parser, size_t len) {
    if (len > KEEP) {
        close_yajl(parser); /* its buffer for escaped strings */
    }
    if (parser->room * sizeof(*parser->stack) > KEEP) {
        parser->room = 64;
        parser->stack = chute_realloc(parser->stack, parser->room * sizeof(*parser->stack));
    }
    if (parser->slot_room * sizeof(*parser->slots) > KEEP) {
        chute_free(parser->slots);
        parser->slots = NULL;
        parser->slot_room = 0;
    }
}

/* yajl takes vertical tabs and form feeds for white space. No JSON text holds one, in a string or outside. */
static bool has_odd_blank(struct chute_str text) {
    return text.len > 0 &&
           (memchr(text.at, '\v', text.len) != NULL || memchr(text.at, '\f', text.len) != NULL);
}

/* White space as JSON defines it. */
static size_t skip_blanks(struct chute_str text, size_t at) {
    while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\n' || text.at[at] == '\r' ||
                                text.at[at] == '\t')) {
        at++;
    }
    return at;
}

/* Reads one value from the start of `text`, which is not blank. */
static enum chute_json_status read_value(struct chute_json_parser *parser,
    struct chute_arena *arena, struct chute_str text, struct chute_value *out) {
    if (parser->yajl == NULL) {
        open_yajl(parser);
    }
    parser->arena = arena;
    parser->text = text.at;
    parser->len = text.len;
    parser->count = parser->depth = 0;
    parser->has_root = false;
    parser->status = CHUTE_JSON_SYNTAX;
    yajl_status status = yajl_parse(parser->yajl, (const unsigned char *)text.at, text.len);
    if (status == yajl_status_ok && !parser->has_root && parser->depth == 0) {
        /* A number at the very end comes only with what ends it. */
        status = yajl_parse(parser->yajl, (const unsigned char *)"\n", 1);
        parser->root_end = text.len;
    }
    bool is_good =
        parser->has_root && !has_odd_blank((struct chute_str){ text.at, parser->root_end });
    /* yajl goes on into what follows; if that was more than blanks, its state is spoilt. */
    if (status != yajl_status_ok || !is_good || parser->depth > 0 ||
        skip_blanks(text, parser->root_end) != text.len) {
        close_yajl(parser);
    }
    if (is_good) {
        *out = parser->root;
    }
    return is_good ? CHUTE_JSON_OK : parser->status;
}

enum chute_json_status chute_json_next(struct chute_json_parser *parser, struct chute_arena *arena,
    struct chute_str text, size_t *offset, struct chute_value *out) {
    if (*offset == 0) {
        if (text.len > INT32_MAX) {
            return CHUTE_JSON_TOO_LONG;
        }
        if (!chute_utf8_is_valid(text)) {
            return CHUTE_JSON_NOT_UTF8;
        }
        if (chute_str_starts_with(text, CHUTE_STR("\xEF\xBB\xBF"))) {
            *offset = 3;
        }
    }
    size_t at = skip_blanks(text, *offset);
    if (at == text.len) {
        *offset = at;
        return CHUTE_JSON_END;
    }
    struct chute_str rest = { text.at + at, text.len - at };
    enum chute_json_status status = read_value(parser, arena, rest, out);
    if (status == CHUTE_JSON_OK) {
        *offset = at + parser->root_end;
    }
    shrink(parser, rest.len);
    return status;
}

enum chute_json_status chute_json_decode(struct chute_json_parser *parser,
    struct chute_arena *arena, struct chute_str text, struct chute_value *out) {
    size_t offset = 0;
    struct chute_value value;
    enum chute_json_status status = chute_json_next(parser, arena, text, &offset, &value);
    if (status != CHUTE_JSON_OK) {
        return status;
    }
    if (skip_blanks(text, offset) != text.len) {
        return CHUTE_JSON_TRAILING;
    }
    *out = value;
    return CHUTE_JSON_OK;
}

const char *chute_json_status_text(enum chute_json_status status) {
    switch (status) {
    case CHUTE_JSON_OK:
        return "no error";
    case CHUTE_JSON_END:
        return "no value";
    case CHUTE_JSON_SYNTAX:
        return "not JSON, or cut off";
    case CHUTE_JSON_TRAILING:
        return "text after the value";
    case CHUTE_JSON_DEEP:
        return "nested too deep";
    case CHUTE_JSON_NOT_UTF8:
        return "not UTF-8";
    case CHUTE_JSON_TOO_LONG:
        return "2 GiB or more";
    }
    return "unknown";
}
