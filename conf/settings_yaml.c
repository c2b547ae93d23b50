#include "conf/settings_internal.h"

#include <errno.h>
#include <yaml.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"

#define LARGEST_FILE ((size_t)1024 * 1024)
#define MOST_KEYS 10000 /* aliases can make a small file a huge tree */
#define DEEPEST 32

struct reader {
    struct chute_settings *settings;
    const struct chute_source *source;
    const struct chute_env *env;
    yaml_document_t *document;
    struct chute_buf path; /* the key so far: "pipeline.batch" */
    int keys;
    int depth;
};

static struct chute_position place_of(const struct reader *reader, const yaml_node_t *node) {
    size_t len = node->type == YAML_SCALAR_NODE && node->start_mark.line == node->end_mark.line
                     ? node->end_mark.column - node->start_mark.column
                     : 1;
    return chute_position_at(reader->source, (uint32_t)node->start_mark.line + 1,
        (uint32_t)node->start_mark.column + 1, len);
}

static struct chute_str text_of(const yaml_node_t *node) {
    return (struct chute_str){ (const char *)node->data.scalar.value, node->data.scalar.length };
}

/* A plain `~`, `null` or nothing: as if the key were not there. */
static bool is_null(const yaml_node_t *node) {
    struct chute_str text = text_of(node);
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text.len == 0 || chute_str_eq(text, CHUTE_STR("~")) ||
               chute_str_eq_nocase(text, CHUTE_STR("null")));
}

/* The value of the key that `path` holds. */
static void read_value(struct reader *reader, const yaml_node_t *key, const yaml_node_t *node) {
    struct chute_settings *settings = reader->settings;
    struct chute_buf what = { 0 };
    const char *name = chute_buf_cstr(&reader->path);
    const struct chute_setting *row = chute_setting_find(name);
    chute_buf_printf(&what, "setting \"%s\"", name);
    struct chute_setting_origin origin = {
        .rank = CHUTE_RANK_YAML, .what = chute_buf_cstr(&what), .position = place_of(reader, key)
    };
    bool is_scalar = node->type == YAML_SCALAR_NODE;
    bool is_checked =
        row != NULL && (row->state == CHUTE_SETTING_SUPPORTED ||
                           (row->state == CHUTE_SETTING_NOTICE && row->fallback != NULL));
    if (row == NULL) {
        chute_setting_unknown(settings, name, &origin);
    } else if (row->is_flag_only) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin.position, NULL,
            "%s is a flag, not a setting of this file", origin.what);
    } else if (!is_scalar && is_checked) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, place_of(reader, node), NULL,
            "%s takes one value, not a list", origin.what);
    } else if (!is_scalar) {
        chute_setting_set(settings, row, CHUTE_STR(""), &origin);
    } else if (!is_null(node)) {
        origin.position = is_checked ? place_of(reader, node) : origin.position;
        struct chute_str text = chute_env_expand(
            &settings->arena, text_of(node), reader->env, settings->diag, place_of(reader, node));
        chute_setting_set(settings, row, text, &origin);
    }
    chute_buf_finish(&what);
}

static void read_mapping(struct reader *reader, const yaml_node_t *mapping);

static void read_pair(struct reader *reader, const yaml_node_pair_t *pair) {
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    const yaml_node_t *node = yaml_document_get_node(reader->document, pair->value);
    struct chute_diag *diag = reader->settings->diag;
    if (key->type != YAML_SCALAR_NODE || text_of(key).len == 0) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, place_of(reader, key), NULL,
            "the name of a setting is a text");
        return;
    }
    if (++reader->keys > MOST_KEYS || reader->depth > DEEPEST) {
        if (reader->keys < MOST_KEYS * 2) {
            chute_diag_error(diag, CHUTE_DIAG_CONFIG, place_of(reader, key), NULL,
                "too many settings, or nested too deep");
            reader->keys = MOST_KEYS * 2;
        }
        return;
    }
    size_t len = reader->path.len;
    if (len > 0) {
        chute_buf_add_char(&reader->path, '.');
    }
    chute_buf_add_str(&reader->path, text_of(key));
    if (node->type == YAML_MAPPING_NODE) {
        reader->depth++;
        read_mapping(reader, node);
        reader->depth--;
    } else {
        read_value(reader, key, node);
    }
    reader->path.len = len;
}

static void read_mapping(struct reader *reader, const yaml_node_t *mapping) {
    const yaml_node_pair_t *end = mapping->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < end; pair++) {
        read_pair(reader, pair);
    }
}

static void read_document(struct reader *reader) {
    yaml_node_t *root = yaml_document_get_root_node(reader->document);
    if (root == NULL || (root->type == YAML_SCALAR_NODE && is_null(root))) {
        return; /* an empty file sets nothing */
    }
    if (root->type != YAML_MAPPING_NODE) {
        chute_diag_error(reader->settings->diag, CHUTE_DIAG_CONFIG, place_of(reader, root), NULL,
            "the file holds no settings, written as `name: value`");
        return;
    }
    read_mapping(reader, root);
}

int chute_settings_load_yaml(
    struct chute_settings *settings, const char *path, const struct chute_env *env) {
    struct chute_buf text = { 0 };
    int result = chute_buf_read_file(&text, path, LARGEST_FILE);
    if (result != 0) {
        if (result != -ENOENT) {
            chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL,
                "%s cannot be read: %s", path, strerror(-result));
        }
        chute_buf_finish(&text);
        return result;
    }
    struct reader reader = { .settings = settings, .env = env };
    reader.source = chute_diag_add_source(settings->diag, path, chute_buf_str(&text));
    chute_buf_finish(&text);
    yaml_parser_t parser;
    yaml_document_t document;
    chute_assert(yaml_parser_initialize(&parser)); /* fails only without memory */
    yaml_parser_set_input_string(
        &parser, (const unsigned char *)reader.source->text.at, reader.source->text.len);
    if (yaml_parser_load(&parser, &document)) {
        reader.document = &document;
        read_document(&reader);
        yaml_document_delete(&document);
    } else {
        chute_diag_error(settings->diag, CHUTE_DIAG_SYNTAX,
            chute_position_at(reader.source, (uint32_t)parser.problem_mark.line + 1,
                (uint32_t)parser.problem_mark.column + 1, 1),
            NULL, "%s", parser.problem == NULL ? "this is not YAML" : parser.problem);
    }
    yaml_parser_delete(&parser);
    chute_buf_finish(&reader.path);
    return 0;
}
