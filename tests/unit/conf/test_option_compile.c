#include <criterion/criterion.h>

#include "conf/template.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/json.h"
#include "../support/compile.h"

struct settings {
    bool flag;
    long long port, size, wait;
    double ratio;
    struct chute_str text, secret, file;
    int mode;
    struct chute_list list, few;
    const struct chute_object *hash;
    struct chute_value value;
    const struct chute_ref *ref;
    struct chute_refs refs;
    const struct chute_template *template;
    struct chute_templates templates;
    struct chute_codec *codec;
};

struct common {
    struct chute_str id, text;
};

static const char *const modes[] = { "fast", "slow", "1", NULL };

static const struct chute_option options[] = {
    { .name = "flag", CHUTE_BOOLEAN(struct settings, flag), .fallback = "true" },
    { .name = "port",
        CHUTE_INTEGER(struct settings, port),
        .fallback = "9600",
        .has_bounds = true,
        .min = 1,
        .max = 65535 },
    { .name = "size",
        CHUTE_SIZE(struct settings, size),
        .has_bounds = true,
        .min = 10,
        .max = INT32_MAX },
    { .name = "wait", CHUTE_SECONDS(struct settings, wait), .fallback = "1 minute" },
    { .name = "ratio", CHUTE_FLOAT(struct settings, ratio), .fallback = "0.5" },
    { .name = "text", CHUTE_TEXT(struct settings, text), .fallback = "\"a b\"" },
    { .name = "secret", CHUTE_TEXT(struct settings, secret), .is_secret = true },
    { .name = "file", CHUTE_TEXT(struct settings, file), .fallback = "nowhere", .is_file = true },
    { .name = "mode", CHUTE_CHOICE(struct settings, mode), .choices = modes },
    { .name = "list", CHUTE_LIST(struct settings, list), .fallback = "[\"message\"]" },
    { .name = "few", CHUTE_LIST(struct settings, few), .choices = modes },
    { .name = "hash", CHUTE_HASH(struct settings, hash) },
    { .name = "value", CHUTE_VALUE(struct settings, value), .fallback = "{ a1 => [1, \"2\"] }" },
    { .name = "ref", CHUTE_REF(struct settings, ref), .fallback = "[a][b]" },
    { .name = "refs", CHUTE_REFS(struct settings, refs), .fallback = "message" },
    { .name = "template", CHUTE_TEMPLATE(struct settings, template), .fallback = "[a]-%{b}" },
    { .name = "templates", CHUTE_TEMPLATES(struct settings, templates), .fallback = "[]" },
    { .name = "codec", CHUTE_CODEC(struct settings, codec) },
    { .name = "tcp_port", .alias_of = "port" },
    { .name = "pem", .alias_of = "file" },
    { .name = "old_port",
        .alias_of = "port",
        .state = CHUTE_OPTION_DEPRECATED,
        .hint = "use port" },
    { .name = "threads", .state = CHUTE_OPTION_IGNORED, .hint = "there is no JVM" },
    { .name = "gone", .state = CHUTE_OPTION_OBSOLETE, .hint = "use text" },
    { .name = "never", .state = CHUTE_OPTION_UNSUPPORTED, .hint = "use list" },
    { .name = "shaky",
        CHUTE_TEXT(struct settings, secret),
        .state = CHUTE_OPTION_DEPRECATED,
        .hint = "use text" },
    { 0 },
};

static const struct chute_option common_options[] = {
    { .name = "id", CHUTE_TEXT(struct common, id) },
    { .name = "text", CHUTE_TEXT(struct common, text), .fallback = "hidden" },
    { 0 },
};

static void add_list(struct chute_buf *out, struct chute_list list) {
    for (size_t i = 0; i < list.count; i++) {
        chute_buf_printf(out, "%s%.*s", i == 0 ? "" : "|", CHUTE_STR_ARGS(list.items[i]));
        cr_expect_eq(list.items[i].at[list.items[i].len], '\0');
    }
}

