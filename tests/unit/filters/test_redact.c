#include <criterion/criterion.h>

#include "../support/filter.h"
#include "../support/shared.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/regex.h"
#include "tests/unit/support/random_regex.h"

static const struct test_filter_row field_rows[] = {
    { "a name, at any depth and in any case", "fields => \"password\"",
        "{\"a\":[{\"PassWord\":\"x\"}],\"b\":{\"password\":{\"old\":1}},\"password2\":\"y\"}",
        "{\"a\":[{\"PassWord\":\"[REDACTED]\"}],\"b\":{\"password\":\"[REDACTED]\"},"
        "\"password2\":\"y\"} matched" },
    { "whatever its type", "fields => [\"a1\", \"b1\", \"c1\", \"d1\"]",
        "{\"a1\":1,\"b1\":null,\"c1\":[1],\"d1\":true}",
        "{\"a1\":\"[REDACTED]\",\"b1\":\"[REDACTED]\",\"c1\":\"[REDACTED]\",\"d1\":\"[REDACTED]\"} "
        "matched" },
    { "a glob", "fields => [\"*pass*\"]", "{\"user_passwd\":\"x\",\"u\":{\"bypass\":1},\"pas\":2}",
        "{\"user_passwd\":\"[REDACTED]\",\"u\":{\"bypass\":\"[REDACTED]\"},\"pas\":2} matched" },
    { "a reference, exactly there", "fields => [\"[user][ssn]\"]",
        "{\"user\":{\"ssn\":1,\"SSN\":2},\"ssn\":3,\"x\":{\"user\":{\"ssn\":4}}}",
        "{\"user\":{\"ssn\":\"[REDACTED]\",\"SSN\":2},\"ssn\":3,\"x\":{\"user\":{\"ssn\":4}}} "
        "matched" },
    { "a reference into an array", "fields => [\"[l1][-1]\"]", "{\"l1\":[1,2]}",
        "{\"l1\":[1,\"[REDACTED]\"]} matched" },
    { "nothing found", "fields => [\"password\", \"[x][y]\"]", "{\"a\":\"b\"}", "{\"a\":\"b\"}" },
    { "names leave @metadata alone, references do not", "fields => [\"key\", \"[@metadata][pin]\"]",
        "{\"@metadata\":{\"key\":1,\"pin\":2}}",
        "{} matched @metadata {\"key\":1,\"pin\":\"[REDACTED]\"}" },
    { "a glob leaves the time alone", "fields => \"*\"",
        "{\"@timestamp\":\"2026-01-02T03:04:05.678Z\",\"a\":1}",
        "{\"@timestamp\":\"2026-01-02T03:04:05.678Z\",\"a\":\"[REDACTED]\"} matched" },
    { "another replacement", "fields => \"pin\" replacement => '\"'", "{\"pin\":1}",
        "{\"pin\":\"\\\"\"} matched" },
    { 0 },
};

Test(filter_redact, hides_fields) {
    test_filter_rows("redact", field_rows);
}

