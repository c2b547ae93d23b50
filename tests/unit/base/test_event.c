#include <criterion/criterion.h>

#include "pipeline/base/batch.h"
#include "pipeline/base/json.h"

static struct chute_batch batch;
static struct chute_json_parser *parser;
static struct chute_buf out;

static void open_batch(void) {
    parser = chute_json_parser_create();
}
static void close_batch(void) {
    chute_json_parser_destroy(parser);
    chute_buf_finish(&out);
    chute_batch_finish(&batch);
}
TestSuite(base_event, .init = open_batch, .fini = close_batch);

static struct chute_value value_of(const char *json) {
    struct chute_value value = chute_null();
    cr_assert_eq(chute_json_decode(parser, &batch.arena, chute_str_of(json), &value), CHUTE_JSON_OK,
        "%s", json);
    return value;
}

/* An event with these fields and nothing else. */
static struct chute_event *event_of(const char *json) {
    struct chute_event *event = chute_batch_add_bare(&batch);
    event->fields = value_of(json);
    return event;
}

static struct chute_ref ref_of(const char *text) {
    struct chute_ref ref = { 0 };
    cr_assert(
        chute_ref_compile(&batch.arena, chute_str_of(text), CHUTE_ESCAPE_NONE, &ref), "%s", text);
    return ref;
}

/* The fields; behind them @metadata, if there is any. */
static const char *print(struct chute_event *event) {
    out.len = 0;
    chute_json_encode_event(&out, event);
    if (chute_event_metadata(event)->as.object->count > 0) {
        chute_buf_add_char(&out, ' ');
        chute_json_encode(&out, chute_event_metadata(event));
    }
    return chute_buf_cstr(&out);
}

Test(base_event, get_walks_objects_and_arrays) {
    static const struct {
        const char *ref, *want; /* NULL: absent */
    } rows[] = {
        { "a", "{\"b\":{\"c\":1}}" },
        { "[a][b][c]", "1" },
        { "[a][b][c][d]", NULL },
        { "[a][x]", NULL },
        { "[l][0]", "10" },
        { "[l][2]", "{\"k\":\"v\"}" },
        { "[l][-1][k]", "\"v\"" },
        { "[l][-3]", "10" },
        { "[l][3]", NULL },
        { "[l][-4]", NULL },
        { "[l][k]", NULL },
        { "[0]", "\"zero\"" },
        { "[none]", "null" },
        { "[none][x]", NULL },
        { "", "\"unnamed\"" },
        { "[@metadata]", "{}" },
        { "[@metadata][x]", NULL },
    };
    struct chute_event *event =
        event_of("{\"a\":{\"b\":{\"c\":1}},\"l\":[10,20,{\"k\":\"v\"}],\"0\":\"zero\","
                 "\"none\":null,\"\":\"unnamed\"}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_ref ref = ref_of(rows[i].ref);
        const struct chute_value *found = chute_event_get(event, &ref);
        cr_expect_eq(found != NULL, rows[i].want != NULL, "%s", rows[i].ref);
        if (found != NULL && rows[i].want != NULL) {
            out.len = 0;
            chute_json_encode(&out, found);
            cr_expect_str_eq(chute_buf_cstr(&out), rows[i].want, "%s: %s", rows[i].ref, out.at);
        }
    }
    struct chute_str text = CHUTE_STR("as it was");
    struct chute_ref ref = ref_of("[l][0]");
    cr_expect_not(chute_event_get_str(event, &ref, &text));
    cr_expect(chute_str_eq(text, CHUTE_STR("as it was")));
    ref = ref_of("[0]");
    cr_expect(chute_event_get_str(event, &ref, &text) && chute_str_eq(text, CHUTE_STR("zero")));
}

