#include "pipeline/run/loader.h"

#include "conf/option_compile.h"
#include "pipeline/base/alloc.h"
#include "pipeline/run/steps.h"

struct load {
    struct chute_pipeline *pipeline;
    struct chute_arena *arena;
    struct chute_diag *diag;
    bool is_check_only;
    int made;       /* instances, for generated ids */
    bool is_stream; /* the codec being built is for a byte stream */
};

/* What the four kinds of plugins have in common, for one that is being compiled. */
struct compiling {
    const char *kind;
    const char *name;
    const struct chute_ast_plugin *ast; /* NULL: nothing is written */
    const struct chute_option *options;
    const struct chute_option *common_options;
    size_t settings_size;
    const char *default_codec;
    bool (*prepare)(void *settings, const struct chute_prepare *prepare);
};

static bool is_named(struct chute_str name, const char *plugin) {
    return chute_str_eq(name, chute_str_of(plugin));
}

static void unknown_plugin(struct load *load, const char *kind, struct chute_position position,
    struct chute_str name, const char *nearest) {
    chute_diag_error(load->diag, CHUTE_DIAG_CONFIG, position,
        nearest == NULL ? "`logchute plugins` lists those there are"
                        : chute_diag_did_you_mean(load->diag, nearest),
        "unknown %s plugin \"%.*s\"", kind, CHUTE_STR_ARGS(name));
}

