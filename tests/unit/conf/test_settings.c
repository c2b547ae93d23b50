#include <criterion/criterion.h>

#include <stdlib.h>
#include <unistd.h>

#include "conf/settings.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

static const char *get(void *context, const char *name) {
    (void)context;
    return strcmp(name, "SIZE") == 0 ? "77" : NULL;
}

static const struct chute_env env = { get, NULL };

/* Writes `text` to a new file, loads it and removes it. */
static int load_yaml(struct chute_settings *settings, const char *text) {
    char path[] = "/tmp/chute-settings-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int result = chute_settings_load_yaml(settings, path, &env);
    unlink(path);
    return result;
}

/* Loads the flags in `line`, parted by blanks; returns the index of the first other argument. */
static int load_flags(struct chute_settings *settings, const char *line) {
    char copy[512], *argv[32] = { "logchute" };
    int argc = 1, rest;
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    chute_settings_parse_args(settings, argc, argv, &rest);
    cr_expect_leq(rest, argc);
    return rest;
}

static void load_variable(struct chute_settings *settings, const char *variable) {
    char *copy = chute_strdup(variable);
    char *environment[] = { "PATH=/bin", copy, "VERSION=1", NULL };
    chute_settings_load_env(settings, environment);
    chute_free(copy);
}

/* The value of `name` as a text, whatever its type. */
static void show(struct chute_buf *out, const struct chute_settings *settings, const char *name) {
    size_t count;
    const struct chute_setting *row = chute_settings_rows(&count);
    while (strcmp(row->name, name) != 0) {
        row++;
    }
    int first, last;
    switch (row->type) {
    case CHUTE_SETTING_BOOL:
        chute_buf_printf(out, "%s", chute_settings_bool(settings, name) ? "true" : "false");
        break;
    case CHUTE_SETTING_INT:
    case CHUTE_SETTING_BYTES:
    case CHUTE_SETTING_MILLIS:
        chute_buf_printf(out, "%lld", chute_settings_int(settings, name));
        break;
    case CHUTE_SETTING_PORTS:
        chute_settings_ports(settings, name, &first, &last);
        chute_buf_printf(out, "%d-%d", first, last);
        break;
    case CHUTE_SETTING_TEXT:
    case CHUTE_SETTING_CHOICE:
        chute_buf_printf(out, "%s", chute_settings_text(settings, name));
        break;
    }
}

enum from { YAML, VARIABLE, FLAG };

