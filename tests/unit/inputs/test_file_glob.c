#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inputs/file/glob.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

static const char *const tree[] = { "a.log", "b.log", ".hidden.log", "c.txt", "x1/", "x1/a.log",
    "x1/y/", "x1/y/deep.log", "x2/", "x2/b.log", ".dot/", ".dot/a.log", "[odd].log", NULL };

struct found {
    char *paths[32];
    size_t count;
    size_t prefix;
};

static void on_found(void *arg, const char *path) {
    struct found *found = arg;
    cr_assert_lt(found->count, 32);
    found->paths[found->count++] = chute_strdup(path + found->prefix);
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a pattern below `folder` finds, in order, with blanks between. */
static void glob_below(const char *folder, const char *pattern, struct chute_buf *out) {
    struct chute_buf full = { 0 };
    chute_buf_printf(&full, "%s/%s", folder, pattern);
    struct found found = { .prefix = strlen(folder) + 1 };
    chute_file_glob(chute_buf_cstr(&full), on_found, &found);
    qsort(found.paths, found.count, sizeof(char *), compare);
    out->len = 0;
    for (size_t i = 0; i < found.count; i++) {
        chute_buf_printf(out, "%s%s", i > 0 ? " " : "", found.paths[i]);
        chute_free(found.paths[i]);
    }
    chute_buf_finish(&full);
}

static const struct {
    const char *pattern, *want;
} rows[] = {
    { "a.log", "a.log" },
    { "none.log", "" },
    { "*.log", "[odd].log a.log b.log" },
    { ".*.log", ".hidden.log" },
    { "?.log", "a.log b.log" },
    { "[ab].log", "a.log b.log" },
    { "[!a].log", "b.log" },
    { "\\[odd\\].log", "[odd].log" },
    { "{a,c}.{log,txt}", "a.log c.txt" },
    { "x{1/y/deep,2/{a,b}}.log", "x1/y/deep.log x2/b.log" },
    { "*/*.log", "x1/a.log x2/b.log" },
    { "x1//a.log", "x1/a.log" },
    { "**/*.log", "[odd].log a.log b.log x1/a.log x1/y/deep.log x2/b.log" },
    { "**/y/*.log", "x1/y/deep.log" },
    { "x1/**/deep.log", "x1/y/deep.log" },
    { "a{b", "" },
};

Test(file_glob, finds) {
    char folder[] = "/tmp/glob-XXXXXX", path[128];
    cr_assert_not_null(mkdtemp(folder));
    for (size_t i = 0; tree[i] != NULL; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, tree[i]);
        if (path[strlen(path) - 1] == '/') {
            cr_assert_eq(mkdir(path, 0755), 0);
        } else {
            fclose(fopen(path, "w"));
        }
    }
    struct chute_buf got = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        glob_below(folder, rows[i].pattern, &got);
        cr_expect_str_eq(chute_buf_cstr(&got), rows[i].want, "%s: %s", rows[i].pattern, got.at);
    }
    chute_buf_finish(&got);
    for (size_t i = sizeof(tree) / sizeof(tree[0]) - 1; i-- > 0;) {
        snprintf(path, sizeof(path), "%s/%s", folder, tree[i]);
        remove(path);
    }
    cr_expect_eq(rmdir(folder), 0);
}

Test(file_glob, tells_names_that_fit) {
    cr_expect(chute_file_name_fits("*.gz", "a.log.gz"));
    cr_expect(!chute_file_name_fits("*.gz", "a.log"));
    cr_expect(!chute_file_name_fits("*.log", ".a.log"));
    cr_expect(chute_file_name_fits("a[0-9].log", "a7.log"));
}
