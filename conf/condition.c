#include "conf/condition.h"

#include "pipeline/base/number.h"
#include "pipeline/base/regex.h"
#include "pipeline/base/time.h"

/* A side of a comparison. */
struct operand {
    bool is_field;
    struct chute_ref ref;
    struct chute_value literal;
};

struct node {
    enum chute_ast_test test;
    bool is_known; /* the answer does not depend on the event: `known` */
    enum chute_answer known;
    struct node **children;
    size_t count;
    struct operand left, right;
    struct chute_regex *regex;
    struct node *next_regex; /* all nodes that have one */
};

struct chute_condition {
    struct node *root;
    struct node *regexes;
    _Atomic unsigned long long undecided;
};

struct eval {
    const struct chute_event *event; /* NULL while compiling: there are literals only */
    struct chute_regex_scratch *scratch;
    struct chute_condition *condition;
};

/* NULL: the event has no such field. */
static const struct chute_value *value_of(const struct eval *eval, const struct operand *operand) {
    return operand->is_field ? chute_event_get(eval->event, &operand->ref) : &operand->literal;
}

static enum chute_answer answer(bool is_true) {
    return is_true ? CHUTE_TRUE : CHUTE_FALSE;
}

static enum chute_answer negate(enum chute_answer of) {
    return of == CHUTE_CONDITION_FAILED ? of : answer(of == CHUTE_FALSE);
}

static bool is_truthy(const struct chute_value *value) {
    if (value == NULL || value->type == CHUTE_NULL) {
        return false;
    }
    if (value->type == CHUTE_BOOL) {
        return value->as.boolean;
    }
    return value->type != CHUTE_STRING ||
           (value->len > 0 && !chute_str_eq(chute_value_str(value), CHUTE_STR("false")));
}

static bool is_nested(const struct chute_value *value) {
    return value->type == CHUTE_ARRAY || value->type == CHUTE_OBJECT;
}

static bool are_equal(const struct chute_value *left, const struct chute_value *right) {
    return left == NULL || right == NULL ? left == right : chute_value_eq(left, right);
}

/* A literal list equals nothing. */
static enum chute_answer eval_equal(const struct eval *eval, const struct node *node) {
    bool has_list = (!node->left.is_field && node->left.literal.type == CHUTE_ARRAY) ||
                    (!node->right.is_field && node->right.literal.type == CHUTE_ARRAY);
    return answer(
        !has_list && are_equal(value_of(eval, &node->left), value_of(eval, &node->right)));
}

/* Orders two values; false if Logstash cannot. What has no order of its own (null, true, a literal text with
 * a number) counts as equal there. */
static bool compare(const struct eval *eval, const struct node *node, int *order) {
    const struct chute_value *left = value_of(eval, &node->left);
    const struct chute_value *right = value_of(eval, &node->right);
    *order = 0;
    if (left == NULL || right == NULL || is_nested(left) || is_nested(right)) {
        return false;
    }
    if (chute_value_is_number(left) && chute_value_is_number(right)) {
        *order = chute_value_compare_numbers(left, right);
        return true;
    }
    if (left->type == CHUTE_STRING && right->type == CHUTE_STRING) {
        *order = chute_str_cmp(chute_value_str(left), chute_value_str(right));
        return true;
    }
    if (left->type == CHUTE_TIME && right->type == CHUTE_TIME) {
        *order = chute_time_cmp(chute_value_time(left), chute_value_time(right));
        return true;
    }
    if (chute_value_is_number(left) && right->type == CHUTE_STRING) {
        return !node->right.is_field && node->left.is_field;
    }
    if (left->type == CHUTE_STRING && chute_value_is_number(right)) {
        return !node->left.is_field && node->right.is_field;
    }
    return true;
}

static enum chute_answer eval_order(const struct eval *eval, const struct node *node) {
    int order;
    if (!compare(eval, node, &order)) {
        return CHUTE_CONDITION_FAILED;
    }
    switch (node->test) {
    case CHUTE_AST_LT:
        return answer(order < 0);
    case CHUTE_AST_GT:
        return answer(order > 0);
    case CHUTE_AST_LE:
        return answer(order <= 0);
    default:
        return answer(order >= 0);
    }
}

static enum chute_answer eval_match(const struct eval *eval, const struct node *node) {
    const struct chute_value *left = value_of(eval, &node->left);
    bool is_wanted = node->test == CHUTE_AST_MATCH;
    if (left == NULL || left->type != CHUTE_STRING) {
        return answer(!is_wanted);
    }
    int found = chute_regex_test(node->regex, eval->scratch, chute_value_str(left));
    if (found < 0) {
        eval->condition->undecided++;
        return CHUTE_FALSE;
    }
    return answer((found > 0) == is_wanted);
}

