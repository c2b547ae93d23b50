#include "pipeline/cli/test_args.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

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
    fprintf(stderr, "logchute test: %s: %s\n", what, about);
    return false;
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

static bool take_format(struct chute_test_args *args, const char *value) {
    args->is_tap = strcmp(value, "tap") == 0;
    return args->is_tap || strcmp(value, "human") == 0 ||
           complain("--format takes human or tap, not", value);
}

static bool take_colour(struct chute_test_args *args, const char *value) {
    if (strcmp(value, "always") == 0 || strcmp(value, "never") == 0) {
        args->has_colour = value[0] == 'a';
        return true;
    }
    return strcmp(value, "auto") == 0 ||
           complain("--color takes always, never or auto, not", value);
}

static bool take_junit(struct chute_test_args *args, const char *value) {
    args->junit = value;
    return true;
}

static bool take_pipelines(struct chute_test_args *args, const char *value) {
    args->pipelines = value;
    return true;
}

static bool take_base(struct chute_test_args *args, const char *value) {
    args->pipeline_base = value;
    return true;
}

static bool take_config(struct chute_test_args *args, const char *value) {
    chute_test_list_add(&args->configs, value);
    return true;
}

static bool take_cases(struct chute_test_args *args, const char *value) {
    chute_test_list_add(&args->cases, value);
    return true;
}

static bool take_mocks(struct chute_test_args *args, const char *value) {
    args->mocks = value;
    return true;
}

static bool take_metadata_key(struct chute_test_args *args, const char *value) {
    args->metadata_key = value;
    return true;
}

/* What the verifier hands on to Logstash is a flag of ours. */
static bool take_setting(struct chute_test_args *args, const char *value) {
    chute_test_list_add(&args->settings, value);
    return true;
}

/* The environment is there anyway; only the time zone is UTC, unless it is asked for. */
static bool take_kept_variable(struct chute_test_args *args, const char *value) {
    args->keeps_zone = args->keeps_zone || strcmp(value, "TZ") == 0;
    return true;
}

/* No Logstash is started, and nothing else compares. */
static bool take_nothing(struct chute_test_args *args, const char *value) {
    (void)args;
    (void)value;
    return true;
}

static const struct flag {
    const char *name;
    char letter;
    bool (*take)(struct chute_test_args *args, const char *value);
} flags[] = {
    { "--format", 0, take_format },
    { "--junit", 0, take_junit },
    { "--color", 0, take_colour },
    { "--pipeline", 'p', take_pipelines },
    { "--pipeline-base", 0, take_base },
    { "--logstash-config", 0, take_config },
    { "--testcase-dir", 't', take_cases },
    { "--plugin-mock", 0, take_mocks },
    { "--metadata-key", 0, take_metadata_key },
    { "--logstash-arg", 0, take_setting },
    { "--diff-command", 0, take_nothing },
    { "--keep-env", 0, take_kept_variable },
    { "--logstash-path", 0, take_nothing },
    { "--logstash-version", 0, take_nothing },
    { "--loglevel", 0, take_nothing },
    { "--socket", 0, take_nothing },
    { "--sockets-timeout", 0, take_nothing },
};

/* The switch of that name; `nothing` for one that has no effect, NULL for none. */
static bool *switch_of(struct chute_test_args *args, struct chute_str name, bool *nothing) {
    const struct {
        const char *name;
        bool *target;
    } switches[] = {
        { "--coverage", &args->has_coverage },
        { "--full-coverage", &args->needs_coverage },
        { "--quiet", &args->is_quiet },
        { "--debug", &args->is_debug },
        { "--help", &args->is_help },
        { "-h", &args->is_help },
        { "--add-missing-id", nothing },
        { "--logstash-output", nothing },
        { "--sockets", nothing },
    };
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (chute_str_eq(name, chute_str_of(switches[i].name))) {
            return switches[i].target;
        }
    }
    return NULL;
}

static const struct flag *flag_of(struct chute_str name) {
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        bool is_letter = name.len == 2 && flags[i].letter != 0 && name.at[1] == flags[i].letter;
        if (is_letter || chute_str_eq(name, chute_str_of(flags[i].name))) {
            return &flags[i];
        }
    }
    return NULL;
}

/* Reads the flag at argv[*at], with a value behind it or behind an equals sign. */
static bool take_flag(struct chute_test_args *args, int argc, char **argv, int *at) {
    const char *text = argv[*at];
    struct chute_str name = { text, strcspn(text, "=") };
    const char *value = text[name.len] == '=' ? text + name.len + 1 : NULL;
    bool nothing;
    bool *target = switch_of(args, name, &nothing);
    const struct flag *flag = flag_of(name);
    if (target != NULL) {
        *target = value == NULL || strcmp(value, "false") != 0;
        return true;
    }
    if (flag == NULL && memchr(name.at, '.', name.len) != NULL) {
        chute_test_list_add(&args->settings, text);
        return value != NULL || complain("a setting takes its value behind an equals sign", text);
    }
    if (flag == NULL) {
        return complain("there is no such flag; --help tells all", text);
    }
    if (value == NULL && ++*at == argc) {
        return complain("a value is missing behind", text);
    }
    return flag->take(args, value == NULL ? argv[*at] : value);
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
        .has_colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL,
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
