#include <criterion/criterion.h>

#include "pipeline/base/buf.h"
#include "pipeline/text/syslog_framing.h"

#define LIMIT 40

static const struct {
    struct chute_str bytes;
    const char *want; /* frames in brackets */
} rows[] = {
    { CHUTE_STR(""), "" },
    { CHUTE_STR("<13>a\n<13>b\n"), "[<13>a][<13>b]" },
    { CHUTE_STR("<13>a\r\n<13>b"), "[<13>a][<13>b]" },
    { CHUTE_STR("<13>a\0<13>b\0"), "[<13>a][<13>b]" },
    { CHUTE_STR("<13>a\n\0<13>b\n\0"), "[<13>a][<13>b]" },
    { CHUTE_STR("5 <13>a5 <13>b"), "[<13>a][<13>b]" },
    { CHUTE_STR("6 <13>a\n6 <13>b\n"), "[<13>a][<13>b]" }, /* the line feed is counted: loggen */
    { CHUTE_STR("5 <13>a\n5 <13>b\n"), "[<13>a][<13>b]" }, /* or not */
    { CHUTE_STR("7 <13>a\nb<13>c\n"), "[<13>a\nb][<13>c]" },
    { CHUTE_STR("<13>a\n5 <13>b<13>c\0"
                "5 <13>d"),
        "[<13>a][<13>b][<13>c][<13>d]" },
    { CHUTE_STR("5 apples\n"), "[5 apples]" }, /* a text without a header */
    { CHUTE_STR("2024-10-26 x\n"), "[2024-10-26 x]" },
    { CHUTE_STR("05 <13>a\n"), "[05 <13>a]" },
    { CHUTE_STR("1234567890 <13>a\n"), "[1234567890 <13>a]" },
    { CHUTE_STR("no header\n"), "[no header]" },
    { CHUTE_STR("9 <13>a"), "[<13>a]" }, /* it ended too soon */
    { CHUTE_STR("12"), "[12]" },
    { CHUTE_STR("\n\n\0\r\n<13>a"), "[<13>a]" },
    { CHUTE_STR("<13>0123456789012345678901234567890123456789\n<13>b\n"),
        "[<13>012345678901234567890123456789012345][<13>b]" },
    { CHUTE_STR("44 <13>01234567890123456789012345678901234567895 <13>b"),
        "[<13>012345678901234567890123456789012345][<13>b]" },
    { CHUTE_STR("99 <13>0123456789012345678901234567890123456789"),
        "[<13>012345678901234567890123456789012345]" },
};

/* Feeds `bytes` in pieces of `piece`, as a connection would. */
static void frame_all(struct chute_str bytes, size_t piece, struct chute_buf *out) {
    struct chute_syslog_framing framing = { 0 };
    struct chute_buf kept = { 0 };
    for (size_t at = 0;; at += piece) {
        bool is_end = at >= bytes.len;
        size_t len = is_end ? 0 : bytes.len - at < piece ? bytes.len - at : piece;
        chute_buf_add(&kept, bytes.at + at, len);
        struct chute_str rest = chute_buf_str(&kept), frame;
        while (chute_syslog_frame_next(&framing, &rest, LIMIT, is_end, &frame)) {
            chute_buf_printf(out, "[%.*s]", CHUTE_STR_ARGS(frame));
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
}

Test(text_syslog_framing, frames_alike_however_the_bytes_come) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t piece = 1; piece <= rows[i].bytes.len + 1; piece++) {
            struct chute_buf got = { 0 };
            frame_all(rows[i].bytes, piece, &got);
            cr_expect_str_eq(chute_buf_cstr(&got), rows[i].want, "row %zu in pieces of %zu: %s", i,
                piece, chute_buf_cstr(&got));
            chute_buf_finish(&got);
        }
    }
}
