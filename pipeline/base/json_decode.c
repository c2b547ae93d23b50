#include "pipeline/base/json_build.h"
#include "pipeline/base/utf8.h"

#define KEEP ((size_t)256 * 1024) /* memory a parser holds on to between texts */

struct chute_json_parser *chute_json_parser_create(void) {
    struct chute_json_parser *parser = chute_calloc(1, sizeof(*parser));
    parser->build.room = 64;
    parser->build.stack = chute_alloc(parser->build.room * sizeof(*parser->build.stack));
    return parser;
}

void chute_json_parser_destroy(struct chute_json_parser *parser) {
    if (parser == NULL) {
        return;
    }
    chute_json_close_yajl(parser);
    chute_free(parser->build.stack);
    chute_free(parser->build.slots);
    chute_free(parser);
}

/* Gives back what an unusually big text made grow. */
static void shrink(struct chute_json_parser *parser, size_t len) {
    struct chute_json_build *build = &parser->build;
    if (len > KEEP) {
        chute_json_close_yajl(parser); /* its buffer for escaped strings */
    }
    if (build->room * sizeof(*build->stack) > KEEP) {
        build->room = 64;
        build->stack = chute_realloc(build->stack, build->room * sizeof(*build->stack));
    }
    if (build->slot_room * sizeof(*build->slots) > KEEP) {
        chute_free(build->slots);
        build->slots = NULL;
        build->slot_room = 0;
    }
}

static size_t skip_blanks(struct chute_str text, size_t at) {
    if (at == text.len) { /* an empty text may have no bytes to point at */
        return at;
    }
    return (size_t)(chute_json_skip_blanks(text.at + at, text.at + text.len) - text.at);
}

/* Reads one value from the start of `text`, which is not blank. */
static enum chute_json_status read_value(struct chute_json_parser *parser,
    struct chute_arena *arena, struct chute_str text, struct chute_value *out) {
    parser->build.arena = arena;
    if (parser->is_yajl_only || !chute_json_scan(parser, text)) {
        if (!chute_json_yajl(parser, text)) {
            return parser->status;
        }
    }
    *out = parser->build.root;
    return CHUTE_JSON_OK;
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
