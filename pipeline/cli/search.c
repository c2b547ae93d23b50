/* pipeline/cli/search.c - `logchute search`: finds events in the embedded store. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/units.h"
#include "pipeline/base/json.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/cli/image.h"
#include "pipeline/cli/show.h"
#include "pipeline/text/store.h"

#define FOLLOW_MS 200 /* between two looks */

struct asked {
    struct chute_buf words;
    struct chute_buf path; /* of the store */
    struct chute_store_search search;
    bool is_json;
    bool is_follow;
    bool is_help;
};

static const char help[] =
    "logchute search [FLAGS] [WORDS] - finds events in the embedded store, newest last\n\n"
    "  timeout retry                 both words, anywhere, in any case\n"
    "  \"connection reset\"            a phrase\n"
    "  time*                         the start of a word\n"
    "  level:error                   in a field; also http.status:500, tags:error, field:*\n"
    "  -healthcheck  -level:debug    must not be there\n\n"
    "  --since TIME        from 30s, 5m, 1h or 2d ago on, or from a date (2026-11-23T10:00:00Z)\n"
    "  --until TIME        up to then\n"
    "  --limit N           the newest N [50]\n"
    "  --json              one JSON document a line\n"
    "  --follow            go on with what comes\n"
    "  --path.data FOLDER  the data folder of the logchute that writes the store [data]\n"
    "  --store FILE        the store itself [FOLDER/store/events.db]\n"
    "  --help\n\n"
    "With several words in quotes of the shell, phrases need quotes of their own:\n"
    "  logchute search --since 1h 'level:error \"connection reset\" -healthcheck'\n";

static bool complain(const char *what, const char *about) {
    return chute_cli_complain("search", what, about);
}

/* ------------------------------------------------------------------ the flags */

static bool take_time(const char *text, int64_t *out) {
    struct chute_time now = chute_clock_now();
    struct chute_time time;
    struct chute_str whole = chute_str_of(text);
    long long ago;
    char last = whole.len == 0 ? '\0' : whole.at[whole.len - 1];
    if (last != '\0' && strchr("smhdw", last) != NULL && chute_units_duration(whole, &ago)) {
        *out = now.seconds * 1000 + now.nanos / 1000000 - ago;
        return true;
    }
    if (chute_time_parse(whole, &time)) {
        *out = time.seconds * 1000 + time.nanos / 1000000;
        return true;
    }
    return complain("this is no time (30s, 5m, 1h, 2d, 2026-11-23T10:00:00Z)", text);
}

static bool take_since(void *to, const char *value) {
    struct asked *asked = to;
    return take_time(value, &asked->search.since_ms);
}

static bool take_until(void *to, const char *value) {
    struct asked *asked = to;
    return take_time(value, &asked->search.until_ms);
}

static bool take_limit(void *to, const char *value) {
    struct asked *asked = to;
    long long *out = &asked->search.limit;
    char *end;
    errno = 0;
    *out = strtoll(value, &end, 10);
    if (errno != 0 || *end != '\0' || *out < 1 || *out > 100000000) {
        return complain("--limit wants a number from 1 on", value);
    }
    return true;
}

static bool take_store(void *to, const char *value) {
    struct asked *asked = to;
    asked->path.len = 0;
    chute_buf_printf(&asked->path, "%s", value);
    return true;
}

static bool take_folder(void *to, const char *value) {
    struct asked *asked = to;
    asked->path.len = 0;
    chute_buf_printf(&asked->path, "%s/store/events.db", value);
    return true;
}

/* A single dash begins a word that must not be there. */
static bool take_arguments(struct asked *asked, int argc, char **argv) {
    const struct chute_cli_flag rows[] = {
        { "--since", .take = take_since },
        { "--until", .take = take_until },
        { "--limit", .take = take_limit },
        { "--json", .on = &asked->is_json },
        { "--follow", .on = &asked->is_follow },
        { "--path.data", .take = take_folder },
        { "--store", .take = take_store },
        { "--help", .on = &asked->is_help },
        { 0 },
    };
    const struct chute_cli_flags flags = { "search", rows, asked };
    bool is_rest = false;
    for (int i = 1; i < argc; i++) {
        if (!is_rest && strcmp(argv[i], "--") == 0) {
            is_rest = true;
        } else if (!is_rest && strcmp(argv[i], "-h") == 0) {
            asked->is_help = true;
        } else if (!is_rest && strncmp(argv[i], "--", 2) == 0) {
            if (!chute_cli_flag_take(&flags, argc, argv, &i)) {
                return false;
            }
        } else {
            chute_buf_printf(&asked->words, "%s%s", asked->words.len == 0 ? "" : " ", argv[i]);
        }
    }
    return true;
}