static const struct test_filter_row pattern_rows[] = {
    { "every text of the event", "patterns => { \"pw\" => \"pw=\\S+\" }",
        "{\"m\":\"a pw=1 b pw=2\",\"n\":{\"l\":[\"pw=3\",4]},\"event\":{\"original\":\"pw=5 x\"}}",
        "{\"m\":\"a [REDACTED] b [REDACTED]\",\"n\":{\"l\":[\"[REDACTED]\",4]},"
        "\"event\":{\"original\":\"[REDACTED] x\"}} matched" },
    { "a list", "patterns => [\"\\d+\", \"z\"]", "{\"m\":\"a12z\"}",
        "{\"m\":\"a[REDACTED][REDACTED]\"} matched" },
    { "a hash in written order",
        "patterns => { \"zz\" => \"a\" \"aa\" => \"x\" } replacement => 'xx'", "{\"m\":\"a\"}",
        "{\"m\":\"xxxx\"} matched" },
    { "the same twice",
        "patterns => { \"p1\" => \"a\" } patterns => { \"p1\" => \"a\" \"p2\" => \"b\" }",
        "{\"m\":\"ab\"}", "{\"m\":\"[REDACTED][REDACTED]\"} matched" },
    { "one alone", "patterns => \"\\d+\"", "{\"m\":\"a12\"}", "{\"m\":\"a[REDACTED]\"} matched" },
    { "with groups", "patterns => [\"(?<k>pw|pin)=\\S+\"] replacement => '\\k<k>=***'",
        "{\"m\":\"pin=7 pw=8\"}", "{\"m\":\"pin=*** pw=***\"} matched" },
    { "a whole value has no groups", "patterns => [\"x\"] fields => \"f1\" replacement => '\\0!'",
        "{\"f1\":\"x\",\"m\":\"x\"}", "{\"f1\":\"[REDACTED]\",\"m\":\"x!\"} matched" },
    { "only in source", "patterns => [\"x\"] source => [\"a1\", \"[b1][c1]\"]",
        "{\"a1\":{\"l\":[\"x\"]},\"b1\":{\"c1\":\"x\",\"d1\":\"x\"}}",
        "{\"a1\":{\"l\":[\"[REDACTED]\"]},\"b1\":{\"c1\":\"[REDACTED]\",\"d1\":\"x\"}} matched" },
    { "source does not narrow fields", "patterns => [\"x\"] source => \"a1\" fields => \"pin\"",
        "{\"a1\":\"x\",\"b1\":\"x\",\"pin\":1}",
        "{\"a1\":\"[REDACTED]\",\"b1\":\"x\",\"pin\":\"[REDACTED]\"} matched" },
    { "@metadata is not looked at", "patterns => [\"x\"]", "{\"@metadata\":{\"a\":\"x\"}}",
        "{} @metadata {\"a\":\"x\"}" },
    { "unless source names it", "patterns => [\"x\"] source => \"[@metadata]\"",
        "{\"@metadata\":{\"a\":\"x\"},\"b\":\"x\"}",
        "{\"b\":\"x\"} matched @metadata {\"a\":\"[REDACTED]\"}" },
    { "tags too", "patterns => [\"x\"]", "{\"tags\":[\"x1\"]}",
        "{\"tags\":[\"[REDACTED]1\"]} matched" },
    { "keys, numbers and the time stay", "patterns => [\"1\"]",
        "{\"1\":1,\"@timestamp\":\"2011-01-01T01:01:01.111Z\"}",
        "{\"1\":1,\"@timestamp\":\"2011-01-01T01:01:01.111Z\"}" },
    { "a later pattern sees what an earlier one put",
        "patterns => [\"a\", \"x\"] replacement => 'x'", "{\"m\":\"a\"}", "{\"m\":\"x\"} matched" },
    { "a text that needs escaping", "patterns => [\"x\"]", "{\"m\":\"\\\"x\\n\"}",
        "{\"m\":\"\\\"[REDACTED]\\n\"} matched" },
    { "not ASCII", "patterns => [\"é+\"]", "{\"m\":\"caféé ñ\"}",
        "{\"m\":\"caf[REDACTED] ñ\"} matched" },
    { 0 },
};

Test(filter_redact, replaces_what_matches) {
    test_filter_rows("redact", pattern_rows);
}

