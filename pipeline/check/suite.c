#include "pipeline/check/suite.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/log.h"
#include "pipeline/check/stand_in.h"
#include "pipeline/run/dry.h"
#include "pipeline/run/loader.h"

#define MOST_HANDED_ON 10000 /* by one line: pipelines may hand on to each other in a circle */

/* A pipeline under test. */
struct subject {
    struct chute_pipeline_settings settings;
    struct chute_ast *ast;
    struct chute_stand_ins inputs, outputs; /* once it was made ready */
    struct chute_coverage *coverage;
};

struct chute_suite {
    struct chute_process process; /* never started: a dry run needs none */
    const struct chute_env *env;
    struct chute_diag *diag;
    struct subject *subjects;
    size_t count;
};

/* ------------------------------------------------------------------ pipelines */

struct chute_suite *chute_suite_create(const struct chute_env *env, struct chute_diag *diag) {
    struct chute_suite *suite = chute_calloc(1, sizeof(*suite));
    suite->env = env;
    suite->diag = diag;
    return suite;
}

void chute_suite_destroy(struct chute_suite *suite) {
    if (suite == NULL) {
        return;
    }
    for (size_t i = 0; i < suite->count; i++) {
        chute_coverage_destroy(suite->subjects[i].coverage);
        chute_ast_destroy(suite->subjects[i].ast);
    }
    chute_free(suite->subjects);
    chute_free(suite);
}

void chute_suite_add(struct chute_suite *suite, const struct chute_pipeline_settings *settings,
    struct chute_ast *ast) {
    suite->subjects = chute_realloc(suite->subjects, sizeof(*suite->subjects) * (suite->count + 1));
    struct subject *subject = &suite->subjects[suite->count++];
    *subject = (struct subject){ .settings = *settings, .ast = ast };
    subject->settings.workers = 1;
    subject->settings.is_ordered = true;
}

const struct chute_coverage *chute_suite_coverage(const struct chute_suite *suite, size_t index) {
    return index < suite->count ? suite->subjects[index].coverage : NULL;
}

bool chute_form_has_inputs(enum chute_form form, const struct chute_case_file *file) {
    return form == CHUTE_FORM_INPUTS ||
           (form == CHUTE_FORM_BY_FILE && file->input_plugin.at != NULL);
}

/* ------------------------------------------------------------------ checks before the run */

/* The input that a file means: by its id, or else by the name of its plugin if that is the only one of it. */
static bool find_input(
    const struct chute_suite *suite, struct chute_str name, size_t *subject, size_t *input) {
    for (int by_plugin = 0; by_plugin < 2; by_plugin++) {
        size_t found = 0;
        for (size_t s = 0; s < suite->count; s++) {
            const struct chute_stand_ins *inputs = &suite->subjects[s].inputs;
            for (size_t i = 0; i < inputs->count; i++) {
                if (chute_str_eq(by_plugin ? inputs->items[i].plugin : inputs->items[i].id, name)) {
                    *subject = s;
                    *input = i;
                    found++;
                }
            }
        }
        if (found == 1 || (found > 1 && !by_plugin)) {
            return true;
        }
    }
    return false;
}

static void refuse_input(const struct chute_suite *suite, const struct chute_case_file *file) {
    struct chute_buf hint = { 0 };
    chute_buf_printf(&hint, "the inputs are");
    for (size_t s = 0; s < suite->count; s++) {
        const struct chute_stand_ins *inputs = &suite->subjects[s].inputs;
        for (size_t i = 0; i < inputs->count; i++) {
            chute_buf_printf(&hint, " %.*s (%.*s)", CHUTE_STR_ARGS(inputs->items[i].id),
                CHUTE_STR_ARGS(inputs->items[i].plugin));
        }
    }
    struct chute_position place =
        file->input_plugin.at == NULL ? chute_document_file(file->document) : file->input_position;
    chute_diag_error(suite->diag, CHUTE_DIAG_CONFIG, place, chute_buf_cstr(&hint),
        file->input_plugin.at == NULL
            ? "input_plugin is missing: the input that the lines come in by"
            : "no input has the id \"%.*s\", and there is not one with that plugin only",
        CHUTE_STR_ARGS(file->input_plugin));
    chute_buf_finish(&hint);
}

