#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/base/json_build.h"
#include "tests/unit/support/random_regex.h"

static struct chute_json_parser *parser;
static struct chute_arena arena;
static struct chute_buf out;

static void start(void) {
    parser = chute_json_parser_create();
}

static void stop(void) {
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
    chute_buf_finish(&out);
}

TestSuite(base_json, .init = start, .fini = stop);

static struct chute_str encoded(const struct chute_value *value) {
    out.len = 0;
    chute_json_encode(&out, value);
    return chute_buf_str(&out);
}

/* chute_json_next, by yajl alone and then as it is: both have to read the same. */
static enum chute_json_status next(
    struct chute_str text, size_t *offset, struct chute_value *value) {
    size_t end = *offset;
    struct chute_value other;
    parser->is_yajl_only = true;
    enum chute_json_status want = chute_json_next(parser, &arena, text, &end, &other);
    parser->is_yajl_only = false;
    enum chute_json_status got = chute_json_next(parser, &arena, text, offset, value);
    cr_expect_eq(got, want, "%.*s: %s, yajl: %s", CHUTE_STR_ARGS(text), chute_json_status_text(got),
        chute_json_status_text(want));
    if (got == CHUTE_JSON_OK && want == CHUTE_JSON_OK) {
        struct chute_buf read = { 0 };
        chute_json_encode(&read, value);
        cr_expect(*offset == end && chute_str_eq(encoded(&other), chute_buf_str(&read)),
            "%.*s: up to %zu, yajl up to %zu", CHUTE_STR_ARGS(text), *offset, end);
        chute_buf_finish(&read);
    }
    return got;
}

/* chute_json_decode, which is chute_json_next once. */
static enum chute_json_status decode(struct chute_str text, struct chute_value *value) {
    size_t offset = 0;
    struct chute_value ignored;
    next(text, &offset, &ignored);
    return chute_json_decode(parser, &arena, text, value);
}

/* Read and written again; `want` NULL: as it was. */
static const struct {
    const char *says, *text, *want;
} good[] = {
    { "an object", "{\"a\":1,\"b\":[true,false,null],\"c\":{}}", NULL },
    { "an empty array", "[]", NULL },
    { "white space goes", " { \"a\" : [ 1 , 2 ] } \r\n\t", "{\"a\":[1,2]}" },
    { "a byte order mark is skipped", "\xEF\xBB\xBF{\"a\":1}", "{\"a\":1}" },
    { "a root number at the very end", "12", NULL },
    { "a root number before a line feed", "12\n", "12" },
    { "a root decimal at the very end", "-1.50e+3", NULL },
    { "a root text", "\"x\"", NULL },
    { "a root literal", "true", NULL },
    { "the last of equal keys wins, at the first one's place", "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"a\":3,\"b\":2}" },
    { "equal keys by escape", "{\"a\":1,\"\\u0061\":2}", "{\"a\":2}" },
    { "keys alike in their first four bytes", "{\"host\":1,\"hostname\":2,\"hosts\":3}", NULL },
    { "an empty key", "{\"\":1,\"x\":{\"\":2}}", NULL },
    { "largest integers", "[9223372036854775807,-9223372036854775808]", NULL },
    { "integers beyond", "[9223372036854775808,123456789012345678901234567890]", NULL },
    { "decimals keep their text", "[2.50,1e400,1.0E+2,0.0]", NULL },
    { "zero has no sign", "[-0,-0.0,-0.00]", "[0,0.0,0.00]" },
    { "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
    { "control characters", "\"\\u0000\\u001f\\u007f\"", "\"\\u0000\\u001F\x7F\"" },
    { "a vertical tab", "\"\\u000b\"", "\"\\u000B\"" },
    { "letters by escape", "\"\\u00e9\\u5B89\"", "\"\xC3\xA9\xE5\xAE\x89\"" },
    { "a surrogate pair", "\"\\ud83d\\uDE00\"", "\"\xF0\x9F\x98\x80\"" },
    { "a low surrogate alone", "\"a\\udc00b\"",
        "\"a\xEF\xBF\xBD"
        "b\"" },
    { "a high surrogate alone", "\"\\ud800\"", "\"\xEF\xBF\xBD\"" },
    { "a high surrogate before a letter", "\"\\ud800\\u0041\"",
        "\"\xEF\xBF\xBD"
        "A\"" },
    { "a high surrogate before text", "\"\\ud800x\"", "\"\xEF\xBF\xBDx\"" },
    { "two high surrogates", "\"\\ud800\\ud83d\\ude00\"", "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\"" },
    { "backslashes before the closing quote", "[\"a\\\\\",\"\\\\\\\"\",\"\\\\\\\\\"]", NULL },
    { "escapes in keys", "{\"a\\nb\":{\"\\\"\":1}}", NULL },
    { "any script",
        "{\"gr\xC3\xBC\xC3\x9F"
        "e\":\"\xE5\xAE\x89\xE5\x85\xA8\"}",
        NULL },
};

Test(base_json, reads_and_writes) {
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct chute_value value;
        struct chute_str text = chute_str_of(good[i].text);
        enum chute_json_status status = decode(text, &value);
        cr_expect_eq(status, CHUTE_JSON_OK, "%s: %s", good[i].says, chute_json_status_text(status));
        if (status == CHUTE_JSON_OK) {
            struct chute_str got = encoded(&value);
            const char *want = good[i].want == NULL ? good[i].text : good[i].want;
            cr_expect(chute_str_eq(got, chute_str_of(want)), "%s: got %.*s", good[i].says,
                CHUTE_STR_ARGS(got));
        }
    }
}