static const struct test_filter_row detector_rows[] = {
    { "alone it takes everything", "",
        "{\"message\":\"login of a@b.example with password=hunter2\",\"password\":\"x\",\"n\":1}",
        "{\"message\":\"login of [REDACTED:email] with password=[REDACTED:key_value]\","
        "\"password\":\"[REDACTED:field]\",\"n\":1} matched" },
    { "at any depth, and in the original", "",
        "{\"a\":[{\"apiKey\":\"k\",\"t\":[\"card "
        "4111111111111111\"]}],\"event\":{\"original\":\"pwd=x1\"}}",
        "{\"a\":[{\"apiKey\":\"[REDACTED:field]\",\"t\":[\"card [REDACTED:credit_card]\"]}],"
        "\"event\":{\"original\":\"pwd=[REDACTED:key_value]\"}} matched" },
    { "what lies below a sensitive name", "",
        "{\"credentials\":{\"user\":\"bob\",\"n\":1,\"ok\":true},\"tokens\":[\"a1\",2],\"session\":"
        "{\"n\":1,\"x\":\"y\"}}",
        "{\"credentials\":{\"user\":\"[REDACTED:field]\",\"n\":1,\"ok\":true},\"tokens\":[\"["
        "REDACTED:field]\",2],"
        "\"session\":{\"n\":1,\"x\":\"y\"}} matched" },
    { "numbers too, but nothing empty", "",
        "{\"pin\":1234,\"cvv\":\"123\",\"password\":null,\"secret\":\"\",\"token\":\"***\",\"api_"
        "key\":true}",
        "{\"pin\":\"[REDACTED:field]\",\"cvv\":\"[REDACTED:field]\",\"password\":null,\"secret\":"
        "\"\","
        "\"token\":\"***\",\"api_key\":true} matched" },
    { "a name and its value apart", "",
        "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"x1\"},{\"name\":\"TZ\",\"value\":\"UTC\"},"
        "{\"value\":\"x2\"}],\"header\":{\"key\":\"X-Api-Key\",\"Value\":5}}",
        "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"[REDACTED:field]\"},{\"name\":\"TZ\","
        "\"value\":"
        "\"UTC\"},{\"value\":\"x2\"}],\"header\":{\"key\":\"X-Api-Key\",\"Value\":\"[REDACTED:"
        "field]\"}} "
        "matched" },
    { "how many there are is no secret", "",
        "{\"tokens\":\"69\",\"secrets\":3,\"passwords\":\"x69\"}",
        "{\"tokens\":\"69\",\"secrets\":3,\"passwords\":\"[REDACTED:field]\"} matched" },
    { "a flag is none either", "", "{\"projection\":{\"password\":0,\"token\":1,\"secret\":2}}",
        "{\"projection\":{\"password\":0,\"token\":1,\"secret\":\"[REDACTED:field]\"}} matched" },
    { "a name under a sensitive one is no name", "",
        "{\"password\":{\"key\":\"x1\",\"name\":\"x2\"},\"session\":{\"value\":\"x3\",\"n\":1}}",
        "{\"password\":{\"key\":\"[REDACTED:field]\",\"name\":\"[REDACTED:field]\"},\"session\":"
        "{\"value\":\"[REDACTED:field]\",\"n\":1}} matched" },
    { "a name that holds a secret", "", "{\"seen\":{\"anna@school.example\":1,\"b\":2}}",
        "{\"seen\":{\"[REDACTED:email]\":1,\"b\":2}} matched" },
    { "a telephone's field", "",
        "{\"phone\":\"5551234567\",\"mobile\":4915112345678,\"phone_model\":\"x5551234567\"}",
        "{\"phone\":\"[REDACTED:phone]\",\"mobile\":\"[REDACTED:phone]\",\"phone_model\":"
        "\"x5551234567\"} matched" },
    { "only what is named", "detectors => [\"email\"]",
        "{\"m\":\"a@b.example password=x1\",\"password\":\"x\"}",
        "{\"m\":\"[REDACTED:email] password=x1\",\"password\":\"x\"} matched" },
    { "a group", "detectors => [\"financial\"]", "{\"m\":\"4111111111111111 a@b.example\"}",
        "{\"m\":\"[REDACTED:credit_card] a@b.example\"} matched" },
    { "all but one", "detectors => [\"all\", \"-email\"]", "{\"m\":\"a@b.example pwd=x1\"}",
        "{\"m\":\"a@b.example pwd=[REDACTED:key_value]\"} matched" },
    { "a minus alone means all but", "detectors => [\"-email\"]", "{\"m\":\"a@b.example pwd=x1\"}",
        "{\"m\":\"a@b.example pwd=[REDACTED:key_value]\"} matched" },
    { "addresses only when named", "detectors => [\"all\", \"ip_address\"]",
        "{\"m\":\"from 10.0.0.1\"}", "{\"m\":\"from [REDACTED:ip_address]\"} matched" },
    { "fields or patterns alone bring no detectors", "fields => [\"x1\"]",
        "{\"m\":\"pwd=x1 a@b.example\"}", "{\"m\":\"pwd=x1 a@b.example\"}" },
    { "beside fields and patterns",
        "detectors => [\"all\"] fields => [\"x1\"] patterns => { \"student\" => \"S-\\d{3}\" }",
        "{\"x1\":5,\"m\":\"S-123 a@b.example\"}",
        "{\"x1\":\"[REDACTED]\",\"m\":\"[REDACTED] [REDACTED:email]\"} matched" },
    { "only in source", "detectors => [\"email\"] source => [\"[a1]\"]",
        "{\"a1\":\"a@b.example\",\"b1\":\"a@b.example\"}",
        "{\"a1\":\"[REDACTED:email]\",\"b1\":\"a@b.example\"} matched" },
    { "nothing found", "",
        "{\"message\":\"password must be long\",\"secretary\":\"Anna\",\"tokens_left\":3}",
        "{\"message\":\"password must be long\",\"secretary\":\"Anna\",\"tokens_left\":3}" },
    { "text that needs escaping stays right", "", "{\"m\":\"\\\"pwd=x1\\\"\\n\"}",
        "{\"m\":\"\\\"pwd=[REDACTED:key_value]\\\"\\n\"} matched" },
    { 0 },
};