/* Puts stand-ins into the trees, or takes inputs and outputs out where no file needs them. */
static void stand_in(struct chute_suite *suite, bool needs_inputs) {
    for (size_t i = 0; i < suite->count; i++) {
        struct subject *subject = &suite->subjects[i];
        if (needs_inputs) {
            chute_stand_in(
                subject->ast, suite->env, suite->diag, &subject->inputs, &subject->outputs);
        } else {
            subject->ast->inputs.count = 0;
            subject->ast->outputs.count = 0;
        }
    }
}

/* Finds the inputs that files name. */
static void note_inputs(struct chute_suite *suite, struct chute_case_file *const *files,
    size_t count, enum chute_form form) {
    size_t subject, input;
    for (size_t i = 0; i < count; i++) {
        if (!chute_form_has_inputs(form, files[i])) {
            continue;
        }
        if (files[i]->input_plugin.at != NULL &&
            find_input(suite, files[i]->input_plugin, &subject, &input)) {
            suite->subjects[subject].inputs.items[input].is_used = true;
        } else {
            refuse_input(suite, files[i]);
        }
    }
}

/* Replaces variables, and leaves out what no file needs. */
static void make_ready(struct chute_suite *suite) {
    for (size_t s = 0; s < suite->count; s++) {
        struct subject *subject = &suite->subjects[s];
        for (size_t i = 0; i < subject->inputs.count; i++) {
            if (!subject->inputs.items[i].is_used) {
                chute_stand_in_without_codec(&subject->inputs.items[i]);
            }
        }
        chute_ast_expand(subject->ast, suite->env, suite->diag);
        subject->coverage = chute_coverage_create(subject->ast);
    }
}

/* The tree for a file that tests the filters of `of` alone. */
static struct chute_ast *filters_for(const struct chute_suite *suite,
    const struct chute_case_file *file, const struct chute_ast *of, struct chute_diag *diag) {
    struct chute_str codec = file->codec.at == NULL ? CHUTE_STR("line") : file->codec;
    return chute_stand_in_filters(
        of, file->path, codec, &file->fields, file->fields_position, suite->env, diag);
}

static void try_load(
    struct chute_suite *suite, const struct subject *subject, const struct chute_ast *ast) {
    if (chute_diag_error_count(suite->diag) == 0) {
        chute_pipeline_destroy(
            chute_pipeline_load(&suite->process, &subject->settings, ast, suite->diag, false));
    }
}

/* Notes what is wrong with the codec and the fields of a file that tests filters alone. */
static void check_file(struct chute_suite *suite, const struct chute_case_file *file) {
    if (suite->count != 1) {
        chute_diag_error(suite->diag, CHUTE_DIAG_CONFIG, chute_document_file(file->document), NULL,
            "input_plugin is missing: there are %zu pipelines", suite->count);
        return;
    }
    const struct chute_ast nothing = { 0 };
    struct chute_ast *ast = filters_for(suite, file, &nothing, suite->diag);
    try_load(suite, &suite->subjects[0], ast);
    chute_ast_destroy(ast);
}

bool chute_suite_check(struct chute_suite *suite, struct chute_case_file *const *files,
    size_t count, enum chute_form form) {
    bool needs_inputs = false;
    if (chute_diag_error_count(suite->diag) > 0) {
        return false; /* what is left of a tree would only bring more of them */
    }
    for (size_t i = 0; i < count; i++) {
        needs_inputs = needs_inputs || chute_form_has_inputs(form, files[i]);
    }
    stand_in(suite, needs_inputs);
    note_inputs(suite, files, count, form);
    make_ready(suite);
    for (size_t i = 0; i < suite->count; i++) {
        try_load(suite, &suite->subjects[i], suite->subjects[i].ast);
    }
    for (size_t i = 0; i < count; i++) {
        if (!chute_form_has_inputs(form, files[i])) {
            check_file(suite, files[i]);
        }
    }
    return chute_diag_error_count(suite->diag) == 0;
}