/* The member that an option is about, as text. */
static void show(struct chute_buf *out, const struct settings *got, const char *name) {
    const struct chute_option *row = chute_option_find(options, chute_str_of(name));
    const void *member = (const char *)got + row->offset;
    switch (row->type) {
    case CHUTE_OPT_BOOL:
        chute_buf_printf(out, "%d", *(const bool *)member);
        break;
    case CHUTE_OPT_FLOAT:
        chute_buf_printf(out, "%g", *(const double *)member);
        break;
    case CHUTE_OPT_CHOICE:
        chute_buf_printf(out, "%d", *(const int *)member);
        break;
    case CHUTE_OPT_STR:
        chute_buf_printf(out, "%s", *(const char *const *)member);
        break;
    case CHUTE_OPT_LIST:
        add_list(out, *(const struct chute_list *)member);
        break;
    case CHUTE_OPT_HASH: {
        struct chute_value hash = { .type = CHUTE_OBJECT,
            .as.object = *(struct chute_object *const *)member };
        chute_json_encode(out, &hash);
        break;
    }
    case CHUTE_OPT_VALUE:
        chute_json_encode(out, member);
        break;
    case CHUTE_OPT_REF:
        chute_buf_add_str(out, (*(const struct chute_ref *const *)member)->text);
        break;
    case CHUTE_OPT_REFS:
        for (size_t i = 0; i < got->refs.count; i++) {
            chute_buf_printf(
                out, "%s%.*s", i == 0 ? "" : "|", CHUTE_STR_ARGS(got->refs.items[i].text));
        }
        break;
    case CHUTE_OPT_TEMPLATE:
        chute_buf_add_str(out, chute_template_text(got->template));
        break;
    case CHUTE_OPT_TEMPLATES:
        for (size_t i = 0; i < got->templates.count; i++) {
            struct chute_str text = chute_template_text(got->templates.items[i]);
            chute_buf_printf(out, "%s%.*s", i == 0 ? "" : "|", CHUTE_STR_ARGS(text));
        }
        break;
    default:
        chute_buf_printf(out, "%lld", *(const long long *)member);
    }
}

