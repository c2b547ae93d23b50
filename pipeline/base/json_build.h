/* pipeline/base/json_build.h - a value from the tokens of its JSON text, whoever reads them: json_scan.c or json_yajl.c. Inside
 * base only.
 *
 * Ownership: the finished value lies in `arena`; keys and texts are slices of what is handed in. The stack and the table are
 * used again for the next value.
 * Threads: one at a time. */
#ifndef CHUTE_BASE_JSON_BUILD_H
#define CHUTE_BASE_JSON_BUILD_H

#include <yajl/yajl_parse.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/json_text.h"

/* An array or object that is still open: its items lie on the stack from `start` on. */
struct chute_json_frame {
    size_t start;
    bool is_object;
};

struct chute_json_build {
    struct chute_arena *arena;
    struct chute_member *stack; /* items of all open frames; an array's use only `value` */
    size_t count, room;
    struct chute_json_frame frames[CHUTE_JSON_DEPTH];
    size_t depth;
    bool has_root;
    struct chute_value root;
    uint32_t *slots; /* table for the keys of a big object: index + 1 */
    size_t slot_room;
};

struct chute_json_parser {
    struct chute_json_build build;
    yajl_handle yajl; /* NULL after an error: yajl cannot be reset */
    const char *text; /* what yajl is being given */
    size_t len;
    size_t root_end; /* offset behind the root value */
    enum chute_json_status status;
    bool is_yajl_only; /* tests compare the two */
};

/* Reads the object or array at the start of `text`, which is UTF-8. False: it is none, or not JSON, or in doubt, and yajl is to say. */
bool chute_json_scan(struct chute_json_parser *parser, struct chute_str text);
/* Reads the value at the start of `text`, which is not blank. False: parser->status tells. */
bool chute_json_yajl(struct chute_json_parser *parser, struct chute_str text);
void chute_json_close_yajl(struct chute_json_parser *parser);

/* Before the next value. */
static inline void chute_json_begin(struct chute_json_parser *parser) {
    parser->build.count = parser->build.depth = 0;
    parser->build.has_root = false;
    parser->root_end = 0;
}

void chute_json_grow(struct chute_json_build *build);

static inline struct chute_member *chute_json_next_member(struct chute_json_build *build) {
    if (build->count == build->room) {
        chute_json_grow(build);
    }
    return &build->stack[build->count++];
}

/* Adds a value where it belongs: behind its key, to an open array, or as the root. False: there is a root already. */
static inline bool chute_json_put(struct chute_json_build *build, struct chute_value value) {
    if (build->depth == 0) {
        if (build->has_root) {
            return false;
        }
        build->has_root = true;
        build->root = value;
    } else if (build->frames[build->depth - 1].is_object) {
        build->stack[build->count - 1].value = value; /* its key made room */
    } else {
        chute_json_next_member(build)->value = value;
    }
    return true;
}

static inline void chute_json_put_key(
    struct chute_json_build *build, struct chute_str key, bool is_clean) {
    struct chute_member *member = chute_json_next_member(build);
    member->key = key.at;
    member->key_len = (uint32_t)key.len & 0x7FFFFFFF;
    member->key_is_clean = is_clean;
    member->head = chute_key_head(key);
}

/* False: nested too deep. */
static inline bool chute_json_open(struct chute_json_build *build, bool is_object) {
    if (build->depth == CHUTE_JSON_DEPTH) {
        return false;
    }
    build->frames[build->depth++] = (struct chute_json_frame){ build->count, is_object };
    return true;
}

/* Closes the innermost frame and puts it. */
bool chute_json_close_object(struct chute_json_build *build);
bool chute_json_close_array(struct chute_json_build *build);

/* The value of a number's text, which is borrowed. */
struct chute_value chute_json_number(struct chute_str text);
/* What stands between the quotes, with its escapes decoded; these were checked. */
struct chute_str chute_json_unescape(struct chute_arena *arena, struct chute_str source);

#endif
