#include <criterion/criterion.h>

#include <stdlib.h>

#include "../support/shared.h"
#include "conf/parser.h"
#include "pipeline/base/alloc.h"

/* Parses a file; returns its errors in `diag`. */
static void parse_file(struct chute_diag *diag, const char *name, const char *path) {
    size_t len;
    char *text = test_read_file(path, &len);
    cr_assert_not_null(text, "%s cannot be read", path);
    const struct chute_source *source =
        chute_diag_add_source(diag, name, (struct chute_str){ text, len });
    chute_ast_destroy(chute_parse(diag, &source, 1, false));
    chute_free(text);
}

static void expect_valid(const char *name, const char *path, void *context) {
    (void)context;
    struct chute_diag *diag = chute_diag_create();
    parse_file(diag, name, path);
    if (chute_diag_error_count(diag) > 0) {
        chute_diag_print(diag, stderr);
        cr_expect_fail("%s is refused", name);
    }
    chute_diag_destroy(diag);
}

Test(corpus, valid) {
    char *folder = test_shared_path("configs/valid");
    if (folder == NULL) {
        return;
    }
    size_t count = test_each_file(folder, expect_valid, NULL);
    cr_expect_geq(count, 1387, "only %zu files", count);
    chute_free(folder);
}

/* Logstash's line for file `name`; 0 if the list has none. */
static unsigned line_of(const char *list, const char *name) {
    for (const char *row = list; row != NULL; row = strchr(row, '\n')) {
        row += *row == '\n';
        size_t len = strlen(name);
        if (strncmp(row, name, len) == 0 && row[len] == '\t') {
            const char *end = strchr(row, '\n');
            const char *found = strstr(row, "line ");
            cr_assert(found != NULL && (end == NULL || found < end), "%s has no line", name);
            return (unsigned)strtoul(found + 5, NULL, 10);
        }
    }
    return 0;
}

static void expect_invalid(const char *name, const char *path, void *context) {
    struct chute_diag *diag = chute_diag_create();
    parse_file(diag, name, path);
    size_t count, len;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    unsigned line = line_of(context, name);
    char *text = test_read_file(path, &len);
    /* We are kinder with a byte order mark, which is what Logstash refuses in column 1 of line 1. */
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0 && line == 1) {
        cr_expect_eq(count, 0, "%s is refused", name);
    } else {
        cr_expect_gt(count, 0, "%s is accepted", name);
        cr_expect(count > 0 && items[0].position.line == line, "%s: line %u, not %u: %s", name,
            line, count > 0 ? items[0].position.line : 0, count > 0 ? items[0].message : "");
    }
    if (getenv("CHUTE_SHOW") != NULL) {
        chute_diag_print(diag, stderr);
    }
    chute_free(text);
    chute_diag_destroy(diag);
}

Test(corpus, invalid) {
    char *folder = test_shared_path("configs/invalid");
    char *list = test_shared_path("configs/invalid.tsv");
    if (folder != NULL && list != NULL) {
        size_t len;
        char *rows = test_read_file(list, &len);
        size_t count = test_each_file(folder, expect_invalid, rows);
        cr_expect_gt(count, 20, "only %zu files", count);
        chute_free(rows);
    }
    chute_free(folder);
    chute_free(list);
}
