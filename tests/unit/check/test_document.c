#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/check/document.h"

/* What a text is, resolved and written as JSON; views until the next call. */
static struct chute_diag *diag;
static struct chute_document *document;
static struct chute_buf out;

static void close_document(void) {
    chute_document_destroy(document);
    chute_diag_destroy(diag);
    chute_buf_finish(&out);
    document = NULL;
    diag = NULL;
}

TestSuite(document, .fini = close_document);

static const char *notes(void) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    out.len = 0;
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&out, "%s:%u:%u: %s\n",
            items[i].position.source == NULL ? "" : items[i].position.source->name,
            items[i].position.line, items[i].position.column, items[i].message);
    }
    return chute_buf_cstr(&out);
}

static const char *read_text(const char *name, const char *text) {
    close_document();
    diag = chute_diag_create();
    document = chute_document_parse(name, chute_str_of(text), diag);
    if (document == NULL) {
        return notes();
    }
    struct chute_value value = chute_document_resolve(document, chute_document_root(document));
    chute_json_encode(&out, &value);
    return chute_buf_cstr(&out);
}

Test(document, yaml_has_the_types_of_version_1_1) {
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        { "a: 1", "{\"a\":1}" },
        { "a: '1'", "{\"a\":\"1\"}" },
        { "[yes, No, on, off, y, N, true, FALSE, tRue]",
            "[true,false,true,false,true,false,true,false,\"tRue\"]" },
        { "[~, null, NULL, '~', nULL]", "[null,null,null,\"~\",\"nULL\"]" },
        { "[0x1f, 0b101, 017, 0o17, 1_000, -5, +6, 0]", "[31,5,15,15,1000,-5,6,0]" },
        { "[1.5, .5, 1e3, -2.5E-2, 1.2.3, 1e, .]",
            "[1.5,0.5,1000.0,-0.025,\"1.2.3\",\"1e\",\".\"]" },
        { "[0x, 08, 12ab, '', -, 1-2]", "[\"0x\",8.0,\"12ab\",\"\",\"-\",\"1-2\"]" },
        { "t: 2026-11-23T21:40:31.000Z", "{\"t\":\"2026-11-23T21:40:31.000Z\"}" },
        { "a: &x {b: 1}\nc: *x", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}" },
        { "x: &x {b: 1, c: 2}\na: {<<: *x, b: 3}",
            "{\"x\":{\"b\":1,\"c\":2},\"a\":{\"b\":3,\"c\":2}}" },
        { "x: &x {b: 1}\ny: &y {b: 2, d: 4}\na: {<<: [*x, *y]}",
            "{\"x\":{\"b\":1},\"y\":{\"b\":2,\"d\":4},\"a\":{\"b\":1,\"d\":4}}" },
        { "a: 1\na: 2", "{\"a\":2}" },
        { "", "null" },
        { "# nothing\n", "null" },
        { "|\n  a\n   b\n", "\"a\\n b\\n\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = read_text("x.yml", rows[i].yaml);
        cr_expect_str_eq(got, rows[i].json, "%s: %s", rows[i].yaml, got);
    }
}

Test(document, json_is_taken_as_it_is) {
    cr_expect_str_eq(read_text("x.json", "{\"a\":[1,2.50,\"yes\",null],\"b\":{}}"),
        "{\"a\":[1,2.50,\"yes\",null],\"b\":{}}");
}

Test(document, errors_have_their_place) {
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        { "x.json", "{\n  \"a\": 1,\n  \"b\": x\n}", "x.json:3:8: " },
        { "x.json", "{\"a\":1", "x.json:1:7: " },
        { "x.json", "", "x.json:1:1: " },
        { "x.yml", "a: [1\nb: 2", "x.yml:2:2: " },
        { "x.yaml", "a:\n  {b: 1}: 2", "x.yaml:2:3: a key is a text" },
        { "x.yml", "a: &x [*x]", "x.yml:1:" },
        { "x.yml", "a: {<<: 1}", "x.yml:1:9: << takes" },
        { "x.conf", "a: 1", ":0:0: x.conf is neither" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = read_text(rows[i].name, rows[i].text);
        cr_expect(
            strncmp(got, rows[i].says, strlen(rows[i].says)) == 0, "%s: %s", rows[i].text, got);
        cr_expect_null(document);
    }
}

Test(document, a_small_file_cannot_become_huge) {
    const char *bomb = "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
                       "[*b,*b,*b,*b,*b,*b,*b,*b]\n"
                       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f "
                       "[*e,*e,*e,*e,*e,*e,*e,*e]\n"
                       "g: [*f,*f,*f,*f,*f,*f,*f,*f]\n";
    cr_expect_not_null(strstr(read_text("x.yml", bomb), "too many values"));
}

static const struct chute_member *member_of(const char *key) {
    const struct chute_object *root = chute_document_root(document)->as.object;
    struct chute_str name = chute_str_of(key);
    return chute_object_find(root, name, chute_key_head(name));
}

Test(document, keys_know_where_they_stand) {
    read_text("x.json", "{\n  \"a\": 1, \"\xc3\xa4\": 2,\n \"b\": 3, \"c\\u0041\": 4 }");
    struct chute_position place = chute_document_place(document, member_of("b"));
    cr_expect_eq(place.line, 3);
    cr_expect_eq(place.column, 3);
    place = chute_document_place(document, member_of("\xc3\xa4"));
    cr_expect_eq(place.line, 2);
    cr_expect_eq(place.column, 12);
    cr_expect_eq(chute_document_place(document, member_of("cA")).line, 0, "written with an escape");
    read_text("x.yml", "a: 1\nb:\n - {x: 1}\n");
    cr_expect_eq(chute_document_place(document, member_of("b")).line, 2);
    place = chute_document_place_in(
        document, &member_of("b")->value, (struct chute_position){ .line = 99 });
    cr_expect_eq(place.line, 3);
    cr_expect_eq(place.column, 5);
    place = chute_document_place_in(
        document, &member_of("a")->value, (struct chute_position){ .line = 99 });
    cr_expect_eq(place.line, 99);
}

Test(document, a_plain_text_stays_one_until_it_is_resolved) {
    read_text("x.yml", "a: yes\nb: 007\nc: ~");
    cr_expect(chute_str_eq(chute_value_str(&member_of("a")->value), CHUTE_STR("yes")));
    cr_expect(chute_str_eq(chute_value_str(&member_of("b")->value), CHUTE_STR("007")));
    cr_expect(chute_document_is_null(&member_of("c")->value));
    cr_expect_not(chute_document_is_null(&member_of("a")->value));
}

Test(document, a_file_that_is_not_there) {
    diag = chute_diag_create();
    cr_expect_null(chute_document_read("/nonexistent/x.yml", diag));
    cr_expect_not_null(strstr(notes(), "cannot read /nonexistent/x.yml: No such file"));
}
