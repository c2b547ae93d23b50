#include <criterion/criterion.h>

#include "../support/filter.h"

static const struct test_filter_row set_rows[] = {
    { "coerce sets what is null", "coerce => { \"a1\" => \"x%{b1}\" }", "{\"a1\":null,\"b1\":2}",
        "{\"a1\":\"x2\",\"b1\":2} matched" },
    { "coerce leaves what is not there", "coerce => { \"a1\" => \"x\" }", "{}", "{} matched" },
    { "coerce leaves what has a value", "coerce => { \"a1\" => \"x\" }", "{\"a1\":0}",
        "{\"a1\":0} matched" },
    { "rename moves a field", "rename => { \"a1\" => \"[b1][c1]\" }", "{\"a1\":[1,2]}",
        "{\"b1\":{\"c1\":[1,2]}} matched" },
    { "rename of null", "rename => { \"a1\" => \"b1\" }", "{\"a1\":null}",
        "{\"b1\":null} matched" },
    { "rename of what is missing", "rename => { \"a1\" => \"b1\" }", "{\"b1\":1}",
        "{\"b1\":1} matched" },
    { "rename with names from the event", "rename => { \"%{x1}\" => \"%{y1}\" }",
        "{\"x1\":\"a\",\"y1\":\"[n][m]\",\"a\":7}",
        "{\"x1\":\"a\",\"y1\":\"[n][m]\",\"n\":{\"m\":7}} matched" },
    { "rename below a text loses the field", "rename => { \"a1\" => \"[b1][c1]\" }",
        "{\"a1\":1,\"b1\":\"t\"}", "{\"b1\":\"t\",\"tags\":[\"_mutate_error\"]}" },
    { "rename to an illegal name loses the field", "rename => { \"a1\" => \"[b\" }", "{\"a1\":1}",
        "{\"tags\":[\"_mutate_error\"]}" },
    { "rename to @timestamp of a text", "rename => { \"a1\" => \"@timestamp\" }", "{\"a1\":\"x\"}",
        "{\"tags\":[\"_mutate_error\"]}" },
    { "rename of a time", "rename => { \"@timestamp\" => \"when\" }",
        "{\"@timestamp\":\"2026-01-02T03:04:05.678Z\"}",
        "{\"when\":\"2026-01-02T03:04:05.678Z\"} matched" },
    { "update sets what is there", "update => { \"a1\" => \"%{a1}!\" \"b1\" => \"x\" }",
        "{\"a1\":\"q\"}", "{\"a1\":\"q!\"} matched" },
    { "replace sets what is not there", "replace => { \"[n][m]\" => \"%{a1}\" }", "{\"a1\":1.5}",
        "{\"a1\":1.5,\"n\":{\"m\":\"1.5\"}} matched" },
    { "replace with a number gives a text", "replace => { \"a1\" => 5 }", "{}",
        "{\"a1\":\"5\"} matched" },
    { "replace of an illegal reference fails", "replace => { \"[a][b\" => \"x\" }", "{}",
        "{\"tags\":[\"_mutate_error\"]}" },
    { "replace of @timestamp fails", "replace => { \"@timestamp\" => \"x\" }",
        "{\"@timestamp\":\"2026-01-02T03:04:05.678Z\"}",
        "{\"@timestamp\":\"2026-01-02T03:04:05.678Z\",\"tags\":[\"_mutate_error\"]}" },
    { "another tag on failure", "replace => { \"[a\" => \"x\" } tag_on_failure => \"oops\"", "{}",
        "{\"tags\":[\"oops\"]}" },
    { "copy is deep", "copy => { \"a1\" => \"[@metadata][z]\" }", "{\"a1\":{\"x\":[1]}}",
        "{\"a1\":{\"x\":[1]}} matched @metadata {\"z\":{\"x\":[1]}}" },
    { "copy of null does nothing", "copy => { \"a1\" => \"b1\" }", "{\"a1\":null}",
        "{\"a1\":null} matched" },
    { "a name with %{ is itself in copy", "copy => { \"a1\" => \"%{x}\" }",
        "{\"a1\":1,\"x\":\"y\"}", "{\"a1\":1,\"x\":\"y\",\"%{x}\":1} matched" },
    { "copy into tags of a number fails", "copy => { \"a1\" => \"tags\" }", "{\"a1\":1}",
        "{\"a1\":1,\"tags\":[\"_mutate_error\"]}" },
    { "merge of two texts", "merge => { \"a1\" => \"b1\" }", "{\"a1\":\"x\",\"b1\":\"y\"}",
        "{\"a1\":[\"x\",\"y\"],\"b1\":\"y\"} matched" },
    { "merge of objects", "merge => { \"a1\" => \"b1\" }",
        "{\"a1\":{\"x\":1,\"y\":2},\"b1\":{\"y\":3,\"z\":4}}",
        "{\"a1\":{\"x\":1,\"y\":3,\"z\":4},\"b1\":{\"y\":3,\"z\":4}} matched" },
    { "merge of object and array does nothing", "merge => { \"a1\" => \"b1\" }",
        "{\"a1\":{\"x\":1},\"b1\":[2]}", "{\"a1\":{\"x\":1},\"b1\":[2]} matched" },
    { "merge of several into an array", "merge => { \"a1\" => [\"b1\", \"c1\"] }",
        "{\"a1\":[1],\"b1\":2,\"c1\":[3,4]}", "{\"a1\":[1,2,3,4],\"b1\":2,\"c1\":[3,4]} matched" },
    { "merge of several into a text keeps the last", "merge => { \"a1\" => [\"b1\", \"c1\"] }",
        "{\"a1\":1,\"b1\":2,\"c1\":3}", "{\"a1\":[1,3],\"b1\":2,\"c1\":3} matched" },
    { "merge of nothing into nothing", "merge => { \"a1\" => \"b1\" }", "{}",
        "{\"a1\":[]} matched" },
    { "the order is not the one written",
        "copy => { \"b1\" => \"c1\" } uppercase => \"b1\" rename => { \"a1\" => \"b1\" }",
        "{\"a1\":\"x\"}", "{\"b1\":\"X\",\"c1\":\"X\"} matched" },
    { "what was done before a failure stays",
        "convert => { \"a1\" => \"float\" } replace => { \"b1\" => \"x\" } uppercase => \"b1\"",
        "{\"a1\":\"q\"}", "{\"a1\":\"q\",\"b1\":\"x\",\"tags\":[\"_mutate_error\"]}" },
    { 0 },
};

