/* pipeline/cli/test.c - `logchute test`: test cases against pipelines, from the flags to the exit code. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "conf/parser.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/check/mock.h"
#include "pipeline/check/report.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/test_args.h"
#include "pipeline/run/read_buffer.h"

struct test {
    const struct chute_test_args *args;
    const struct chute_settings *settings;
    struct chute_diag *diag;
    struct chute_pipeline_settings pipeline;
    struct chute_suite *suite;
    struct chute_mocks *mocks;
    struct chute_document *pipelines;
    struct chute_case_file **files;
    struct chute_report_file *reports;
    struct chute_report_sum sum;
    bool has_broken;
};

static void refuse(struct test *test, const char *what, const char *path, const char *why) {
    chute_diag_error(test->diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL, "%s %s: %s",
        what, path, why);
}

/* ------------------------------------------------------------------ what is read */

static void read_case_file(struct test *test, const char *path) {
    struct chute_case_file *file = chute_case_file_read(path, test->diag);
    if (file != NULL) {
        test->files = chute_realloc(test->files, sizeof(*test->files) * (test->sum.files + 1));
        test->files[test->sum.files++] = file;
        test->sum.cases += file->count;
    }
}

static void read_cases(struct test *test) {
    for (size_t i = 0; i < test->args->cases.count; i++) {
        const char *path = test->args->cases.items[i];
        struct stat about;
        struct chute_test_list found = { 0 };
        if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
            read_case_file(test, path);
            continue;
        }
        if (!chute_test_list_folder(path, &found)) {
            refuse(test, "cannot read", path, strerror(errno));
        } else if (found.count == 0) {
            refuse(
                test, "there is no file of test cases in", path, "they are .json, .yml or .yaml");
        }
        for (size_t f = 0; f < found.count; f++) {
            read_case_file(test, found.items[f]);
            chute_free((char *)found.items[f]);
        }
        chute_free(found.items);
    }
}

static void add_pipeline(struct test *test, const char *id, struct chute_ast *ast) {
    struct chute_pipeline_settings settings = test->pipeline;
    settings.id = id;
    if (test->mocks != NULL) {
        chute_mocks_apply(test->mocks, ast);
    }
    chute_suite_add(test->suite, &settings, ast);
}

/* ------------------------------------------------------------------ pipelines.yml */

/* The text under "path.config", or under "config" in "path"; NULL if there is none. */
static const char *text_at(
    struct test *test, const struct chute_value *pipeline, const char *name) {
    const char *point = strchr(name, '.');
    const struct chute_value *value = chute_object_get(pipeline->as.object, chute_str_of(name));
    const struct chute_value *outer =
        chute_object_get(pipeline->as.object, (struct chute_str){ name, (size_t)(point - name) });
    if (value == NULL && outer != NULL && outer->type == CHUTE_OBJECT) {
        value = chute_object_get(outer->as.object, chute_str_of(point + 1));
    }
    if (value == NULL || value->type != CHUTE_STRING || chute_document_is_null(value)) {
        return NULL;
    }
    struct chute_arena *arena = chute_document_arena(test->pipelines);
    struct chute_position place =
        chute_document_place_in(test->pipelines, pipeline, chute_document_file(test->pipelines));
    struct chute_str text =
        chute_env_expand(arena, chute_value_str(value), &chute_env_of_process, test->diag, place);
    return chute_arena_copy(arena, text).at;
}

/* A path of the file: relative ones begin at --pipeline-base, or where the file lies. */
static const char *path_from_base(struct test *test, const char *path) {
    const char *base = test->args->pipeline_base, *file = test->args->pipelines;
    const char *slash = strrchr(file, '/');
    struct chute_arena *arena = chute_document_arena(test->pipelines);
    if (path[0] == '/' || (base == NULL && slash == NULL)) {
        return path;
    }
    if (base == NULL) {
        return chute_arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path).at;
    }
    return chute_arena_printf(arena, "%s/%s", base, path).at;
}

