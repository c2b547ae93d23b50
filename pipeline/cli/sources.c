/* pipeline/cli/sources.c - finds and reads the files of a configuration. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/parser.h"
#include "inputs/file/glob.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/image.h"

#define LARGEST_FILE ((size_t)64 * 1024 * 1024)

struct sources {
    struct chute_diag *diag;
    const struct chute_source **items;
    size_t count;
};

static void add(struct sources *sources, const char *name, struct chute_str text) {
    sources->items = chute_realloc(sources->items, sizeof(*sources->items) * (sources->count + 1));
    sources->items[sources->count++] = chute_diag_add_source(sources->diag, name, text);
}

static void refuse(struct sources *sources, const char *path, const char *why) {
    chute_diag_error(sources->diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL,
        "cannot read the configuration file %s: %s", path, why);
}

static void read_file(struct sources *sources, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        refuse(sources, path, strerror(errno));
        return;
    }
    struct chute_buf text = { 0 };
    ssize_t got = 1;
    while (got > 0 && text.len <= LARGEST_FILE) {
        got = read(fd, chute_buf_reserve(&text, 65536), 65536);
        text.len += got > 0 ? (size_t)got : 0;
    }
    int error = errno;
    close(fd);
    if (got < 0) {
        refuse(sources, path, strerror(error));
    } else if (got > 0) {
        refuse(sources, path, "larger than 64 MiB");
    } else {
        add(sources, path, chute_buf_str(&text));
    }
    chute_buf_finish(&text);
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* What an editor left behind is no configuration. */
static bool is_backup(const char *path) {
    return path[0] != '\0' && path[strlen(path) - 1] == '~';
}

/* Paths that were found. */
struct names {
    char **items;
    size_t count;
    size_t skip; /* bytes at the start of each that are not shown */
};

static void add_name(void *arg, const char *path) {
    struct names *names = arg;
    names->items = chute_realloc(names->items, sizeof(*names->items) * (names->count + 1));
    names->items[names->count++] = chute_strdup(path + names->skip);
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A pattern with `**`, which glob() does not know. */
static void find_deep(const char *pattern, struct names *names) {
    struct chute_buf absolute = { 0 };
    char *here = pattern[0] == '/' ? NULL : getcwd(NULL, 0);
    if (here != NULL) {
        chute_buf_printf(&absolute, "%s/", here);
        names->skip = absolute.len;
    }
    chute_buf_printf(&absolute, "%s", pattern);
    chute_file_glob(chute_buf_cstr(&absolute), add_name, names);
    free(here);
    chute_buf_finish(&absolute);
}

static void find(const char *path, struct names *names) {
    if (strstr(path, "**") != NULL) {
        find_deep(path, names);
        return;
    }
    struct chute_buf pattern = { 0 };
    chute_buf_printf(&pattern, is_folder(path) ? "%s/*" : "%s", path);
    glob_t found = { 0 };
    if (glob(chute_buf_cstr(&pattern), GLOB_BRACE, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            add_name(names, found.gl_pathv[i]);
        }
    }
    globfree(&found);
    chute_buf_finish(&pattern);
}

/* A file, all files of a folder, or those a pattern matches; in the order of their names. */
static void read_path(struct sources *sources, const char *path) {
    struct names names = { 0 };
    find(path, &names);
    if (names.count == 0) {
        refuse(
            sources, path, is_folder(path) ? "the folder has no files" : "there is no such file");
    } else {
        qsort(names.items, names.count, sizeof(*names.items), compare_paths);
    }
    for (size_t i = 0; i < names.count; i++) {
        bool is_twice = i > 0 && strcmp(names.items[i], names.items[i - 1]) == 0;
        if (!is_twice && !is_folder(names.items[i]) && !is_backup(names.items[i])) {
            read_file(sources, names.items[i]);
        }
    }
    for (size_t i = 0; i < names.count; i++) {
        chute_free(names.items[i]);
    }
    chute_free(names.items);
}

/* Neither -f nor -e. A user of Logstash may have a pipelines.yml in mind. */
static void refuse_nothing(const struct chute_settings *settings, struct chute_diag *diag) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/pipelines.yml", chute_settings_text(settings, "path.settings"));
    bool has_pipelines = access(chute_buf_cstr(&path), F_OK) == 0;
    chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
        has_pipelines ? "pipelines.yml is not read yet: name its path.config with -f"
                      : "logchute -f pipeline.conf, or logchute -e 'input { … } output { … }'",
        "no configuration is named");
    chute_buf_finish(&path);
}