Test(filter_mutate, sets) {
    test_filter_rows("mutate", set_rows);
}

static const struct {
    const char *type, *from, *want; /* want NULL: fails */
} conversions[] = {
    { "integer", "\" 1,234 \"", "1234" },
    { "integer", "\"abc\"", NULL },
    { "integer", "\"\"", NULL },
    { "integer", "\"12abc\"", NULL },
    { "integer", "\"-\"", NULL },
    { "integer", "\"1_000\"", "1000" },
    { "integer", "\"+7\"", "7" },
    { "integer", "\"0\"", "0" },
    { "integer", "\"010\"", "8" },
    { "integer", "\"-017\"", "-15" },
    { "integer", "\"08\"", NULL },
    { "integer", "\"08.5\"", "8" },
    { "integer", "\"9007199254740993.0\"", "9007199254740992" },
    { "integer", "\"-7.9\"", "-7" },
    { "integer", "\"1e3\"", NULL },
    { "integer", "\"1.0e3\"", "1000" },
    { "integer", "\"hello\"", NULL },
    { "integer", "\"0x1A\"", "26" },
    { "integer", "\"-0xff\"", "-255" },
    { "integer", "\"0x7fffffffffffffff\"", "9223372036854775807" },
    { "integer", "\"0xFFFFFFFFFFFFFFFFFF\"", "4722366482869645213695" },
    { "integer", "\"0xzz\"", NULL },
    { "integer", "\"0x1p3\"", NULL },
    { "integer", "\"0x1.8p+1\"", "3" },
    { "integer", "\"680564693277057720000000000000000000000\"",
        "680564693277057720000000000000000000000" },
    { "integer", "680564693277057720000000000000000000000",
        "680564693277057720000000000000000000000" },
    { "integer", "12.9", "12" },
    { "integer", "-12.9", "-12" },
    { "integer", "true", "1" },
    { "integer", "{\"x\":\"1\"}", "{\"x\":\"1\"}" },
    { "integer", "null", "null" },
    { "integer", "[\"1\",null,2.5,false]", "[1,null,2,0]" },
    { "integer", "[\"1\",[\"2\"]]", NULL },
    { "integer_eu", "\"1.234,9\"", "1234" },
    { "integer_eu", "5", "5" },
    { "float", "\"1,234.5\"", "1234.5" },
    { "float", "\"x\"", NULL },
    { "float", "\"\"", NULL },
    { "float", "\" 1e3 \"", "1000.0" },
    { "float", "3", "3.0" },
    { "float", "2.50", "2.5" },
    { "float", "true", "1.0" },
    { "float", "[\"1\",\"q\"]", NULL },
    { "float_eu", "\"1.234,5\"", "1234.5" },
    { "string", "1234", "\"1234\"" },
    { "string", "2147483648.0", "\"2147483648.0\"" },
    { "string", "1e300", "\"1.0e+300\"" },
    { "string", "true", "\"true\"" },
    { "string", "[1,null,{\"a\":[null,\"q\\\"\"]}]",
        "[\"1\",null,\"{\\\"a\\\"=>[nil, \\\"q\\\\\\\"\\\"]}\"]" },
    { "boolean", "\"YES\"", "true" },
    { "boolean", "\"t\"", "true" },
    { "boolean", "\"\"", "false" },
    { "boolean", "\"1.0\"", "true" },
    { "boolean", "\"1x0\"", "true" },
    { "boolean", "\"no\\nyes\"", "true" },
    { "boolean", "\"nope\"", "\"nope\"" },
    { "boolean", "0.0", "false" },
    { "boolean", "1", "true" },
    { "boolean", "-1", "-1" },
    { "boolean", "\"\\u0011\"", "\"\\u0011\"" },
    { "boolean", "[\"1\",0,2]", "[true,false,2]" },
};