/* `want` NULL: refused, and nothing changed. */
static const struct {
    const char *event, *ref, *value, *want;
} set_rows[] = {
    { "{}", "a", "1", "{\"a\":1}" },
    { "{\"a\":1,\"b\":2}", "a", "[3]", "{\"a\":[3],\"b\":2}" },
    { "{}", "[a][b][c]", "1", "{\"a\":{\"b\":{\"c\":1}}}" },
    { "{\"a\":{\"x\":1}}", "[a][b][c]", "1", "{\"a\":{\"x\":1,\"b\":{\"c\":1}}}" },
    { "{\"a\":null}", "[a][b]", "1", "{\"a\":{\"b\":1}}" },
    { "{\"a\":null}", "[a]", "1", "{\"a\":1}" },
    { "{}", "[a][0]", "1", "{\"a\":{\"0\":1}}" },
    { "{}", "", "1", "{\"\":1}" },
    /* through scalars */
    { "{\"a\":1}", "[a][b]", "2", NULL },
    { "{\"a\":\"text\"}", "[a][b][c]", "2", NULL },
    { "{\"a\":{\"b\":false}}", "[a][b][c]", "2", NULL },
    { "{\"l\":[1]}", "[l][0][x]", "2", NULL },
    /* arrays */
    { "{\"l\":[1,2]}", "[l][0]", "9", "{\"l\":[9,2]}" },
    { "{\"l\":[1,2]}", "[l][-1]", "9", "{\"l\":[1,9]}" },
    { "{\"l\":[1,2]}", "[l][2]", "9", "{\"l\":[1,2,9]}" },
    { "{\"l\":[1]}", "[l][3]", "9", "{\"l\":[1,null,null,9]}" },
    { "{\"l\":[]}", "[l][1][k]", "9", "{\"l\":[null,{\"k\":9}]}" },
    { "{\"l\":[{}]}", "[l][0][k]", "9", "{\"l\":[{\"k\":9}]}" },
    { "{\"l\":[1,2]}", "[l][-3]", "9", NULL },
    { "{\"l\":[1,2]}", "[l][x]", "9", NULL },
    { "{\"l\":[1,2]}", "[l][999999999]", "9", NULL },
    { "{\"l\":[1,2]}", "[l][x][y]", "9", NULL },
    /* what has a type of its own */
    { "{}", "@timestamp", "1", NULL },
    { "{}", "[@timestamp]", "\"2026-01-01T00:00:00Z\"", NULL },
    { "{}", "[@timestamp][x]", "1", NULL },
    { "{}", "tags", "\"a\"", "{\"tags\":\"a\"}" },
    { "{}", "tags", "[\"a\",\"b\"]", "{\"tags\":[\"a\",\"b\"]}" },
    { "{}", "tags", "null", "{\"tags\":null}" },
    { "{}", "tags", "[\"a\",1]", NULL },
    { "{}", "tags", "7", NULL },
    { "{}", "tags", "{}", NULL },
    { "{\"tags\":[\"a\"]}", "[tags][0]", "\"b\"", NULL },
    { "{}", "[tags][x]", "\"b\"", NULL },
    { "{}", "[x][tags]", "7", "{\"x\":{\"tags\":7}}" },
    /* @metadata */
    { "{}", "[@metadata][a][b]", "1", "{} {\"a\":{\"b\":1}}" },
    { "{}", "[@metadata][tags][0]", "1", "{} {\"tags\":{\"0\":1}}" },
    { "{}", "[@metadata][@timestamp]", "1", "{} {\"@timestamp\":1}" },
    { "{}", "[@metadata]", "{\"a\":1}", "{} {\"a\":1}" },
    { "{}", "[@metadata]", "1", NULL },
};

Test(base_event, set_makes_parents_or_changes_nothing) {
    for (size_t i = 0; i < sizeof(set_rows) / sizeof(set_rows[0]); i++) {
        struct chute_event *event = event_of(set_rows[i].event);
        struct chute_ref ref = ref_of(set_rows[i].ref);
        bool is_set = chute_event_set(event, &ref, value_of(set_rows[i].value));
        const char *want = set_rows[i].want == NULL ? set_rows[i].event : set_rows[i].want;
        cr_expect_eq(is_set, set_rows[i].want != NULL, "%s in %s", set_rows[i].ref, want);
        cr_expect_str_eq(
            print(event), want, "%s of %s: %s", set_rows[i].ref, set_rows[i].event, out.at);
    }
}

Test(base_event, an_array_grows_by_a_bounded_number_of_nulls) {
    struct chute_event *event = event_of("{\"l\":[]}");
    struct chute_ref far = ref_of("[l][10001]"), near = ref_of("[l][10000]");
    cr_expect_not(chute_event_set(event, &far, chute_int(1)));
    cr_expect_str_eq(print(event), "{\"l\":[]}");
    cr_expect(chute_event_set(event, &near, chute_int(1)));
    cr_expect_eq(chute_event_field(event, CHUTE_STR("l"))->as.array->count, 10001);
}