static const struct {
    const char *says;
    struct chute_str text;
    enum chute_json_status want;
} bad[] = {
    { "nothing", { "", 0 }, CHUTE_JSON_END },
    { "a line feed", { "\n", 1 }, CHUTE_JSON_END },
    { "only a byte order mark", { "\xEF\xBB\xBF", 3 }, CHUTE_JSON_END },
    { "cut off in an object", { "{\"a\":1", 6 }, CHUTE_JSON_SYNTAX },
    { "cut off after a comma", { "[1,", 3 }, CHUTE_JSON_SYNTAX },
    { "cut off in a text", { "\"abc", 4 }, CHUTE_JSON_SYNTAX },
    { "cut off in an escape", { "\"abc\\u00", 8 }, CHUTE_JSON_SYNTAX },
    { "cut off in a literal", { "tru", 3 }, CHUTE_JSON_SYNTAX },
    { "cut off in a number", { "-", 1 }, CHUTE_JSON_SYNTAX },
    { "no JSON", { "something that isn't json", 25 }, CHUTE_JSON_SYNTAX },
    { "NaN", { "{\"a\":NaN}", 9 }, CHUTE_JSON_SYNTAX },
    { "an unquoted key", { "{a:1}", 5 }, CHUTE_JSON_SYNTAX },
    { "single quotes", { "{'a':1}", 7 }, CHUTE_JSON_SYNTAX },
    { "a comma too many", { "[1,]", 4 }, CHUTE_JSON_SYNTAX },
    { "a leading zero", { "[01]", 4 }, CHUTE_JSON_SYNTAX },
    { "no digit after the point", { "[1.]", 4 }, CHUTE_JSON_SYNTAX },
    { "a plus", { "[+1]", 4 }, CHUTE_JSON_SYNTAX },
    { "a comment", { "[1 /* one */]", 13 }, CHUTE_JSON_SYNTAX },
    { "a raw control character", { "\"a\tb\"", 5 }, CHUTE_JSON_SYNTAX },
    { "an unknown escape", { "\"\\x41\"", 6 }, CHUTE_JSON_SYNTAX },
    { "a vertical tab as blank", { "[1,\v2]", 6 }, CHUTE_JSON_SYNTAX },
    { "a form feed as blank", { "\f1", 2 }, CHUTE_JSON_SYNTAX },
    { "a zero byte", { "{\"a\":1}\0", 8 }, CHUTE_JSON_TRAILING },
    { "two objects", { "{\"a\":1}{\"b\":2}", 14 }, CHUTE_JSON_TRAILING },
    { "two numbers", { "1 2", 3 }, CHUTE_JSON_TRAILING },
    { "a leading zero at the root", { "01", 2 }, CHUTE_JSON_TRAILING },
    { "text behind", { "{\"a\":1} x", 9 }, CHUTE_JSON_TRAILING },
    { "an open text behind", { "{\"a\":1} \"x", 10 }, CHUTE_JSON_TRAILING },
    { "a bracket behind", { "[1]]", 4 }, CHUTE_JSON_TRAILING },
    { "overlong UTF-8", { "\"\xC0\x80\"", 4 }, CHUTE_JSON_NOT_UTF8 },
    { "a surrogate in UTF-8", { "\"\xED\xA0\x80\"", 5 }, CHUTE_JSON_NOT_UTF8 },
    { "overlong UTF-8 of four", { "\"\xF0\x80\x80\x80\"", 6 }, CHUTE_JSON_NOT_UTF8 },
    { "above the last character", { "\"\xF5\x80\x80\x80\"", 6 }, CHUTE_JSON_NOT_UTF8 },
};

