#include "ast_dump.h"

static void dump_plugin(struct chute_buf *out, const struct chute_ast_plugin *plugin);

static void dump_value(struct chute_buf *out, const struct chute_ast_value *value) {
    switch (value->kind) {
    case CHUTE_AST_STRING:
        chute_buf_printf(out, "\"%.*s\"", CHUTE_STR_ARGS(value->text));
        break;
    case CHUTE_AST_REGEX:
        chute_buf_printf(out, "/%.*s/", CHUTE_STR_ARGS(value->text));
        break;
    case CHUTE_AST_BAREWORD:
    case CHUTE_AST_SELECTOR:
        chute_buf_add_str(out, value->text);
        break;
    case CHUTE_AST_NUMBER:
        if (value->number.is_integer) {
            chute_buf_printf(out, "%lld", value->number.integer);
        } else {
            chute_buf_printf(out, "%gf", value->number.real);
        }
        break;
    case CHUTE_AST_ARRAY:
        for (size_t i = 0; i < value->array.count; i++) {
            chute_buf_add_char(out, i == 0 ? '<' : ',');
            dump_value(out, &value->array.items[i]);
        }
        chute_buf_printf(out, value->array.count == 0 ? "<>" : ">");
        break;
    case CHUTE_AST_HASH:
        for (size_t i = 0; i < value->hash.count; i++) {
            chute_buf_add_char(out, i == 0 ? '{' : ' ');
            dump_value(out, &value->hash.entries[i].key);
            chute_buf_printf(out, "=>");
            dump_value(out, &value->hash.entries[i].value);
        }
        chute_buf_printf(out, value->hash.count == 0 ? "{}" : "}");
        break;
    case CHUTE_AST_PLUGIN:
        dump_plugin(out, value->plugin);
        break;
    }
}

static void dump_plugin(struct chute_buf *out, const struct chute_ast_plugin *plugin) {
    chute_buf_printf(out, "%.*s{", CHUTE_STR_ARGS(plugin->name));
    for (size_t i = 0; i < plugin->count; i++) {
        chute_buf_printf(
            out, "%s%.*s=>", i == 0 ? "" : " ", CHUTE_STR_ARGS(plugin->attributes[i].name));
        dump_value(out, &plugin->attributes[i].value);
    }
    chute_buf_add_char(out, '}');
}

static void dump_condition(struct chute_buf *out, const struct chute_ast_condition *condition) {
    static const char *const names[] = { "and", "or", "xor", "nand", "not", "==", "!=", "<", ">",
        "<=", ">=", "=~", "!~", "in", "not in" };
    if (condition->test == CHUTE_AST_TRUTHY) {
        dump_value(out, condition->left);
        return;
    }
    chute_buf_printf(out, "(%s", names[condition->test]);
    for (size_t i = 0; i < condition->count; i++) {
        chute_buf_add_char(out, ' ');
        dump_condition(out, condition->children[i]);
    }
    if (condition->left != NULL) {
        chute_buf_add_char(out, ' ');
        dump_value(out, condition->left);
        chute_buf_add_char(out, ' ');
        dump_value(out, condition->right);
    }
    chute_buf_add_char(out, ')');
}

static void dump_block(struct chute_buf *out, const struct chute_ast_block *block) {
    chute_buf_add_char(out, '{');
    for (size_t i = 0; i < block->count; i++) {
        if (i > 0) {
            chute_buf_add_char(out, ' ');
        }
        const struct chute_ast_node *node = &block->nodes[i];
        if (node->plugin != NULL) {
            dump_plugin(out, node->plugin);
            continue;
        }
        for (size_t j = 0; j < node->choice->count; j++) {
            const struct chute_ast_branch *branch = &node->choice->branches[j];
            chute_buf_printf(out, j == 0 ? "if " : " else ");
            if (branch->condition != NULL) {
                dump_condition(out, branch->condition);
            }
            dump_block(out, &branch->block);
        }
    }
    chute_buf_add_char(out, '}');
}

void test_ast_dump(struct chute_buf *out, const struct chute_ast *ast) {
    static const char *const names[] = { "input", "filter", "output" };
    const struct chute_ast_block *blocks[] = { &ast->inputs, &ast->filters, &ast->outputs };
    for (size_t i = 0; i < 3; i++) {
        if (blocks[i]->count > 0) {
            chute_buf_printf(out, "%s%s", out->len > 0 ? " " : "", names[i]);
            dump_block(out, blocks[i]);
        }
    }
}