Test(filter_redact, detects) {
    test_filter_rows("redact", detector_rows);
}

/* HMAC-SHA-256 of nothing, with key k. */
#define NOTHING_HASHED "[1:8bb990c40a7d61cb97597a942125025be50ac8beb74436e3735b98893a7f6620]"

static const struct test_filter_row action_rows[] = {
    { "mask", "action => \"mask\"", "{\"m\":\"pwd=hunter2 ok\",\"pin\":1234,\"secret\":\"é1\"}",
        "{\"m\":\"pwd=******* ok\",\"pin\":\"****\",\"secret\":\"**\"} matched" },
    { "partial", "action => \"partial\"", "{\"m\":\"card 4111111111111111\",\"secret\":\"short\"}",
        "{\"m\":\"card ************1111\",\"secret\":\"*****\"} matched" },
    { "partial keeps the last", "action => \"partial\" keep_last => 2",
        "{\"m\":\"card 4111 1111 1111 1111\"}", "{\"m\":\"card *****************11\"} matched" },
    { "empty matches leave characters whole",
        "patterns => [\"y*\"] action => \"hash\" key => \"k\"", "{\"m\":\"é\"}",
        "{\"m\":\"" NOTHING_HASHED "é" NOTHING_HASHED "\"} matched" },
    { "hash: HMAC-SHA-256 of RFC 4231's second case",
        "detectors => [] patterns => [\"what do ya want for nothing\\?\"] "
        "action => \"hash\" key => \"Jefe\"",
        "{\"m\":\"what do ya want for nothing?\"}",
        "{\"m\":\"[1:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843]\"} "
        "matched" },
    { "remove", "action => \"remove\"",
        "{\"m\":\"pwd=hunter2\",\"n\":1,\"a\":[\"x\",\"a@b.example\"],\"secret\":\"q\"}",
        "{\"n\":1,\"a\":[\"x\"]} matched" },
    { "drop", "action => \"drop\"", "{\"m\":\"pwd=hunter2\"}", "dropped" },
    { "drop leaves others", "action => \"drop\"", "{\"m\":\"pwd\"}", "{\"m\":\"pwd\"}" },
    { "by kind, group and all, the narrower first",
        "action => { \"email\" => \"mask\" \"all\" => \"replace\" \"secrets\" => \"remove\" }",
        "{\"a\":\"x@y.example\",\"b\":\"pwd=q1\",\"c\":\"4111111111111111\"}",
        "{\"a\":\"***********\",\"c\":\"[REDACTED:credit_card]\"} matched" },
    { "of a pattern and of fields",
        "patterns => { \"id\" => \"S-\\d+\" } fields => [\"x1\"] action => { \"id\" => \"partial\" "
        "\"fields\" => \"mask\" } "
        "keep_last => 1",
        "{\"m\":\"S-12 and S-345\",\"x1\":\"ab\"}",
        "{\"m\":\"***2 and ****5\",\"x1\":\"**\"} matched" },
    { "a replacement of one's own", "replacement => \"<gone>\"", "{\"m\":\"pwd=q1\",\"pin\":1}",
        "{\"m\":\"pwd=<gone>\",\"pin\":\"<gone>\"} matched" },
    { "an object as a whole", "fields => [\"o1\"] action => \"mask\"", "{\"o1\":{\"a\":1}}",
        "{\"o1\":\"*******\"} matched" },
    { "audit", "audit => true", "{\"m\":\"a@b.example c@d.example pwd=q1\",\"pin\":1}",
        "{\"m\":\"[REDACTED:email] [REDACTED:email] "
        "pwd=[REDACTED:key_value]\",\"pin\":\"[REDACTED:field]\"} matched "
        "@metadata {\"redact\":{\"email\":2,\"key_value\":1,\"field\":1}}" },
    { "no audit where nothing was", "audit => true", "{\"m\":\"x\"}", "{\"m\":\"x\"}" },
    { 0 },
};

Test(filter_redact, acts) {
    test_filter_rows("redact", action_rows);
}