/* A scalar as Logstash prints it; `room` is where, unless it is text anyway. */
static struct chute_str text_of(const struct chute_value *value, char room[CHUTE_TIME_TEXT_SIZE]) {
    switch (value->type) {
    case CHUTE_STRING:
    case CHUTE_NUMBER:
        return chute_value_str(value);
    case CHUTE_BOOL:
        return value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false");
    case CHUTE_INT:
        return (struct chute_str){ room, chute_number_print_int(value->as.integer, room) };
    case CHUTE_DOUBLE:
        return (struct chute_str){ room, chute_number_print_ruby(value->as.real, room) };
    case CHUTE_TIME:
        return (struct chute_str){ room, chute_time_format(chute_value_time(value), room) };
    default:
        return CHUTE_STR("");
    }
}

static bool is_fraction(const struct chute_value *value) {
    return value->type == CHUTE_DOUBLE || value->type == CHUTE_NUMBER;
}

/* `[field] in ["a", 1]`: as text, so that 1 is "1"; 1.50 is 1.5 all the same. */
static bool is_in_literals(const struct chute_value *value, const struct chute_array *list) {
    char room[CHUTE_TIME_TEXT_SIZE];
    char item_room[CHUTE_TIME_TEXT_SIZE];
    if (is_nested(value) || value->type == CHUTE_NULL) {
        return false;
    }
    struct chute_str text = text_of(value, room);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct chute_value *item = &list->items[i];
        if (is_fraction(value) && is_fraction(item)
                ? chute_value_compare_numbers(value, item) == 0
                : !is_nested(item) && chute_str_eq(text, text_of(item, item_room))) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct chute_array *list, const struct chute_value *value) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (chute_value_eq(&list->items[i], value)) {
            return true;
        }
    }
    return false;
}

static bool is_in(const struct eval *eval, const struct node *node) {
    const struct chute_value *left = value_of(eval, &node->left);
    const struct chute_value *right = value_of(eval, &node->right);
    if (left == NULL || right == NULL || is_nested(left)) {
        return false;
    }
    if (!node->left.is_field && !node->right.is_field) {
        return chute_value_eq(left, right); /* two literals: nothing but equality */
    }
    if (right->type == CHUTE_ARRAY) {
        return node->right.is_field ? holds(right->as.array, left)
                                    : is_in_literals(left, right->as.array);
    }
    if (left->type == CHUTE_STRING && !node->right.is_field) {
        char room[CHUTE_TIME_TEXT_SIZE]; /* [field] in 12345 */
        return chute_str_find(text_of(right, room), chute_value_str(left)) >= 0;
    }
    if (left->type == CHUTE_STRING && right->type == CHUTE_STRING) {
        return chute_str_find(chute_value_str(right), chute_value_str(left)) >= 0;
    }
    return node->left.is_field && node->right.is_field && chute_value_eq(left, right);
}

static enum chute_answer eval_node(const struct eval *eval, const struct node *node);

/* Stops at the first child that decides. */
static enum chute_answer eval_children(
    const struct eval *eval, const struct node *node, enum chute_answer until) {
    for (size_t i = 0; i < node->count; i++) {
        enum chute_answer child = eval_node(eval, node->children[i]);
        if (child == until || child == CHUTE_CONDITION_FAILED) {
            return child;
        }
    }
    return negate(until);
}

static enum chute_answer eval_xor(const struct eval *eval, const struct node *node) {
    enum chute_answer left = eval_node(eval, node->children[0]);
    if (left == CHUTE_CONDITION_FAILED) {
        return left;
    }
    enum chute_answer right = eval_node(eval, node->children[1]);
    return right == CHUTE_CONDITION_FAILED ? right : answer(left != right);
}

static enum chute_answer eval_node(const struct eval *eval, const struct node *node) {
    if (node->is_known) {
        return node->known;
    }
    switch (node->test) {
    case CHUTE_AST_AND:
        return eval_children(eval, node, CHUTE_FALSE);
    case CHUTE_AST_NAND:
        return negate(eval_children(eval, node, CHUTE_FALSE));
    case CHUTE_AST_OR:
        return eval_children(eval, node, CHUTE_TRUE);
    case CHUTE_AST_XOR:
        return eval_xor(eval, node);
    case CHUTE_AST_NOT:
        return negate(eval_node(eval, node->children[0]));
    case CHUTE_AST_EQ:
        return eval_equal(eval, node);
    case CHUTE_AST_NE:
        return negate(eval_equal(eval, node));
    case CHUTE_AST_LT:
    case CHUTE_AST_GT:
    case CHUTE_AST_LE:
    case CHUTE_AST_GE:
        return eval_order(eval, node);
    case CHUTE_AST_MATCH:
    case CHUTE_AST_NOT_MATCH:
        return eval_match(eval, node);
    case CHUTE_AST_IN:
        return answer(is_in(eval, node));
    case CHUTE_AST_NOT_IN:
        return answer(!is_in(eval, node));
    case CHUTE_AST_TRUTHY:
        return answer(is_truthy(value_of(eval, &node->left)));
    }
    return CHUTE_CONDITION_FAILED;
}