/* ------------------------------------------------------------------ a run */

struct running;

/* A pipeline of a run. */
struct live {
    struct running *running;
    const struct subject *subject;
    struct chute_ast *own_ast; /* of filters alone; NULL: the subject's */
    struct chute_pipeline *pipeline;
    struct chute_dry *dry;
};

/* An event on its way to another pipeline. */
struct handed_on {
    struct live *live;
    struct chute_input *input;
    struct chute_value fields, metadata;
};

struct running {
    struct chute_suite *suite;
    const struct chute_case_file *file;
    struct chute_results *results;
    struct live *lives;
    size_t live_count;
    bool has_inputs;
    struct chute_json_parser *json;
    size_t case_index, line;
    bool
        is_empty_text; /* the event at hand is one without any bytes, which no codec would be given */
    bool is_handing_on; /* events have their fields already */
    struct handed_on *queue;
    size_t queue_count, queue_room, queue_done;
};

static void set_field(struct chute_event *event, const struct chute_member *member) {
    struct chute_arena *arena = chute_event_arena(event);
    struct chute_str name = { member->key, member->key_len };
    struct chute_value value = chute_value_copy(arena, &member->value, true);
    name = chute_arena_copy(arena, name);
    struct chute_time time;
    if (chute_str_eq(name, CHUTE_STR("@metadata")) && value.type == CHUTE_OBJECT) {
        *chute_event_metadata(event) = value;
    } else if (chute_str_eq(name, CHUTE_STR("@timestamp")) && value.type == CHUTE_STRING &&
               chute_time_parse(chute_value_str(&value), &time)) {
        chute_event_set_time(event, time);
    } else {
        chute_event_set_field(event, name, value);
    }
}

/* The file's fields, and in their place those of the case. Filters alone get the file's by their input's add_field. */
static void on_event(void *arg, struct chute_input *input, struct chute_event *event) {
    (void)input;
    const struct running *running = ((struct live *)arg)->running;
    if (running->is_handing_on) {
        return;
    }
    if (running->is_empty_text) {
        chute_event_set_field(event, CHUTE_STR("message"), chute_clean_string(CHUTE_STR("")));
    }
    const struct chute_object *all = running->file->fields.as.object;
    const struct chute_object *own = running->file->cases[running->case_index].fields.as.object;
    for (uint32_t i = 0; running->has_inputs && i < all->count; i++) {
        struct chute_str name = { all->members[i].key, all->members[i].key_len };
        if (chute_object_get(own, name) == NULL) {
            set_field(event, &all->members[i]);
        }
    }
    for (uint32_t i = 0; i < own->count; i++) {
        set_field(event, &own->members[i]);
    }
}

/* ------------------------------------------------------------------ what comes out */

/* The value as JSON has it. */
static struct chute_value as_json(struct running *running, struct chute_buf *text) {
    struct chute_arena *arena = &running->results->arena;
    struct chute_value value;
    enum chute_json_status status = chute_json_decode(
        running->json, arena, chute_arena_copy(arena, chute_buf_str(text)), &value);
    chute_assert(status == CHUTE_JSON_OK);
    text->len = 0;
    return value;
}

static void keep(struct running *running, struct chute_str output, struct chute_event *event) {
    struct chute_results *results = running->results;
    if (results->count == results->room) {
        results->room = results->room == 0 ? 16 : results->room * 2;
        results->items = chute_realloc(results->items, sizeof(*results->items) * results->room);
    }
    struct chute_buf text = { 0 };
    struct chute_result *made = &results->items[results->count++];
    *made = (struct chute_result){ .case_index = running->case_index,
        .line = running->line,
        .output = chute_arena_copy(&results->arena, output) };
    chute_json_encode_event(&text, event);
    made->fields = as_json(running, &text);
    chute_json_encode(&text, chute_event_metadata(event));
    made->metadata = as_json(running, &text);
    chute_buf_finish(&text);
}