Test(filter_redact, counts_by_kind_and_field) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact", ""));
    test_filter_run(
        &rig, "{\"m\":\"a@b.example c@d.example\",\"u\":{\"email\":\"e@f.example\",\"pin\":1}}");
    test_filter_run(&rig, "{\"m\":\"a@b.example\",\"a@b.example\":{\"password\":\"x\"}}");
    cr_expect_eq(test_filter_count(&rig, "redacted/email/m"), 3);
    cr_expect_eq(test_filter_count(&rig, "redacted/email/[u][email]"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/field/[u][pin]"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/field/[[REDACTED:email]][password]"), 1);
    test_filter_finish(&rig);
}

/* Names come from events, so what is counted apart has a bound. */
Test(filter_redact, counts_no_more_than_so_many_fields) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact", ""));
    struct chute_buf event = { 0 };
    for (int i = 0; i < 1000; i++) {
        event.len = 0;
        chute_buf_printf(&event, "{\"f%d\":\"a@b.example\"}", i);
        test_filter_run(&rig, chute_buf_cstr(&event));
    }
    cr_expect_eq(test_filter_count(&rig, "redacted/email/f0"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/email/f999"), 0);
    cr_expect_eq(test_filter_count(&rig, "redacted/email/other"), 1000 - 256);
    chute_buf_finish(&event);
    test_filter_finish(&rig);
}

/* A pattern that gives up must not let the text pass. */
Test(filter_redact, hides_a_text_in_which_a_pattern_gives_up) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact", "patterns => { \"bad\" => \"^(a+)+$\" }"));
    const char *got =
        test_filter_run(&rig, "{\"m\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}");
    cr_expect_str_eq(got, "{\"m\":\"[REDACTED]\"} matched", "%s", got);
    test_filter_finish(&rig);
}

/* Nor one that gives up behind what it has matched already. */
Test(filter_redact, hides_a_text_in_which_a_pattern_gives_up_later) {
    static const char *const actions[] = { "replace", "mask", "partial", "remove" };
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        struct test_filter rig = { 0 };
        char options[100];
        snprintf(options, sizeof(options),
            "patterns => { \"bad\" => \"x|^(a+)+$\" } action => \"%s\"", actions[i]);
        cr_assert(test_filter_open(&rig, "redact", options));
        const char *got =
            test_filter_run(&rig, "{\"m\":\"x\\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}");
        cr_expect_null(strstr(got, "aaaaa"), "%s: %s", actions[i], got);
        test_filter_finish(&rig);
    }
}

