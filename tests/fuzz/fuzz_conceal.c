/* Any line: what is not hidden stays as it is, and no value behind `password` stays. */
#include <stdint.h>

#include "conf/conceal.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char head[] = "password => \"";
    size_t len = sizeof(head) - 1;
    char *line = chute_alloc(len + size + 1);
    memcpy(line, head, len);
    memcpy(line + len, data, size);
    chute_conceal(line, len + size);
    chute_assert(memcmp(line, head, len) == 0);
    for (size_t i = 0; i < size && data[i] != '"'; i++) {
        chute_assert(line[len + i] == '*');
    }
    memcpy(line, data, size);
    chute_conceal(line, size);
    for (size_t i = 0; i < size; i++) {
        chute_assert(line[i] == (char)data[i] || line[i] == '*');
    }
    chute_free(line);
    return 0;
}
