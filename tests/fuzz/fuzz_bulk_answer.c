/* tests/fuzz/fuzz_bulk_answer.c - any bytes as the answer to a bulk request, whole and in pieces: both say the same. */
#include "pipeline/base/alloc.h"
#include "pipeline/text/bulk_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void note(void *ctx, const struct chute_bulk_item *item) {
    chute_assert(item->reason.len <= CHUTE_BULK_REASON_MAX + 16);
    chute_buf_printf(ctx, "%u %d %.*s %.*s %.*s\n", item->index, item->status,
        CHUTE_STR_ARGS(item->where), CHUTE_STR_ARGS(item->type), CHUTE_STR_ARGS(item->reason));
}

static void read_answer(struct chute_str text, size_t step, struct chute_buf *out) {
    struct chute_bulk_answer answer = { 0 };
    chute_bulk_answer_init(&answer, note, out);
    for (size_t at = 0; at < text.len; at += step) {
        size_t left = text.len - at;
        chute_bulk_answer_feed(
            &answer, (struct chute_str){ text.at + at, left < step ? left : step });
    }
    bool is_good = chute_bulk_answer_end(&answer);
    if (!is_good) {
        out->len = 0; /* how much is understood before an error may differ */
    }
    chute_buf_printf(
        out, "%d %u %d", is_good, is_good ? answer.items : 0, is_good && answer.has_errors);
    chute_bulk_answer_finish(&answer);
}

/* The first byte is the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len < 2) {
        return 0;
    }
    struct chute_str text = { (const char *)bytes + 1, len - 1 };
    struct chute_buf whole = { 0 }, pieces = { 0 };
    read_answer(text, text.len, &whole);
    read_answer(text, (size_t)bytes[0] % 16 + 1, &pieces);
    chute_assert(chute_str_eq(chute_buf_str(&whole), chute_buf_str(&pieces)));
    chute_buf_finish(&whole);
    chute_buf_finish(&pieces);
    return 0;
}