static const struct {
    const char *says;
    enum from from;
    const char *text, *name, *want;
} good[] = {
    { "a default", YAML, "", "pipeline.batch.size", "1000" },
    { "a default delay", YAML, "", "pipeline.batch.delay", "5" },
    { "a default of bytes", YAML, "", "queue.memory_bytes", "8388608" },
    { "a default of ports", YAML, "", "api.http.port", "9600-9700" },
    { "the schema's default", YAML, "", "pipeline.ecs_compatibility", "v8" },
    { "a dotted key", YAML, "pipeline.batch.size: 125", "pipeline.batch.size", "125" },
    { "nested keys", YAML, "pipeline:\n  batch:\n    size: 125\n", "pipeline.batch.size", "125" },
    { "half nested", YAML, "pipeline.batch:\n  size: 125\n", "pipeline.batch.size", "125" },
    { "a variable", YAML, "pipeline.batch.size: ${SIZE}", "pipeline.batch.size", "77" },
    { "a variable's default", YAML, "pipeline.workers: ${NOPE:3}", "pipeline.workers", "3" },
    { "a part of a value", YAML, "node.name: \"node_${SIZE}\"", "node.name", "node_77" },
    { "the last of two counts", YAML, "pipeline.workers: 3\npipeline.workers: 4",
        "pipeline.workers", "4" },
    { "nothing is nothing", YAML, "node:\n  name: a\npath.config:\npipeline.id: ~\n", "pipeline.id",
        "main" },
    { "an empty file", YAML, "# nothing\n", "pipeline.id", "main" },
    { "YAML's booleans", YAML, "config.support_escapes: yes", "config.support_escapes", "true" },
    { "false for what is refused when true", YAML, "config.reload.automatic: false",
        "config.reload.automatic", "false" },
    { "what is ignored and off", YAML, "xpack.monitoring.enabled: false", "pipeline.id", "main" },
    { "a multiline text", YAML, "config.string: |\n  input {\n  }\n", "config.string",
        "input {\n}\n" },
    { "an ordered false is a choice", YAML, "pipeline.ordered: false", "pipeline.ordered",
        "false" },
    { "an upper-case variable", VARIABLE, "PIPELINE_BATCH_SIZE=125", "pipeline.batch.size", "125" },
    { "one with an underscore of its own", VARIABLE, "CONFIG_SUPPORT_ESCAPES=true",
        "config.support_escapes", "true" },
    { "a variable with the name itself", VARIABLE, "pipeline.workers=7", "pipeline.workers", "7" },
    { "Logstash's own variable for the folder", VARIABLE, "LS_SETTINGS_DIR=/x", "path.settings",
        "/x" },
    { "the flag that is called otherwise", FLAG, "--field-reference-escape-style percent",
        "config.field_reference.escape_style", "percent" },
    { "illegal tags are moved", YAML, "event_api.tags.illegal: rename", "event_api.tags.illegal",
        "rename" },
    { "an empty variable is none", VARIABLE, "PIPELINE_ID=", "pipeline.id", "main" },
    { "flags are no variables", VARIABLE, "HELP=1", "help", "false" },
    { "other variables are others'", VARIABLE, "PIPELINE_WORKERZ=x", "pipeline.id", "main" },
    { "a long flag", FLAG, "--pipeline.workers 9", "pipeline.workers", "9" },
    { "with an equals sign", FLAG, "--pipeline.workers=9", "pipeline.workers", "9" },
    { "a short flag", FLAG, "-w 9", "pipeline.workers", "9" },
    { "a short flag with its value", FLAG, "-w9", "pipeline.workers", "9" },
    { "the last flag counts", FLAG, "-w 9 -w 8", "pipeline.workers", "8" },
    { "a boolean alone", FLAG, "-t -w 9", "config.test_and_exit", "true" },
    { "and what follows it", FLAG, "-t -w 9", "pipeline.workers", "9" },
    { "a boolean with a value", FLAG, "--config.test_and_exit false", "config.test_and_exit",
        "false" },
    { "api.enabled", FLAG, "--api.enabled=false", "api.enabled", "false" },
    { "a value that looks like a flag", FLAG, "--node.name -x", "node.name", "-x" },
    { "-n", FLAG, "-n a", "node.name", "a" },
    { "-f", FLAG, "-f a", "path.config", "a" },
    { "-e", FLAG, "-e a", "config.string", "a" },
    { "-b", FLAG, "-b 5", "pipeline.batch.size", "5" },
    { "-u", FLAG, "-u 50", "pipeline.batch.delay", "50" },
    { "a delay with a unit", FLAG, "-u 2s", "pipeline.batch.delay", "2000" },
    { "seconds in a plain interval", FLAG, "--config.reload.interval 7", "config.reload.interval",
        "7000" },
    { "a fraction", FLAG, "--config.reload.interval 1.5m", "config.reload.interval", "90000" },
    { "bytes", FLAG, "--queue.memory_bytes 64mb", "queue.memory_bytes", "67108864" },
    { "plain bytes", FLAG, "--queue.memory_bytes 2000000", "queue.memory_bytes", "2000000" },
    { "gigabytes of any case", FLAG, "--queue.memory_bytes 1GB", "queue.memory_bytes",
        "1073741824" },
    { "one port", FLAG, "--api.http.port 9601", "api.http.port", "9601-9601" },
    { "a range of ports", FLAG, "--api.http.port 9601-9605", "api.http.port", "9601-9605" },
    { "a choice in any case", FLAG, "--log.level DEBUG", "log.level", "debug" },
    { "a path of settings", FLAG, "--path.settings /x", "path.settings", "/x" },
};