static void read_pipeline(struct test *test, const struct chute_value *pipeline) {
    struct chute_position place =
        chute_document_place_in(test->pipelines, pipeline, chute_document_file(test->pipelines));
    bool is_object = pipeline->type == CHUTE_OBJECT;
    const char *id = is_object ? text_at(test, pipeline, "pipeline.id") : NULL;
    const char *path = is_object ? text_at(test, pipeline, "path.config") : NULL;
    const char *text = is_object ? text_at(test, pipeline, "config.string") : NULL;
    if (path == NULL && text == NULL) {
        chute_diag_error(test->diag, CHUTE_DIAG_CONFIG, place, NULL,
            "a pipeline has a path.config or a config.string");
        return;
    }
    bool support_escapes = chute_settings_bool(test->settings, "config.support_escapes");
    struct chute_ast *ast;
    if (path != NULL) {
        path = path_from_base(test, path);
        ast = chute_cli_parse_files(&path, 1, false, support_escapes, test->diag);
    } else {
        const struct chute_source *source =
            chute_diag_add_source(test->diag, "config.string", chute_str_of(text));
        ast = chute_parse(test->diag, &source, 1, support_escapes);
    }
    add_pipeline(test, id == NULL ? "main" : id, ast);
}

static void read_pipelines(struct test *test) {
    test->pipelines = chute_document_read(test->args->pipelines, test->diag);
    const struct chute_value *root =
        test->pipelines == NULL ? NULL : chute_document_root(test->pipelines);
    if (root != NULL && (root->type != CHUTE_ARRAY || root->as.array->count == 0)) {
        chute_diag_error(test->diag, CHUTE_DIAG_CONFIG, chute_document_file(test->pipelines), NULL,
            "a pipelines.yml is a list of pipelines");
        return;
    }
    for (uint32_t i = 0; root != NULL && i < root->as.array->count; i++) {
        read_pipeline(test, &root->as.array->items[i]);
    }
}

static void read_configuration(struct test *test) {
    const struct chute_test_args *args = test->args;
    if (args->mocks != NULL) {
        test->mocks = chute_mocks_read(args->mocks, test->diag);
    }
    if (args->pipelines != NULL) {
        read_pipelines(test);
    } else {
        add_pipeline(test, chute_settings_text(test->settings, "pipeline.id"),
            chute_cli_parse_files(args->configs.items, args->configs.count, args->is_standalone,
                chute_settings_bool(test->settings, "config.support_escapes"), test->diag));
    }
    if (test->mocks != NULL) {
        chute_mocks_note_unused(test->mocks, test->diag);
    }
}

/* ------------------------------------------------------------------ the run */

static void run_file(struct test *test, size_t index) {
    const struct chute_case_file *file = test->files[index];
    struct chute_report_file *report = &test->reports[index];
    struct chute_results results = { 0 };
    struct chute_compare_options options = {
        .metadata_key = chute_str_of(test->args->metadata_key),
        .is_debug = test->args->is_debug,
    };
    uint64_t begun = uv_hrtime();
    report->file = file;
    report->judgements = chute_calloc(file->count + 1, sizeof(*report->judgements));
    if (!chute_suite_run(test->suite, file, test->args->form, &results)) {
        test->has_broken = true;
    }
    chute_compare(file, chute_form_has_inputs(test->args->form, file), &options, &results,
        report->judgements);
    chute_results_finish(&results);
    for (size_t i = 0; i < file->count; i++) {
        report->failed += !report->judgements[i].has_passed;
    }
    test->sum.failed += report->failed;
    report->seconds = (double)(uv_hrtime() - begun) / 1e9;
}

static void run_files(struct test *test, uint64_t begun) {
    const struct chute_test_args *args = test->args;
    size_t number = 0;
    test->reports = chute_calloc(test->sum.files + 1, sizeof(*test->reports));
    if (args->is_tap) {
        chute_report_tap_begin(stdout, test->sum.cases);
    }
    for (size_t i = 0; i < test->sum.files; i++) {
        run_file(test, i);
        if (args->is_tap) {
            chute_report_tap(stdout, &test->reports[i], &number);
        } else if (!args->is_quiet) {
            chute_report_person(stdout, &test->reports[i], args->has_colour);
        }
    }
    test->sum.seconds = (double)(uv_hrtime() - begun) / 1e9;
}

