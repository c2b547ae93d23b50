#include "filter.h"

#include <criterion/criterion.h>

#include "conf/template.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/regex.h"

extern const struct chute_filter_plugin *const chute_filters[];

/* What the common options of the filter do to an event that matched: so that it shows. */
#define MARK "matched by the filter"

static const struct chute_filter_plugin *find(const char *name) {
    for (size_t i = 0; chute_filters[i] != NULL; i++) {
        if (strcmp(chute_filters[i]->name, name) == 0) {
            return chute_filters[i];
        }
    }
    cr_assert_fail("no filter \"%s\"", name);
    return NULL;
}

static void start(struct test_filter *rig) {
    const struct chute_filter_plugin *plugin = rig->plugin;
    rig->state = chute_calloc(1, plugin->state_size + 1);
    rig->worker = chute_calloc(1, plugin->worker_size + 1);
    if (plugin->state_init != NULL) {
        plugin->state_init(rig->settings, rig->state);
    }
    if (plugin->worker_init != NULL) {
        plugin->worker_init(rig->settings, rig->worker);
    }
    rig->context = (struct chute_context){ .id = "test", .pipeline_id = "main" };
    rig->run = (struct chute_run){
        .arena = &rig->batch.arena,
        .batch = &rig->batch,
        .state = rig->state,
        .worker = rig->worker,
        .scratch = chute_regex_scratch_create(),
        .json = chute_json_parser_create(),
        .context = &rig->context,
        .filter = &rig->filter,
        .pass = &rig->pass,
    };
}

/* Sets the common options to their defaults and add_tag => MARK. */
static void mark_matches(struct test_filter *rig) {
    static const struct chute_template *templates[1];
    templates[0] = chute_template_compile(&rig->compile.arena, CHUTE_STR(MARK), CHUTE_ESCAPE_NONE);
    rig->filter.head.common.add_tag = (struct chute_templates){ templates, 1 };
    rig->filter.head.common.enable_metric = true;
}

bool test_filter_open(struct test_filter *rig, const char *name, const char *options) {
    rig->plugin = find(name);
    test_compile_parse(&rig->compile, options);
    struct test_compile *compile = &rig->compile;
    compile->ctx.name = rig->plugin->name;
    rig->settings = chute_calloc(1, rig->plugin->settings_size + 1);
    struct chute_prepare prepare = {
        .arena = &compile->arena,
        .diag = compile->diag,
        .ast = compile->plugin,
        .id = "test",
        .path_data = "/nonexistent",
        .host_name = "localhost",
        .workers = 1,
    };
    if (chute_diag_error_count(compile->diag) > 0 ||
        !chute_options_compile(
            rig->plugin->options, NULL, compile->plugin, rig->settings, NULL, &compile->ctx) ||
        (rig->plugin->prepare != NULL && !rig->plugin->prepare(rig->settings, &prepare))) {
        cr_assert_gt(chute_diag_error_count(compile->diag), 0, "refused without a word");
        return false;
    }
    mark_matches(rig);
    start(rig);
    return true;
}

static struct chute_event *read_event(struct test_filter *rig, const char *text) {
    struct chute_event *event = chute_batch_add_bare(&rig->batch);
    struct chute_value value;
    enum chute_json_status status =
        chute_json_decode(rig->run.json, &rig->batch.arena, chute_str_of(text), &value);
    cr_assert(status == CHUTE_JSON_OK && value.type == CHUTE_OBJECT, "not an event: %s", text);
    event->fields = value;
    bool has_time = chute_event_field(event, CHUTE_STR("@timestamp")) != NULL;
    bool has_version = chute_event_field(event, CHUTE_STR("@version")) != NULL;
    chute_event_adopt(event);
    if (!has_time) {
        chute_object_remove(event->fields.as.object, CHUTE_STR("@timestamp"));
    }
    if (!has_version) {
        chute_object_remove(event->fields.as.object, CHUTE_STR("@version"));
    }
    return event;
}