enum chute_answer chute_condition_eval(const struct chute_condition *condition,
    const struct chute_event *event, struct chute_regex_scratch *scratch) {
    struct eval eval = { event, scratch, (struct chute_condition *)condition };
    return eval_node(&eval, condition->root);
}

unsigned long long chute_condition_undecided(const struct chute_condition *condition) {
    return condition->undecided;
}

/* ------------------------------------------------------------------ compiling */

struct compiler {
    struct chute_arena *arena;
    enum chute_escape_style style;
    struct chute_diag *diag;
    struct chute_condition *condition;
};

static struct chute_value literal_of(
    const struct compiler *compiler, const struct chute_ast_value *value) {
    struct chute_arena *arena = compiler->arena;
    if (value->kind == CHUTE_AST_NUMBER) {
        return value->number.is_integer ? chute_int(value->number.integer)
                                        : chute_double(value->number.real);
    }
    if (value->kind != CHUTE_AST_ARRAY) {
        return chute_string(chute_arena_copy(arena, value->text));
    }
    struct chute_value list = chute_array_new(arena, (uint32_t)value->array.count);
    for (size_t i = 0; i < value->array.count; i++) {
        chute_array_add(arena, list.as.array, literal_of(compiler, &value->array.items[i]));
    }
    return list;
}

static bool compile_operand(
    const struct compiler *compiler, const struct chute_ast_value *value, struct operand *out) {
    out->is_field = value->kind == CHUTE_AST_SELECTOR;
    if (!out->is_field) {
        out->literal = literal_of(compiler, value);
        return true;
    }
    if (!chute_ref_compile(compiler->arena, value->text, compiler->style, &out->ref)) {
        chute_diag_error(compiler->diag, CHUTE_DIAG_CONFIG, value->position, NULL,
            "illegal field reference \"%.*s\"", CHUTE_STR_ARGS(value->text));
        return false;
    }
    return true;
}

static bool compile_regex(
    const struct compiler *compiler, const struct chute_ast_value *value, struct node *node) {
    struct chute_regex_error error;
    struct chute_regex_options options = { .looks_for_literal = true };
    node->regex = chute_regex_compile(value->text, &options, &error);
    if (node->regex == NULL) {
        chute_diag_error(compiler->diag, CHUTE_DIAG_CONFIG, value->position, NULL,
            "this regular expression cannot be used: %s (at its byte %zu)", error.text,
            error.offset);
        return false;
    }
    node->next_regex = compiler->condition->regexes;
    compiler->condition->regexes = node;
    return true;
}

/* What does not depend on the event is answered now. */
static void fold(struct node *node) {
    bool is_match = node->test == CHUTE_AST_MATCH || node->test == CHUTE_AST_NOT_MATCH;
    if (node->count == 0 && !is_match && !node->left.is_field && !node->right.is_field) {
        struct eval eval = { 0 };
        node->known = eval_node(&eval, node);
        node->is_known = true;
    }
}

static struct node *compile_node(
    const struct compiler *compiler, const struct chute_ast_condition *ast) {
    struct node *node = chute_arena_zeroed(compiler->arena, sizeof(*node));
    bool is_good = true;
    node->test = ast->test;
    node->count = ast->count;
    node->children = chute_arena_zeroed(compiler->arena, ast->count * sizeof(*node->children));
    for (size_t i = 0; i < ast->count; i++) {
        node->children[i] = compile_node(compiler, ast->children[i]);
        is_good = node->children[i] != NULL && is_good;
    }
    if (ast->left != NULL) {
        is_good = compile_operand(compiler, ast->left, &node->left) && is_good;
    }
    if (ast->test == CHUTE_AST_MATCH || ast->test == CHUTE_AST_NOT_MATCH) {
        is_good = compile_regex(compiler, ast->right, node) && is_good;
    } else if (ast->right != NULL) {
        is_good = compile_operand(compiler, ast->right, &node->right) && is_good;
    }
    if (!is_good) {
        return NULL;
    }
    fold(node);
    return node;
}

struct chute_condition *chute_condition_compile(struct chute_arena *arena,
    const struct chute_ast_condition *ast, enum chute_escape_style style, struct chute_diag *diag) {
    struct chute_condition *condition = chute_arena_zeroed(arena, sizeof(*condition));
    struct compiler compiler = { arena, style, diag, condition };
    condition->root = compile_node(&compiler, ast);
    if (condition->root == NULL) {
        chute_condition_finish(condition);
        return NULL;
    }
    return condition;
}

void chute_condition_finish(struct chute_condition *condition) {
    if (condition == NULL) {
        return;
    }
    for (struct node *node = condition->regexes; node != NULL; node = node->next_regex) {
        chute_regex_destroy(node->regex);
        node->regex = NULL;
    }
    condition->regexes = NULL;
}
