#include <criterion/criterion.h>

#include "outputs/file/path.h"

static const struct {
    const char *path, *want;
} expanded[] = {
    { "/a/b", "/a/b" },
    { "/a/b/", "/a/b" },
    { "//a///b", "/a/b" },
    { "/a/./b/.", "/a/b" },
    { "/a/../b", "/b" },
    { "/../../a", "/a" },
    { "/a/b/../../..", "/" },
    { "/a/..b/...", "/a/..b/..." },
    { "/a/%{x}/../c", "/a/c" },
};

Test(output_file_path, expands) {
    for (size_t i = 0; i < sizeof(expanded) / sizeof(expanded[0]); i++) {
        struct chute_buf got = { 0 };
        chute_file_path_expand(&got, chute_str_of(expanded[i].path));
        cr_expect_str_eq(
            chute_buf_cstr(&got), expanded[i].want, "%s: %s", expanded[i].path, got.at);
        chute_buf_finish(&got);
    }
}

Test(output_file_path, starts_relative_ones_at_the_process_folder) {
    struct chute_buf here = { 0 }, got = { 0 };
    chute_file_path_expand(&here, CHUTE_STR(""));
    chute_file_path_expand(&got, CHUTE_STR("x/../y"));
    chute_buf_add(&here, "/y", 2);
    cr_expect_str_eq(chute_buf_cstr(&got), chute_buf_cstr(&here));
    chute_buf_finish(&here);
    chute_buf_finish(&got);
}

static const struct {
    const char *path, *root;
    bool has_reference;
} roots[] = {
    { "/tmp/%{name}", "/tmp", true },
    { "/tmp/a-%{name}.log", "/tmp", true },
    { "/tmp/a/%{+YYYY/MM}/b", "/tmp/a", true },
    { "/%{name}", "", true },
    { "/a- %{name}/b", "", true },
    { "/tmp/a/b.log", "/tmp/a", false },
    { "/tmp/%{open", "/tmp", false },
};

Test(output_file_path, finds_the_root) {
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        struct chute_str root = chute_file_path_root(chute_str_of(roots[i].path));
        cr_expect(chute_str_eq(root, chute_str_of(roots[i].root)), "%s: %.*s", roots[i].path,
            CHUTE_STR_ARGS(root));
        cr_expect_eq(chute_file_path_has_reference(chute_str_of(roots[i].path)),
            roots[i].has_reference, "%s", roots[i].path);
    }
}

Test(output_file_path, tells_what_is_below) {
    struct chute_str root = CHUTE_STR("/tmp/a");
    cr_expect(chute_file_path_is_below(CHUTE_STR("/tmp/a/b"), root));
    cr_expect(!chute_file_path_is_below(CHUTE_STR("/tmp/a"), root));
    cr_expect(!chute_file_path_is_below(CHUTE_STR("/tmp/a/"), root));
    cr_expect(!chute_file_path_is_below(CHUTE_STR("/tmp/ab/c"), root));
    cr_expect(!chute_file_path_is_below(CHUTE_STR("/etc/passwd"), root));
}