/* True if the event was marked, which is undone. */
static bool take_mark(struct chute_event *event) {
    if (!chute_event_has_tag(event, CHUTE_STR(MARK))) {
        return false;
    }
    chute_event_untag(event, CHUTE_STR(MARK));
    struct chute_value *tags = chute_event_field(event, CHUTE_STR("tags"));
    if (tags->as.array->count == 0) {
        chute_object_remove(event->fields.as.object, CHUTE_STR("tags"));
    }
    return true;
}

static void run_one(struct test_filter *rig, struct chute_event *event) {
    if (rig->plugin->run_batch != NULL) {
        struct chute_selection selection = { rig->batch.events, rig->batch.count };
        rig->plugin->run_batch(rig->settings, &selection, &rig->run);
        return;
    }
    enum chute_verdict verdict = rig->plugin->run(rig->settings, event, &rig->run);
    if (verdict == CHUTE_MATCHED) {
        chute_run_match(&rig->run, event);
    } else if (verdict == CHUTE_DROPPED) {
        chute_run_drop(&rig->run, event);
    }
}

const char *test_filter_run(struct test_filter *rig, const char *text) {
    chute_batch_reset(&rig->batch);
    struct chute_event *event = read_event(rig, text);
    run_one(rig, event);
    if (event->is_cancelled) {
        return "dropped";
    }
    rig->out.len = 0;
    bool has_matched = take_mark(event);
    chute_json_encode_event(&rig->out, event);
    if (has_matched) {
        chute_buf_add_str(&rig->out, CHUTE_STR(" matched"));
    }
    if (event->metadata.as.object->count > 0) {
        chute_buf_add_str(&rig->out, CHUTE_STR(" @metadata "));
        chute_json_encode(&rig->out, &event->metadata);
    }
    return chute_buf_cstr(&rig->out);
}

unsigned long long test_filter_count(const struct test_filter *rig, const char *name) {
    const struct chute_named_counter *at = rig->filter.head.named;
    while (at != NULL && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at == NULL ? 0 : at->value;
}

void test_filter_finish(struct test_filter *rig) {
    const struct chute_filter_plugin *plugin = rig->plugin;
    if (rig->worker != NULL && plugin->worker_finish != NULL) {
        plugin->worker_finish(rig->worker);
    }
    if (rig->state != NULL && plugin->state_finish != NULL) {
        plugin->state_finish(rig->state);
    }
    if (rig->settings != NULL && plugin->finish != NULL) {
        plugin->finish(rig->settings);
    }
    chute_instance_finish(&rig->filter.head);
    chute_free(rig->worker);
    chute_free(rig->state);
    chute_free(rig->settings);
    chute_regex_scratch_destroy(rig->run.scratch);
    chute_json_parser_destroy(rig->run.json);
    chute_batch_finish(&rig->batch);
    chute_buf_finish(&rig->out);
    test_compile_finish(&rig->compile);
    *rig = (struct test_filter){ 0 };
}

void test_filter_rows(const char *name, const struct test_filter_row *rows) {
    for (; rows->says != NULL; rows++) {
        struct test_filter rig = { 0 };
        if (test_filter_open(&rig, name, rows->options)) {
            const char *got = test_filter_run(&rig, rows->event);
            cr_expect_str_eq(got, rows->want, "%s: got %s, want %s", rows->says, got, rows->want);
        } else {
            cr_expect_fail("%s: refused: %s", rows->says, test_compile_notes(&rig.compile));
        }
        test_filter_finish(&rig);
    }
}

bool test_filter_refuses(const char *name, const char *options, const char *why) {
    struct test_filter rig = { 0 };
    bool is_open = test_filter_open(&rig, name, options);
    const char *notes = test_compile_notes(&rig.compile);
    bool is_refused = !is_open && strstr(notes, why) != NULL;
    if (!is_refused) {
        cr_log_error("%s: %s", options, is_open ? "accepted" : notes);
    }
    test_filter_finish(&rig);
    return is_refused;
}