Test(base_event, the_timestamp_takes_a_time_only) {
    struct chute_event *event = event_of("{\"@timestamp\":1}");
    struct chute_ref ref = ref_of("@timestamp");
    struct chute_time time = { .seconds = 86400, .nanos = 5000000 }, got;
    cr_expect_not(chute_event_time(event, &got), "a number is none");
    cr_expect(chute_event_set(event, &ref, chute_time_value(time)));
    cr_expect_str_eq(print(event), "{\"@timestamp\":\"1970-01-02T00:00:00.005Z\"}");
    cr_expect(chute_event_time(event, &got) && got.seconds == 86400 && got.nanos == 5000000);
    cr_expect(chute_event_remove(event, &ref, NULL));
    cr_expect_not(chute_event_time(event, &got));
    chute_event_set_time(event, time);
    cr_expect(chute_event_time(event, &got));
}

Test(base_event, remove_takes_one_field) {
    static const struct {
        const char *event, *ref, *want, *removed; /* removed NULL: was not there */
    } rows[] = {
        { "{\"a\":1,\"b\":2}", "a", "{\"b\":2}", "1" },
        { "{\"a\":{\"b\":1,\"c\":2}}", "[a][b]", "{\"a\":{\"c\":2}}", "1" },
        { "{\"a\":{\"b\":1}}", "[a][b]", "{\"a\":{}}", "1" },
        { "{\"a\":null}", "a", "{}", "null" },
        { "{\"l\":[1,2,3]}", "[l][1]", "{\"l\":[1,3]}", "2" },
        { "{\"l\":[1,2,3]}", "[l][-1]", "{\"l\":[1,2]}", "3" },
        { "{\"l\":[1]}", "[l][1]", "{\"l\":[1]}", NULL },
        { "{\"l\":[1]}", "[l][x]", "{\"l\":[1]}", NULL },
        { "{\"a\":1}", "b", "{\"a\":1}", NULL },
        { "{\"a\":1}", "[a][b]", "{\"a\":1}", NULL },
        { "{\"a\":1}", "[b][c]", "{\"a\":1}", NULL },
        { "{\"tags\":[\"x\"]}", "tags", "{}", "[\"x\"]" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_event *event = event_of(rows[i].event);
        struct chute_ref ref = ref_of(rows[i].ref);
        struct chute_value removed;
        bool was_there = chute_event_remove(event, &ref, &removed);
        cr_expect_str_eq(print(event), rows[i].want, "%s of %s", rows[i].ref, rows[i].event);
        cr_expect_eq(was_there, rows[i].removed != NULL, "%s of %s", rows[i].ref, rows[i].event);
        if (was_there && rows[i].removed != NULL) {
            out.len = 0;
            chute_json_encode(&out, &removed);
            cr_expect_str_eq(chute_buf_cstr(&out), rows[i].removed);
        }
    }
    struct chute_event *event = event_of("{}");
    struct chute_ref ref = ref_of("[@metadata][a]"), all = ref_of("[@metadata]");
    chute_event_set(event, &ref, chute_int(1));
    struct chute_value removed;
    cr_expect(chute_event_remove(event, &all, &removed));
    cr_expect_eq(removed.as.object->count, 1);
    cr_expect_str_eq(print(event), "{}");
    cr_expect(chute_event_set(event, &ref, chute_int(2)), "and it can be filled again");
    cr_expect_str_eq(print(event), "{} {\"a\":2}");
}

#define NOW "1970-01-01T00:00:00.000Z"
#define HEAD "\"@timestamp\":\"" NOW "\",\"@version\":\"1\""

Test(base_event, adopts_what_data_brought) {
    static const struct {
        const char *event, *want;
    } rows[] = {
        { "{}", "{" HEAD "}" },
        { "{\"a\":1}", "{\"a\":1," HEAD "}" },
        { "{\"@version\":\"2\"}", "{\"@version\":\"2\",\"@timestamp\":\"" NOW "\"}" },
        { "{\"@timestamp\":\"2026-11-23T21:40:31.123+01:00\",\"a\":1}",
            "{\"@timestamp\":\"2026-11-23T20:40:31.123Z\",\"a\":1,\"@version\":\"1\"}" },
        { "{\"@timestamp\":\"yesterday\"}",
            "{" HEAD ",\"_@timestamp\":\"yesterday\",\"tags\":[\"_timestampparsefailure\"]}" },
        { "{\"@timestamp\":17}",
            "{" HEAD ",\"_@timestamp\":17,\"tags\":[\"_timestampparsefailure\"]}" },
        { "{\"@timestamp\":null}", "{" HEAD "}" },
        { "{\"@timestamp\":{\"a\":1},\"tags\":\"own\"}",
            "{\"@timestamp\":\"" NOW "\",\"tags\":[\"own\",\"_timestampparsefailure\"],"
            "\"@version\":\"1\",\"_@timestamp\":{\"a\":1}}" },
        { "{\"tags\":\"a\"}", "{\"tags\":\"a\"," HEAD "}" },
        { "{\"tags\":[\"a\",\"b\"]}", "{\"tags\":[\"a\",\"b\"]," HEAD "}" },
        { "{\"tags\":[]}", "{\"tags\":[]," HEAD "}" },
        { "{\"tags\":null}", "{\"tags\":null," HEAD "}" },
        { "{\"tags\":7,\"a\":1}",
            "{\"a\":1," HEAD ",\"_tags\":7,\"tags\":[\"_tagsparsefailure\"]}" },
        { "{\"tags\":[\"a\",{}]}",
            "{" HEAD ",\"_tags\":[\"a\",{}],\"tags\":[\"_tagsparsefailure\"]}" },
        { "{\"@metadata\":{\"a\":1},\"b\":2}", "{\"b\":2," HEAD "} {\"a\":1}" },
        { "{\"@metadata\":\"text\",\"b\":2}", "{\"b\":2," HEAD "}" },
        { "{\"@timestamp\":true,\"tags\":true,\"@metadata\":{\"m\":1}}",
            "{" HEAD ",\"_@timestamp\":true,\"_tags\":[true,\"_timestampparsefailure\"],"
            "\"tags\":[\"_tagsparsefailure\"]} {\"m\":1}" },
        { "{\"t\":1,\"tag\":2,\"@t\":3,\"@\":4}", "{\"t\":1,\"tag\":2,\"@t\":3,\"@\":4," HEAD "}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_event *event = event_of(rows[i].event);
        chute_event_adopt(event);
        cr_expect_str_eq(print(event), rows[i].want, "%s: %s", rows[i].event, out.at);
    }
}

Test(base_event, adopts_an_object_that_is_full) {
    for (int count = 1; count < 40; count++) { /* adding moves the members at some of them */
        struct chute_buf json = { 0 };
        chute_buf_printf(&json, "{\"@timestamp\":5,\"tags\":5,\"@metadata\":{\"m\":1}");
        for (int i = 0; i < count; i++) {
            chute_buf_printf(&json, ",\"f%d\":%d", i, i);
        }
        chute_buf_printf(&json, "}");
        struct chute_event *event = event_of(chute_buf_cstr(&json));
        chute_event_adopt(event);
        struct chute_time time;
        cr_expect(chute_event_time(event, &time));
        cr_expect(chute_event_has_tag(event, CHUTE_STR("_tagsparsefailure")));
        cr_expect_null(chute_event_field(event, CHUTE_STR("@metadata")));
        cr_expect_eq(event->fields.as.object->count, (uint32_t)count + 5);
        chute_buf_finish(&json);
    }
}

Test(base_event, tags_stand_once) {
    struct chute_event *event = event_of("{}");
    chute_event_tag(event, CHUTE_STR("a"));
    chute_event_tag(event, CHUTE_STR("b"));
    chute_event_tag(event, CHUTE_STR("a"));
    cr_expect_str_eq(print(event), "{\"tags\":[\"a\",\"b\"]}");
    cr_expect(chute_event_has_tag(event, CHUTE_STR("b")));
    cr_expect_not(chute_event_has_tag(event, CHUTE_STR("c")));
    chute_event_untag(event, CHUTE_STR("a"));
    chute_event_untag(event, CHUTE_STR("c"));
    cr_expect_str_eq(print(event), "{\"tags\":[\"b\"]}");

    event = event_of("{\"tags\":\"plain\"}");
    cr_expect(chute_event_has_tag(event, CHUTE_STR("plain")));
    chute_event_tag(event, CHUTE_STR("new"));
    cr_expect_str_eq(print(event), "{\"tags\":[\"plain\",\"new\"]}");

    event = event_of("{\"tags\":\"plain\"}");
    chute_event_untag(event, CHUTE_STR("plain"));
    cr_expect_str_eq(print(event), "{\"tags\":[]}");

    event = event_of("{\"tags\":[\"x\",\"y\",\"x\"]}");
    chute_event_untag(event, CHUTE_STR("x"));
    cr_expect_str_eq(print(event), "{\"tags\":[\"y\"]}", "every such tag");
}