static const struct {
    const char *config, *option, *want;
} good[] = {
    { "", "flag", "1" },
    { "", "port", "9600" },
    { "", "size", "0" },
    { "", "wait", "60000" },
    { "", "ratio", "0.5" },
    { "", "text", "a b" },
    { "", "file", "nowhere" },
    { "", "mode", "-1" },
    { "", "list", "message" },
    { "", "value", "{\"a1\":[1,\"2\"]}" },
    { "", "ref", "[a][b]" },
    { "", "refs", "message" },
    { "flag => false", "flag", "0" },
    { "flag => \"false\"", "flag", "0" },
    { "flag => [\"true\"]", "flag", "1" },
    { "port => 1", "port", "1" },
    { "port => \"9200\"", "port", "9200" },
    { "port => [ 80 ]", "port", "80" },
    { "port => 80.0", "port", "80" },
    { "tcp_port => 81", "port", "81" },
    { "old_port => 82", "port", "82" },
    { "port => 83 port => 83", "port", "83" },
    { "size => 123", "size", "123" },
    { "size => \"10 KiB\"", "size", "10240" },
    { "wait => 0.25", "wait", "250" },
    { "wait => \"30\"", "wait", "30000" },
    { "wait => -1", "wait", "-1000" },
    { "wait => \"500ms\"", "wait", "500" },
    { "ratio => 2", "ratio", "2" },
    { "ratio => \"1e3\"", "ratio", "1000" },
    { "text => word", "text", "word" },
    { "text => 007", "text", "007" },
    { "text => ['x y']", "text", "x y" },
    { "text => ''", "text", "" },
    { "text => \"a\" text => \"a\"", "text", "a" },
    { "file => \"CMakeLists.txt\"", "file", "CMakeLists.txt" },
    { "mode => slow", "mode", "1" },
    { "mode => 1", "mode", "2" },
    { "list => \"one\"", "list", "one" },
    { "list => []", "list", "" },
    { "list => [\"one\", two, 3]", "list", "one|two|3" },
    { "list => [\"1\"] list => \"2\" list => '3' list => [\"4\", \"5\"]", "list", "1|2|3|4|5" },
    { "list => \"1\" list => [\"2\"]", "list", "1|2" },
    { "list => [] list => [] list => a1", "list", "a1" },
    { "few => [fast, \"slow\"]", "few", "fast|slow" },
    { "hash => {}", "hash", "{}" },
    { "hash => { \"status\" => 1 \"bytes\" => 1.50 took => true port => \"x\" \"5\" => 07.5 }",
        "hash", "{\"took\":\"true\",\"port\":\"x\",\"5\":7.5,\"bytes\":1.50,\"status\":1}" },
    { "hash => { cc => { status => 1 port => 2 } bb => [ { status => 3 port => 4 } ] }", "hash",
        "{\"cc\":{\"port\":2,\"status\":1},\"bb\":[{\"status\":3,\"port\":4}]}" },
    { "hash => [\"status\", \"integer\", \"port\", \"float\"]", "hash",
        "{\"status\":\"integer\",\"port\":\"float\"}" },
    { "hash => [\"aa\", 1, \"bb\", 2, \"aa\", 3, \"aa\", 4]", "hash", "{\"aa\":[1,3,4],\"bb\":2}" },
    { "hash => []", "hash", "{}" },
    { "hash => { aa => 1 } hash => { bb => 2 aa => 3 } hash => { aa => [4] bb => 2 }", "hash",
        "{\"aa\":[1,3,4],\"bb\":2}" },
    { "hash => { aa => { bb => 1 } } hash => { aa => { bb => 2 cc => 3 } }", "hash",
        "{\"aa\":{\"bb\":[1,2],\"cc\":3}}" },
    { "hash => [\"aa\", 1] hash => [\"bb\", 2]", "hash", "{\"aa\":1,\"bb\":2}" },
    { "value => 12345678901234567890", "value", "12345678901234567890" },
    { "value => [ { aa => bb } ]", "value", "[{\"aa\":\"bb\"}]" },
    { "value => -5", "value", "-5" },
    { "", "template", "[a]-%{b}" },
    { "", "templates", "" },
    { "template => \"%{+YYYY}\"", "template", "%{+YYYY}" },
    { "templates => one", "templates", "one" },
    { "templates => [\"%{a}\", 2]", "templates", "%{a}|2" },
    { "ref => \"[x][y]\"", "ref", "[x][y]" },
    { "ref => [\"[x][y]\"]", "ref", "[x][y]" },
    { "ref => \"\"", "ref", "" },
    { "refs => \"[x][y]\"", "refs", "[x][y]" },
    { "refs => [\"aa\", \"[@metadata][b]\"]", "refs", "aa|[@metadata][b]" },
};

Test(conf_option_compile, sets_what_is_written_or_the_default) {
    struct test_compile rig = { 0 };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct settings got = { 0 };
        struct chute_buf shown = { 0 };
        test_compile_parse(&rig, good[i].config);
        bool is_good = chute_options_compile(options, NULL, rig.plugin, &got, NULL, &rig.ctx);
        cr_expect(is_good, "%s: %s", good[i].config, test_compile_notes(&rig));
        if (is_good) {
            show(&shown, &got, good[i].option);
            cr_expect_str_eq(
                chute_buf_cstr(&shown), good[i].want, "%s: got %s", good[i].config, shown.at);
        }
        chute_buf_finish(&shown);
    }
    test_compile_finish(&rig);
}

