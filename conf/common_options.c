#include "conf/common_options.h"

#include "conf/template.h"

#define FAILURE_TAG CHUTE_STR("_addfieldfailure")

static const char *const ecs_choices[] = { "disabled", "v1", "v8", NULL };

#define COMMON_ROWS                                                                                \
    { .name = "id",                                                                                \
        CHUTE_TEXT(struct chute_common, id),                                                       \
        .doc = "Name of this plugin in the log, the API and the statistics." },                    \
        { .name = "enable_metric",                                                                 \
            CHUTE_BOOLEAN(struct chute_common, enable_metric),                                     \
            .fallback = "true",                                                                    \
            .doc = "Whether what this plugin counts beside its events, such as requests or what "  \
                   "it redacted, is in the statistics." },                                         \
    {                                                                                              \
        .name = "ecs_compatibility", CHUTE_CHOICE(struct chute_common, ecs_compatibility),         \
        .choices = ecs_choices,                                                                    \
        .doc = "Whether field names follow the Elastic Common Schema; without it, as the "         \
               "pipeline says.",                                                                   \
    }
#define ADD_FIELD                                                                                  \
    {                                                                                              \
        .name = "add_field", CHUTE_HASH(struct chute_common, add_field), .fallback = "{}",         \
        .sample = "{ \"field\" => \"value\" }",                                                    \
        .doc = "Fields to add, name => value; both may hold %{field}. A field that is there "      \
               "becomes a list."                                                                   \
    }
#define OBSOLETE(option, what)                                                                     \
    { .name = option, .state = CHUTE_OPTION_OBSOLETE, .hint = what }
#define OBSOLETE_SELECTION                                                                         \
    OBSOLETE("type", "write: if [type] == \"…\" { … }"),                                           \
        OBSOLETE("tags", "write: if \"…\" in [tags] { … }"),                                       \
        OBSOLETE("exclude_tags", "write: if \"…\" not in [tags] { … }")

const struct chute_option chute_common_inputs[] = {
    COMMON_ROWS,
    ADD_FIELD,
    { .name = "tags",
        CHUTE_TEMPLATES(struct chute_common, add_tag),
        .fallback = "[]",
        .doc = "Tags that every event of this input gets; they may hold %{field}." },
    { .name = "type",
        CHUTE_TEXT(struct chute_common, type),
        .doc = "The field `type` of every event of this input that has none yet." },
    { .name = "codec", CHUTE_CODEC(struct chute_common, codec), .doc = "How bytes become events." },
    OBSOLETE("debug", "it has no meaning any more: leave it out"),
    OBSOLETE("format", "write: codec => …"),
    OBSOLETE("charset", "write: codec => plain { charset => \"…\" }"),
    OBSOLETE("message_format", "it has no meaning any more: leave it out"),
    { 0 },
};

const struct chute_option chute_common_codecs[] = {
    COMMON_ROWS,
    { 0 },
};

const struct chute_option chute_common_filters[] = {
    COMMON_ROWS,
    { .name = "periodic_flush",
        .type = CHUTE_OPT_BOOL,
        .state = CHUTE_OPTION_IGNORED,
        .hint = "a filter that holds events is asked for them at regular intervals in any case" },
    ADD_FIELD,
    { .name = "remove_field",
        CHUTE_LIST(struct chute_common, remove_field),
        .fallback = "[]",
        .doc = "Fields to remove from an event that matched; names may hold %{field}." },
    { .name = "add_tag",
        CHUTE_TEMPLATES(struct chute_common, add_tag),
        .fallback = "[]",
        .doc = "Tags to add to an event that matched; they may hold %{field}." },
    { .name = "remove_tag",
        CHUTE_TEMPLATES(struct chute_common, remove_tag),
        .fallback = "[]",
        .doc = "Tags to remove from an event that matched; they may hold %{field}." },
    OBSOLETE_SELECTION,
    { 0 },
};

const struct chute_option chute_common_outputs[] = {
    COMMON_ROWS,
    { .name = "codec", CHUTE_CODEC(struct chute_common, codec), .doc = "How events become bytes." },
    { .name = "workers",
        CHUTE_INTEGER(struct chute_common, workers),
        .fallback = "1",
        .has_bounds = true,
        .min = 1,
        .max = 1,
        .sample = "1",
        .hint = "pipeline.workers and pipeline.batch.size are the settings for throughput",
        .doc = "Kept for old configurations." },
    OBSOLETE_SELECTION,
    { 0 },
};

