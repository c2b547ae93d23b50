#include "conf/common_options.h"
#include "pipeline/base/json.h"
#include "pipeline/cli/reference.h"

static const char *const type_names[] = {
    [CHUTE_OPT_BOOL] = "boolean",
    [CHUTE_OPT_INT] = "integer",
    [CHUTE_OPT_FLOAT] = "number",
    [CHUTE_OPT_STR] = "string",
    [CHUTE_OPT_CHOICE] = "choice",
    [CHUTE_OPT_BYTES] = "bytes",
    [CHUTE_OPT_SECONDS] = "duration",
    [CHUTE_OPT_LIST] = "list",
    [CHUTE_OPT_HASH] = "hash",
    [CHUTE_OPT_VALUE] = "any",
    [CHUTE_OPT_REF] = "field",
    [CHUTE_OPT_REFS] = "fields",
    [CHUTE_OPT_TEMPLATE] = "template",
    [CHUTE_OPT_TEMPLATES] = "templates",
    [CHUTE_OPT_CODEC] = "codec",
};

static const char *const state_names[] = {
    [CHUTE_OPTION_OK] = NULL,
    [CHUTE_OPTION_DEPRECATED] = "deprecated",
    [CHUTE_OPTION_OBSOLETE] = "obsolete",
    [CHUTE_OPTION_UNSUPPORTED] = "unsupported",
    [CHUTE_OPTION_IGNORED] = "ignored",
};

struct writer {
    struct chute_arena *arena;
    struct chute_object *object; /* being filled */
};

static void put(const struct writer *writer, const char *key, struct chute_value value) {
    chute_object_set(writer->arena, writer->object, chute_str_of(key), value);
}

/* NULL is left out. */
static void put_text(const struct writer *writer, const char *key, const char *text) {
    if (text != NULL) {
        put(writer, key, chute_string(chute_str_of(text)));
    }
}

static void put_flag(const struct writer *writer, const char *key, bool is_set) {
    if (is_set) {
        put(writer, key, chute_bool(true));
    }
}

static struct chute_value option_value(
    struct chute_arena *arena, const struct chute_option *row, const char *default_codec) {
    struct chute_value object = chute_object_new(arena, 8);
    struct writer writer = { arena, object.as.object };
    put_text(&writer, "name", row->name);
    put_text(&writer, "type", row->type == 0 ? NULL : type_names[row->type]);
    put_text(&writer, "alias_of", row->alias_of);
    put_flag(&writer, "required", row->is_required);
    put_text(&writer, "default",
        row->fallback == NULL && row->type == CHUTE_OPT_CODEC ? default_codec : row->fallback);
    if (row->choices != NULL) {
        struct chute_value choices = chute_array_new(arena, 4);
        for (size_t i = 0; row->choices[i] != NULL; i++) {
            chute_array_add(arena, choices.as.array, chute_string(chute_str_of(row->choices[i])));
        }
        put(&writer, "choices", choices);
    }
    if (row->has_bounds) {
        put(&writer, "min", chute_number(chute_arena_printf(arena, "%.15g", row->min)));
        put(&writer, "max", chute_number(chute_arena_printf(arena, "%.15g", row->max)));
    }
    put_flag(&writer, "secret", row->is_secret);
    put_flag(&writer, "file", row->is_file);
    put_text(&writer, "state", state_names[row->state]);
    put_text(&writer, "hint", row->hint);
    put_text(&writer, "doc", row->doc);
    return object;
}

static struct chute_value options_value(
    struct chute_arena *arena, const struct chute_option *rows, const char *default_codec) {
    struct chute_value list = chute_array_new(arena, 16);
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        chute_array_add(arena, list.as.array, option_value(arena, row, default_codec));
    }
    return list;
}

void chute_reference_json(struct chute_buf *out) {
    struct chute_arena arena = { 0 };
    struct chute_value root = chute_object_new(&arena, 8);
    struct writer writer = { &arena, root.as.object };
    put_text(&writer, "version", CHUTE_VERSION);
    struct chute_value common = chute_object_new(&arena, 4);
    struct writer common_writer = { &arena, common.as.object };
    put(&common_writer, "input", options_value(&arena, chute_common_inputs, NULL));
    put(&common_writer, "codec", options_value(&arena, chute_common_codecs, NULL));
    put(&common_writer, "filter", options_value(&arena, chute_common_filters, NULL));
    put(&common_writer, "output", options_value(&arena, chute_common_outputs, NULL));
    put(&writer, "common", common);
    struct chute_value plugins = chute_array_new(&arena, 64);
    struct chute_reference_plugin plugin;
    for (size_t i = 0; chute_reference_plugin(i, &plugin); i++) {
        struct chute_value object = chute_object_new(&arena, 8);
        struct writer plugin_writer = { &arena, object.as.object };
        put_text(&plugin_writer, "kind", plugin.kind);
        put_text(&plugin_writer, "name", plugin.name);
        put_text(&plugin_writer, "summary", plugin.summary);
        put_text(&plugin_writer, "alias_of", plugin.alias_of);
        put_text(&plugin_writer, "default_codec", plugin.default_codec);
        put(&plugin_writer, "options", options_value(&arena, plugin.options, plugin.default_codec));
        chute_array_add(&arena, plugins.as.array, object);
    }
    put(&writer, "plugins", plugins);
    chute_json_encode(out, &root);
    chute_buf_add_char(out, '\n');
    chute_arena_finish(&arena);
}
