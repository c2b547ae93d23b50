/* fuzz_query.c - any bytes as a search's query, and as the document it is asked of. */
#include <stdint.h>

#include "pipeline/base/json.h"
#include "pipeline/text/query.h"
#include "pipeline/text/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *bytes = (const char *)data;
    const char *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    size_t len = end == NULL ? size : (size_t)(end - bytes);
    struct chute_str document = { bytes + len, size - len };
    struct chute_arena arena = { 0 };
    struct chute_buf out = { 0 };
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value value;
    const struct chute_query *query =
        chute_query_parse(&arena, (struct chute_str){ bytes, len }, &out);
    if (query != NULL) {
        chute_query_words(query, false, &out);
        chute_query_words(query, true, &out);
        if (chute_json_decode(json, &arena, document, &value) == CHUTE_JSON_OK) {
            chute_query_fields_match(query, &arena, &value);
        }
    }
    chute_store_words(document, &out);
    chute_json_parser_destroy(json);
    chute_buf_finish(&out);
    chute_arena_finish(&arena);
    return 0;
}