Test(filter_mutate, converts) {
    for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++) {
        char options[64], event[256], want[256];
        const char *from = conversions[i].from;
        snprintf(options, sizeof(options), "convert => { \"a1\" => \"%s\" }", conversions[i].type);
        snprintf(event, sizeof(event), "{\"a1\":%s}", from);
        if (conversions[i].want != NULL) {
            snprintf(want, sizeof(want), "{\"a1\":%s} matched", conversions[i].want);
        } else {
            snprintf(want, sizeof(want), "{\"a1\":%s,\"tags\":[\"_mutate_error\"]}", from);
        }
        struct test_filter rig = { 0 };
        cr_assert(test_filter_open(&rig, "mutate", options), "%s", options);
        const char *got = test_filter_run(&rig, event);
        cr_expect_str_eq(
            got, want, "%s of %s: got %s, want %s", conversions[i].type, from, got, want);
        test_filter_finish(&rig);
    }
}

Test(filter_mutate, leaves_a_time_a_time) {
    static const struct test_filter_row rows[] = {
        { "a copy of a time is one", "copy => { \"@timestamp\" => \"a1\" }",
            "{\"@timestamp\":\"1970-01-01T00:01:40.250Z\"}",
            "{\"@timestamp\":\"1970-01-01T00:01:40.250Z\",\"a1\":\"1970-01-01T00:01:40.250Z\"} "
            "matched" },
        { "@timestamp cannot become a number", "convert => { \"@timestamp\" => \"integer\" }",
            "{\"@timestamp\":\"1970-01-01T00:01:40.250Z\"}",
            "{\"@timestamp\":\"1970-01-01T00:01:40.250Z\",\"tags\":[\"_mutate_error\"]}" },
        { 0 },
    };
    test_filter_rows("mutate", rows);
}