static bool write_junit(const struct test *test) {
    struct chute_buf text = { 0 };
    chute_report_junit(&text, test->reports, &test->sum);
    FILE *file = fopen(test->args->junit, "wb");
    bool is_good = file != NULL && fwrite(text.at, 1, text.len, file) == text.len;
    if (file != NULL) {
        is_good = fclose(file) == 0 && is_good;
    }
    if (!is_good) {
        fprintf(stderr, "logchute test: %s cannot be written: %s\n", test->args->junit,
            strerror(errno));
    }
    chute_buf_finish(&text);
    return is_good;
}

/* Runs what was read; the exit code. */
static int run(struct test *test, uint64_t begun) {
    const struct chute_test_args *args = test->args;
    if (chute_diag_error_count(test->diag) == 0) {
        chute_suite_check(test->suite, test->files, test->sum.files, args->form);
    }
    chute_diag_print(test->diag, stderr);
    if (chute_diag_error_count(test->diag) > 0) {
        return 2;
    }
    run_files(test, begun);
    bool is_covered =
        !args->has_coverage || chute_report_coverage(stdout, test->suite, args->is_tap ? "# " : "");
    if (!args->is_tap) {
        chute_report_person_end(stdout, &test->sum, args->has_colour);
    }
    bool is_written = args->junit == NULL || write_junit(test);
    is_written = fflush(stdout) == 0 && is_written;
    if (test->has_broken || !is_written) {
        return 2;
    }
    return test->sum.failed > 0 || (args->needs_coverage && !is_covered);
}

static void finish(struct test *test) {
    for (size_t i = 0; test->reports != NULL && i < test->sum.files; i++) {
        for (size_t c = 0; c < test->files[i]->count; c++) {
            chute_buf_finish(&test->reports[i].judgements[c].text);
        }
        chute_free(test->reports[i].judgements);
    }
    for (size_t i = 0; i < test->sum.files; i++) {
        chute_case_file_destroy(test->files[i]);
    }
    chute_free(test->reports);
    chute_free(test->files);
    chute_suite_destroy(test->suite);
    chute_mocks_destroy(test->mocks);
    chute_document_destroy(test->pipelines);
    chute_read_buffer_pool_finish();
}

static int run_all(const struct chute_test_args *args, const struct chute_settings *settings,
    struct chute_diag *diag) {
    uint64_t begun = uv_hrtime();
    char host_name[256] = "localhost";
    gethostname(host_name, sizeof(host_name) - 1);
    struct test test = { .args = args, .settings = settings, .diag = diag };
    test.pipeline = (struct chute_pipeline_settings){
        .path_data = chute_settings_text(settings, "path.data"),
        .host_name = host_name,
        .ecs = chute_cli_ecs(chute_settings_text(settings, "pipeline.ecs_compatibility")),
        .escape_style = chute_cli_escape_style(
            chute_settings_text(settings, "config.field_reference.escape_style")),
        .workers = 1,
        .batch_size = 1000,
    };
    test.suite = chute_suite_create(&chute_env_of_process, diag);
    read_cases(&test);
    read_configuration(&test);
    int code = run(&test, begun);
    finish(&test);
    return code;
}

int chute_cli_test(int argc, char **argv) {
    struct chute_test_args args;
    int code = 2;
    if (!chute_test_args_read(&args, argc, argv)) {
        chute_test_args_finish(&args);
        return code;
    }
    if (args.is_help || args.is_nothing) {
        fputs(args.is_help ? chute_test_help
                           : "logchute test: there is no daemon to start or to stop\n",
            stdout);
        chute_test_args_finish(&args);
        return 0;
    }
    if (!args.keeps_zone) {
        setenv("TZ", "UTC", 1); /* a case means the same on every machine */
    }
    chute_cli_set_up_clock();
    chute_log_set_level(CHUTE_LOG_WARN);
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    chute_cli_load_settings(settings, diag, (int)args.settings.count, (char **)args.settings.items);
    if (chute_diag_error_count(diag) > 0) {
        chute_diag_print(diag, stderr);
    } else {
        code = run_all(&args, settings, diag);
    }
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
    chute_test_args_finish(&args);
    return code;
}
