#include "pipeline/check/mock.h"

#include "conf/parser.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/check/document.h"

struct mock {
    struct chute_str id;
    struct chute_position position;
    struct chute_ast *tree;                /* of its text */
    const struct chute_ast_plugin *plugin; /* NULL: what it names is taken out */
    bool is_used;
};

struct chute_mocks {
    struct chute_document *document;
    struct mock *items;
    size_t count;
};

/* ------------------------------------------------------------------ reading */

/* Parses the plugin that `text` describes. */
static bool parse_mock(
    struct mock *mock, const char *path, struct chute_str text, struct chute_diag *diag) {
    struct chute_buf name = { 0 }, wrapped = { 0 };
    chute_buf_printf(&name, "mock of %.*s in %s", CHUTE_STR_ARGS(mock->id), path);
    chute_buf_printf(&wrapped, "filter {\n%.*s\n}", CHUTE_STR_ARGS(text));
    const struct chute_source *source =
        chute_diag_add_source(diag, chute_buf_cstr(&name), chute_buf_str(&wrapped));
    chute_buf_finish(&name);
    chute_buf_finish(&wrapped);
    size_t errors = chute_diag_error_count(diag);
    mock->tree = chute_parse(diag, &source, 1, false);
    const struct chute_ast_block *filters = &mock->tree->filters;
    if (filters->count == 1 && filters->nodes[0].plugin != NULL) {
        mock->plugin = filters->nodes[0].plugin;
    } else if (chute_diag_error_count(diag) == errors) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, mock->position, NULL, "a mock is one plugin");
    }
    return mock->plugin != NULL && chute_diag_error_count(diag) == errors;
}

static bool read_mock(struct chute_mocks *mocks, const struct chute_value *item, const char *path,
    struct chute_diag *diag) {
    struct chute_position place =
        chute_document_place_in(mocks->document, item, chute_document_file(mocks->document));
    struct chute_str id = { 0 }, text = { 0 };
    bool is_good = item->type == CHUTE_OBJECT;
    for (uint32_t i = 0; is_good && i < item->as.object->count; i++) {
        const struct chute_member *member = &item->as.object->members[i];
        struct chute_str key = { member->key, member->key_len };
        struct chute_str *out = chute_str_eq(key, CHUTE_STR("id"))     ? &id
                                : chute_str_eq(key, CHUTE_STR("mock")) ? &text
                                                                       : NULL;
        bool is_null = chute_document_is_null(&member->value);
        is_good = out != NULL && (is_null || member->value.type == CHUTE_STRING);
        if (is_good && !is_null) {
            *out = chute_value_str(&member->value);
        }
    }
    if (!is_good || id.len == 0) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, place, NULL,
            "a mock has an id, and a text called mock or nothing else");
        return false;
    }
    struct mock *mock = &mocks->items[mocks->count++];
    *mock = (struct mock){ .id = id, .position = place };
    return chute_str_trim(text).len == 0 || parse_mock(mock, path, text, diag);
}

struct chute_mocks *chute_mocks_read(const char *path, struct chute_diag *diag) {
    struct chute_document *document = chute_document_read(path, diag);
    if (document == NULL) {
        return NULL;
    }
    struct chute_mocks *mocks = chute_calloc(1, sizeof(*mocks));
    mocks->document = document;
    const struct chute_value *root = chute_document_root(document);
    bool is_good = root->type == CHUTE_ARRAY || chute_document_is_null(root);
    uint32_t count = root->type == CHUTE_ARRAY ? root->as.array->count : 0;
    mocks->items = chute_calloc(count + 1, sizeof(*mocks->items));
    if (!is_good) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, chute_document_file(document), NULL,
            "a file of mocks is a list");
    }
    for (uint32_t i = 0; i < count; i++) {
        is_good = read_mock(mocks, &root->as.array->items[i], path, diag) && is_good;
    }
    if (!is_good) {
        chute_mocks_destroy(mocks);
        return NULL;
    }
    return mocks;
}

void chute_mocks_destroy(struct chute_mocks *mocks) {
    if (mocks == NULL) {
        return;
    }
    for (size_t i = 0; i < mocks->count; i++) {
        chute_ast_destroy(mocks->items[i].tree);
    }
    chute_document_destroy(mocks->document);
    chute_free(mocks->items);
    chute_free(mocks);
}

/* ------------------------------------------------------------------ replacing */

static bool has_id(const struct chute_ast_plugin *plugin, struct chute_str id) {
    for (size_t i = 0; i < plugin->count; i++) {
        if (chute_str_eq(plugin->attributes[i].name, CHUTE_STR("id")) &&
            chute_str_eq(plugin->attributes[i].value.text, id)) {
            return true;
        }
    }
    return false;
}

/* A copy of the mock with the id and the place of what it stands for. */
static struct chute_ast_plugin *copy_mock(
    const struct mock *mock, struct chute_ast *ast, const struct chute_ast_plugin *real) {
    struct chute_ast_plugin *copy = chute_arena_get(&ast->arena, sizeof(*copy));
    *copy = *mock->plugin;
    copy->section = real->section;
    copy->position = real->position;
    copy->attributes = chute_arena_get(&ast->arena, sizeof(*copy->attributes) * (copy->count + 1));
    for (size_t i = 0; i < copy->count; i++) {
        copy->attributes[i] = mock->plugin->attributes[i];
    }
    copy->attributes[copy->count++] = (struct chute_ast_attribute){
        .name = CHUTE_STR("id"),
        .position = real->position,
        .value = { .kind = CHUTE_AST_STRING, .position = real->position, .text = mock->id },
    };
    return copy;
}

static void mock_block(struct mock *mock, struct chute_ast *ast, struct chute_ast_block *block) {
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct chute_ast_node node = block->nodes[i];
        bool is_meant = node.plugin != NULL && has_id(node.plugin, mock->id);
        mock->is_used = mock->is_used || is_meant;
        for (size_t b = 0; node.choice != NULL && b < node.choice->count; b++) {
            mock_block(mock, ast, &node.choice->branches[b].block);
        }
        if (is_meant && mock->plugin != NULL) {
            node.plugin = copy_mock(mock, ast, node.plugin);
        }
        if (!is_meant || mock->plugin != NULL) {
            block->nodes[kept++] = node;
        }
    }
    block->count = kept;
}

void chute_mocks_apply(struct chute_mocks *mocks, struct chute_ast *ast) {
    for (size_t i = 0; i < mocks->count; i++) {
        mock_block(&mocks->items[i], ast, &ast->inputs);
        mock_block(&mocks->items[i], ast, &ast->filters);
        mock_block(&mocks->items[i], ast, &ast->outputs);
    }
}

void chute_mocks_note_unused(const struct chute_mocks *mocks, struct chute_diag *diag) {
    for (size_t i = 0; i < mocks->count; i++) {
        if (!mocks->items[i].is_used) {
            chute_diag_warn(diag, mocks->items[i].position, NULL, "no plugin has the id \"%.*s\"",
                CHUTE_STR_ARGS(mocks->items[i].id));
        }
    }
}