Test(base_json, refuses_and_reads_the_next_text_all_the_same) {
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct chute_value value = chute_int(7);
        enum chute_json_status status = decode(bad[i].text, &value);
        cr_expect_eq(status, bad[i].want, "%s: %s", bad[i].says, chute_json_status_text(status));
        cr_expect(value.type == CHUTE_INT && value.as.integer == 7, "%s: changed", bad[i].says);
        status = decode(CHUTE_STR("{\"next\":[1]}"), &value);
        cr_assert_eq(status, CHUTE_JSON_OK, "after %s", bad[i].says);
        cr_expect(chute_str_eq(encoded(&value), CHUTE_STR("{\"next\":[1]}")), "after %s: %.*s",
            bad[i].says, CHUTE_STR_ARGS(chute_buf_str(&out)));
    }
}

Test(base_json, depth_is_limited) {
    size_t deep = 100000;
    char *text = malloc(deep * 2);
    memset(text, '[', deep);
    memset(text + deep, ']', deep);
    struct chute_value value;
    cr_expect_eq(
        decode((struct chute_str){ text + deep - CHUTE_JSON_DEPTH, 2 * CHUTE_JSON_DEPTH }, &value),
        CHUTE_JSON_OK);
    cr_expect_eq(encoded(&value).len, 2 * CHUTE_JSON_DEPTH);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(decode((struct chute_str){ text + deep - CHUTE_JSON_DEPTH - 1,
                                2 * CHUTE_JSON_DEPTH + 2 },
                         &value),
            CHUTE_JSON_DEEP);
        cr_expect_eq(decode((struct chute_str){ text, deep * 2 }, &value), CHUTE_JSON_DEEP);
    }
    free(text);
}

Test(base_json, values_back_to_back) {
    static const struct {
        const char *text;
        const char *want; /* values with | behind each */
        enum chute_json_status end;
        size_t offset;
    } rows[] = {
        { "{\"a\":1}{\"b\":2}", "{\"a\":1}|{\"b\":2}|", CHUTE_JSON_END, 14 },
        { " {\"a\":1} \n [2] 3 \"x\"true ", "{\"a\":1}|[2]|3|\"x\"|true|", CHUTE_JSON_END, 25 },
        { "1 2 3", "1|2|3|", CHUTE_JSON_END, 5 },
        { "\"a\\n\"\"b\\u0041\"", "\"a\\n\"|\"bA\"|", CHUTE_JSON_END, 14 },
        { "[1]{\"b\"", "[1]|", CHUTE_JSON_SYNTAX, 3 },
        { "{} x", "{}|", CHUTE_JSON_SYNTAX, 2 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str text = chute_str_of(rows[i].text);
        size_t offset = 0;
        struct chute_value value;
        enum chute_json_status status;
        struct chute_buf got = { 0 };
        while ((status = next(text, &offset, &value)) == CHUTE_JSON_OK) {
            chute_json_encode(&got, &value);
            chute_buf_add_char(&got, '|');
        }
        cr_expect_eq(status, rows[i].end, "%s", rows[i].text);
        cr_expect_eq(offset, rows[i].offset, "%s: %zu", rows[i].text, offset);
        cr_expect(chute_str_eq(chute_buf_str(&got), chute_str_of(rows[i].want)), "%s: got %.*s",
            rows[i].text, CHUTE_STR_ARGS(got));
        chute_buf_finish(&got);
    }
}

Test(base_json, texts_without_escapes_are_slices_and_clean) {
    struct chute_str text = CHUTE_STR("{\"plain\":\"value\",\"esc\\u0061ped\":\"a\\nb\"}");
    struct chute_value value;
    cr_assert_eq(decode(text, &value), CHUTE_JSON_OK);
    struct chute_member *members = value.as.object->members;
    cr_expect_eq(members[0].key, text.at + 2);
    cr_expect(members[0].key_is_clean);
    cr_expect_eq(members[0].value.as.text, text.at + 10);
    cr_expect_eq(members[0].value.flags, CHUTE_CLEAN);
    cr_expect_not(members[1].key_is_clean);
    cr_expect_eq(members[1].value.flags, 0);
    cr_expect_not_null(chute_object_get(value.as.object, CHUTE_STR("escaped")));
    cr_expect_geq(value.as.object->capacity, 4, "a pipeline adds fields without a copy");
}

Test(base_json, many_keys_with_repeats) {
    struct chute_buf text = { 0 };
    chute_buf_add_char(&text, '{');
    for (int i = 0; i < 60000; i++) {
        chute_buf_printf(&text, "%s\"key%d\":%d", i == 0 ? "" : ",", i % 20000, i);
    }
    chute_buf_add_char(&text, '}');
    struct chute_value value;
    cr_assert_eq(decode(chute_buf_str(&text), &value), CHUTE_JSON_OK);
    cr_assert_eq(value.as.object->count, 20000);
    size_t wrong = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        wrong += value.as.object->members[i].value.as.integer != 40000 + (int64_t)i;
    }
    cr_expect_eq(wrong, 0);
    cr_expect_eq(decode(CHUTE_STR("[1]"), &value), CHUTE_JSON_OK);
    chute_buf_finish(&text);
}