/* ------------------------------------------------------------------ when the configuration is loaded */

struct preparation {
    const struct chute_ast_plugin *plugin;
    const struct chute_option_compile *ctx;
};

static bool refuse(
    const struct preparation *with, const char *option, const char *what, struct chute_str text) {
    const struct chute_ast_attribute *attribute =
        chute_option_written(with->plugin, chute_str_of(option));
    struct chute_position nowhere = { 0 };
    chute_diag_error(with->ctx->diag, CHUTE_DIAG_CONFIG,
        attribute == NULL ? nowhere : attribute->value.position, NULL,
        "option \"%s\" of %s \"%s\" %s: \"%.*s\"", option, with->ctx->kind, with->ctx->name, what,
        CHUTE_STR_ARGS(text));
    return false;
}

static bool compile_name(const struct preparation *with, const char *option, struct chute_str text,
    struct chute_common_name *out) {
    const struct chute_template *template =
        chute_template_compile(with->ctx->arena, text, with->ctx->escape_style);
    if (!chute_template_is_constant(template)) {
        out->template = template;
        return true;
    }
    return chute_ref_compile(with->ctx->arena, text, with->ctx->escape_style, &out->ref) ||
           refuse(with, option, "holds an illegal field reference", text);
}

/* The text that a scalar of the configuration is added as. */
static bool text_of(
    struct chute_arena *arena, const struct chute_value *value, struct chute_str *text) {
    switch (value->type) {
    case CHUTE_STRING:
    case CHUTE_NUMBER:
        *text = chute_value_str(value);
        return true;
    case CHUTE_INT:
        *text = chute_arena_printf(arena, "%lld", (long long)value->as.integer);
        return true;
    case CHUTE_DOUBLE:
        *text = chute_arena_printf(arena, "%.15g", value->as.real);
        return true;
    default:
        return false;
    }
}

static bool compile_addition(const struct preparation *with, const struct chute_member *member,
    struct chute_common_addition *out) {
    struct chute_arena *arena = with->ctx->arena;
    struct chute_str key = { member->key, member->key_len };
    const struct chute_value *value = &member->value;
    size_t count = value->type == CHUTE_ARRAY ? value->as.array->count : 1;
    const struct chute_value *items = value->type == CHUTE_ARRAY ? value->as.array->items : value;
    const struct chute_template **templates = chute_arena_get(arena, count * sizeof(*templates));
    for (size_t i = 0; i < count; i++) {
        struct chute_str text;
        if (!text_of(arena, &items[i], &text)) {
            return refuse(with, "add_field",
                "takes texts, or lists of texts; for a field inside another write "
                "\"[outer][inner]\" as the name. This one is neither",
                key);
        }
        templates[i] = chute_template_compile(arena, text, with->ctx->escape_style);
    }
    out->values = (struct chute_templates){ templates, count };
    return compile_name(with, "add_field", key, &out->name);
}

bool chute_common_prepare(struct chute_common *common, const struct chute_ast_plugin *plugin,
    const struct chute_option_compile *ctx) {
    struct preparation with = { plugin, ctx };
    bool is_good = true;
    size_t count = common->add_field == NULL ? 0 : common->add_field->count;
    struct chute_common_addition *additions =
        chute_arena_zeroed(ctx->arena, count * sizeof(*additions));
    for (size_t i = 0; i < count; i++) {
        is_good = compile_addition(&with, &common->add_field->members[i], &additions[i]) && is_good;
    }
    struct chute_common_name *removals =
        chute_arena_zeroed(ctx->arena, common->remove_field.count * sizeof(*removals));
    for (size_t i = 0; i < common->remove_field.count; i++) {
        is_good =
            compile_name(&with, "remove_field", common->remove_field.items[i], &removals[i]) &&
            is_good;
    }
    common->escape_style = ctx->escape_style;
    common->additions = additions;
    common->addition_count = count;
    common->removals = removals;
    common->removal_count = common->remove_field.count;
    common->is_idle =
        count + common->removal_count + common->add_tag.count + common->remove_tag.count == 0;
    return is_good;
}

