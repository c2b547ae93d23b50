/* tests/fuzz/fuzz_syslog.c - any bytes as a TCP stream of syslog messages, in pieces: framed, parsed, and their
 * times and structured data read. */
#include "pipeline/base/buf.h"
#include "pipeline/text/syslog.h"
#include "pipeline/text/syslog_framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void use_message(struct chute_str frame) {
    struct chute_syslog message;
    if (!chute_syslog_parse(frame, &message)) {
        return;
    }
    struct chute_time time, now = { 1730505600, 0 };
    chute_syslog_time(message.timestamp, (struct chute_zone){ 0 }, now, &time);
    struct chute_arena arena = { 0 };
    chute_syslog_structured(&arena, message.structured_data);
    chute_arena_finish(&arena);
}

/* The first byte tells how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len == 0) {
        return 0;
    }
    size_t piece = (size_t)bytes[0] + 1;
    struct chute_syslog_framing framing = { 0 };
    struct chute_buf kept = { 0 };
    for (size_t at = 1;; at += piece) {
        bool is_end = at >= len;
        chute_buf_add(&kept, bytes + at, is_end ? 0 : len - at < piece ? len - at : piece);
        struct chute_str rest = chute_buf_str(&kept), frame;
        while (chute_syslog_frame_next(&framing, &rest, 200, is_end, &frame)) {
            use_message(frame);
        }
        if (rest.len > 0) {
            memmove(kept.at, rest.at, rest.len);
        }
        kept.len = rest.len;
        if (is_end) {
            break;
        }
    }
    chute_buf_finish(&kept);
    return 0;
}