#define FIND_PLUGIN(kind)                                                                          \
    static const struct chute_##kind##_plugin *find_##kind(                                        \
        struct load *load, struct chute_position position, struct chute_str name) {                \
        struct chute_nearest nearest = { .name = name };                                           \
        for (size_t i = 0; chute_##kind##s[i] != NULL; i++) {                                      \
            if (is_named(name, chute_##kind##s[i]->name)) {                                        \
                return chute_##kind##s[i];                                                         \
            }                                                                                      \
            chute_nearest_offer(&nearest, chute_##kind##s[i]->name);                               \
        }                                                                                          \
        unknown_plugin(load, #kind, position, name, nearest.best);                                 \
        return NULL;                                                                               \
    }
FIND_PLUGIN(input)
FIND_PLUGIN(codec)
FIND_PLUGIN(filter)
FIND_PLUGIN(output)

/* The list `items` with room for one more than `count`. */
static void *room_for_one(struct load *load, void *items, size_t count) {
    bool is_full = count == 0 || (count >= 8 && (count & (count - 1)) == 0); /* 8, 16, 32 … */
    if (!is_full) {
        return items;
    }
    void *more = chute_arena_get(load->arena, sizeof(void *) * (count == 0 ? 8 : count * 2));
    if (count > 0) {
        memcpy(more, items, sizeof(void *) * count);
    }
    return more;
}

#define ADD(load, list, pointer)                                                                   \
    do {                                                                                           \
        struct chute_pipeline *p = (load)->pipeline;                                               \
        p->list##s = room_for_one(load, p->list##s, p->list##_count);                              \
        p->list##s[p->list##_count++] = (pointer);                                                 \
    } while (0)

/* ------------------------------------------------------------------ settings */

static void *build_codec(void *user, const struct chute_ast_value *value, const char *default_name);

static bool id_is_taken(const struct chute_pipeline *pipeline, const char *id) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        if (strcmp(pipeline->inputs[i]->head.id, id) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        if (strcmp(pipeline->filters[i]->head.id, id) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (strcmp(pipeline->outputs[i]->head.id, id) == 0) {
            return true;
        }
    }
    return false;
}

static const char *choose_id(struct load *load, const struct compiling *what, struct chute_str id) {
    load->made++;
    if (id.at == NULL) {
        return chute_arena_printf(load->arena, "%s_%s_%d", what->kind, what->name, load->made).at;
    }
    const char *text = chute_arena_copy(load->arena, id).at;
    if (id_is_taken(load->pipeline, text)) {
        chute_diag_error(load->diag, CHUTE_DIAG_CONFIG, what->ast->position,
            "give each plugin its own id", "the id \"%s\" is already taken", text);
    }
    return text;
}

static enum chute_ecs ecs_of(const struct load *load, const struct chute_common *common) {
    return common->ecs_compatibility < 0 ? load->pipeline->settings.ecs
                                         : (enum chute_ecs)common->ecs_compatibility;
}

/* The pipeline outlives the sources. */
static struct chute_place place_of(struct load *load, const struct chute_position *position) {
    if (position->source == NULL) {
        return (struct chute_place){ 0 };
    }
    return (struct chute_place){
        .file = chute_arena_copy(load->arena, chute_str_of(position->source->name)).at,
        .line = position->line,
        .column = position->column,
    };
}

/* Fills `head` (settings, common options, id) and lets the plugin prepare. */
static bool compile(struct load *load, const struct compiling *what, struct chute_instance *head) {
    const struct chute_pipeline_settings *settings = &load->pipeline->settings;
    bool is_complete;
    struct chute_option_compile options = {
        .arena = load->arena,
        .diag = load->diag,
        .escape_style = settings->escape_style,
        .is_check_only = load->is_check_only,
        .kind = what->kind,
        .name = what->name,
        .build_codec = build_codec,
        .user = load,
        .is_complete = &is_complete,
        .default_codec = what->default_codec,
    };
    head->kind = what->kind;
    head->name = what->name;
    head->place =
        what->ast == NULL ? (struct chute_place){ 0 } : place_of(load, &what->ast->position);
    head->settings = chute_arena_zeroed(load->arena, what->settings_size + 1);
    bool is_good = chute_options_compile(
        what->options, what->common_options, what->ast, head->settings, &head->common, &options);
    is_good = chute_common_prepare(&head->common, what->ast, &options) && is_good;
    head->id = choose_id(load, what, head->common.id);
    if (!is_complete || what->prepare == NULL) { /* a wrong name hides no wrong value */
        return is_good;
    }
    struct chute_prepare prepare = {
        .arena = load->arena,
        .diag = load->diag,
        .ast = what->ast,
        .id = head->id,
        .codec = head->common.codec,
        .ecs = ecs_of(load, &head->common),
        .escape_style = settings->escape_style,
        .path_data = settings->path_data,
        .host_name = settings->host_name,
        .is_check_only = load->is_check_only,
        .workers = settings->workers,
        .is_ordered = settings->is_ordered,
    };
    return what->prepare(head->settings, &prepare) && is_good;
}

/* ------------------------------------------------------------------ codecs */

static const struct chute_codec_plugin *stream_variant(const struct chute_codec_plugin *plugin) {
    for (size_t i = 0; plugin->stream_codec != NULL && chute_codecs[i] != NULL; i++) {
        if (strcmp(chute_codecs[i]->name, plugin->stream_codec) == 0) {
            return chute_codecs[i];
        }
    }
    return plugin;
}

static void *build_codec(
    void *user, const struct chute_ast_value *value, const char *default_name) {
    struct load *load = user;
    struct chute_str name = chute_str_of(default_name);
    struct chute_position position = { 0 };
    const struct chute_ast_plugin *ast = NULL;
    if (value != NULL) {
        ast = value->kind == CHUTE_AST_PLUGIN ? value->plugin : NULL;
        name = ast == NULL ? value->text : ast->name;
        position = ast == NULL ? value->position : ast->position;
    }
    const struct chute_codec_plugin *plugin = find_codec(load, position, name);
    if (plugin == NULL) {
        return NULL;
    }
    if (load->is_stream) {
        plugin = stream_variant(plugin);
    }
    struct compiling what = {
        .kind = "codec",
        .name = plugin->name,
        .ast = ast,
        .options = plugin->options,
        .common_options = chute_common_codecs,
        .settings_size = plugin->settings_size,
        .prepare = plugin->prepare,
    };
    struct chute_instance head = { 0 };
    struct chute_codec *codec = chute_arena_zeroed(load->arena, sizeof(*codec));
    bool is_good = compile(load, &what, &head);
    codec->plugin = plugin;
    codec->settings = head.settings;
    codec->id = head.id;
    codec->counters = chute_arena_zeroed(load->arena, sizeof(*codec->counters));
    codec->ecs = ecs_of(load, &head.common);
    codec->escape_style = load->pipeline->settings.escape_style;
    ADD(load, codec, codec);
    return is_good ? codec : NULL;
}

/* ------------------------------------------------------------------ inputs and outputs */

/* A codec that only writes has no use in an input. */
static void refuse_unreadable(struct load *load, const struct chute_ast_plugin *ast,
    const struct chute_input_plugin *input, const struct chute_codec *codec) {
    const struct chute_ast_attribute *written = chute_option_written(ast, CHUTE_STR("codec"));
    if (codec == NULL || codec->plugin->decode != NULL || codec->plugin->decode_frame != NULL) {
        return;
    }
    chute_diag_error(load->diag, CHUTE_DIAG_CONFIG,
        written == NULL ? ast->position : written->value.position,
        "write codec => plain, line or json, or leave it out",
        "input \"%s\": codec \"%s\" does not read", input->name, codec->plugin->name);
}

static void load_input(struct load *load, const struct chute_ast_plugin *ast) {
    const struct chute_input_plugin *plugin = find_input(load, ast->position, ast->name);
    if (plugin == NULL) {
        return;
    }
    struct chute_input *input = chute_arena_zeroed(load->arena, sizeof(*input));
    struct compiling what = {
        .kind = "input",
        .name = plugin->name,
        .ast = ast,
        .options = plugin->options,
        .common_options = chute_common_inputs,
        .settings_size = plugin->settings_size,
        .default_codec = plugin->default_codec,
        .prepare = plugin->prepare,
    };
    load->is_stream = !plugin->takes_datagrams;
    compile(load, &what, &input->head);
    input->plugin = plugin;
    input->pipeline = load->pipeline;
    input->codec = input->head.common.codec;
    refuse_unreadable(load, ast, plugin, input->codec);
    input->ecs = ecs_of(load, &input->head.common);
    ADD(load, input, input);
}

static struct chute_output *load_output(struct load *load, const struct chute_ast_plugin *ast) {
    const struct chute_output_plugin *plugin = find_output(load, ast->position, ast->name);
    if (plugin == NULL) {
        return NULL;
    }
    struct chute_output *output = chute_arena_zeroed(load->arena, sizeof(*output));
    struct compiling what = {
        .kind = "output",
        .name = plugin->name,
        .ast = ast,
        .options = plugin->options,
        .common_options = chute_common_outputs,
        .settings_size = plugin->settings_size,
        .default_codec = plugin->default_codec,
        .prepare = plugin->prepare,
    };
    load->is_stream = false;
    compile(load, &what, &output->head);
    output->plugin = plugin;
    output->pipeline = load->pipeline;
    output->codec = output->head.common.codec;
    output->index = (uint32_t)load->pipeline->output_count;
    output->is_serial =
        load->pipeline->settings.is_ordered || load->pipeline->settings.workers == 1;
    ADD(load, output, output);
    return output;
}

/* ------------------------------------------------------------------ filters and steps */

static struct chute_filter *load_filter(struct load *load, const struct chute_ast_plugin *ast) {
    const struct chute_filter_plugin *plugin = find_filter(load, ast->position, ast->name);
    if (plugin == NULL) {
        return NULL;
    }
    struct chute_filter *filter = chute_arena_zeroed(load->arena, sizeof(*filter));
    struct compiling what = {
        .kind = "filter",
        .name = plugin->name,
        .ast = ast,
        .options = plugin->options,
        .common_options = chute_common_filters,
        .settings_size = plugin->settings_size,
        .prepare = plugin->prepare,
    };
    compile(load, &what, &filter->head);
    filter->plugin = plugin;
    filter->index = (uint32_t)load->pipeline->filter_count;
    filter->context = (struct chute_context){
        .id = filter->head.id,
        .pipeline_id = load->pipeline->settings.id,
        .host_name = load->pipeline->settings.host_name,
        .ecs = ecs_of(load, &filter->head.common),
        .escape_style = load->pipeline->settings.escape_style,
    };
    ADD(load, filter, filter);
    return filter;
}

static void load_block(struct load *load, struct chute_steps *steps,
    const struct chute_ast_block *block, uint32_t list, bool is_filters);

static void load_plugin(struct load *load, struct chute_steps *steps,
    const struct chute_ast_plugin *ast, uint32_t list, bool is_filters) {
    if (is_filters) {
        struct chute_filter *filter = load_filter(load, ast);
        if (filter != NULL) {
            struct chute_step *step = chute_steps_add(steps, load->arena);
            *step =
                (struct chute_step){ .kind = CHUTE_STEP_FILTER, .list = list, .filter = filter };
        }
    } else {
        struct chute_output *output = load_output(load, ast);
        if (output != NULL) {
            struct chute_step *step = chute_steps_add(steps, load->arena);
            *step =
                (struct chute_step){ .kind = CHUTE_STEP_OUTPUT, .list = list, .output = output };
        }
    }
}

/* The branches of an `if` from number `from` on, over the events of `list`. */
static void load_branches(struct load *load, struct chute_steps *steps,
    const struct chute_ast_if *choice, size_t from, uint32_t list, bool is_filters) {
    if (from == choice->count) {
        return;
    }
    const struct chute_ast_branch *branch = &choice->branches[from];
    if (branch->condition == NULL) {
        load_block(load, steps, &branch->block, list, is_filters);
        return;
    }
    uint32_t yes = steps->list_count++;
    uint32_t no = steps->list_count++;
    struct chute_step *step = chute_steps_add(steps, load->arena);
    *step = (struct chute_step){
        .kind = CHUTE_STEP_SPLIT,
        .list = list,
        .yes = yes,
        .no = no,
        .place = place_of(load, &branch->position),
        .condition = chute_condition_compile(
            load->arena, branch->condition, load->pipeline->settings.escape_style, load->diag),
    };
    load_block(load, steps, &branch->block, yes, is_filters);
    load_branches(load, steps, choice, from + 1, no, is_filters);
    if (is_filters) {
        step = chute_steps_add(steps, load->arena);
        *step = (struct chute_step){ .kind = CHUTE_STEP_JOIN, .list = list, .yes = yes, .no = no };
    }
}

static void load_block(struct load *load, struct chute_steps *steps,
    const struct chute_ast_block *block, uint32_t list, bool is_filters) {
    for (size_t i = 0; i < block->count; i++) {
        const struct chute_ast_node *node = &block->nodes[i];
        if (node->plugin != NULL) {
            load_plugin(load, steps, node->plugin, list, is_filters);
        } else {
            load_branches(load, steps, node->choice, 0, list, is_filters);
        }
    }
}

static struct chute_steps *load_steps(
    struct load *load, const struct chute_ast_block *block, bool is_filters) {
    struct chute_steps *steps = chute_arena_zeroed(load->arena, sizeof(*steps));
    steps->list_count = 1;
    load_block(load, steps, block, 0, is_filters);
    return steps;
}

static void load_inputs(struct load *load, const struct chute_ast_block *block) {
    for (size_t i = 0; i < block->count; i++) {
        const struct chute_ast_node *node = &block->nodes[i];
        if (node->plugin != NULL) {
            load_input(load, node->plugin);
        } else {
            chute_diag_error(load->diag, CHUTE_DIAG_CONFIG, node->choice->branches[0].position,
                "put the condition into the filter section",
                "an input section takes no conditions");
        }
    }
}

/* ------------------------------------------------------------------ the pipeline */

static void keep_to_one_worker(struct load *load) {
    struct chute_pipeline *pipeline = load->pipeline;
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        if (pipeline->filters[i]->plugin->is_one_worker && pipeline->settings.workers > 1) {
            chute_diag_warn(load->diag, (struct chute_position){ 0 }, NULL,
                "filter \"%s\" keeps state between events: the pipeline runs with one worker",
                pipeline->filters[i]->head.name);
            pipeline->settings.workers = 1;
        }
    }
}

static struct chute_pipeline *create(const struct chute_pipeline_settings *settings) {
    struct chute_arena arena = { 0 };
    struct chute_pipeline *pipeline = chute_arena_zeroed(&arena, sizeof(*pipeline));
    pipeline->settings = *settings;
    pipeline->settings.id = chute_arena_copy(&arena, chute_str_of(settings->id)).at;
    if (settings->hash != NULL) {
        pipeline->settings.hash = chute_arena_copy(&arena, chute_str_of(settings->hash)).at;
    }
    pipeline->settings.path_data = chute_arena_copy(&arena, chute_str_of(settings->path_data)).at;
    pipeline->settings.host_name = chute_arena_copy(&arena, chute_str_of(settings->host_name)).at;
    pipeline->arena = arena;
    return pipeline;
}

struct chute_pipeline *chute_pipeline_load(struct chute_process *process,
    const struct chute_pipeline_settings *settings, const struct chute_ast *ast,
    struct chute_diag *diag, bool is_check_only) {
    struct chute_pipeline *pipeline = create(settings);
    pipeline->process = process;
    struct load load = {
        .pipeline = pipeline,
        .arena = &pipeline->arena,
        .diag = diag,
        .is_check_only = is_check_only,
    };
    load_inputs(&load, &ast->inputs);
    pipeline->filter_steps = load_steps(&load, &ast->filters, true);
    pipeline->output_steps = load_steps(&load, &ast->outputs, false);
    keep_to_one_worker(&load);
    if (chute_diag_error_count(diag) > 0) {
        chute_pipeline_destroy(pipeline);
        return NULL;
    }
    return pipeline;
}
