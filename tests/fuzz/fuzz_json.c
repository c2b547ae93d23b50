/* Reads any bytes as JSON values; what was read, written and read again must be written the same, and yajl alone must read the
 * same. */
#include <stdint.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json_build.h"
#include "pipeline/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What yajl reads there. */
static void compare(struct chute_json_parser *parser, struct chute_arena *arena,
    struct chute_str text, size_t offset, size_t end, struct chute_str want) {
    struct chute_buf got = { 0 };
    struct chute_value value;
    parser->is_yajl_only = true;
    chute_assert(chute_json_next(parser, arena, text, &offset, &value) == CHUTE_JSON_OK);
    parser->is_yajl_only = false;
    chute_json_encode(&got, &value);
    chute_assert(offset == end && chute_str_eq(chute_buf_str(&got), want));
    chute_buf_finish(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena arena = { 0 };
    struct chute_buf first = { 0 }, second = { 0 };
    struct chute_str text = { (const char *)data, size };
    struct chute_value value, again;
    size_t offset = 0, before = 0;
    while (chute_json_next(parser, &arena, text, &offset, &value) == CHUTE_JSON_OK) {
        chute_assert(offset > before && offset <= size);
        first.len = second.len = 0;
        chute_json_encode(&first, &value);
        compare(parser, &arena, text, before, offset, chute_buf_str(&first));
        before = offset;
        chute_assert(chute_utf8_is_valid(chute_buf_str(&first)));
        chute_assert(
            chute_json_decode(parser, &arena, chute_buf_str(&first), &again) == CHUTE_JSON_OK);
        chute_json_encode(&second, &again);
        chute_assert(chute_str_eq(chute_buf_str(&first), chute_buf_str(&second)));
    }
    chute_buf_finish(&first);
    chute_buf_finish(&second);
    chute_arena_finish(&arena);
    chute_json_parser_destroy(parser);
    return 0;
}
