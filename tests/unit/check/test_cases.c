#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/check/cases.h"

static struct chute_diag *diag;
static struct chute_case_file *file;
static struct chute_buf out;

static void close_file(void) {
    chute_case_file_destroy(file);
    chute_diag_destroy(diag);
    chute_buf_finish(&out);
    file = NULL;
    diag = NULL;
}

TestSuite(cases, .fini = close_file);

static bool read_file(const char *name, const char *text) {
    close_file();
    diag = chute_diag_create();
    file = chute_case_file_parse(name, chute_str_of(text), diag);
    return file != NULL;
}

/* All notes, "line:column: message (hint)". */
static const char *notes(void) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    out.len = 0;
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&out, "%u:%u: %s%s%s\n", items[i].position.line, items[i].position.column,
            items[i].message, items[i].hint == NULL ? "" : "; ",
            items[i].hint == NULL ? "" : items[i].hint);
    }
    return chute_buf_cstr(&out);
}

static const char *json_of(const struct chute_value *value) {
    out.len = 0;
    chute_json_encode(&out, value);
    return chute_buf_cstr(&out);
}

static void expect_text(struct chute_str got, const char *want) {
    cr_expect(
        chute_str_eq(got, chute_str_of(want)), "\"%.*s\", want \"%s\"", CHUTE_STR_ARGS(got), want);
}

static const char all_json[] =
    "{\"input_plugin\":\"in\",\"codec\":\"line\",\"fields\":{\"type\":\"t\",\"[a][b]\":1},"
    "\"ignore\":[\"@timestamp\",\"[x][y]\"],\"export_metadata\":true,\"export_outputs\":false,"
    "\"testcases\":[{\"description\":\"d\",\"input\":[\"1\",\"2\"],\"fields\":{\"[c][d]\":{\"[e]\":"
    "2}},"
    "\"expected\":[{\"[a][b]\":1},{}]},{\"expected\":[]}]}";
static const char all_yaml[] =
    "input_plugin: in\ncodec: line\nfields:\n  type: t\n  '[a][b]': 1\nignore: ['@timestamp', "
    "'[x][y]']\n"
    "export_metadata: yes\nexport_outputs: no\ntestcases:\n- description: d\n  input: [1, '2']\n"
    "  event: {'[c][d]': {'[e]': 2}}\n  expected: [{'[a][b]': 1}, {}]\n- expected: []\n";

Test(cases, every_key_is_read_in_json_and_in_yaml) {
    for (int is_yaml = 0; is_yaml < 2; is_yaml++) {
        cr_assert(
            read_file(is_yaml ? "x.yml" : "x.json", is_yaml ? all_yaml : all_json), "%s", notes());
        expect_text(file->input_plugin, "in");
        expect_text(file->codec, "line");
        cr_expect_str_eq(json_of(&file->fields), "{\"type\":\"t\",\"a\":{\"b\":1}}");
        cr_assert_eq(file->ignored_count, 2);
        expect_text(file->ignored[1], "[x][y]");
        cr_expect(file->exports_metadata);
        cr_expect_not(file->exports_outputs);
        cr_assert_eq(file->count, 2);
        expect_text(file->cases[0].description, "d");
        cr_assert_eq(file->cases[0].line_count, 2);
        expect_text(file->cases[0].lines[0], "1");
        cr_expect_str_eq(json_of(&file->cases[0].fields), "{\"c\":{\"d\":{\"e\":2}}}");
        cr_assert_eq(file->cases[0].expected_count, 2);
        cr_expect_str_eq(json_of(&file->cases[0].expected[0]), "{\"a\":{\"b\":1}}");
        cr_expect_eq(file->cases[1].line_count, 0);
        cr_expect_eq(file->expected_count, 2);
    }
}

Test(cases, the_old_form_is_one_case_before_the_others) {
    cr_assert(
        read_file("x.json",
            "{\"testcases\":[{\"input\":[\"b\"]}],\n\"expected\":[{\"m\":1}],\"input\":[\"a\"]}"),
        "%s", notes());
    cr_assert_eq(file->count, 2);
    expect_text(file->cases[0].lines[0], "a");
    cr_expect_eq(file->cases[0].expected_count, 1);
    cr_expect_eq(file->cases[0].position.line, 2);
    expect_text(file->cases[1].lines[0], "b");
}

