#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/text/bulk_answer.h"

static void note(void *ctx, const struct chute_bulk_item *item) {
    chute_buf_printf(ctx, "%u=%d", item->index, item->status);
    if (item->where.len > 0) {
        chute_buf_printf(ctx, "@%.*s", CHUTE_STR_ARGS(item->where));
    }
    if (item->type.len + item->reason.len > 0) {
        chute_buf_printf(
            ctx, "(%.*s: %.*s)", CHUTE_STR_ARGS(item->type), CHUTE_STR_ARGS(item->reason));
    }
    chute_buf_add_char(ctx, ' ');
}

/* Feeds `text` in pieces of `step` bytes; what was found as one text in `out`. */
static void read_answer(const char *text, size_t step, struct chute_buf *out) {
    struct chute_bulk_answer answer = { 0 };
    chute_bulk_answer_init(&answer, note, out);
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        chute_bulk_answer_feed(
            &answer, (struct chute_str){ text + at, len - at < step ? len - at : step });
    }
    bool is_good = chute_bulk_answer_end(&answer);
    chute_buf_printf(out, "%s", is_good ? "ok" : "broken");
    if (answer.says_errors) {
        chute_buf_printf(out, " errors=%d", answer.has_errors);
    }
    if (answer.is_settled) {
        chute_buf_printf(out, " counted=%u", answer.items);
    }
    if (answer.type.len + answer.reason.len > 0 || answer.status != 0) {
        chute_buf_printf(out, " [%d %.*s: %.*s]", answer.status,
            CHUTE_STR_ARGS(chute_buf_str(&answer.type)),
            CHUTE_STR_ARGS(chute_buf_str(&answer.reason)));
    }
    chute_bulk_answer_finish(&answer);
}

static const struct {
    const char *says, *text, *want;
} rows[] = {
    { "all good",
        "{\"took\":3,\"errors\":false,\"items\":[{\"index\":{\"_index\":\"a\",\"_id\":\"1\","
        "\"status\":201}},{\"index\":{\"_index\":\"b\",\"status\":200}}]}",
        "ok errors=0 counted=2" },
    { "all good, said at the end",
        "{\"items\":[{\"index\":{\"_index\":\"a\",\"status\":201}},{\"index\":{\"_index\":\"b\","
        "\"status\":200}}],\"errors\":false}",
        "0=201@a 1=200@b ok errors=0" },
    { "an item that failed, with a filter_path",
        "{\"errors\":true,\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":409,"
        "\"error\":{\"type\":\"version_conflict_engine_exception\",\"reason\":\"[1]: version "
        "conflict\",\"index\":\"a\",\"shard\":\"0\"}}}]}",
        "0=201 1=409(version_conflict_engine_exception: [1]: version conflict) ok errors=1" },
    { "the document's value is cut from the reason",
        "{\"errors\":true,\"items\":[{\"index\":{\"status\":400,\"error\":{\"type\":"
        "\"mapper_parsing_exception\",\"reason\":\"failed to parse field [n] of type [long] in "
        "document with id 'x'. Preview of field's value: 'secret'\",\"caused_by\":{\"type\":"
        "\"illegal_argument_exception\",\"reason\":\"For input string: \\\"secret\\\"\"}}}}]}",
        "0=400(mapper_parsing_exception: failed to parse field [n] of type [long] in document with "
        "id 'x'. Preview of field's value: (not shown)) ok errors=1" },
    { "status before and after the error",
        "{\"items\":[{\"index\":{\"error\":{\"reason\":\"r\",\"type\":\"t\"},\"status\":503}}],"
        "\"errors\":true}",
        "0=503(t: r) ok errors=1" },
    { "an error that is a text",
        "{\"errors\":true,\"items\":[{\"index\":{\"status\":400,\"error\":"
        "\"Old[text]\"}}]}",
        "0=400(: Old[text]) ok errors=1" },
    { "a refused request",
        "{\"error\":{\"root_cause\":[{\"type\":\"x\",\"reason\":\"y\"}],\"type\":"
        "\"security_exception\",\"reason\":\"missing\"},\"status\":401}",
        "ok [401 security_exception: missing]" },
    { "a refusal in one text", "{\"error\":\"nope\",\"status\":429}", "ok [429 : nope]" },
    { "a key named like ours inside a cause",
        "{\"errors\":true,\"items\":[{\"index\":{\"status\":400,\"error\":{\"type\":\"t\","
        "\"reason\":"
        "\"r\",\"caused_by\":{\"type\":\"u\",\"reason\":\"v\",\"items\":[{\"index\":{\"status\":"
        "200}}]}}}}]}",
        "0=400(t: r) ok errors=1" },
    { "half of a surrogate pair ends a text", /* yajl makes bytes of it that are no UTF-8 */
        "{\"errors\":true,\"items\":[{\"index\":{\"_index\":\"i\\udc00\",\"status\":400,\"error\":{"
        "\"type\":\"t\",\"reason\":\"r\\u00e9\\udc00s\"}}}]}",
        "0=400@i(t: r\xc3\xa9) ok errors=1" },
    { "an item without a status", "{\"items\":[{\"index\":{}}]}", "0=0 ok" },
    { "an empty object", "{}", "ok" },
    { "cut off", "{\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"ind",
        "0=201 broken errors=1" },
    { "a page of a proxy", "<html>502</html>", "broken" },
    { "nothing", "", "broken" },
    { "items that is no array", "{\"errors\":true,\"items\":{\"a\":{\"b\":{\"status\":1}}}}",
        "ok errors=1" },
};

