#include "shared.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

char *test_shared_path(const char *name) {
    const char *root = getenv("CHUTE_SHARED");
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/%s", root == NULL ? "../shared" : root, name);
    char *copy = chute_strdup(chute_buf_cstr(&path));
    chute_buf_finish(&path);
    if (access(copy, R_OK) != 0) {
        fprintf(stderr, "skipped: no %s (set CHUTE_SHARED)\n", copy);
        chute_free(copy);
        return NULL;
    }
    return copy;
}

char *test_read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    struct chute_buf text = { 0 };
    size_t got;
    do {
        got = fread(chute_buf_reserve(&text, 65536), 1, 65536, file);
        text.len += got;
    } while (got > 0);
    fclose(file);
    char *copy = chute_strndup(chute_buf_cstr(&text), text.len);
    *len = text.len;
    chute_buf_finish(&text);
    return copy;
}

size_t test_each_file(const char *folder,
    void (*visit)(const char *name, const char *path, void *context), void *context) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    size_t visited = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_type == DT_REG) {
            struct chute_buf path = { 0 };
            chute_buf_printf(&path, "%s/%s", folder, entries[i]->d_name);
            visit(entries[i]->d_name, chute_buf_cstr(&path), context);
            chute_buf_finish(&path);
            visited++;
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return visited;
}
