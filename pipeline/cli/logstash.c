/* pipeline/cli/logstash.c - what answers to the names of Logstash's programs: logstash-plugin, and the entry point of its
 * image. An image without a shell has no scripts, so these are links to logchute. */
#include "pipeline/cli/logstash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/diag.h"
#include "pipeline/base/buf.h"
#include "pipeline/cli/flags.h"
#include "pipeline/run/plugin_names.h"

#define COMMAND "logstash-plugin"
#define CANNOT_RUN 126 /* what a shell exits with */
#define NOT_FOUND 127

static const char help[] =
    "logstash-plugin COMMAND - answers as Logstash's program of this name; all plugins are built "
    "in\n\n"
    "  list [--verbose] [--group KIND] [WORD]   the plugins, or those with WORD in their name\n"
    "  install NAME …                           0 if all of them are built in, else 1\n"
    "  update [NAME …]                          the same: they come with logchute\n"
    "  remove NAME …, and other commands        refused\n";

/* ------------------------------------------------------------------ what is built in */

struct plugins {
    const struct chute_plugin_name *items;
    size_t count;
};

/* ------------------------------------------------------------------ list */

static bool is_kind(const char *text) {
    return strcmp(text, "input") == 0 || strcmp(text, "codec") == 0 ||
           strcmp(text, "filter") == 0 || strcmp(text, "output") == 0;
}

static bool list(const struct plugins *plugins, int argc, char **argv) {
    bool is_verbose = false, is_any = false;
    const char *group = NULL;
    const struct chute_cli_flag rows[] = {
        { "--verbose", .on = &is_verbose },
        { "--installed", .on = &(bool){ false } }, /* nothing was installed but what is built in */
        { "--group", .text = &group },
        { 0 },
    };
    if (!chute_cli_flags_sift(&(struct chute_cli_flags){ COMMAND, rows, NULL }, &argc, argv)) {
        return false;
    }
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        return chute_cli_complain(COMMAND, "list takes one word; --help tells all", argv[argc - 1]);
    }
    if (group != NULL && !is_kind(group)) {
        return chute_cli_complain(COMMAND, "--group takes input, codec, filter or output", group);
    }
    for (size_t i = 0; i < plugins->count; i++) {
        const struct chute_plugin_name *plugin = &plugins->items[i];
        if ((group == NULL || strcmp(group, plugin->kind) == 0) &&
            (argc < 2 || strstr(plugin->full, argv[1]) != NULL)) {
            printf("%s%s\n", plugin->full, is_verbose ? " (" CHUTE_VERSION ")" : "");
            is_any = true;
        }
    }
    return is_any || chute_cli_complain(COMMAND, "no such plugin is built in", argv[1]);
}

/* ------------------------------------------------------------------ install, update */

/* Says that there is no such plugin, and which one may be meant. Always false. */
static bool refuse(const struct plugins *plugins, const char *name) {
    const struct chute_plugin_name *best = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < plugins->count; i++) {
        const struct chute_plugin_name *plugin = &plugins->items[i];
        size_t start = strlen("logstash-") + strlen(plugin->kind) + 1;
        struct chute_nearest nearest = { 0 };
        if (strncmp(name, plugin->full, start) == 0) {
            nearest.name = chute_str_of(name + start);
            chute_nearest_offer(&nearest, plugin->name);
        }
        if (nearest.best != NULL && (best == NULL || nearest.distance < distance)) {
            best = plugin;
            distance = nearest.distance;
        }
    }
    chute_cli_complain(
        COMMAND, "not built in, and plugins written for Logstash cannot be loaded", name);
    if (best != NULL) {
        fprintf(stderr, "   hint: did you mean \"%s\"?\n", best->full);
    } else {
        fputs("   hint: " COMMAND " list tells what is built in; use one of these, or take the "
              "plugin out of the pipeline and out of this command\n",
            stderr);
    }
    return false;
}

static bool is_built_in(const struct plugins *plugins, const char *name) {
    for (size_t i = 0; i < plugins->count; i++) {
        if (strcmp(plugins->items[i].full, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing is fetched: whether all that is named is there already. */
static bool install(const struct plugins *plugins, int argc, char **argv) {
    const char *version = NULL;
    bool ignored = false;
    const struct chute_cli_flag rows[] = {
        { "--version", .text = &version },
        { "--verify", .on = &ignored },
        { "--no-verify", .on = &ignored },
        { "--preserve", .on = &ignored },
        { "--local", .on = &ignored },
        { "--level", .text = &(const char *){ NULL } },
        { 0 },
    };
    if (!chute_cli_flags_sift(&(struct chute_cli_flags){ COMMAND, rows, NULL }, &argc, argv)) {
        return false;
    }
    bool is_install = strcmp(argv[0], "install") == 0, is_good = true;
    if (is_install && argc < 2) {
        return chute_cli_complain(COMMAND, "install needs the name of a plugin", NULL);
    }
    if (argc < 2) {
        puts("all plugins come with logchute " CHUTE_VERSION ": nothing to update");
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            is_good = chute_cli_complain(
                COMMAND, "there is no such flag; --help tells what there is", argv[i]);
        } else if (!is_built_in(plugins, argv[i])) {
            is_good = refuse(plugins, argv[i]);
        } else {
            printf(
                "%s is built into logchute " CHUTE_VERSION ": nothing to %s\n", argv[i], argv[0]);
        }
    }
    if (version != NULL && is_good) {
        printf("--version %s has no effect: a plugin has the version of logchute\n", version);
    }
    return is_good;
}

/* ------------------------------------------------------------------ the programs */

int chute_cli_logstash_plugin(int argc, char **argv) {
    const char *command = argc < 2 ? "--help" : argv[1];
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
        strcmp(command, "help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    struct chute_arena arena = { 0 };
    struct plugins plugins;
    bool is_good;
    plugins.items = chute_plugin_names(&arena, &plugins.count);
    if (strcmp(command, "list") == 0) {
        is_good = list(&plugins, argc - 1, argv + 1);
    } else if (strcmp(command, "install") == 0 || strcmp(command, "update") == 0) {
        is_good = install(&plugins, argc - 1, argv + 1);
    } else if (strcmp(command, "remove") == 0 || strcmp(command, "uninstall") == 0) {
        is_good = chute_cli_complain(COMMAND,
            "plugins are built in and stay; one that no pipeline names does nothing", NULL);
    } else {
        is_good = chute_cli_complain(COMMAND,
            "logchute has no such command, as its plugins are built in; --help tells the others",
            command);
    }
    chute_arena_finish(&arena);
    return is_good ? 0 : 1;
}

int chute_cli_exec(char **argv) {
    execvp(argv[0], argv);
    int error = errno;
    fprintf(stderr, "logchute: %s cannot be run: %s\n", argv[0], strerror(error));
    if (error == ENOENT) {
        fputs("   hint: the image has no other programs, or only those of its tag with a shell; "
              "logchute --help tells its own subcommands\n",
            stderr);
    }
    return error == ENOENT ? NOT_FOUND : CANNOT_RUN;
}
