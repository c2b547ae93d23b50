#include "pipeline/cli/test_args.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/cli/flags.h"

const char chute_test_help[] =
    "logchute test [FLAGS] CASES ... CONFIGURATION ... - runs test cases against pipelines\n\n"
    "  CASES               files of test cases (.json, .yml, .yaml), or folders of them\n"
    "  CONFIGURATION       pipeline files, folders or patterns; they make one pipeline\n\n"
    "  --format FORMAT     human or tap [human]\n"
    "  --junit FILE        writes JUnit's XML there, too\n"
    "  --coverage          which branches and named patterns no case reached\n"
    "  --full-coverage     the same; exit code 1 if there is one\n"
    "  -p, --pipeline FILE the pipelines of a pipelines.yml in place of CONFIGURATION\n"
    "  --pipeline-base DIR where its relative paths begin [the file's folder]\n"
    "  --logstash-config PATH\n"
    "                      the same as a CONFIGURATION\n"
    "  -t, --testcase-dir PATH\n"
    "                      the same as CASES\n"
    "  --plugin-mock FILE  other plugins in place of those it names by their id\n"
    "  --metadata-key NAME what [@metadata] is called where it is exported [@metadata]\n"
    "  --debug             shows by which line and output an event came\n"
    "  --quiet             only the last line\n"
    "  --color WHEN        always, never or auto [auto: on a terminal, unless NO_COLOR is set]\n"
    "  --SETTING=VALUE     a setting of logchute, such as --pipeline.ecs_compatibility=disabled\n"
    "  --help\n\n"
    "The ways to call logstash-filter-verifier are taken, too:\n"
    "  logchute test standalone [FLAGS] CASES CONFIGURATION ...\n"
    "  logchute test daemon run [FLAGS] --pipeline FILE --testcase-dir DIR\n\n"
    "Exit code: 0 if all pass, 1 if a case fails, 2 if something cannot be run.\n";

static bool complain(const char *what, const char *about) {
    return chute_cli_complain("test", what, about);
}

/* ------------------------------------------------------------------ lists and folders */

void chute_test_list_add(struct chute_test_list *list, const char *item) {
    list->items = chute_realloc(list->items, sizeof(*list->items) * (list->count + 1));
    list->items[list->count++] = item;
}

static bool ends_with(const char *text, const char *ending) {
    return chute_str_ends_with(chute_str_of(text), chute_str_of(ending));
}

bool chute_test_is_case_file(const char *path) {
    return ends_with(path, ".json") || ends_with(path, ".yml") || ends_with(path, ".yaml");
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool chute_test_list_folder(const char *path, struct chute_test_list *out) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return false;
    }
    size_t from = out->count;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct chute_buf name = { 0 };
        struct stat about;
        chute_buf_printf(&name, ends_with(path, "/") ? "%s%s" : "%s/%s", path, entry->d_name);
        if (chute_test_is_case_file(entry->d_name) && stat(chute_buf_cstr(&name), &about) == 0 &&
            !S_ISDIR(about.st_mode)) {
            chute_test_list_add(out, chute_strdup(chute_buf_cstr(&name)));
        }
        chute_buf_finish(&name);
    }
    closedir(folder);
    if (out->count > from) {
        qsort(out->items + from, out->count - from, sizeof(*out->items), compare);
    }
    return true;
}

static bool holds_cases(const char *path) {
    struct chute_test_list found = { 0 };
    bool is_folder = chute_test_list_folder(path, &found);
    for (size_t i = 0; i < found.count; i++) {
        chute_free((char *)found.items[i]);
    }
    chute_free(found.items);
    return is_folder && found.count > 0;
}

/* ------------------------------------------------------------------ flags */

static bool take_format(void *to, const char *value) {
    struct chute_test_args *args = to;
    args->is_tap = strcmp(value, "tap") == 0;
    return args->is_tap || strcmp(value, "human") == 0 ||
           complain("--format takes human or tap, not", value);
}

static bool take_colour(void *to, const char *value) {
    struct chute_test_args *args = to;
    return chute_cli_take_colour("test", value, &args->has_colour);
}

static bool take_config(void *to, const char *value) {
    struct chute_test_args *args = to;
    chute_test_list_add(&args->configs, value);
    return true;
}

static bool take_cases(void *to, const char *value) {
    struct chute_test_args *args = to;
    chute_test_list_add(&args->cases, value);
    return true;
}

/* What the verifier hands on to Logstash is a flag of ours. */
static bool take_setting(void *to, const char *value) {
    struct chute_test_args *args = to;
    chute_test_list_add(&args->settings, value);
    return true;
}

/* The environment is there anyway; only the time zone is UTC, unless it is asked for. */
static bool take_kept_variable(void *to, const char *value) {
    struct chute_test_args *args = to;
    args->keeps_zone = args->keeps_zone || strcmp(value, "TZ") == 0;
    return true;
}