/* Tells one configuration from another without showing it. */
static void hash_sources(const struct sources *sources, char hash[CHUTE_CLI_HASH_SIZE]) {
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    chute_assert(digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < sources->count; i++) {
        EVP_DigestUpdate(digest, sources->items[i]->text.at, sources->items[i]->text.len);
    }
    EVP_DigestFinal_ex(digest, bytes, &len);
    EVP_MD_CTX_free(digest);
    for (unsigned i = 0; i < len; i++) {
        snprintf(hash + 2 * (size_t)i, 3, "%02x", bytes[i]);
    }
}

struct chute_ast *chute_cli_parse(const struct chute_settings *settings, struct chute_diag *diag,
    char hash[CHUTE_CLI_HASH_SIZE]) {
    hash[0] = '\0';
    struct sources sources = { .diag = diag };
    struct chute_buf mounted = { 0 };
    const char *text = chute_settings_text(settings, "config.string");
    const char *path = chute_settings_text(settings, "path.config");
    if (text != NULL && path != NULL) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
            "leave one of them out", "both -e (config.string) and -f (path.config) are given");
    } else if (text != NULL) {
        add(&sources, "config.string", chute_str_of(text));
    } else if (path != NULL) {
        read_path(&sources, path);
    } else if (chute_cli_image_pipeline(settings, diag, &mounted)) {
        read_path(&sources, chute_buf_cstr(&mounted));
    } else {
        refuse_nothing(settings, diag);
    }
    chute_buf_finish(&mounted);
    if (chute_diag_error_count(diag) > 0 && sources.count == 0) {
        return chute_ast_create(); /* that it is empty would say nothing more */
    }
    bool support_escapes = chute_settings_bool(settings, "config.support_escapes");
    struct chute_ast *ast = chute_parse(diag, sources.items, sources.count, support_escapes);
    if (text != NULL && chute_diag_error_count(diag) == 0 &&
        (ast->inputs.count == 0 || ast->outputs.count == 0)) {
        /* what -e leaves out is, as in Logstash, standard input and standard output */
        if (ast->inputs.count == 0) {
            add(&sources, "default input", CHUTE_STR("input { stdin { type => stdin } }"));
        }
        if (ast->outputs.count == 0) {
            add(&sources, "default output", CHUTE_STR("output { stdout { codec => rubydebug } }"));
        }
        chute_ast_destroy(ast);
        ast = chute_parse(diag, sources.items, sources.count, support_escapes);
    }
    chute_ast_expand(ast, &chute_env_of_process, diag);
    hash_sources(&sources, hash);
    chute_free(sources.items);
    return ast;
}

static const char *base_name(const struct chute_source *source) {
    const char *slash = strrchr(source->name, '/');
    return slash == NULL ? source->name : slash + 1;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(base_name(*(const struct chute_source *const *)a),
        base_name(*(const struct chute_source *const *)b));
}

struct chute_ast *chute_cli_parse_files(const char *const *paths, size_t count, bool by_name,
    bool support_escapes, struct chute_diag *diag) {
    struct sources sources = { .diag = diag };
    for (size_t i = 0; i < count; i++) {
        read_path(&sources, paths[i]);
    }
    if (by_name && sources.count > 0) {
        qsort(sources.items, sources.count, sizeof(*sources.items), compare_names);
    }
    struct chute_ast *ast = sources.count == 0
                                ? chute_ast_create()
                                : chute_parse(diag, sources.items, sources.count, support_escapes);
    chute_free(sources.items);
    return ast;
}