Test(filter_redact, counts) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact",
        "fields => \"pin\" patterns => { \"pw\" => \"pw=\\S+\" \"no\" => \"nope\" }"));
    test_filter_run(&rig, "{\"pin\":1,\"a\":\"pw=1 pw=2\",\"b\":\"pw=3\"}");
    test_filter_run(&rig, "{\"x\":{\"pin\":1},\"a\":\"pw\"}");
    cr_expect_eq(test_filter_count(&rig, "redacted/fields/pin"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/fields/[x][pin]"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/pw/a"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/pw/b"), 1);
    cr_expect_eq(test_filter_count(&rig, "redacted/no/a"), 0);
    test_filter_finish(&rig);
}

Test(filter_redact, refuses) {
    cr_expect(test_filter_refuses("redact", "detectors => []", "hides nothing"));
    cr_expect(test_filter_refuses("redact", "detectors => [\"emial\"]", "did you mean \"email\""));
    cr_expect(test_filter_refuses("redact", "detectors => [\"-nope\"]", "no detector \"nope\""));
    cr_expect(test_filter_refuses("redact", "action => \"burn\"", "is no action"));
    cr_expect(test_filter_refuses(
        "redact", "action => { \"emial\" => \"mask\" }", "no kind, group or pattern"));
    cr_expect(test_filter_refuses("redact", "action => \"hash\"", "needs a key"));
    cr_expect(test_filter_refuses("redact", "patterns => [\"(\"]", "pattern \"1\""));
    cr_expect(test_filter_refuses("redact", "patterns => { \"a1\" => 5 }", "not a text"));
    cr_expect(test_filter_refuses("redact", "fields => [\"[a\"]", "neither"));
    cr_expect(test_filter_refuses("redact", "fields => [\"@timestamp\"]", "@timestamp"));
    cr_expect(test_filter_refuses("redact", "fields => [\"[@metadata]\"]", "@metadata"));
}

static const char *const secrets[] = { "password=\\S+", "[Bb]earer [\\w.-]+",
    "\\b\\d{4}[- ]?\\d{4}[- ]?\\d{4}[- ]?\\d{4}\\b", "(?i)secret[:=]\\w+", "api_?key=(\\w+)",
    "[a-z.]+@[a-z.]+", "AKIA[0-9A-Z]{16}", "ghp_\\w{6}", "REDACTED\\] \\d", "x*y" };
static const char *const words[] = { "password=", "hunter2", " ", "Bearer ", "bearer", "4111 1111",
    " 1111-1111", "SECRET:", "secret=q", "apikey=", "api_key=z9", "me@example.com", "AKIA",
    "0123456789ABCDEF", "ghp_", "abcdef", "xxy", "user", "GET /", "\"", "\n", "é" };

static unsigned roll(unsigned below) {
    static struct test_chance chance = { .seed = 88172645463325252u };
    return test_chance_draw(&chance, below);
}

/* With all patterns, so with the prefilter, the result is that of each pattern run in turn by hand. */
Test(filter_redact, the_prefilter_changes_nothing) {
    enum { COUNT = sizeof(secrets) / sizeof(secrets[0]) };
    struct chute_buf options = { 0 };
    struct chute_regex *regexes[COUNT];
    chute_buf_printf(&options, "patterns => [");
    for (size_t i = 0; i < COUNT; i++) {
        struct chute_regex_error error;
        chute_buf_printf(&options, "%s\"%s\"", i == 0 ? "" : ",", secrets[i]);
        regexes[i] = chute_regex_compile(chute_str_of(secrets[i]), NULL, &error);
    }
    chute_buf_printf(&options, "]");
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact", chute_buf_cstr(&options)));
    int changed = 0;
    for (int n = 0; n < 5000; n++) {
        struct chute_buf text = { 0 }, event = { 0 }, want = { 0 };
        for (unsigned part = roll(9); part > 0; part--) {
            chute_buf_add_str(&text, chute_str_of(words[roll(sizeof(words) / sizeof(words[0]))]));
        }
        chute_buf_add_str(&event, CHUTE_STR("{\"m\":"));
        chute_json_encode_str(&event, chute_buf_str(&text));
        chute_buf_add_char(&event, '}');
        bool has_changed = false;
        for (size_t i = 0; i < COUNT; i++) {
            struct chute_buf next = { 0 };
            int found = chute_regex_replace_all(
                regexes[i], rig.run.scratch, chute_buf_str(&text), CHUTE_STR("[REDACTED]"), &next);
            has_changed = has_changed || found > 0;
            chute_buf_finish(&text);
            text = next;
        }
        chute_buf_add_str(&want, CHUTE_STR("{\"m\":"));
        chute_json_encode_str(&want, chute_buf_str(&text));
        chute_buf_printf(&want, "}%s", has_changed ? " matched" : "");
        changed += has_changed;
        const char *got = test_filter_run(&rig, chute_buf_cstr(&event));
        cr_expect_str_eq(got, chute_buf_cstr(&want), "%s: got %s, want %s", chute_buf_cstr(&event),
            got, chute_buf_cstr(&want));
        chute_buf_finish(&text);
        chute_buf_finish(&event);
        chute_buf_finish(&want);
    }
    cr_expect_gt(changed, 1000);
    for (size_t i = 0; i < COUNT; i++) {
        chute_regex_destroy(regexes[i]);
    }
    test_filter_finish(&rig);
    chute_buf_finish(&options);
}

/* Real lines with secrets in them; what must be found there is no matter of patterns of ours. */
Test(filter_redact, takes_real_lines) {
    char *path = test_shared_path("data/redaction-public.ndjson");
    size_t len;
    char *text = path == NULL ? NULL : test_read_file(path, &len);
    if (text == NULL) {
        chute_free(path);
        return;
    }
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "redact",
        "fields => [\"*pass*\", \"*secret*\"] patterns => [\"password=\\S+\", \"[Bb]earer \\S+\", "
        "\"\\b\\d{4}[- ]?\\d{4}[- ]?\\d{4}[- ]?\\d{4}\\b\", \"\\S+@\\S+\", \"AKIA\\w{16}\"]"));
    int lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
        cr_expect_not_null(strstr(test_filter_run(&rig, line), "}"));
    }
    cr_expect_gt(lines, 100);
    test_filter_finish(&rig);
    chute_free(text);
    chute_free(path);
}