static void hand_on(struct running *running, struct live *to, struct chute_input *input,
    struct chute_event *event) {
    struct chute_arena *arena = &running->results->arena;
    if (running->queue_count == running->queue_room) {
        running->queue_room = running->queue_room == 0 ? 16 : running->queue_room * 2;
        running->queue =
            chute_realloc(running->queue, sizeof(*running->queue) * running->queue_room);
    }
    running->queue[running->queue_count++] = (struct handed_on){
        .live = to,
        .input = input,
        .fields = chute_value_copy(arena, &event->fields, true),
        .metadata = chute_value_copy(arena, chute_event_metadata(event), true),
    };
}

/* To every input that listens at the address. */
static void hand_on_to(
    struct running *running, struct chute_str address, struct chute_event *event) {
    for (size_t l = 0; l < running->live_count; l++) {
        const struct chute_stand_ins *inputs = &running->lives[l].subject->inputs;
        for (size_t i = 0; i < inputs->count; i++) {
            const struct chute_stand_in *stand_in = &inputs->items[i];
            if (stand_in->is_link && stand_in->address_count > 0 &&
                chute_str_eq(stand_in->addresses[0], address)) {
                hand_on(running, &running->lives[l], running->lives[l].pipeline->inputs[i], event);
            }
        }
    }
}

static void on_output(void *arg, struct chute_output *output, struct chute_event *event) {
    struct live *live = arg;
    struct running *running = live->running;
    if (!running->has_inputs) {
        keep(running, CHUTE_STR(""), event);
        return;
    }
    const struct chute_stand_in *stand_in = &live->subject->outputs.items[output->index];
    for (size_t i = 0; i < stand_in->address_count; i++) {
        hand_on_to(running, stand_in->addresses[i], event);
    }
    if (!stand_in->is_link) {
        keep(running, stand_in->id, event);
    }
}

/* Gives on what pipelines gave to each other, until nothing more comes. */
static void finish_handing_on(struct running *running) {
    running->is_handing_on = true;
    for (size_t done = 0; running->queue_done < running->queue_count && done < MOST_HANDED_ON;
         done++) {
        struct handed_on next = running->queue[running->queue_done++];
        chute_dry_event(next.live->dry, next.input, &next.fields, &next.metadata);
    }
    if (running->queue_done < running->queue_count) {
        chute_log(CHUTE_LOG_WARN, "test",
            "pipelines give an event on to each other in a circle: it is given up", NULL);
    }
    running->queue_count = 0;
    running->queue_done = 0;
    running->is_handing_on = false;
}

/* ------------------------------------------------------------------ what goes in */

/* The host that standard input sets on its events. */
static struct chute_origin *origin_of_stdin(const struct chute_input *input) {
    struct chute_origin *origin = chute_origin_create();
    const char *host = input->ecs == CHUTE_ECS_DISABLED ? "host" : "[host][hostname]";
    chute_origin_add(
        origin, host, chute_string(chute_str_of(input->pipeline->settings.host_name)), false);
    return origin;
}

/* Filters alone: lines of one standard input. */
static void feed_line(struct live *live, struct chute_origin *origin, struct chute_str text) {
    struct chute_buf line = { 0 };
    chute_buf_add_str(&line, text);
    chute_buf_add_char(&line, '\n');
    chute_dry_read(live->dry, live->pipeline->inputs[0], origin, chute_buf_str(&line));
    chute_buf_finish(&line);
}

/* By an input: each text is a message by itself, as if it were all of a file. */
static void feed_message(struct live *live, struct chute_input *input, struct chute_str text) {
    if (text.len > 0) {
        chute_dry_message(live->dry, input, text);
    } else if (input->codec->plugin->stream_size == 0) {
        live->running->is_empty_text = true;
        chute_dry_event(live->dry, input, NULL, NULL);
        live->running->is_empty_text = false;
    }
}

