#include <criterion/criterion.h>

#include <stdlib.h>

#include "conf/diag.h"

static char *printed(struct chute_diag *diag) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    chute_diag_print(diag, out);
    fclose(out);
    return text;
}

static struct chute_position place(
    const struct chute_source *source, uint32_t line, uint32_t column, size_t offset, size_t len) {
    return (struct chute_position){
        .source = source, .line = line, .column = column, .offset = offset, .len = len
    };
}

static const struct {
    const char *says, *text;
    uint32_t line, column;
    size_t offset, len;
    const char *want;
} rows[] = {
    { "a word in a line", "filter {\n  tageg => 1\n}\n", 2, 3, 11, 5,
        "config error: a.conf:2:3: no\n    2 |   tageg => 1\n      |   ^~~~~\n" },
    { "tabs stay aligned", "\tx => 1", 1, 2, 1, 1,
        "config error: a.conf:1:2: no\n    1 | \tx => 1\n      | \t^\n" },
    { "the end of the text", "filter {\n", 2, 1, 9, 0,
        "config error: a.conf:2:1: no\n    2 | \n      | ^\n" },
    { "marks count characters", "\xc3\xa9 \xc3\xa9\xc3\xa9 z", 1, 3, 3, 4,
        "config error: a.conf:1:3: no\n    1 | \xc3\xa9 \xc3\xa9\xc3\xa9 z\n      |   ^~\n" },
    { "marks end with the line", "ab \"c\r\nd\"", 1, 4, 3, 6,
        "config error: a.conf:1:4: no\n    1 | ab \"c\n      |    ^~\n" },
    { "nothing that drives a terminal", "a\x1b[31m b", 1, 1, 0, 1,
        "config error: a.conf:1:1: no\n    1 | a?[31m b\n      | ^\n" },
    { "a byte order mark is not shown",
        "\xef\xbb\xbf"
        "ab",
        1, 1, 3, 2, "config error: a.conf:1:1: no\n    1 | ab\n      | ^~\n" },
    { "the source as a whole", "x", 0, 0, 0, 0, "config error: a.conf: no\n" },
};

Test(diag, shows_the_place) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        const struct chute_source *source =
            chute_diag_add_source(diag, "a.conf", chute_str_of(rows[i].text));
        chute_diag_error(diag, CHUTE_DIAG_CONFIG,
            place(source, rows[i].line, rows[i].column, rows[i].offset, rows[i].len), NULL, "no");
        char *got = printed(diag);
        cr_expect_str_eq(got, rows[i].want, "%s: got\n%s", rows[i].says, got);
        free(got);
        chute_diag_destroy(diag);
    }
}

Test(diag, cuts_long_lines) {
    char text[10001];
    memset(text, 'x', sizeof(text));
    text[10000] = '\0';
    text[5000] = '!';
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *source = chute_diag_add_source(diag, "a.conf", chute_str_of(text));
    chute_diag_error(diag, CHUTE_DIAG_SYNTAX, place(source, 1, 5001, 5000, 1), NULL, "no");
    char *got = printed(diag);
    cr_expect_lt(strlen(got), 300);
    char *line = strchr(got, '\n') + 1;
    char *marks = strchr(line, '\n') + 1;
    cr_expect_eq(strchr(line, '!') - line, strchr(marks, '^') - marks);
    free(got);
    chute_diag_destroy(diag);
}

Test(diag, sorts_by_source_and_place) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *first = chute_diag_add_source(diag, "z.conf", CHUTE_STR("ab"));
    const struct chute_source *second = chute_diag_add_source(diag, "a.conf", CHUTE_STR("ab"));
    chute_diag_error(diag, CHUTE_DIAG_CONFIG, place(second, 1, 1, 0, 1), NULL, "4");
    chute_diag_error(diag, CHUTE_DIAG_SYNTAX, place(first, 1, 2, 1, 1), "write %d", "3");
    chute_diag_warn(diag, place(first, 1, 1, 0, 1), NULL, "%d", 2);
    chute_diag_error(diag, CHUTE_DIAG_CONFIG, place(second, 1, 1, 0, 1), NULL, "5");
    chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL, "1");
    char *got = printed(diag);
    cr_expect_str_eq(got, "config error: 1\n"
                          "warning: z.conf:1:1: 2\n    1 | ab\n      | ^\n"
                          "syntax error: z.conf:1:2: 3\n    1 | ab\n      |  ^\n   hint: write %d\n"
                          "config error: a.conf:1:1: 4\n    1 | ab\n      | ^\n"
                          "config error: a.conf:1:1: 5\n    1 | ab\n      | ^\n");
    cr_expect_eq(chute_diag_error_count(diag), 4);
    cr_expect_eq(chute_diag_warning_count(diag), 1);
    free(got);
    chute_diag_destroy(diag);
}

static const struct {
    const char *name, *want;
} names[] = {
    { "tageg", "tag" },
    { "add_feild", "add_field" },
    { "addfield", "add_field" },
    { "HOSTS", "hosts" },
    { "host", "hosts" },
    { "tack", NULL },
    { "xy", NULL },
    { "x", NULL },
    { "", NULL },
    { "something_else", NULL },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

Test(diag, nearest_name) {
    static const char *const candidates[] = { "tag", "hosts", "add_field", "remove_field", "id" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *got = chute_nearest_of(chute_str_of(names[i].name), candidates, 5);
        bool is_same =
            names[i].want == NULL ? got == NULL : got != NULL && strcmp(got, names[i].want) == 0;
        cr_expect(is_same, "%s: %s", names[i].name, got);
    }
}

Test(diag, a_warning_is_noted_once) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *source = chute_diag_add_source(diag, "a", CHUTE_STR("abc"));
    for (size_t i = 0; i < 4; i++) {
        chute_diag_warn(diag, chute_position_at(source, 1, 1 + i / 2 * 2, 1), NULL, "odd");
        chute_diag_warn(diag, chute_position_at(source, 1, 1, 1), NULL, "even");
    }
    cr_expect_eq(chute_diag_warning_count(diag), 3);
    chute_diag_destroy(diag);
}

Test(diag, did_you_mean) {
    struct chute_diag *diag = chute_diag_create();
    cr_expect_str_eq(chute_diag_did_you_mean(diag, "tag"), "did you mean \"tag\"?");
    cr_expect_null(chute_diag_did_you_mean(diag, NULL));
    chute_diag_destroy(diag);
}
