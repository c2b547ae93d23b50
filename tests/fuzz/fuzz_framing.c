/* tests/fuzz/fuzz_framing.c - any bytes as a PROXY header and as a stream of JSON objects: what is cut must not depend
 * on how the stream came in pieces. */
#include <stdlib.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/proxy.h"
#include "pipeline/text/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Cuts the stream in pieces; returns the bytes cut off in all. */
static size_t cut_all(struct chute_str bytes, size_t piece) {
    size_t taken = 0, seen = 0;
    for (size_t end = 0; end < bytes.len;) {
        end = bytes.len - end < piece ? bytes.len : end + piece;
        struct chute_str rest = { bytes.at + taken, end - taken };
        taken += chute_line_cut_objects(rest, seen, false);
        seen = end - taken;
    }
    return taken;
}

/* The first byte tells how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len == 0) {
        return 0;
    }
    struct chute_str text = { (const char *)bytes + 1, len - 1 };
    struct chute_proxy said;
    int header = chute_proxy_parse(text, &said);
    chute_assert(header >= -1 && header <= (int)text.len);
    chute_assert(cut_all(text, (size_t)bytes[0] + 1) == cut_all(text, text.len));
    chute_line_cut_objects(text, text.len, true);
    return 0;
}
