#include "conf/ast.h"

#include "pipeline/base/alloc.h"

typedef void visit_function(struct chute_ast_value *value, void *context);

struct chute_ast *chute_ast_create(void) {
    return chute_calloc(1, sizeof(struct chute_ast));
}

void chute_ast_destroy(struct chute_ast *ast) {
    if (ast == NULL) {
        return;
    }
    chute_arena_finish(&ast->arena);
    chute_free(ast);
}

static void walk_value(struct chute_ast_value *value, visit_function *visit, void *context) {
    visit(value, context);
    if (value->kind == CHUTE_AST_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++) {
            walk_value(&value->array.items[i], visit, context);
        }
    } else if (value->kind == CHUTE_AST_HASH) {
        for (size_t i = 0; i < value->hash.count; i++) {
            walk_value(&value->hash.entries[i].value, visit, context);
        }
    } else if (value->kind == CHUTE_AST_PLUGIN) {
        chute_ast_walk_plugin(value->plugin, visit, context);
    }
}

void chute_ast_walk_plugin(struct chute_ast_plugin *plugin, visit_function *visit, void *context) {
    for (size_t i = 0; i < plugin->count; i++) {
        walk_value(&plugin->attributes[i].value, visit, context);
    }
}

static void walk_condition(
    struct chute_ast_condition *condition, visit_function *visit, void *context) {
    for (size_t i = 0; i < condition->count; i++) {
        walk_condition(condition->children[i], visit, context);
    }
    if (condition->left != NULL) {
        walk_value(condition->left, visit, context);
    }
    if (condition->right != NULL) {
        walk_value(condition->right, visit, context);
    }
}

void chute_ast_walk(struct chute_ast_block *block, visit_function *visit, void *context) {
    for (size_t i = 0; i < block->count; i++) {
        struct chute_ast_node *node = &block->nodes[i];
        if (node->plugin != NULL) {
            chute_ast_walk_plugin(node->plugin, visit, context);
            continue;
        }
        for (size_t j = 0; j < node->choice->count; j++) {
            struct chute_ast_branch *branch = &node->choice->branches[j];
            if (branch->condition != NULL) {
                walk_condition(branch->condition, visit, context);
            }
            chute_ast_walk(&branch->block, visit, context);
        }
    }
}