static const struct {
    const char *config, *want;
} bad[] = {
    { "prot => 1", "error: filter \"x\" has no option \"prot\" (did you mean \"port\"?)" },
    { "zzzzzzzz => 1", "error: filter \"x\" has no option \"zzzzzzzz\"" },
    { "flag => yes",
        "error: option \"flag\" of filter \"x\" expects true or false, found \"yes\"" },
    { "flag => 1", "error: option \"flag\" of filter \"x\" expects true or false, found \"1\"" },
    { "port => abc",
        "error: option \"port\" of filter \"x\" expects a whole number, found \"abc\"" },
    { "port => 1.5",
        "error: option \"port\" of filter \"x\" expects a whole number, found \"1.5\"" },
    { "port => { aa => 1 }",
        "error: option \"port\" of filter \"x\" expects a whole number, found a hash" },
    { "port => [1, 2]",
        "error: option \"port\" of filter \"x\" expects a whole number, found a list of 2" },
    { "port => json {}",
        "error: option \"port\" of filter \"x\" expects a whole number, found a codec" },
    { "port => 0", "error: option \"port\" of filter \"x\" has to be from 1 to 65535" },
    { "port => 65536", "error: option \"port\" of filter \"x\" has to be from 1 to 65535" },
    { "port => 1 port => 2", "error: option \"port\" of filter \"x\" is given twice (before on "
                             "line 1), and takes one value" },
    { "port => 1 tcp_port => 1",
        "error: \"port\" and \"tcp_port\" are two names of one option of filter \"x\"; write one" },
    { "size => 9", "error: option \"size\" of filter \"x\" has to be at least 10" },
    { "size => \"5 GiB\"", "error: option \"size\" of filter \"x\" has to be at most 2147483647" },
    { "size => \"10k\"", "error: option \"size\" of filter \"x\" expects a size such as 123 or "
                         "\"10 MiB\", found \"10k\"" },
    { "wait => soon", "error: option \"wait\" of filter \"x\" expects seconds, or a duration such "
                      "as \"500ms\" or "
                      "\"2 hours\", found \"soon\"" },
    { "secret => [\"aa\", \"bb\"]",
        "error: option \"secret\" of filter \"x\" expects one text, found a list of 2" },
    { "file => \"nowhere\"",
        "error: option \"file\" of filter \"x\" names a file that is not there: nowhere" },
    { "pem => \"nowhere\"",
        "error: option \"pem\" of filter \"x\" names a file that is not there: nowhere" },
    { "mode => fats",
        "error: option \"mode\" of filter \"x\" expects one of \"fast\", \"slow\", \"1\", found "
        "\"fats\" (did you mean \"fast\"?)" },
    { "few => [fast, quick]", "error: option \"few\" of filter \"x\" expects one of \"fast\", "
                              "\"slow\", \"1\", found \"quick\"" },
    { "list => [[1]]",
        "error: option \"list\" of filter \"x\" expects a list of texts, found a list of 1" },
    { "list => { aa => 1 }",
        "error: option \"list\" of filter \"x\" expects a list of texts, found a hash" },
    { "hash => [\"a\"]", "error: option \"hash\" of filter \"x\" expects a hash, or a list of keys "
                         "and values in turn; "
                         "this list has 1 items" },
    { "hash => \"a\"", "error: option \"hash\" of filter \"x\" expects a hash, found \"a\"" },
    { "hash => [[1], 2]", "error: option \"hash\" of filter \"x\" expects a text as a key" },
    { "hash => { aa => [ json {} ] }",
        "error: option \"hash\" of filter \"x\" expects a hash, found a codec" },
    { "hash => { aa => 1 } hash => [\"a\", 1]", "error: option \"hash\" of filter \"x\" is given "
                                                "more than once, as a hash and as something else" },
    { "ref => \"[a\"",
        "error: option \"ref\" of filter \"x\" holds an illegal field reference: \"[a\"" },
    { "refs => [\"a\", \"b]\"]",
        "error: option \"refs\" of filter \"x\" holds an illegal field reference: \"b]\"" },
    { "template => [1, 2]", "error: option \"template\" of filter \"x\" expects one text, which "
                            "may hold %{fields}, found a "
                            "list of 2" },
    { "templates => { aa => 1 }", "error: option \"templates\" of filter \"x\" expects a list of "
                                  "texts, which may hold %{fields}, "
                                  "found a hash" },
    { "codec => 5", "error: option \"codec\" of filter \"x\" expects a codec, found \"5\"" },
    { "codec => nope", "error: no codec \"nope\"" },
    { "codec => json codec => plain", "error: option \"codec\" of filter \"x\" is given twice "
                                      "(before on line 1), and takes one value" },
    { "codec => json {} codec => json {}", "error: option \"codec\" of filter \"x\" is given twice "
                                           "(before on line 1), and takes one value" },
    { "gone => 1", "error: option \"gone\" of filter \"x\" is obsolete (use text)" },
    { "never => 1", "error: option \"never\" of filter \"x\" is not supported (use list)" },
    { "port => 0 flag => 5 prot => 1",
        "error: option \"port\" of filter \"x\" has to be from 1 to 65535\n"
        "error: option \"flag\" of filter \"x\" expects true or false, found \"5\"\n"
        "error: filter \"x\" has no option \"prot\" (did you mean \"port\"?)" },
};

