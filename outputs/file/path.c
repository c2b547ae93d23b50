#include "outputs/file/path.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"

/* Appends the parts of `path` one by one; a slash stands before each. */
static void add_parts(struct chute_buf *out, size_t base, struct chute_str path) {
    while (path.len > 0) {
        struct chute_str part = chute_str_cut(&path, '/');
        if (part.len == 0 || chute_str_eq(part, CHUTE_STR("."))) {
            continue;
        }
        if (chute_str_eq(part, CHUTE_STR(".."))) {
            while (out->len > base && out->at[--out->len] != '/') {
            }
            continue;
        }
        chute_buf_add_char(out, '/');
        chute_buf_add_str(out, part);
    }
}

void chute_file_path_expand(struct chute_buf *out, struct chute_str path) {
    char folder[PATH_MAX];
    size_t base = out->len;
    if ((path.len == 0 || path.at[0] != '/') && getcwd(folder, sizeof(folder)) != NULL) {
        add_parts(out, base, chute_str_of(folder));
    }
    add_parts(out, base, path);
    if (out->len == base) {
        chute_buf_add_char(out, '/');
    }
}

/* Offset of the first %{…}; -1 if there is none. */
static ptrdiff_t first_reference(struct chute_str path) {
    ptrdiff_t at = chute_str_find(path, CHUTE_STR("%{"));
    if (at < 0 || memchr(path.at + at, '}', path.len - (size_t)at) == NULL) {
        return -1;
    }
    return at;
}

bool chute_file_path_has_reference(struct chute_str path) {
    return first_reference(path) >= 0;
}

struct chute_str chute_file_path_root(struct chute_str path) {
    ptrdiff_t reference = first_reference(path);
    size_t len = reference < 0 ? path.len : (size_t)reference;
    while (len > 0 && path.at[len - 1] != '/') {
        len--;
    }
    return (struct chute_str){ path.at, len > 0 ? len - 1 : 0 };
}

bool chute_file_path_is_below(struct chute_str path, struct chute_str root) {
    return path.len > root.len + 1 && chute_str_starts_with(path, root) && path.at[root.len] == '/';
}
