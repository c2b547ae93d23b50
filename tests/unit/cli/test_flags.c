#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/cli/flags.h"

struct asked {
    bool is_json, is_help;
    const char *file, *level;
};

static bool take_level(void *to, const char *value) {
    struct asked *asked = to;
    asked->level = value;
    return strcmp(value, "wrong") != 0;
}

static const struct {
    const char *says;
    char *argv[2];
    bool want;
    int read; /* how many of argv */
    struct asked asked;
} rows[] = {
    { "a switch", { "--json" }, true, 1, { .is_json = true } },
    { "a switch by its letter", { "-h" }, true, 1, { .is_help = true } },
    { "a switch that is true", { "--json=true" }, true, 1, { .is_json = true } },
    { "a switch that is false", { "--json=false" }, true, 1, { 0 } },
    { "a switch with anything else", { "--json=no" }, false, 1, { 0 } },
    { "a value behind it", { "--file", "a=b" }, true, 2, { .file = "a=b" } },
    { "a value behind an equals sign", { "--file=a=b" }, true, 1, { .file = "a=b" } },
    { "a value that is empty", { "--file=" }, true, 1, { .file = "" } },
    { "a value behind a letter", { "-f", "--json" }, true, 2, { .file = "--json" } },
    { "a value that is missing", { "--file" }, false, 2, { 0 } },
    { "a value that is taken", { "--level", "info" }, true, 2, { .level = "info" } },
    { "a value that is refused", { "--level=wrong" }, false, 1, { .level = "wrong" } },
    { "a value without effect", { "--old", "x" }, true, 2, { 0 } },
    { "the start of a flag", { "--jso" }, false, 1, { 0 } },
    { "a longer one", { "--jsons" }, false, 1, { 0 } },
    { "a letter of none", { "-j" }, false, 1, { 0 } },
};

static bool is_same(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

Test(cli_flags, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asked asked = { 0 };
        const struct chute_cli_flag table[] = {
            { "--json", .on = &asked.is_json },
            { "--help", 'h', .on = &asked.is_help },
            { "--file", 'f', .text = &asked.file },
            { "--level", .take = take_level },
            { "--old" },
            { 0 },
        };
        const struct chute_cli_flags flags = { "test", table, &asked };
        char *argv[] = { rows[i].argv[0], rows[i].argv[1], NULL };
        int at = 0;
        bool got = chute_cli_flag_take(&flags, argv[1] == NULL ? 1 : 2, argv, &at);
        cr_expect_eq(got, rows[i].want, "%s", rows[i].says);
        cr_expect_eq(at + 1, rows[i].read, "%s: %d", rows[i].says, at + 1);
        cr_expect(asked.is_json == rows[i].asked.is_json &&
                      asked.is_help == rows[i].asked.is_help &&
                      is_same(asked.file, rows[i].asked.file) &&
                      is_same(asked.level, rows[i].asked.level),
            "%s", rows[i].says);
    }
}

Test(cli_flags, what_is_no_flag_of_the_table_is_left) {
    struct asked asked = { 0 };
    const struct chute_cli_flag table[] = {
        { "--json", .on = &asked.is_json },
        { "--file", .text = &asked.file },
        { 0 },
    };
    const struct chute_cli_flags flags = { "test", table, &asked };
    char *argv[] = { "logchute", "--path.data", "x", "--file", "f", "--json", "-w", "1" };
    int argc = 8;
    cr_assert(chute_cli_flags_sift(&flags, &argc, argv));
    cr_assert_eq(argc, 5);
    cr_expect_str_eq(argv[1], "--path.data");
    cr_expect_str_eq(argv[2], "x");
    cr_expect_str_eq(argv[3], "-w");
    cr_expect_str_eq(argv[4], "1");
    cr_expect(asked.is_json && strcmp(asked.file, "f") == 0);
    char *wrong[] = { "logchute", "--file" };
    argc = 2;
    cr_expect_not(chute_cli_flags_sift(&flags, &argc, wrong));
}