Test(settings, good) {
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_settings *settings = chute_settings_create(diag);
        if (good[i].from == YAML) {
            cr_expect_eq(load_yaml(settings, good[i].text), 0, "%s", good[i].says);
        } else if (good[i].from == VARIABLE) {
            load_variable(settings, good[i].text);
        } else {
            load_flags(settings, good[i].text);
        }
        struct chute_buf got = { 0 };
        show(&got, settings, good[i].name);
        cr_expect_str_eq(
            chute_buf_cstr(&got), good[i].want, "%s: got %s", good[i].says, chute_buf_cstr(&got));
        size_t count;
        const struct chute_diag_item *items = chute_diag_items(diag, &count);
        for (size_t j = 0; j < count; j++) {
            bool is_notice = strstr(items[j].message, " has no effect: ") != NULL ||
                             strstr(items[j].message, " is an old name of ") != NULL;
            cr_expect(is_notice, "%s: %s", good[i].says, items[j].message);
        }
        chute_buf_finish(&got);
        chute_settings_destroy(settings);
        chute_diag_destroy(diag);
    }
}

static const struct {
    const char *says;
    enum from from;
    const char *text, *message, *hint;
    unsigned line, column;
} bad[] = {
    { "an unknown key", YAML, "node.name: a\npipeline.worker: 2",
        "unknown setting \"pipeline.worker\"", "\"pipeline.workers\"", 2, 1 },
    { "an unknown nested key", YAML, "pipeline:\n  batch:\n    sise: 2",
        "unknown setting \"pipeline.batch.sise\"", "\"pipeline.batch.size\"", 3, 5 },
    { "no number", YAML, "pipeline.workers: many", "takes a number from 1 to 1024, not \"many\"",
        NULL, 1, 19 },
    { "too few", YAML, "pipeline.workers: 0", "not \"0\"", NULL, 1, 19 },
    { "a number with more behind it", YAML, "pipeline.workers: 2x", "not \"2x\"", NULL, 1, 19 },
    { "too large for a number", YAML, "pipeline.workers: 99999999999999999999", "takes a number",
        NULL, 1, 19 },
    { "too small a size", YAML, "queue.memory_bytes: 10kb", "takes a size", NULL, 1, 21 },
    { "a size that is none", YAML, "queue.memory_bytes: 10 apples", "takes a size", NULL, 1, 21 },
    { "a huge size", YAML, "queue.memory_bytes: 9e99mb", "takes a size", NULL, 1, 21 },
    { "a huger one", YAML, "queue.memory_bytes: 99999999999999999999999pb", "takes a size", NULL, 1,
        21 },
    { "a duration without digits", YAML, "config.reload.interval: s", "takes a duration", NULL, 1,
        25 },
    { "a negative duration", YAML, "config.reload.interval: -1s", "takes a duration", NULL, 1, 25 },
    { "no boolean", YAML, "config.support_escapes: perhaps", "takes true or false", NULL, 1, 25 },
    { "no choice", YAML, "pipeline.ecs_compatibility: v9", "one of: disabled v1 v8", NULL, 1, 29 },
    { "no port", YAML, "api.http.port: 70000", "takes a port", NULL, 1, 16 },
    { "a range backwards", YAML, "api.http.port: 9700-9600", "takes a port", NULL, 1, 16 },
    { "a list", YAML, "path.config: [a, b]", "takes one value", NULL, 1, 14 },
    { "a variable that is not set", YAML, "node.name: ${NOPE}", "\"NOPE\" is not set",
        "${NAME:value}", 1, 12 },
    { "the persisted queue", YAML, "queue.type: persisted", "cannot be \"persisted\"", "later", 1,
        13 },
    { "reload in YAML's words", YAML, "config.reload.automatic: Yes", "cannot be \"true\"", "later",
        1, 26 },
    { "reload", FLAG, "-r", "flag -r cannot be \"true\"", "later", 0, 0 },
    { "illegal tags that stay", YAML, "event_api.tags.illegal: warn", "cannot be \"warn\"",
        "moved to _tags", 1, 25 },
    { "a variable in the file", YAML, "LS_JAVA_OPTS: x", "unknown setting", NULL, 1, 1 },
    { "modules", YAML, "modules:\n  - name: netflow\n", "setting \"modules\" is not supported",
        "modules", 1, 1 },
    { "a flag in the file", YAML, "version: true", "is a flag", NULL, 1, 1 },
    { "no mapping", YAML, "- a\n- b\n", "holds no settings", NULL, 1, 1 },
    { "a list as a key", YAML, "? [a]\n: b\n", "the name of a setting is a text", NULL, 1, 3 },
    { "no YAML", YAML, "a: [b\n", "expected", NULL, 2, 1 },
    { "not UTF-8", YAML, "node.name: \xff", "", NULL, 1, 1 },
    { "a variable's value", VARIABLE, "PIPELINE_WORKERS=x",
        "environment variable PIPELINE_WORKERS takes", NULL, 0, 0 },
    { "an unknown flag", FLAG, "--pipeline.worker 2", "unknown flag --pipeline.worker",
        "\"pipeline.workers\"", 0, 0 },
    { "an unknown letter", FLAG, "-x", "unknown flag -x", "--help", 0, 0 },
    { "a flag without its value", FLAG, "-t -w", "flag -w needs a value", NULL, 0, 0 },
    { "a flag's value", FLAG, "--pipeline.workers=", "takes a number", NULL, 0, 0 },
    { "plugins", FLAG, "-p /x", "flag -p is not supported", "Logstash", 0, 0 },
};

