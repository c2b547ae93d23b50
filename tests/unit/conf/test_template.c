#include <criterion/criterion.h>

#include "conf/template.h"
#include "pipeline/base/batch.h"
#include "pipeline/base/json.h"
#include "tests/unit/support/fake_clock.h"

static struct chute_event *make_event(struct chute_batch *batch, const char *json) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_event *event = chute_batch_add_bare(batch);
    cr_assert(chute_json_decode(parser, &batch->arena, chute_str_of(json), &event->fields) ==
                  CHUTE_JSON_OK,
        "%s", json);
    chute_event_adopt(event);
    chute_json_parser_destroy(parser);
    return event;
}

static const char event_json[] =
    "{\"bar\":\"foo\",\"@timestamp\":\"2015-10-01T12:34:56.078901Z\",\"j\":{\"k1\":\"v\",\"n\":2},"
    "\"list\":[\"Hello\",\"world\",3,null,true],\"deep\":[[1,[2]],{\"k\":null,\"l\":[1,null,{\"m\":"
    "\"x\"}]}],\"int\":-42,\"real\":2.5,\"exact\":12345678901234567890,\"big\":1e300,\"yes\":true,"
    "\"no\":false,\"nil\":null,\"empty\":\"\",\"none\":[],\"a b\":\"blank\",\"@metadata\":{\"m\":"
    "\"meta\"}}";

static const struct {
    const char *text, *want;
} rows[] = {
    { "", "" },
    { "/full/path", "/full/path" },
    { "%{bar}", "foo" },
    { "/a/%{bar}/b%{bar}", "/a/foo/bfoo" },
    { "%{[bar]}", "foo" },
    { "%{[j][k1]}", "v" },
    { "%{[@metadata][m]}", "meta" },
    { "%{a b}", "blank" },
    { "%{do-not-exist}/x", "%{do-not-exist}/x" },
    { "%{[j][k1][z]}", "%{[j][k1][z]}" },
    { "%{nil}", "%{nil}" },
    { "<%{empty}>", "<>" },
    { "%{j}", "{\"k1\":\"v\",\"n\":2}" },
    { "%{list}", "Hello,world,3,,true" },
    { "%{none}", "" },
    { "%{deep}", "1,2,{k=null, l=[1, null, {m=x}]}" },
    { "%{[list][0]}-%{[list][-1]}", "Hello-true" },
    { "%{int} %{real} %{exact} %{big}", "-42 2.5 12345678901234567890 1.0E300" },
    { "%{yes}%{no}", "truefalse" },
    { "%{@timestamp}", "2015-10-01T12:34:56.078901Z" },
    { "logs-%{+YYYY.MM.dd}", "logs-2015.10.01" },
    { "%{+YYYY.MM.dd'T'HH:mm:ss.SSS}", "2015.10.01T12:34:56.078" },
    { "%{+xxxx-'W'ww}", "2015-W40" },
    { "%{+%s}", "1443702896" },
    { "%{+%ss}", "%56" },
    { "%{}|%{+}", "1443702896|1443702896" },
    { "%{+bbb}", "%{+bbb}" },
    { "%{{YYYY-DDD}}/%{bar}", "2015-274/foo" },
    { "%{{yyyy-MM-dd'T'HH:mm:ss.SSSSSS}}", "2015-10-01T12:34:56.078901" },
    { "%{{bbb}}", "%{{bbb}}" },
    { "%{{bar}", "%{{bar}" },
    { "%{{bar}x", "%{{bar}x" },
    { "%{bar", "%{bar" },
    { "%bar}", "%bar}" },
    { "%%{bar}}", "%foo}" },
    { "%{[j}", "%{[j}" },
    { "%{[j][k1]x}", "%{[j][k1]x}" },
    { "}%{bar}", "}foo" },
    { "%{bar}%{", "foo%{" },
    { "%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}%{bar}"
      "%{bar}%{bar}%{bar}",
        "foofoofoofoofoofoofoofoofoofoofoofoofoofoofoofoofoofoo" },
};

