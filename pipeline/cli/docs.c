#include <stdio.h>
#include <uv.h>

#include "conf/diag.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/reference.h"

static int print(struct chute_buf *text) {
    bool is_good = fwrite(text->at, 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    chute_buf_finish(text);
    return is_good ? 0 : 1;
}

/* The pages of all plugins of that name, of one kind where `kind` is not NULL. */
static int print_named(const char *kind, const char *name) {
    struct chute_buf text = { 0 };
    struct chute_reference_plugin plugin;
    struct chute_nearest nearest = { .name = chute_str_of(name) };
    for (size_t i = 0; chute_reference_plugin(i, &plugin); i++) {
        bool is_kind = kind == NULL || strcmp(kind, plugin.kind) == 0;
        if (is_kind && strcmp(name, plugin.name) == 0) {
            if (text.len > 0) {
                chute_buf_add_char(&text, '\n');
            }
            chute_reference_page(&text, &plugin);
        } else if (is_kind) {
            chute_nearest_offer(&nearest, plugin.name);
        }
    }
    if (text.len > 0) {
        return print(&text);
    }
    fprintf(stderr, "logchute docs: there is no plugin \"%s\"\n", name);
    if (nearest.best != NULL) {
        fprintf(stderr, "logchute docs: did you mean \"%s\"?\n", nearest.best);
    }
    return 1;
}

/* A folder is told from a plugin's name by a slash or a dot. */
static int write_pages(const char *folder) {
    int code = chute_reference_write(folder);
    if (code < 0) {
        fprintf(stderr, "logchute docs: %s: %s\n", folder, uv_strerror(code));
    }
    return code < 0 ? 1 : 0;
}

int chute_cli_docs(int argc, char **argv) {
    struct chute_buf text = { 0 };
    if (argc < 2) {
        chute_reference_index(&text);
        return print(&text);
    }
    if (strcmp(argv[1], "--json") == 0) {
        chute_reference_json(&text);
        return print(&text);
    }
    if (argc > 2) {
        return print_named(argv[1], argv[2]);
    }
    return strpbrk(argv[1], "/.") != NULL ? write_pages(argv[1]) : print_named(NULL, argv[1]);
}