Test(settings, bad) {
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_settings *settings = chute_settings_create(diag);
        if (bad[i].from == YAML) {
            load_yaml(settings, bad[i].text);
        } else if (bad[i].from == VARIABLE) {
            load_variable(settings, bad[i].text);
        } else {
            load_flags(settings, bad[i].text);
        }
        size_t count;
        const struct chute_diag_item *items = chute_diag_items(diag, &count);
        cr_expect_eq(chute_diag_error_count(diag), 1, "%s: %zu errors", bad[i].says, count);
        if (count > 0) {
            cr_expect_not_null(
                strstr(items[0].message, bad[i].message), "%s: %s", bad[i].says, items[0].message);
            cr_expect_eq(
                items[0].hint == NULL, bad[i].hint == NULL, "%s: %s", bad[i].says, items[0].hint);
            cr_expect(
                bad[i].hint == NULL || items[0].hint == NULL || strstr(items[0].hint, bad[i].hint),
                "%s: %s", bad[i].says, items[0].hint);
            cr_expect_eq(items[0].position.line, bad[i].line, "%s: line %u", bad[i].says,
                items[0].position.line);
            cr_expect_eq(items[0].position.column, bad[i].column, "%s: column %u", bad[i].says,
                items[0].position.column);
        }
        chute_settings_destroy(settings);
        chute_diag_destroy(diag);
    }
}

Test(settings, a_later_source_wins_whatever_the_order) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    cr_expect_not(chute_settings_is_set(settings, "pipeline.workers"));
    load_flags(settings, "-w 4");
    load_variable(settings, "PIPELINE_WORKERS=3");
    load_variable(settings, "PIPELINE_BATCH_SIZE=3");
    load_yaml(settings, "pipeline: { workers: 2, batch: { size: 2, delay: 2 } }");
    cr_expect_eq(chute_settings_int(settings, "pipeline.workers"), 4);
    cr_expect_eq(chute_settings_int(settings, "pipeline.batch.size"), 3);
    cr_expect_eq(chute_settings_int(settings, "pipeline.batch.delay"), 2);
    cr_expect(chute_settings_is_set(settings, "pipeline.workers"));
    cr_expect_eq(chute_diag_error_count(diag), 0);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