Test(template, renders) {
    struct chute_batch batch = { 0 };
    struct chute_event *event = make_event(&batch, event_json);
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct chute_template *template =
            chute_template_compile(&arena, chute_str_of(rows[i].text), CHUTE_ESCAPE_NONE);
        struct chute_template_cache cache = { 0 };
        struct chute_str want = chute_str_of(rows[i].want);
        struct chute_str got = chute_template_render(template, event, &batch.arena);
        cr_expect(chute_str_eq(got, want), "%s: got %.*s", rows[i].text, CHUTE_STR_ARGS(got));
        for (int turn = 0; turn < 2; turn++) {
            got = chute_template_render_cached(template, event, &batch.arena, &cache);
            cr_expect(
                chute_str_eq(got, want), "%s: cached: %.*s", rows[i].text, CHUTE_STR_ARGS(got));
        }
        chute_template_cache_finish(&cache);
        cr_expect(
            chute_str_eq(chute_template_text(template), chute_str_of(rows[i].text)), "%zu", i);
    }
    chute_arena_finish(&arena);
    chute_batch_finish(&batch);
}

Test(template, knows_what_is_constant) {
    static const struct {
        const char *text;
        bool is_constant;
    } texts[] = { { "", true }, { "a%b", true }, { "%{", true }, { "%{[x}", true },
        { "a%{+bbb}b", true }, { "%{a}", false }, { "x%{+YYYY}", false }, { "%{+%s}", false } };
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct chute_template *template =
            chute_template_compile(&arena, chute_str_of(texts[i].text), CHUTE_ESCAPE_NONE);
        cr_expect(
            chute_template_is_constant(template) == texts[i].is_constant, "%s", texts[i].text);
    }
    chute_arena_finish(&arena);
}

Test(template, dates_of_an_event_without_time_are_empty) {
    struct chute_batch batch = { 0 };
    struct chute_event *event = make_event(&batch, "{\"@timestamp\":\"2015-10-01T12:34:56Z\"}");
    cr_assert(chute_object_remove(event->fields.as.object, CHUTE_STR("@timestamp")));
    const struct chute_template *template = chute_template_compile(
        &batch.arena, CHUTE_STR("a%{+YYYY}b%{+%s}c%{{yyyy}}d"), CHUTE_ESCAPE_NONE);
    struct chute_str got = chute_template_render(template, event, &batch.arena);
    cr_expect(chute_str_eq(got, CHUTE_STR("abcd")), "%.*s", CHUTE_STR_ARGS(got));
    chute_batch_finish(&batch);
}

Test(template, time_now_is_the_clock) {
    struct chute_batch batch = { 0 };
    struct chute_event *event = make_event(&batch, event_json);
    struct chute_template_cache cache = { 0 };
    const struct chute_template *template =
        chute_template_compile(&batch.arena, CHUTE_STR("%{{TIME_NOW}}"), CHUTE_ESCAPE_NONE);
    const char *const days[] = { "2031-02-03T00:00:00Z", "2032-04-05T00:00:00Z" };
    for (size_t i = 0; i < 2; i++) {
        test_clock_set(days[i]);
        struct chute_str got = chute_template_render_cached(template, event, &batch.arena, &cache);
        struct chute_str day = { days[i], 10 };
        cr_expect(chute_str_starts_with(got, day), "%.*s", CHUTE_STR_ARGS(got));
    }
    chute_template_cache_finish(&cache);
    chute_batch_finish(&batch);
}

Test(template, the_cache_follows_the_second) {
    struct chute_batch batch = { 0 };
    struct chute_event *event = make_event(&batch, event_json);
    struct chute_template_cache cache = { 0 };
    const struct chute_template *template = chute_template_compile(
        &batch.arena, CHUTE_STR("%{+HH:mm:ss}|%{{ss.SSS}}"), CHUTE_ESCAPE_NONE);
    static const struct {
        struct chute_time time;
        const char *want;
    } times[] = {
        { { 0, 0 }, "00:00:00|00.000" },
        { { 0, 5000000 }, "00:00:00|00.005" },
        { { 1, 5000000 }, "00:00:01|01.005" },
        { { 0, 0 }, "00:00:00|00.000" },
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        chute_event_set_time(event, times[i].time);
        struct chute_str got = chute_template_render_cached(template, event, &batch.arena, &cache);
        cr_expect(chute_str_eq(got, chute_str_of(times[i].want)), "%s: got %.*s", times[i].want,
            CHUTE_STR_ARGS(got));
    }
    chute_template_cache_finish(&cache);
    chute_batch_finish(&batch);
}