static void feed_case(struct running *running, struct live *live, struct chute_input *input,
    struct chute_origin *origin) {
    const struct chute_case *at = &running->file->cases[running->case_index];
    for (size_t i = 0; i < at->line_count; i++) {
        if (running->has_inputs) {
            feed_message(live, input, at->lines[i]);
        } else {
            feed_line(live, origin, at->lines[i]);
        }
        finish_handing_on(running);
        running->line++;
    }
    if (at->line_count == 0) {
        chute_dry_event(live->dry, input, NULL, NULL);
        finish_handing_on(running);
        running->line++;
    }
}

/* Standard input ends, and with it the process: what is held back comes. Behind an input, filters are asked for what they
 * hold only when something is missing: in a process the time for it would come. */
static void end(struct running *running, struct live *live, struct chute_input *input) {
    if (!running->has_inputs) {
        chute_dry_end(live->dry, input);
    }
    for (size_t i = 0; i < running->live_count; i++) {
        if (!running->has_inputs || running->results->count < running->file->expected_count) {
            chute_dry_flush(running->lives[i].dry);
            finish_handing_on(running);
        }
    }
}

static void feed(struct running *running, struct live *live, struct chute_input *input) {
    struct chute_origin *origin = running->has_inputs ? NULL : origin_of_stdin(input);
    for (size_t i = 0; i < running->file->count; i++) {
        running->case_index = i;
        feed_case(running, live, input, origin);
    }
    running->line -= running->line > 0;
    if (running->file->count > 0) {
        end(running, live, input);
    }
    if (origin != NULL) {
        chute_held_unref(&origin->held);
    }
}

/* ------------------------------------------------------------------ a file */

static bool open_live(struct running *running, struct live *live, const struct subject *subject,
    struct chute_diag *diag) {
    *live = (struct live){ .running = running, .subject = subject };
    if (!running->has_inputs) {
        live->own_ast = filters_for(running->suite, running->file, subject->ast, diag);
    }
    const struct chute_ast *ast = live->own_ast == NULL ? subject->ast : live->own_ast;
    live->pipeline =
        chute_pipeline_load(&running->suite->process, &subject->settings, ast, diag, false);
    if (live->pipeline == NULL) {
        return false;
    }
    chute_coverage_attach(subject->coverage, live->pipeline, running->has_inputs);
    struct chute_dry_hooks hooks = { .on_event = on_event, .on_output = on_output, .arg = live };
    live->dry = chute_dry_create(live->pipeline, &hooks);
    return true;
}

static void close_live(struct live *live) {
    chute_dry_destroy(live->dry);
    chute_pipeline_destroy(live->pipeline);
    chute_ast_destroy(live->own_ast);
}

bool chute_suite_run(struct chute_suite *suite, const struct chute_case_file *file,
    enum chute_form form, struct chute_results *results) {
    struct chute_diag *diag =
        chute_diag_create(); /* what there is to say of the pipelines was said by the check */
    struct running running = {
        .suite = suite, .file = file, .results = results, .json = chute_json_parser_create()
    };
    running.has_inputs = chute_form_has_inputs(form, file);
    running.lives = chute_calloc(suite->count + 1, sizeof(*running.lives));
    bool is_good = true;
    for (size_t i = 0; i < suite->count; i++) {
        is_good =
            open_live(&running, &running.lives[running.live_count++], &suite->subjects[i], diag) &&
            is_good;
    }
    size_t subject = 0, input = 0;
    if (is_good && running.has_inputs) {
        is_good = find_input(suite, file->input_plugin, &subject, &input);
    }
    if (is_good) {
        struct live *live = &running.lives[subject];
        results->own_host = running.has_inputs ? NULL : live->subject->settings.host_name;
        feed(&running, live, live->pipeline->inputs[input]);
    } else {
        chute_diag_print(diag, stderr);
    }
    for (size_t i = 0; i < running.live_count; i++) {
        close_live(&running.lives[i]);
    }
    chute_free(running.lives);
    chute_free(running.queue);
    chute_json_parser_destroy(running.json);
    chute_diag_destroy(diag);
    return is_good;
}

void chute_results_finish(struct chute_results *results) {
    chute_arena_finish(&results->arena);
    chute_free(results->items);
    *results = (struct chute_results){ 0 };
}