Test(settings, what_has_no_meaning_is_said_once) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    load_yaml(settings, "xpack.monitoring.enabled: true\n"
                        "xpack.monitoring.elasticsearch.hosts: [a, b]\n"
                        "queue.checkpoint.acks: 5\n"
                        "http.host: 0.0.0.0\n"
                        "api.http.host: 0.0.0.0\n"
                        "api.environment: staging\n");
    load_variable(settings, "XPACK_MONITORING_ELASTICSEARCH_USERNAME=x");
    load_flags(settings, "--log.level error --debug");
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    cr_assert_eq(count, 5);
    cr_expect_str_eq(items[0].message, "flag --debug is an old name of log.level");
    cr_expect_eq(items[1].position.line, 1);
    cr_expect_eq(items[2].position.line, 3);
    cr_expect_str_eq(items[3].message, "setting \"http.host\" is an old name of api.http.host");
    cr_expect_str_eq(items[4].message,
        "setting \"api.environment\" has no effect: it steers Logstash's web framework");
    cr_expect_eq(chute_diag_error_count(diag), 0);
    cr_expect_str_eq(chute_settings_text(settings, "api.http.host"), "0.0.0.0");
    cr_expect_str_eq(chute_settings_text(settings, "log.level"), "debug");
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

Test(settings, arguments_that_are_no_flags) {
    static const struct {
        const char *line;
        int rest;
    } rows[] = { { "", 1 }, { "-w 2", 3 }, { "-w 2 x -b 3", 3 }, { "x", 1 }, { "-- -w 2", 2 },
        { "-t - x", 2 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_settings *settings = chute_settings_create(diag);
        int rest = load_flags(settings, rows[i].line);
        cr_expect_eq(rest, rows[i].rest, "%s: %d", rows[i].line, rest);
        cr_expect_eq(chute_settings_int(settings, "pipeline.batch.size"), 1000);
        cr_expect_eq(chute_diag_error_count(diag), 0);
        chute_settings_destroy(settings);
        chute_diag_destroy(diag);
    }
}

Test(settings, files_that_cannot_be_read) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    cr_expect_lt(chute_settings_load_yaml(settings, "/nonexistent/logstash.yml", &env), 0);
    cr_expect_eq(chute_diag_error_count(diag), 0);
    cr_expect_lt(chute_settings_load_yaml(settings, "/tmp", &env), 0);
    cr_expect_eq(chute_diag_error_count(diag), 1);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

/* Aliases that would make of a few lines some billion settings, and one that holds itself. */
Test(settings, aliases_are_bounded) {
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "a0: &a0 { k: 1, l: 2 }\n");
    for (int i = 1; i < 30; i++) {
        chute_buf_printf(&text, "a%d: &a%d { k: *a%d, l: *a%d }\n", i, i, i - 1, i - 1);
    }
    const char *texts[] = { chute_buf_cstr(&text), "a: &a { b: *a }\n" };
    for (size_t i = 0; i < 2; i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_settings *settings = chute_settings_create(diag);
        load_yaml(settings, texts[i]);
        cr_expect_gt(chute_diag_error_count(diag), 0);
        cr_expect_lt(chute_diag_error_count(diag), 10100);
        chute_settings_destroy(settings);
        chute_diag_destroy(diag);
    }
    chute_buf_finish(&text);
}

/* The row that `row` is another name of; itself where it is none. */
static const struct chute_setting *meant_by(const struct chute_setting *row) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; row->alias != NULL && row->alias_value == NULL && i < count; i++) {
        if (strcmp(rows[i].name, row->alias) == 0) {
            return &rows[i];
        }
    }
    return row;
}

/* A value that the row takes, and that is not its default. */
static const char *sample_of(const struct chute_setting *row) {
    static char choice[64];
    row = meant_by(row);
    switch (row->type) {
    case CHUTE_SETTING_BOOL:
        return row->fallback != NULL && strcmp(row->fallback, "true") == 0 ? "false" : "true";
    case CHUTE_SETTING_INT:
        return "7";
    case CHUTE_SETTING_BYTES:
        return "7mb";
    case CHUTE_SETTING_MILLIS:
        return "7s";
    case CHUTE_SETTING_PORTS:
        return "9701";
    case CHUTE_SETTING_CHOICE: /* the last one, or the first one where that is the default */
        snprintf(choice, sizeof(choice), "%s", row->choices);
        if (strcmp(strrchr(choice, ' ') + 1, row->fallback) != 0) {
            return strrchr(choice, ' ') + 1;
        }
        return strtok(choice, " ");
    case CHUTE_SETTING_TEXT:
        break;
    }
    return "sample";
}

