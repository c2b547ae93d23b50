#include "pipeline/check/stand_in.h"

#include "conf/parser.h"
#include "conf/template.h"
#include "pipeline/base/buf.h"

/* ------------------------------------------------------------------ plugins of a tree */

/* Calls `visit` for every plugin below `block`, in written order. */
static void each_plugin(const struct chute_ast_block *block,
    void (*visit)(void *arg, struct chute_ast_plugin *plugin), void *arg) {
    for (size_t i = 0; i < block->count; i++) {
        const struct chute_ast_node *node = &block->nodes[i];
        if (node->plugin != NULL) {
            visit(arg, node->plugin);
        }
        for (size_t b = 0; node->choice != NULL && b < node->choice->count; b++) {
            each_plugin(&node->choice->branches[b].block, visit, arg);
        }
    }
}

static const struct chute_ast_attribute *attribute_of(
    const struct chute_ast_plugin *plugin, const char *name) {
    for (size_t i = 0; i < plugin->count; i++) {
        if (chute_str_eq(plugin->attributes[i].name, chute_str_of(name))) {
            return &plugin->attributes[i];
        }
    }
    return NULL;
}

static struct chute_str id_of(const struct chute_ast_plugin *plugin) {
    const struct chute_ast_attribute *id = attribute_of(plugin, "id");
    bool is_text =
        id != NULL && (id->value.kind == CHUTE_AST_STRING || id->value.kind == CHUTE_AST_BAREWORD);
    return is_text ? id->value.text : (struct chute_str){ 0 };
}

/* ------------------------------------------------------------------ inputs and outputs */

struct replacing {
    struct chute_ast *ast;
    const struct chute_env *env;
    struct chute_diag *diag;
    struct chute_stand_ins *into;
    bool is_inputs;
};

/* Which of the plugins of its file this one is, from 1 on. */
struct counting {
    const struct chute_ast_plugin *plugin;
    unsigned before;
    bool is_past;
};

static void count(void *arg, struct chute_ast_plugin *plugin) {
    struct counting *counting = arg;
    bool is_of_file = plugin->position.source == counting->plugin->position.source;
    counting->before += is_of_file && !counting->is_past;
    counting->is_past = counting->is_past || plugin == counting->plugin;
}

static unsigned number_in_file(const struct chute_ast *ast, const struct chute_ast_plugin *plugin) {
    struct counting counting = { .plugin = plugin };
    each_plugin(&ast->inputs, count, &counting);
    each_plugin(&ast->filters, count, &counting);
    each_plugin(&ast->outputs, count, &counting);
    return counting.before;
}

static void read_addresses(struct replacing *replacing, const struct chute_ast_plugin *plugin,
    struct chute_stand_in *out) {
    struct chute_arena *arena = &replacing->ast->arena;
    const struct chute_ast_attribute *attribute =
        attribute_of(plugin, replacing->is_inputs ? "address" : "send_to");
    if (attribute == NULL) {
        return;
    }
    const struct chute_ast_value *items = &attribute->value;
    size_t count = 1;
    if (items->kind == CHUTE_AST_ARRAY) {
        count = items->array.count;
        items = items->array.items;
    }
    out->addresses = chute_arena_get(arena, sizeof(*out->addresses) * (count + 1));
    out->address_count = count;
    for (size_t i = 0; i < count; i++) {
        out->addresses[i] = chute_env_expand(
            arena, items[i].text, replacing->env, replacing->diag, items[i].position);
    }
}

static void keep_attributes(struct chute_ast_plugin *plugin, const char *const *names) {
    size_t kept = 0;
    for (size_t i = 0; i < plugin->count; i++) {
        bool is_kept = false;
        for (size_t n = 0; names[n] != NULL; n++) {
            is_kept = is_kept || chute_str_eq(plugin->attributes[i].name, chute_str_of(names[n]));
        }
        if (is_kept) {
            plugin->attributes[kept++] = plugin->attributes[i];
        }
    }
    plugin->count = kept;
}

static void note(void *arg, struct chute_ast_plugin *plugin) {
    struct replacing *replacing = arg;
    struct chute_stand_in *out = &replacing->into->items[replacing->into->count++];
    *out = (struct chute_stand_in){ .id = id_of(plugin), .plugin = plugin->name, .node = plugin };
    if (out->id.at == NULL) {
        out->id = chute_arena_printf(
            &replacing->ast->arena, "id_missing_%04u", number_in_file(replacing->ast, plugin));
    }
    out->is_link = chute_str_eq(plugin->name, CHUTE_STR("pipeline"));
    if (out->is_link) {
        read_addresses(replacing, plugin, out);
    }
}

static void replace(void *arg, struct chute_ast_plugin *plugin) {
    static const char *const of_inputs[] = { "id", "codec", "type", "tags", "add_field", NULL };
    static const char *const of_outputs[] = { "id", NULL };
    const struct replacing *replacing = arg;
    plugin->name = replacing->is_inputs ? CHUTE_STR("generator") : CHUTE_STR("null");
    keep_attributes(plugin, replacing->is_inputs ? of_inputs : of_outputs);
}

static void count_one(void *arg, struct chute_ast_plugin *plugin) {
    (void)plugin;
    ++*(size_t *)arg;
}

static void note_all(struct replacing *replacing, const struct chute_ast_block *block,
    struct chute_stand_ins *into) {
    size_t count = 0;
    each_plugin(block, count_one, &count);
    *into = (struct chute_stand_ins){ .items = chute_arena_get(&replacing->ast->arena,
                                          sizeof(*into->items) * (count + 1)) };
    replacing->into = into;
    replacing->is_inputs = block == &replacing->ast->inputs;
    each_plugin(block, note, replacing);
}