/* Reads the flag at argv[*at]. */
static bool take_flag(struct chute_test_args *args, int argc, char **argv, int *at) {
    bool nothing;
    const struct chute_cli_flag rows[] = {
        { "--format", .take = take_format },
        { "--junit", .text = &args->junit },
        { "--color", .take = take_colour },
        { "--coverage", .on = &args->has_coverage },
        { "--full-coverage", .on = &args->needs_coverage },
        { "--quiet", .on = &args->is_quiet },
        { "--debug", .on = &args->is_debug },
        { "--help", 'h', .on = &args->is_help },
        { "--pipeline", 'p', .text = &args->pipelines },
        { "--pipeline-base", .text = &args->pipeline_base },
        { "--logstash-config", .take = take_config },
        { "--testcase-dir", 't', .take = take_cases },
        { "--plugin-mock", .text = &args->mocks },
        { "--metadata-key", .text = &args->metadata_key },
        { "--logstash-arg", .take = take_setting },
        { "--keep-env", .take = take_kept_variable },
        /* No Logstash is started, and nothing else compares. */
        { "--diff-command" },
        { "--logstash-path" },
        { "--logstash-version" },
        { "--loglevel" },
        { "--socket" },
        { "--sockets-timeout" },
        { "--add-missing-id", .on = &nothing },
        { "--logstash-output", .on = &nothing },
        { "--sockets", .on = &nothing },
        { 0 },
    };
    const struct chute_cli_flags flags = { "test", rows, args };
    const char *text = argv[*at], *equals = strchr(text, '='), *point = strchr(text, '.');
    bool is_setting = point != NULL && (equals == NULL || point < equals);
    if (is_setting && chute_cli_flag_find(&flags, text) == NULL) {
        chute_test_list_add(&args->settings, text);
        return equals != NULL || complain("a setting takes its value behind an equals sign", text);
    }
    return chute_cli_flag_take(&flags, argc, argv, at);
}

/* ------------------------------------------------------------------ all of it */

/* `standalone`, `daemon run` and the like; how many words of argv they are. */
static int take_subcommand(struct chute_test_args *args, int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : "", *second = argc > 2 ? argv[2] : "";
    if (strcmp(first, "standalone") == 0) {
        args->is_standalone = true;
        args->form = CHUTE_FORM_FILTERS;
        return 1;
    }
    if (strcmp(first, "daemon") != 0) {
        return 0;
    }
    args->is_nothing = strcmp(second, "start") == 0 || strcmp(second, "shutdown") == 0;
    if (strcmp(second, "run") == 0) {
        args->form = CHUTE_FORM_INPUTS;
    } else if (!args->is_nothing) {
        complain("daemon takes run, start or shutdown, not", second);
        return -1;
    }
    return 2;
}

/* The first word names cases; of the others those do that look like it, but the verifier's are configuration. */
static bool take_word(struct chute_test_args *args, const char *word) {
    struct stat about;
    bool is_there = stat(word, &about) == 0;
    bool is_cases =
        args->cases.count == 0 ||
        (!args->is_standalone && is_there &&
            (S_ISDIR(about.st_mode) ? holds_cases(word) : chute_test_is_case_file(word)));
    chute_test_list_add(is_cases ? &args->cases : &args->configs, word);
    return true;
}

static bool check(const struct chute_test_args *args) {
    if (args->is_help || args->is_nothing) {
        return true;
    }
    if (args->cases.count == 0) {
        return complain("no test cases are named", "--help tells how");
    }
    if (args->configs.count == 0 && args->pipelines == NULL) {
        return complain("no configuration is named", "--help tells how");
    }
    return args->configs.count == 0 || args->pipelines == NULL ||
           complain("leave one of them out", "a configuration, and --pipeline");
}

bool chute_test_args_read(struct chute_test_args *args, int argc, char **argv) {
    *args = (struct chute_test_args){
        .has_colour = chute_cli_has_colour(),
    };
    chute_test_list_add(&args->settings, "logchute");
    int words = take_subcommand(args, argc, argv);
    bool has_flags = true;
    bool is_good = words >= 0;
    for (int i = words + 1; i < argc && is_good; i++) {
        if (has_flags && strcmp(argv[i], "--") == 0) {
            has_flags = false;
        } else if (has_flags && argv[i][0] == '-' && argv[i][1] != '\0') {
            is_good = take_flag(args, argc, argv, &i);
        } else {
            is_good = take_word(args, argv[i]);
        }
    }
    args->has_coverage = args->has_coverage || args->needs_coverage;
    return is_good && check(args);
}

void chute_test_args_finish(struct chute_test_args *args) {
    chute_free(args->cases.items);
    chute_free(args->configs.items);
    chute_free(args->settings.items);
}