Test(conf_option_compile, refuses_what_cannot_be_meant) {
    struct test_compile rig = { 0 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct settings got = { 0 };
        test_compile_parse(&rig, bad[i].config);
        cr_expect_not(chute_options_compile(options, NULL, rig.plugin, &got, NULL, &rig.ctx), "%s",
            bad[i].config);
        cr_expect_str_eq(test_compile_notes(&rig), bad[i].want, "%s: got %s", bad[i].config,
            test_compile_notes(&rig));
    }
    test_compile_finish(&rig);
}

static const struct {
    const char *config, *want;
} warned[] = {
    { "old_port => 82", "warning: option \"old_port\" of filter \"x\" is deprecated (use port)" },
    { "shaky => 1", "warning: option \"shaky\" of filter \"x\" is deprecated (use text)" },
    { "threads => [1, 2]",
        "warning: option \"threads\" of filter \"x\" has no effect here (there is no JVM)" },
    { "file => \"nowhere\"",
        "warning: option \"file\" of filter \"x\" names a file that is not there: nowhere" },
    { "port => 1", "" },
};

Test(conf_option_compile, warns_and_goes_on) {
    struct test_compile rig = { 0 };
    for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
        struct settings got = { 0 };
        test_compile_parse(&rig, warned[i].config);
        rig.ctx.is_check_only = true;
        cr_expect(chute_options_compile(options, NULL, rig.plugin, &got, NULL, &rig.ctx), "%s",
            warned[i].config);
        cr_expect_str_eq(test_compile_notes(&rig), warned[i].want, "%s: got %s", warned[i].config,
            test_compile_notes(&rig));
    }
    test_compile_finish(&rig);
}

Test(conf_option_compile, a_variable_that_is_not_set_is_reported_once) {
    struct test_compile rig = { 0 };
    struct settings got = { 0 };
    test_compile_parse(&rig, "port => \"${A}\" mode => \"${B}\" flag => 5");
    for (size_t i = 0; i < 2; i++) {
        chute_diag_error(
            rig.diag, CHUTE_DIAG_CONFIG, rig.plugin->attributes[i].value.position, NULL, "not set");
    }
    cr_expect_not(chute_options_compile(options, NULL, rig.plugin, &got, NULL, &rig.ctx));
    cr_expect_str_eq(test_compile_notes(&rig),
        "error: not set\nerror: not set\nerror: option \"flag\" of filter "
        "\"x\" expects true or false, found \"5\"");
    test_compile_finish(&rig);
}

