#include "inputs/file/glob.h"

#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

#define MOST_DEPTH 64 /* folders that `**` goes down */

struct walk {
    void (*found)(void *arg, const char *path);
    void *arg;
};

bool chute_file_glob_is_literal(const char *pattern) {
    return strpbrk(pattern, "*?[{\\") == NULL;
}

bool chute_file_name_fits(const char *pattern, const char *name) {
    return fnmatch(pattern, name, FNM_PERIOD) == 0;
}

static void walk(const struct walk *with, const char *folder, const char *rest, int depth);

/* `folder`/`name`, new. */
static char *join(const char *folder, const char *name) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/%s", folder, name);
    char *copy = chute_strdup(chute_buf_cstr(&path));
    chute_buf_finish(&path);
    return copy;
}

/* Follows `rest` behind `path`, which fits so far. */
static void go_on(const struct walk *with, const char *path, const char *rest, int depth) {
    struct stat info;
    if (*rest != '\0') {
        walk(with, path, rest, depth);
    } else if (stat(path, &info) == 0) {
        with->found(with->arg, path);
    }
}

static bool is_real_folder(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Every entry of `folder` that fits `segment`; for `**` (segment NULL): every folder below. */
static void walk_folder(
    const struct walk *with, const char *folder, const char *segment, const char *rest, int depth) {
    DIR *entries = opendir(*folder == '\0' ? "/" : folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *path = join(folder, entry->d_name);
        if (segment == NULL) {
            if (entry->d_name[0] != '.' && is_real_folder(path)) {
                walk(with, path, rest, depth + 1);
            }
        } else if (chute_file_name_fits(segment, entry->d_name)) {
            go_on(with, path, rest, depth);
        }
        chute_free(path);
    }
    if (entries != NULL) {
        closedir(entries);
    }
}

/* `rest` is what is left of the pattern, without a leading slash. */
static void walk(const struct walk *with, const char *folder, const char *rest, int depth) {
    if (depth > MOST_DEPTH) {
        return;
    }
    size_t len = strcspn(rest, "/");
    const char *next = rest + len + strspn(rest + len, "/");
    if (len == 2 && memcmp(rest, "**", 2) == 0 && *next != '\0') {
        walk(with, folder, next, depth);
        walk_folder(with, folder, NULL, rest, depth);
        return;
    }
    char *segment = chute_strndup(rest, len);
    if (chute_file_glob_is_literal(segment)) {
        char *path = join(folder, segment);
        go_on(with, path, next, depth);
        chute_free(path);
    } else {
        walk_folder(with, folder, segment, next, depth);
    }
    chute_free(segment);
}

/* The brace that closes the one at `open`; NULL if there is none. */
static const char *closing_brace(const char *open) {
    int depth = 0;
    for (const char *at = open; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* Expands the first pair of braces, then the next, and walks what has none. */
static void expand(const struct walk *with, const char *pattern) {
    const char *open = strchr(pattern, '{');
    const char *close = open == NULL ? NULL : closing_brace(open);
    if (close == NULL) {
        walk(with, "", pattern + strspn(pattern, "/"), 0);
        return;
    }
    int depth = 0;
    for (const char *from = open + 1, *at = from; at <= close; at++) {
        depth += (*at == '{') - (*at == '}' && at < close);
        if (at == close || (*at == ',' && depth == 0)) {
            struct chute_buf one = { 0 };
            chute_buf_add(&one, pattern, (size_t)(open - pattern));
            chute_buf_add(&one, from, (size_t)(at - from));
            chute_buf_add(&one, close + 1, strlen(close + 1));
            expand(with, chute_buf_cstr(&one));
            chute_buf_finish(&one);
            from = at + 1;
        }
    }
}

void chute_file_glob(const char *pattern, void (*found)(void *arg, const char *path), void *arg) {
    struct walk with = { .found = found, .arg = arg };
    expand(&with, pattern);
}
