/* tests/fuzz/fuzz_config.c - any bytes as a configuration: parsed, walked, its errors printed. */
#include <stdlib.h>

#include "conf/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void touch(struct chute_ast_value *value, void *context) {
    size_t *sum = context;
    for (size_t i = 0; i < value->text.len; i++) {
        *sum += (unsigned char)value->text.at[i];
    }
}

/* The first byte chooses config.support_escapes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len == 0) {
        return 0;
    }
    struct chute_diag *diag = chute_diag_create();
    struct chute_str text = { (const char *)bytes + 1, len - 1 };
    const struct chute_source *source = chute_diag_add_source(diag, "fuzz.conf", text);
    struct chute_ast *ast = chute_parse(diag, &source, 1, bytes[0] & 1);
    size_t sum = 0;
    chute_ast_walk(&ast->inputs, touch, &sum);
    chute_ast_walk(&ast->filters, touch, &sum);
    chute_ast_walk(&ast->outputs, touch, &sum);
    FILE *out = fopen("/dev/null", "w");
    if (out != NULL) {
        chute_diag_print(diag, out);
        fclose(out);
    }
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
    return 0;
}
