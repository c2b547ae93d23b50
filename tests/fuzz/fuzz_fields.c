/* fuzz_fields.c - any bytes as a field reference, a text with references (sprintf), a host and
 * a line of a sincedb. */
#include <stdint.h>

#include "conf/template.h"
#include "inputs/file/sincedb.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/ref.h"
#include "pipeline/net/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read and is written again reads the same. */
static void check_sincedb(struct chute_str text) {
    struct chute_sincedb_record record, again;
    struct chute_sincedb_mark mark;
    struct chute_buf out = { 0 };
    if (chute_sincedb_parse(text, &record)) {
        chute_sincedb_print(&out, &record);
        struct chute_str line = { out.at, out.len - 1 };
        chute_assert(chute_sincedb_parse(line, &again));
        chute_assert(again.inode == record.inode && again.position == record.position);
    }
    chute_sincedb_parse_mark(text, &record, &mark);
    chute_buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct chute_str text = { (const char *)data, size };
    struct chute_arena arena = { 0 };
    struct chute_ref ref;
    struct chute_host host;
    for (int style = CHUTE_ESCAPE_NONE; style <= CHUTE_ESCAPE_AMPERSAND; style++) {
        chute_ref_compile(&arena, text, (enum chute_escape_style)style, &ref);
        chute_template_compile(&arena, text, (enum chute_escape_style)style);
    }
    chute_host_parse(&arena, text, &host);
    check_sincedb(text);
    chute_arena_finish(&arena);
    return 0;
}