static const struct test_filter_row text_rows[] = {
    { "gsub of a text", "gsub => [\"a1\", \"[aeiou]+\", \"_\"]", "{\"a1\":\"queueing\"}",
        "{\"a1\":\"q_ng\"} matched" },
    { "gsub with a named group", "gsub => [\"a1\", \"(\\w)-(?<n>\\w)\", \"[\\k<n>]\"]",
        "{\"a1\":\"a-b c-d\"}", "{\"a1\":\"[b] [d]\"} matched" },
    { "gsub with numbered groups and a whole match",
        "gsub => [\"a1\", \"(\\w)-(\\w)\", \"\\2\\0\"]", "{\"a1\":\"a-b\"}",
        "{\"a1\":\"ba-b\"} matched" },
    { "gsub: ^ stands at every line", "gsub => [\"a1\", \"^x\", \"y\"]", "{\"a1\":\"x\\nx\"}",
        "{\"a1\":\"y\\ny\"} matched" },
    { "gsub of an array leaves numbers", "gsub => [\"a1\", \"a\", \"b\"]",
        "{\"a1\":[\"aa\",1,null,[\"a\"]]}", "{\"a1\":[\"bb\",1,null,[\"a\"]]} matched" },
    { "gsub of a number, an object, nothing",
        "gsub => [\"a1\", \"1\", \"2\", \"b1\", \"1\", \"2\", \"c1\", \"1\", \"2\"]",
        "{\"a1\":1,\"b1\":{\"x\":\"1\"}}", "{\"a1\":1,\"b1\":{\"x\":\"1\"}} matched" },
    { "gsub with a regex from the event", "gsub => [\"a1\", \"<%{b1}>\", \"%{c1}\"]",
        "{\"a1\":\"x<77>y\",\"b1\":\"\\\\d+\",\"c1\":\"q\"}",
        "{\"a1\":\"xqy\",\"b1\":\"\\\\d+\",\"c1\":\"q\"} matched" },
    { "gsub with what is no regex in this event", "gsub => [\"a1\", \"%{b1}\", \"\"]",
        "{\"a1\":\"x\",\"b1\":\"(\"}", "{\"a1\":\"x\",\"b1\":\"(\",\"tags\":[\"_mutate_error\"]}" },
    { "gsub of characters beyond ASCII", "gsub => [\"a1\", \"é.\", \"\"]", "{\"a1\":\"caféñé\"}",
        "{\"a1\":\"café\"} matched" },
    { "case", "uppercase => \"a1\" lowercase => \"b1\" capitalize => \"c1\"",
        "{\"a1\":\"straße\",\"b1\":[\"ÀB\",1],\"c1\":\"éCOLE D\"}",
        "{\"a1\":\"STRASSE\",\"b1\":[\"àb\",1],\"c1\":\"École d\"} matched" },
    { "case of what is no text", "uppercase => [\"a1\", \"b1\", \"c1\"]", "{\"a1\":1,\"b1\":null}",
        "{\"a1\":1,\"b1\":null} matched" },
    { "strip takes blanks, line ends and NUL, not a no-break space", "strip => [\"a1\", \"b1\"]",
        "{\"a1\":\" \\t\\u0000x \\n\",\"b1\":[\"\\u00a0y \"]}",
        "{\"a1\":\"x\",\"b1\":[\"\xc2\xa0y\"]} matched" },
    { "strip of an array with a number fails", "strip => \"a1\"", "{\"a1\":[\" x\",1]}",
        "{\"a1\":[\" x\",1],\"tags\":[\"_mutate_error\"]}" },
    { "strip of a number", "strip => \"a1\"", "{\"a1\":1}", "{\"a1\":1} matched" },
    { "split keeps leading and drops trailing empties", "split => { \"a1\" => \",\" }",
        "{\"a1\":\",,x,,y,,\"}", "{\"a1\":[\"\",\"\",\"x\",\"\",\"y\"]} matched" },
    { "split at a blank takes runs", "split => { \"a1\" => \" \" }", "{\"a1\":\"  x  y\\tz \"}",
        "{\"a1\":[\"x\",\"y\",\"z\"]} matched" },
    { "split into characters", "split => { \"a1\" => \"\" }", "{\"a1\":\"aéb\"}",
        "{\"a1\":[\"a\",\"é\",\"b\"]} matched" },
    { "split of the empty text", "split => { \"a1\" => \"::\" }", "{\"a1\":\"\"}",
        "{\"a1\":[]} matched" },
    { "split at a longer separator", "split => { \"a1\" => \"::\" }", "{\"a1\":\"a::b:c\"}",
        "{\"a1\":[\"a\",\"b:c\"]} matched" },
    { "join", "join => { \"a1\" => \"-\" }",
        "{\"a1\":[\"x\",1,null,true,2.5,[\"n\",\"m\"],{\"k\":null}]}",
        "{\"a1\":\"x-1--true-2.5-n-m-{\\\"k\\\"=>nil}\"} matched" },
    { "join of a text does nothing", "join => { \"a1\" => \"-\" }", "{\"a1\":\"x\"}",
        "{\"a1\":\"x\"} matched" },
    { "split, then join", "split => { \"a1\" => \".\" } join => { \"a1\" => \"/\" }",
        "{\"a1\":\"a.b.c\"}", "{\"a1\":\"a/b/c\"} matched" },
    { 0 },
};

