/* tests/fuzz/fuzz_cases.c - any bytes as a file of test cases, in JSON or in YAML. */
#include <stdio.h>

#include "pipeline/check/cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    const char *name = len > 0 && bytes[0] % 2 == 0 ? "cases.json" : "cases.yml";
    struct chute_str text = { (const char *)bytes + (len > 0), len - (len > 0) };
    struct chute_diag *diag = chute_diag_create();
    struct chute_case_file *file = chute_case_file_parse(name, text, diag);
    FILE *out = fopen("/dev/null", "w");
    if (out != NULL) {
        chute_diag_print(diag, out);
        fclose(out);
    }
    chute_case_file_destroy(file);
    chute_diag_destroy(diag);
    return 0;
}