Test(conf_option_compile, secrets_are_not_shown) {
    static const struct chute_option rows[] = {
        { .name = "pin", CHUTE_INTEGER(struct settings, port), .is_secret = true },
        { 0 },
    };
    struct test_compile rig = { 0 };
    struct settings got = { 0 };
    test_compile_parse(&rig, "pin => hunter2");
    cr_expect_not(chute_options_compile(rows, NULL, rig.plugin, &got, NULL, &rig.ctx));
    cr_expect_str_eq(
        test_compile_notes(&rig), "error: option \"pin\" of filter \"x\" expects a whole number");
    test_compile_finish(&rig);
}

Test(conf_option_compile, required_options) {
    static const struct chute_option rows[] = {
        { .name = "text", CHUTE_TEXT(struct settings, text), .is_required = true },
        { .name = "old", .alias_of = "text" },
        { 0 },
    };
    static const struct {
        const char *config, *want;
    } cases[] = {
        { "", "error: filter \"x\" needs option \"text\"" },
        { "text => aa", "" },
        { "old => aa", "" },
    };
    struct test_compile rig = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct settings got = { 0 };
        test_compile_parse(&rig, cases[i].config);
        bool is_good = chute_options_compile(rows, NULL, rig.plugin, &got, NULL, &rig.ctx);
        cr_expect_eq(is_good, cases[i].want[0] == '\0', "%s", cases[i].config);
        cr_expect_str_eq(test_compile_notes(&rig), cases[i].want);
    }
    test_compile_finish(&rig);
}

Test(conf_option_compile, common_options_come_after_the_plugins_own) {
    struct test_compile rig = { 0 };
    struct settings got = { 0 };
    struct common common = { 0 };
    test_compile_parse(&rig, "id => \"abc\" text => mine");
    cr_expect(chute_options_compile(options, common_options, rig.plugin, &got, &common, &rig.ctx));
    cr_expect_str_eq(common.id.at, "abc");
    cr_expect_str_eq(got.text.at, "mine");
    cr_expect_null(common.text.at);
    test_compile_finish(&rig);
}

Test(conf_option_compile, nothing_written_gives_the_defaults) {
    struct test_compile rig = { 0 };
    struct settings got = { 0 };
    test_compile_parse(&rig, "");
    cr_expect(chute_options_compile(options, NULL, NULL, &got, NULL, &rig.ctx));
    cr_expect_eq(got.port, 9600);
    cr_expect_null(got.hash);
    cr_expect_null(got.secret.at);
    test_compile_finish(&rig);
}

Test(conf_option_compile, codecs) {
    static const struct chute_option codec_row[] = {
        { .name = "codec", CHUTE_CODEC(struct settings, codec) },
        { 0 },
    };
    static const struct chute_option none[] = { { 0 } };
    struct test_compile rig = { 0 };
    struct settings got = { 0 };
    struct settings common = { 0 };
    test_compile_parse(&rig, "");
    cr_expect(chute_options_compile(none, codec_row, rig.plugin, &got, &common, &rig.ctx));
    cr_expect_str_eq(rig.codec, "plain");
    cr_expect_not_null(common.codec);

    test_compile_parse(&rig, "codec => json { charset => \"UTF-8\" }");
    cr_expect(chute_options_compile(none, codec_row, rig.plugin, &got, &common, &rig.ctx));
    cr_expect_str_eq(rig.codec, "json");
    cr_expect_eq(rig.codecs, 1);

    test_compile_parse(&rig, "codec => json");
    common.codec = NULL;
    rig.ctx.default_codec = NULL;
    cr_expect(chute_options_compile(none, codec_row, rig.plugin, &got, &common, &rig.ctx));
    cr_expect_null(common.codec);
    cr_expect_eq(rig.codecs, 0);
    cr_expect_str_eq(
        test_compile_notes(&rig), "warning: filter \"x\" takes no codec; this one has no effect");
    test_compile_finish(&rig);
}