Test(text_bulk_answer, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const size_t steps[] = { 100000, 7, 1 };
        for (size_t j = 0; j < 3; j++) {
            struct chute_buf out = { 0 };
            read_answer(rows[i].text, steps[j], &out);
            cr_expect_str_eq(chute_buf_cstr(&out), rows[i].want, "%s, by %zu bytes: got %s",
                rows[i].says, steps[j], chute_buf_cstr(&out));
            chute_buf_finish(&out);
        }
    }
}

Test(text_bulk_answer, long_reasons_are_cut_between_characters) {
    struct chute_buf reason = { 0 }, out = { 0 };
    chute_buf_add_char(&reason, 'x');
    for (int i = 0; i < 100000; i++) {
        chute_buf_add_str(&reason, CHUTE_STR("\xc3\xa9"));
    }
    chute_bulk_reason_mask(&out, chute_buf_str(&reason));
    cr_expect_eq(out.len, 511, "got %zu", out.len);
    chute_buf_finish(&reason);
    chute_buf_finish(&out);
}

Test(text_bulk_answer, masks) {
    static const struct {
        const char *reason, *want;
    } masks[] = {
        { "nothing quoted", "nothing quoted" },
        { "For input string: \"4111\"", "For input string: (not shown)" },
        { "failed to parse date field [Bob] with format [x]",
            "failed to parse date field [(not shown)" },
        { "a Preview of field's value: 'x' For input string: 'y'",
            "a Preview of field's value: (not shown)" },
    };
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        struct chute_buf out = { 0 };
        chute_bulk_reason_mask(&out, chute_str_of(masks[i].reason));
        cr_expect_str_eq(chute_buf_cstr(&out), masks[i].want, "got %s", chute_buf_cstr(&out));
        chute_buf_finish(&out);
    }
}

Test(text_bulk_answer, a_nest_without_end_is_refused) {
    struct chute_bulk_answer answer = { 0 };
    chute_bulk_answer_init(&answer, note, NULL);
    bool is_good = true;
    for (int i = 0; i < 100000 && is_good; i++) {
        is_good = chute_bulk_answer_feed(&answer, CHUTE_STR("["));
    }
    cr_expect(!is_good);
    chute_bulk_answer_finish(&answer);
}