/* ------------------------------------------------------------------ for each event */

/* The reference that `name` means for `event`; `room` holds one that is made now. NULL if it is illegal. */
static const struct chute_ref *resolve(const struct chute_common *common,
    const struct chute_common_name *name, const struct chute_event *event,
    struct chute_arena *arena, struct chute_ref *room) {
    if (name->template == NULL) {
        return &name->ref;
    }
    struct chute_str text = chute_template_render(name->template, event, arena);
    return chute_ref_compile(arena, text, common->escape_style, room) ? room : NULL;
}

/* What a field that is there becomes when another value is added, as Ruby's Array() makes it. */
static struct chute_value as_array(struct chute_arena *arena, const struct chute_value *value) {
    struct chute_value list = chute_array_new(arena, 4);
    if (value->type == CHUTE_OBJECT) {
        for (uint32_t i = 0; i < value->as.object->count; i++) {
            const struct chute_member *member = &value->as.object->members[i];
            struct chute_value pair = chute_array_new(arena, 2);
            chute_array_add(arena, pair.as.array,
                chute_string((struct chute_str){ member->key, member->key_len }));
            chute_array_add(arena, pair.as.array, member->value);
            chute_array_add(arena, list.as.array, pair);
        }
    } else if (value->type != CHUTE_NULL) {
        chute_array_add(arena, list.as.array, *value);
    }
    return list;
}

static bool add_value(struct chute_event *event, struct chute_arena *arena,
    const struct chute_ref *ref, struct chute_value added) {
    struct chute_value *there = chute_event_get(event, ref);
    if (there == NULL) {
        return chute_event_set(event, ref, added);
    }
    if (there->type == CHUTE_ARRAY) {
        chute_array_add(arena, there->as.array, added);
        return true;
    }
    struct chute_value list = as_array(arena, there);
    chute_array_add(arena, list.as.array, added);
    return chute_event_set(event, ref, list);
}

static void add_fields(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena) {
    for (size_t i = 0; i < common->addition_count; i++) {
        const struct chute_common_addition *addition = &common->additions[i];
        struct chute_ref room;
        const struct chute_ref *ref = resolve(common, &addition->name, event, arena, &room);
        bool is_good = ref != NULL;
        for (size_t n = 0; n < addition->values.count && is_good; n++) {
            struct chute_str text = chute_template_render(addition->values.items[n], event, arena);
            is_good = add_value(event, arena, ref, chute_string(text));
        }
        if (!is_good) {
            chute_event_tag(event, FAILURE_TAG);
        }
    }
}

static void add_tags(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena) {
    for (size_t i = 0; i < common->add_tag.count; i++) {
        chute_event_tag(event, chute_template_render(common->add_tag.items[i], event, arena));
    }
}

static void remove_tags(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena) {
    const struct chute_value *tags = chute_event_field(event, CHUTE_STR("tags"));
    if (common->remove_tag.count == 0 || tags == NULL || tags->type == CHUTE_NULL) {
        return;
    }
    if (tags->type == CHUTE_STRING) {
        chute_event_set_field(event, CHUTE_STR("tags"), as_array(arena, tags));
    }
    for (size_t i = 0; i < common->remove_tag.count; i++) {
        chute_event_untag(event, chute_template_render(common->remove_tag.items[i], event, arena));
    }
}

void chute_common_apply(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena) {
    if (common->is_idle) {
        return;
    }
    add_fields(common, event, arena);
    for (size_t i = 0; i < common->removal_count; i++) {
        struct chute_ref room;
        const struct chute_ref *ref = resolve(common, &common->removals[i], event, arena, &room);
        if (ref != NULL) {
            chute_event_remove(event, ref, NULL);
        }
    }
    add_tags(common, event, arena);
    remove_tags(common, event, arena);
}

void chute_common_decorate_input(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena) {
    struct chute_str type = CHUTE_STR("type");
    if (common->type.at != NULL && chute_event_field(event, type) == NULL) {
        chute_event_set_field(event, type, chute_string(common->type));
    }
    add_fields(common, event, arena);
    add_tags(common, event, arena);
}