/* `name`, completed if it is the beginning of several, as a variable where `is_upper`. */
static const char *full_name(const char *name, bool is_upper) {
    static char full[100];
    size_t len = strlen(name);
    snprintf(full, sizeof(full), "%s%s", name, name[len - 1] == '.' ? "sample" : "");
    for (char *at = full; is_upper && *at != '\0'; at++) {
        *at = *at == '.' ? '_' : *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    return full;
}

/* What a value of `row`, set from one source, has to lead to. */
static void check_effect(const struct chute_setting *row, const struct chute_settings *settings,
    struct chute_diag *diag, const char *said) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    bool is_refused = row->state == CHUTE_SETTING_REFUSED ||
                      (row->refused != NULL && strcmp(row->refused, sample_of(row)) == 0);
    if (is_refused) {
        cr_expect(
            count == 1 && !items[0].is_warning && items[0].hint != NULL, "%s: %zu", said, count);
    } else if (row->state == CHUTE_SETTING_NOTICE || row->state == CHUTE_SETTING_ALIAS) {
        size_t notices = row != meant_by(row) && meant_by(row)->state == CHUTE_SETTING_NOTICE;
        cr_expect_eq(count, 1 + notices, "%s: %zu notices", said, count);
        cr_expect_eq(chute_diag_error_count(diag), 0, "%s: %s", said, items[0].message);
    } else {
        struct chute_buf got = { 0 };
        cr_expect_eq(count, 0, "%s: %s", said, count == 0 ? "" : items[0].message);
        cr_expect(chute_settings_is_set(settings, row->name), "%s", said);
        show(&got, settings, row->name);
        cr_expect(row->fallback == NULL || strcmp(chute_buf_cstr(&got), row->fallback) != 0,
            "%s: still %s", said, got.at);
        chute_buf_finish(&got);
    }
}

/* Sets `row` from one source. */
static void set_from(enum from from, const struct chute_setting *row) {
    char text[200];
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    if (from == YAML) {
        snprintf(text, sizeof(text), "%s: \"%s\"", full_name(row->name, false), sample_of(row));
        load_yaml(settings, text);
    } else if (from == VARIABLE) {
        snprintf(text, sizeof(text), "%s=%s", full_name(row->name, true), sample_of(row));
        load_variable(settings, text);
    } else {
        snprintf(text, sizeof(text), "--%s %s", full_name(row->name, false), sample_of(row));
        load_flags(settings, text);
    }
    check_effect(row, settings, diag, text);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

Test(settings, each_is_a_key_a_variable_and_a_flag) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].is_variable_only) {
            set_from(FLAG, &rows[i]);
        }
        if (!rows[i].is_flag_only) {
            set_from(VARIABLE, &rows[i]);
        }
        if (!rows[i].is_flag_only && !rows[i].is_variable_only) {
            set_from(YAML, &rows[i]);
        }
    }
}