/* Each step with the one behind it, written the other way round; strip and lowercase make no difference. */
static const struct test_filter_row order_rows[] = {
    { "coerce, then rename", "rename => { \"a1\" => \"b1\" } coerce => { \"a1\" => \"v\" }",
        "{\"a1\":null}", "{\"b1\":\"v\"} matched" },
    { "rename, then update", "update => { \"b1\" => \"u\" } rename => { \"a1\" => \"b1\" }",
        "{\"a1\":\"x\"}", "{\"b1\":\"u\"} matched" },
    { "update, then replace", "replace => { \"a1\" => \"%{a1}r\" } update => { \"a1\" => \"u\" }",
        "{\"a1\":\"x\"}", "{\"a1\":\"ur\"} matched" },
    { "replace, then convert",
        "convert => { \"a1\" => \"integer\" } replace => { \"a1\" => \"1\" }", "{}",
        "{\"a1\":1} matched" },
    { "convert, then gsub", "gsub => [\"a1\", \"1\", \"2\"] convert => { \"a1\" => \"string\" }",
        "{\"a1\":12}", "{\"a1\":\"22\"} matched" },
    { "gsub, then uppercase", "uppercase => \"a1\" gsub => [\"a1\", \"a\", \"b\"]",
        "{\"a1\":\"aA\"}", "{\"a1\":\"BA\"} matched" },
    { "uppercase, then capitalize", "capitalize => \"a1\" uppercase => \"a1\"", "{\"a1\":\"ab\"}",
        "{\"a1\":\"Ab\"} matched" },
    { "capitalize, then lowercase", "lowercase => \"a1\" capitalize => \"a1\"", "{\"a1\":\"ab\"}",
        "{\"a1\":\"ab\"} matched" },
    { "strip, then split", "split => { \"a1\" => \"x\" } strip => \"a1\"", "{\"a1\":\" a x b \"}",
        "{\"a1\":[\"a \",\" b\"]} matched" },
    { "split, then join", "join => { \"a1\" => \"/\" } split => { \"a1\" => \".\" }",
        "{\"a1\":\"a.b\"}", "{\"a1\":\"a/b\"} matched" },
    { "join, then merge", "merge => { \"a1\" => \"b1\" } join => { \"a1\" => \"-\" }",
        "{\"a1\":[1,2],\"b1\":3}", "{\"a1\":[\"1-2\",3],\"b1\":3} matched" },
    { "merge, then copy", "copy => { \"a1\" => \"c1\" } merge => { \"a1\" => \"b1\" }",
        "{\"a1\":[1],\"b1\":2}", "{\"a1\":[1,2],\"b1\":2,\"c1\":[1,2]} matched" },
    { 0 },
};

Test(filter_mutate, has_its_own_order) {
    test_filter_rows("mutate", order_rows);
}

Test(filter_mutate, changes_texts) {
    test_filter_rows("mutate", text_rows);
}

Test(filter_mutate, keeps_few_regexes_made_from_events) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "mutate", "gsub => [\"a1\", \"%{b1}\", \"-\"]"));
    for (int i = 0; i < 200; i++) {
        char event[80], want[80];
        snprintf(event, sizeof(event), "{\"a1\":\"x%dy\",\"b1\":\"%d\"}", i % 40, i % 40);
        snprintf(want, sizeof(want), "{\"a1\":\"x-y\",\"b1\":\"%d\"} matched", i % 40);
        cr_expect_str_eq(test_filter_run(&rig, event), want);
    }
    test_filter_finish(&rig);
}

Test(filter_mutate, refuses) {
    cr_expect(test_filter_refuses("mutate", "convert => { \"a1\" => \"int\" }", "\"int\""));
    cr_expect(test_filter_refuses("mutate", "gsub => [\"a1\", \"b1\"]", "threes"));
    cr_expect(test_filter_refuses("mutate", "gsub => [\"a1\", \"(\", \"\"]", "regular expression"));
    cr_expect(test_filter_refuses("mutate", "remove => [\"a1\"]", "obsolete"));
    cr_expect(test_filter_refuses("mutate", "trim => [\"a1\"]", "obsolete"));
    cr_expect(test_filter_refuses("mutate", "nosuch => 1", "nosuch"));
}