Test(cases, each_case_knows_its_line) {
    cr_assert(read_file("x.yml", "testcases:\n- input: [a]\n  expected: []\n\n- input: [b]\n"));
    cr_expect_eq(file->cases[0].position.line, 2);
    cr_expect_eq(file->cases[1].position.line, 5);
}

Test(cases, lines_of_json_lines_may_have_brackets_and_line_ends) {
    cr_assert(read_file("x.yml", "codec: json_lines\ntestcases:\n- input:\n  - '{\"[a][b]\":1}'\n  "
                                 "- |\n    {\n      \"a\": 2\n    }\n"
                                 "  - '{\"n\": 1.50}'\n  - 'no JSON [a]'\n"));
    struct chute_str *lines = file->cases[0].lines;
    expect_text(lines[0], "{\"a\":{\"b\":1}}");
    expect_text(lines[1], "{\"a\":2}");
    expect_text(lines[2], "{\"n\": 1.50}");
    expect_text(lines[3], "no JSON [a]");
    cr_assert(read_file("x.yml", "codec: line\ntestcases:\n- input: ['{\"[a][b]\":1}']\n"));
    expect_text(file->cases[0].lines[0], "{\"[a][b]\":1}");
}

Test(cases, what_is_null_is_not_there) {
    cr_assert(read_file("x.yml", "fields:\nignore:\ncodec:\nexport_metadata:\ntestcases:\n- input: "
                                 "[~, a]\n  expected:\n"),
        "%s", notes());
    cr_expect_null(file->codec.at);
    cr_expect_eq(file->ignored_count, 0);
    cr_expect_eq(file->cases[0].line_count, 2);
    cr_expect_eq(file->cases[0].lines[0].len, 0);
    cr_expect_eq(file->cases[0].expected_count, 0);
}

Test(cases, what_is_wrong_is_refused_with_its_place) {
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        { "x.json", "{\n \"testcase\": []}",
            "2:3: unknown key \"testcase\" of a file of test cases; did you mean "
            "\"testcases\"?\n" },
        { "x.yml", "testcases:\n- input: [a]\n  expect: []\n",
            "3:3: unknown key \"expect\" of a test case; did you mean \"expected\"?\n" },
        { "x.yml", "type: test\ntestcases: []\n",
            "1:1: unknown key \"type\" of a file of test cases\n" },
        { "x.json", "{\"codec\": 1, \"testcases\": [{\"input\": \"a\"}]}",
            "1:3: \"codec\" takes a text\n1:30: \"input\" takes a list of lines\n" },
        { "x.json", "{\"testcases\": [{\"input\": [1]}]}",
            "1:18: \"input\" takes a list of lines; number 1 is none\n" },
        { "x.json", "{\"testcases\": [{\"expected\": [{}, 2]}]}",
            "1:18: \"expected\" takes a list of events; number 2 is none\n" },
        { "x.json", "{\"fields\": []}", "1:3: \"fields\" takes an object of fields\n" },
        { "x.yml", "export_outputs: maybe", "1:1: \"export_outputs\" takes true or false\n" },
        { "x.yml", "- a\n", "0:0: a file of test cases is an object with the key testcases\n" },
        { "x.yml", "testcases: 1", "1:1: \"testcases\" takes a list of test cases\n" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_not(read_file(rows[i].name, rows[i].text), "%s", rows[i].text);
        cr_expect_str_eq(notes(), rows[i].says, "%s: %s", rows[i].text, notes());
    }
    cr_expect(read_file("x.yml", "fields: {}\n"));
    cr_expect_str_eq(notes(), "0:0: the file has no test case\n");
}

Test(cases, only_a_run_of_brackets_is_taken_apart) {
    static const struct {
        const char *text;
        size_t count;
    } rows[] = { { "[a]", 1 }, { "[a][b][c]", 3 }, { "a", 1 }, { "a[b]", 1 }, { "[a]b", 1 },
        { "[]", 1 }, { "[a][]", 1 }, { "[a,b]", 1 }, { "", 1 }, { "[[a][b]]", 1 },
        { "[a b.c-d]", 1 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str keys[CHUTE_CASE_KEYS];
        cr_expect_eq(
            chute_case_keys(chute_str_of(rows[i].text), keys), rows[i].count, "%s", rows[i].text);
    }
    struct chute_str keys[CHUTE_CASE_KEYS];
    chute_case_keys(CHUTE_STR("[a]"), keys);
    expect_text(keys[0], "a");
    chute_case_keys(CHUTE_STR("[a]b"), keys);
    expect_text(keys[0], "[a]b");
}