/* Where the store is if no flag says so: path.data of logstash.yml and environment. */
static void default_path(struct asked *asked) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    struct chute_buf yaml = { 0 };
    chute_cli_image_defaults(settings);
    chute_settings_load_env(settings, environ);
    chute_buf_printf(&yaml, "%s/logstash.yml", chute_settings_text(settings, "path.settings"));
    chute_settings_load_yaml(settings, chute_buf_cstr(&yaml), &chute_env_of_process);
    chute_buf_printf(
        &asked->path, "%s/store/events.db", chute_settings_text(settings, "path.data"));
    chute_buf_finish(&yaml);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

/* ------------------------------------------------------------------ searching */

static struct chute_store *open_store(struct asked *asked) {
    struct chute_store *store;
    struct chute_buf why = { 0 };
    const char *path = chute_buf_cstr(&asked->path);
    enum chute_store_status status = chute_store_open_reader(&store, path, &why);
    if (status == CHUTE_STORE_MISSING) {
        complain("there is no store here (--path.data or --store tell another place)", path);
    } else if (status != CHUTE_STORE_OK) {
        fprintf(stderr, "logchute search: %s cannot be read: %s\n", path, chute_buf_cstr(&why));
    }
    chute_buf_finish(&why);
    return store;
}

/* The file's identity: a store that was set aside is another one. */
static ino_t inode_of(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? info.st_ino : 0;
}

/* Shows what comes, until a signal ends the process or the store cannot be read. */
static enum chute_store_status follow(
    struct asked *asked, struct chute_store **store, int64_t last_id, struct chute_show *show) {
    const struct timespec pause = { .tv_nsec = FOLLOW_MS * 1000000L };
    const char *path = chute_buf_cstr(&asked->path);
    ino_t inode = inode_of(path);
    enum chute_store_status status = CHUTE_STORE_OK;
    while (status == CHUTE_STORE_OK) {
        status = chute_store_follow(*store, &asked->search, &last_id, chute_show_event, show);
        fflush(stdout);
        nanosleep(&pause, NULL);
        ino_t now = inode_of(path);
        if (now != inode && now != 0) {
            chute_store_close(*store);
            *store = open_store(asked);
            last_id = 0;
            inode = now;
            if (*store == NULL) {
                return CHUTE_STORE_OK;
            }
        }
    }
    return status;
}

static int search(struct asked *asked) {
    struct chute_arena arena = { 0 };
    struct chute_buf why = { 0 };
    struct chute_show *show = NULL;
    struct chute_store *store = NULL;
    int64_t last_id = 0;
    int code = 1;
    asked->search.query = chute_query_parse(&arena, chute_buf_str(&asked->words), &why);
    if (asked->search.query == NULL) {
        complain("the query cannot be understood", chute_buf_cstr(&why));
        goto out;
    }
    store = open_store(asked);
    if (store == NULL) {
        goto out;
    }
    show = chute_show_create(stdout, asked->is_json, isatty(STDOUT_FILENO) == 1);
    enum chute_store_status status = chute_store_last_id(store, &last_id);
    if (status == CHUTE_STORE_OK) {
        status = chute_store_find(store, &asked->search, chute_show_event, show);
    }
    if (status == CHUTE_STORE_OK && asked->is_follow) {
        status = follow(asked, &store, last_id, show);
    }
    if (status != CHUTE_STORE_OK) {
        complain("the store cannot be read", chute_store_reason(store));
    }
    code = status == CHUTE_STORE_OK && store != NULL && fflush(stdout) == 0 ? 0 : 1;
out:
    chute_show_destroy(show);
    chute_store_close(store);
    chute_buf_finish(&why);
    chute_arena_finish(&arena);
    return code;
}

int chute_cli_search(int argc, char **argv) {
    struct asked asked = {
        .search = { .since_ms = INT64_MIN, .until_ms = INT64_MAX, .limit = 50 },
    };
    int code = 1;
    if (take_arguments(&asked, argc, argv)) {
        if (asked.is_help) {
            fputs(help, stdout);
            code = 0;
        } else {
            if (asked.path.len == 0) {
                default_path(&asked);
            }
            code = search(&asked);
        }
    }
    chute_buf_finish(&asked.words);
    chute_buf_finish(&asked.path);
    return code;
}
