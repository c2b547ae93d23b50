/* pipeline/base/json_yajl.c - JSON read by yajl: what json_scan.c leaves, and what is an error. */
#include "pipeline/base/json_build.h"

static bool is_in_text(const struct chute_json_parser *parser, const void *at) {
    uintptr_t offset = (uintptr_t)at - (uintptr_t)parser->text;
    return offset < parser->len;
}

/* Where the root ends is known while yajl stands behind its last token. */
static int put(struct chute_json_parser *parser, struct chute_value value) {
    if (!chute_json_put(&parser->build, value)) {
        return 0;
    }
    if (parser->build.depth == 0) {
        parser->root_end = yajl_get_bytes_consumed(parser->yajl);
    }
    return 1;
}

static int on_null(void *ctx) {
    return put(ctx, chute_null());
}

static int on_boolean(void *ctx, int boolean) {
    return put(ctx, chute_bool(boolean != 0));
}

static int on_number(void *ctx, const char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    struct chute_str text = { at, len };
    if (!is_in_text(parser, at)) {
        text = chute_arena_copy(parser->build.arena, text);
    }
    return put(parser, chute_json_number(text));
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
    return chute_json_unescape(
        parser->build.arena, (struct chute_str){ start, (size_t)(end - start) });
}

static bool is_second_root(const struct chute_json_parser *parser) {
    return parser->build.depth == 0 && parser->build.has_root;
}

static int on_string(void *ctx, const unsigned char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    if (is_second_root(parser)) {
        return 0;
    }
    if (is_in_text(parser, at)) {
        return put(parser, chute_clean_string((struct chute_str){ (const char *)at, len }));
    }
    return put(parser, chute_string(unescape(parser)));
}

static int on_key(void *ctx, const unsigned char *at, size_t len) {
    struct chute_json_parser *parser = ctx;
    bool is_clean = is_in_text(parser, at);
    struct chute_str key = { (const char *)at, len };
    chute_json_put_key(&parser->build, is_clean ? key : unescape(parser), is_clean);
    return 1;
}

static int open_frame(struct chute_json_parser *parser, bool is_object) {
    if (is_second_root(parser)) {
        return 0;
    }
    if (!chute_json_open(&parser->build, is_object)) {
        parser->status = CHUTE_JSON_DEEP;
        return 0;
    }
    return 1;
}

static int on_open_object(void *ctx) {
    return open_frame(ctx, true);
}

static int on_open_array(void *ctx) {
    return open_frame(ctx, false);
}

/* The frame is closed: its value is the root if none is left open. */
static int on_closed(struct chute_json_parser *parser) {
    if (parser->build.depth == 0) {
        parser->root_end = yajl_get_bytes_consumed(parser->yajl);
    }
    return 1;
}

static int on_close_object(void *ctx) {
    struct chute_json_parser *parser = ctx;
    return chute_json_close_object(&parser->build) && on_closed(parser);
}

static int on_close_array(void *ctx) {
    struct chute_json_parser *parser = ctx;
    return chute_json_close_array(&parser->build) && on_closed(parser);
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

void chute_json_close_yajl(struct chute_json_parser *parser) {
    if (parser->yajl != NULL) {
        yajl_free(parser->yajl);
        parser->yajl = NULL;
    }
}

/* yajl takes vertical tabs and form feeds for white space. No JSON text holds one, in a string or outside. */
static bool has_odd_blank(struct chute_str text) {
    return text.len > 0 &&
           (memchr(text.at, '\v', text.len) != NULL || memchr(text.at, '\f', text.len) != NULL);
}

bool chute_json_yajl(struct chute_json_parser *parser, struct chute_str text) {
    if (parser->yajl == NULL) {
        open_yajl(parser);
    }
    chute_json_begin(parser);
    parser->text = text.at;
    parser->len = text.len;
    parser->status = CHUTE_JSON_SYNTAX;
    yajl_status status = yajl_parse(parser->yajl, (const unsigned char *)text.at, text.len);
    if (status == yajl_status_ok && !parser->build.has_root && parser->build.depth == 0) {
        /* A number at the very end comes only with what ends it. */
        status = yajl_parse(parser->yajl, (const unsigned char *)"\n", 1);
        parser->root_end = text.len;
    }
    bool is_good =
        parser->build.has_root && !has_odd_blank((struct chute_str){ text.at, parser->root_end });
    /* yajl goes on into what follows; if that was more than blanks, its state is spoilt. */
    if (status != yajl_status_ok || !is_good || parser->build.depth > 0 ||
        chute_json_skip_blanks(text.at + parser->root_end, text.at + text.len) !=
            text.at + text.len) {
        chute_json_close_yajl(parser);
    }
    return is_good;
}