Test(base_json, writes_every_type) {
    struct chute_value object = chute_object_new(&arena, 0);
    struct chute_object *into = object.as.object;
    chute_object_set(&arena, into, CHUTE_STR("n"), chute_null());
    chute_object_set(&arena, into, CHUTE_STR("d"), chute_double(1e7));
    chute_object_set(&arena, into, CHUTE_STR("nan"), chute_double(NAN));
    chute_object_set(&arena, into, CHUTE_STR("inf"), chute_double(-INFINITY));
    chute_object_set(&arena, into, CHUTE_STR("q\"k"), chute_string(CHUTE_STR("a\"b\x01\x1F\x7F")));
    chute_object_set(&arena, into, CHUTE_STR("t"),
        chute_time_value((struct chute_time){ .seconds = 1449488220, .nanos = 5000000 }));
    struct chute_str got = encoded(&object);
    cr_expect(
        chute_str_eq(got, CHUTE_STR("{\"n\":null,\"d\":1.0E7,\"nan\":\"NaN\",\"inf\":\"-Infinity\","
                                    "\"q\\\"k\":\"a\\\"b\\u0001\\u001F\x7F\","
                                    "\"t\":\"2015-12-07T11:37:00.005Z\"}")),
        "got %.*s", CHUTE_STR_ARGS(got));
}

/* The block scan must find a byte to escape wherever it stands. */
Test(base_json, escapes_at_every_offset) {
    for (size_t at = 0; at < 40; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[40], want[64];
            memset(text, 'x', sizeof(text));
            text[at] = (char)byte;
            out.len = 0;
            chute_json_encode_str(&out, (struct chute_str){ text, sizeof(text) });
            bool is_escaped = byte < 0x20 || byte == '"' || byte == '\\';
            cr_assert_eq(out.len > 42, is_escaped, "byte %d at %zu: %zu", byte, at, out.len);
            memset(want, 'x', sizeof(want));
            cr_assert(memcmp(out.at + 1, want, at) == 0, "byte %d at %zu", byte, at);
        }
    }
}

/* Texts that are nearly right: a byte or two of a good one are changed, left out or doubled. */
Test(base_json, reads_what_yajl_reads) {
    static const char bytes[] = "{}[]\",:\\ \n\t01-+.eEtfnu/bx\x1f\x7f\xC3\xA4";
    struct test_chance chance = { .seed = 20261126 };
    size_t good_ones = 0;
    struct chute_buf text = { 0 };
    for (int round = 0; round < 200000; round++) {
        size_t row = test_chance_draw(&chance, sizeof(good) / sizeof(good[0]));
        text.len = 0;
        chute_buf_add_str(&text, chute_str_of(good[row].text));
        for (size_t change = test_chance_draw(&chance, 3); change > 0 && text.len > 0; change--) {
            size_t at = test_chance_draw(&chance, (unsigned)text.len);
            char byte = bytes[test_chance_draw(&chance, sizeof(bytes) - 1)];
            if (test_chance_draw(&chance, 3) == 0) {
                memmove(text.at + at, text.at + at + 1, text.len - at - 1);
                text.len--;
            } else if (test_chance_draw(&chance, 2) == 0) {
                text.at[at] = byte;
            } else {
                chute_buf_add_char(&text, byte);
                memmove(text.at + at + 1, text.at + at, text.len - at - 1);
                text.at[at] = byte;
            }
        }
        struct chute_value value;
        size_t offset = 0;
        good_ones += next(chute_buf_str(&text), &offset, &value) == CHUTE_JSON_OK;
        chute_arena_reset(&arena, 0);
    }
    cr_expect_gt(good_ones, 20000);
    cr_expect_lt(good_ones, 180000);
    chute_buf_finish(&text);
}