void chute_stand_in(struct chute_ast *ast, const struct chute_env *env, struct chute_diag *diag,
    struct chute_stand_ins *inputs, struct chute_stand_ins *outputs) {
    struct replacing replacing = { .ast = ast, .env = env, .diag = diag };
    note_all(&replacing, &ast->inputs, inputs);
    note_all(&replacing, &ast->outputs, outputs);
    replacing.is_inputs = true;
    each_plugin(&ast->inputs, replace, &replacing);
    replacing.is_inputs = false;
    each_plugin(&ast->outputs, replace, &replacing);
}

void chute_stand_in_without_codec(struct chute_stand_in *input) {
    static const char *const others[] = { "id", "type", "tags", "add_field", NULL };
    keep_attributes(input->node, others);
}

/* ------------------------------------------------------------------ filters only */

struct hash {
    struct chute_arena *arena;
    struct chute_ast_entry *entries;
    size_t count, room;
    struct chute_position place;
    struct chute_diag *diag;
};

static void refuse(struct hash *hash, struct chute_str name, const char *what) {
    chute_diag_error(hash->diag, CHUTE_DIAG_CONFIG, hash->place,
        "with input_plugin, fields may hold anything", "field \"%.*s\" %s", CHUTE_STR_ARGS(name),
        what);
}

static struct chute_ast_value text_value(struct hash *hash, struct chute_str text) {
    return (
        struct chute_ast_value){ .kind = CHUTE_AST_STRING, .position = hash->place, .text = text };
}

static struct chute_ast_value scalar(
    struct hash *hash, struct chute_str name, const struct chute_value *value) {
    if (value->type == CHUTE_OBJECT || value->type == CHUTE_NULL) {
        refuse(hash, name, value->type == CHUTE_NULL ? "is null" : "holds an object in a list");
        return text_value(hash, CHUTE_STR(""));
    }
    struct chute_buf text = { 0 };
    chute_template_print(&text, value);
    struct chute_str copy = chute_arena_copy(hash->arena, chute_buf_str(&text));
    chute_buf_finish(&text);
    return text_value(hash, copy);
}

static struct chute_ast_value list(
    struct hash *hash, struct chute_str name, const struct chute_array *array) {
    struct chute_ast_value value = { .kind = CHUTE_AST_ARRAY, .position = hash->place };
    value.array.items =
        chute_arena_get(hash->arena, sizeof(*value.array.items) * (array->count + 1));
    value.array.count = array->count;
    for (uint32_t i = 0; i < array->count; i++) {
        value.array.items[i] = scalar(hash, name, &array->items[i]);
    }
    return value;
}

/* `path` is what names the object that the members are of: "[a][b]". */
static void add_entries(
    struct hash *hash, struct chute_str path, const struct chute_object *fields) {
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        struct chute_str key = { member->key, member->key_len };
        struct chute_str nested = chute_arena_printf(
            hash->arena, "%.*s[%.*s]", CHUTE_STR_ARGS(path), CHUTE_STR_ARGS(key));
        if (member->value.type == CHUTE_OBJECT) {
            add_entries(hash, nested, member->value.as.object);
            continue;
        }
        if (hash->count == hash->room) {
            hash->room = hash->room == 0 ? 16 : hash->room * 2;
            struct chute_ast_entry *entries =
                chute_arena_get(hash->arena, sizeof(*entries) * hash->room);
            if (hash->count > 0) {
                memcpy(entries, hash->entries, sizeof(*entries) * hash->count);
            }
            hash->entries = entries;
        }
        struct chute_str name = path.len == 0 ? key : nested;
        hash->entries[hash->count++] = (struct chute_ast_entry){
            .key = text_value(hash, name),
            .value = member->value.type == CHUTE_ARRAY ? list(hash, name, member->value.as.array)
                                                       : scalar(hash, name, &member->value),
        };
    }
}

/* Adds `add_field => { … }` to the one input. */
static void add_fields(struct chute_ast *ast, const struct chute_value *fields,
    struct chute_position place, struct chute_diag *diag) {
    struct hash hash = { .arena = &ast->arena, .place = place, .diag = diag };
    struct chute_ast_plugin *input = ast->inputs.nodes[0].plugin;
    add_entries(&hash, CHUTE_STR(""), fields->as.object);
    struct chute_ast_attribute *attributes =
        chute_arena_get(&ast->arena, sizeof(*attributes) * (input->count + 1));
    memcpy(attributes, input->attributes, sizeof(*attributes) * input->count);
    attributes[input->count] = (struct chute_ast_attribute){
        .name = CHUTE_STR("add_field"),
        .position = place,
        .value = { .kind = CHUTE_AST_HASH,
            .position = place,
            .hash = { hash.entries, hash.count } },
    };
    input->attributes = attributes;
    input->count++;
}

struct chute_ast *chute_stand_in_filters(const struct chute_ast *ast, const char *file,
    struct chute_str codec, const struct chute_value *fields, struct chute_position place,
    const struct chute_env *env, struct chute_diag *diag) {
    struct chute_buf name = { 0 }, text = { 0 };
    chute_buf_printf(&name, "codec of %s", file);
    chute_buf_printf(
        &text, "input { stdin { codec => %.*s } } output { null { } }", CHUTE_STR_ARGS(codec));
    const struct chute_source *source =
        chute_diag_add_source(diag, chute_buf_cstr(&name), chute_buf_str(&text));
    size_t errors = chute_diag_error_count(diag);
    struct chute_ast *made = chute_parse(diag, &source, 1, false);
    if (chute_diag_error_count(diag) == errors) {
        add_fields(made, fields, place, diag);
    }
    chute_ast_expand(made, env, diag);
    made->filters = ast->filters;
    chute_buf_finish(&name);
    chute_buf_finish(&text);
    return made;
}