/* What Logstash 8.19 knows: the page of logstash.yml, those of X-Pack, the variables of its image, its flags. */
static const char *const of_logstash[] = { "allow_superuser", "api.auth.basic.password",
    "api.auth.basic.password_policy.include.digit", "api.auth.basic.password_policy.include.lower",
    "api.auth.basic.password_policy.include.symbol", "api.auth.basic.password_policy.include.upper",
    "api.auth.basic.password_policy.length.minimum", "api.auth.basic.password_policy.mode",
    "api.auth.basic.username", "api.auth.type", "api.enabled", "api.environment", "api.http.host",
    "api.http.port", "api.ssl.enabled", "api.ssl.keystore.password", "api.ssl.keystore.path",
    "api.ssl.supported_protocols", "cloud.auth", "cloud.id", "config.debug",
    "config.field_reference.escape_style", "config.reload.automatic", "config.reload.interval",
    "config.string", "config.support_escapes", "config.test_and_exit", "dead_letter_queue.enable",
    "dead_letter_queue.flush_interval", "dead_letter_queue.max_bytes",
    "dead_letter_queue.retain.age", "dead_letter_queue.storage_policy", "event_api.tags.illegal",
    "http.enabled", "http.environment", "http.host", "http.port", "keystore.classname",
    "keystore.file", "log.format", "log.format.json.fix_duplicate_message_fields", "log.level",
    "metric.collect", "modules", "monitoring.cluster_uuid", "node.name", "path.config", "path.data",
    "path.dead_letter_queue", "path.logs", "path.plugins", "path.queue", "pipeline.batch.delay",
    "pipeline.batch.size", "pipeline.buffer.type", "pipeline.ecs_compatibility", "pipeline.id",
    "pipeline.ordered", "pipeline.plugin_classloaders", "pipeline.reloadable",
    "pipeline.separate_logs", "pipeline.system", "pipeline.unsafe_shutdown", "pipeline.workers",
    "queue.checkpoint.acks", "queue.checkpoint.interval", "queue.checkpoint.retry",
    "queue.checkpoint.writes", "queue.drain", "queue.max_bytes", "queue.max_events",
    "queue.page_capacity", "queue.type", "slowlog.threshold.debug", "slowlog.threshold.info",
    "slowlog.threshold.trace", "slowlog.threshold.warn", "xpack.geoip.download.endpoint",
    "xpack.geoip.downloader.enabled", "xpack.geoip.downloader.poll.interval",
    "xpack.management.elasticsearch.hosts", "xpack.management.enabled",
    "xpack.management.logstash.poll_interval", "xpack.management.pipeline.id",
    "xpack.monitoring.allow_legacy_collection", "xpack.monitoring.collection.interval",
    "xpack.monitoring.elasticsearch.ssl.truststore.path", "xpack.monitoring.enabled" };
static const char *const flags_of_logstash[] = { "-n", "-f", "-e", "-w", "-b", "-u", "-p", "-l",
    "-i", "-V", "-t", "-r", "-M", "-h", "--enable-local-plugin-development",
    "--field-reference-escape-style", "--modules", "--modules.variable", "--setup",
    "--plugin-classloaders", "--path.settings", "--interactive", "--verbose", "--debug", "--quiet",
    "--version", "--help" };

Test(settings, none_of_logstash_is_unknown) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    char text[200];
    for (size_t i = 0; i < sizeof(of_logstash) / sizeof(of_logstash[0]); i++) {
        snprintf(text, sizeof(text), "%s: x", of_logstash[i]);
        load_yaml(settings, text);
        snprintf(text, sizeof(text), "--%s=x", of_logstash[i]);
        load_flags(settings, text);
    }
    for (size_t i = 0; i < sizeof(flags_of_logstash) / sizeof(flags_of_logstash[0]); i++) {
        snprintf(text, sizeof(text), "%s 1", flags_of_logstash[i]);
        load_flags(settings, text);
    }
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_null(strstr(items[i].message, "unknown"), "%s", items[i].message);
        cr_expect_null(strstr(items[i].message, "is a flag"), "%s", items[i].message);
    }
    cr_expect_gt(count, 0);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
}

Test(settings, the_table_is_whole) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    cr_assert_gt(count, 60);
    for (size_t i = 0; i < count; i++) {
        const struct chute_setting *row = &rows[i];
        bool is_supported = row->state == CHUTE_SETTING_SUPPORTED;
        bool is_alias = row->state == CHUTE_SETTING_ALIAS;
        cr_expect_eq(row->doc != NULL, is_supported, "%s: doc", row->name);
        cr_expect_eq(row->alias != NULL, is_alias, "%s: alias", row->name);
        cr_expect(is_alias || (row->hint != NULL) == (!is_supported || row->refused != NULL),
            "%s: hint", row->name);
        cr_expect_eq(
            row->choices != NULL, row->type == CHUTE_SETTING_CHOICE, "%s: choices", row->name);
        for (size_t j = 0; j < i; j++) {
            cr_expect_str_neq(row->name, rows[j].name, "%s stands twice", row->name);
            cr_expect(
                row->letter == 0 || row->letter != rows[j].letter, "-%c stands twice", row->letter);
        }
    }
}
