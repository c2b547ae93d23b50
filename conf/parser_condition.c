#include "conf/parser_internal.h"

static bool parse_expression(struct chute_parser *parser, struct chute_ast_condition **out);

static struct chute_ast_condition *new_condition(
    struct chute_parser *parser, enum chute_ast_test test, struct chute_cursor start) {
    struct chute_ast_condition *condition =
        chute_arena_zeroed(&parser->ast->arena, sizeof(struct chute_ast_condition));
    condition->test = test;
    condition->position = chute_lexer_span(&parser->lexer, start);
    return condition;
}

static void adopt(struct chute_parser *parser, struct chute_ast_condition *parent,
    struct chute_ast_condition *const *children, size_t count) {
    size_t size = count * sizeof(*children);
    parent->children = chute_arena_get(&parser->ast->arena, size);
    memcpy(parent->children, children, size);
    parent->count = count;
}

/* A bare word is no value in a condition: says what was meant. */
static bool refuse_word(struct chute_parser *parser) {
    struct chute_lexer ahead = parser->lexer;
    struct chute_str word = chute_lexer_bareword(&ahead);
    chute_lexer_skip(&ahead);
    if (word.len > 0 && chute_lexer_peek(&ahead) == '(') {
        chute_diag_error(parser->diag, CHUTE_DIAG_CONFIG, chute_lexer_next(&parser->lexer), NULL,
            "there is no function \"%.*s\": a condition compares fields, strings and numbers",
            CHUTE_STR_ARGS(word));
        return false;
    }
    return chute_parser_fail(parser,
        word.len > 0 ? "write [field] for a field and \"text\" for a text" : NULL,
        "a field, a string, a number, a list or a regular expression");
}

/* Who writes ["a"] or [5] for a selector means a list. */
static void warn_of_list(struct chute_parser *parser, const struct chute_ast_value *selector) {
    struct chute_str name = { selector->text.at + 1, selector->text.len - 2 };
    bool is_value = memchr("\"'-0123456789", name.at[0], 13) != NULL;
    if (is_value && memchr(name.at, ']', name.len) == NULL) {
        chute_diag_warn(parser->diag, selector->position,
            "for a list of one, write the value twice: [\"a\", \"a\"]",
            "this is read as the field whose name is %.*s, as in Logstash, and is no list",
            CHUTE_STR_ARGS(name));
    }
}

static bool parse_rvalue(struct chute_parser *parser, struct chute_ast_value **out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    struct chute_ast_value *value = chute_arena_zeroed(&parser->ast->arena, sizeof(*value));
    *out = value;
    int byte = chute_lexer_peek(lexer);
    if (byte == '"' || byte == '\'' || byte == '/') {
        return chute_parser_delimited(parser, value);
    }
    if ((byte >= '0' && byte <= '9') || byte == '-') {
        return chute_parser_number(parser, value);
    }
    if (byte != '[') {
        return refuse_word(parser);
    }
    /* A list of one element reads as a selector: ["a"] is the field of that name. */
    value->text = chute_lexer_selector(lexer);
    if (value->text.len == 0) {
        return chute_parser_array(parser, value);
    }
    value->kind = CHUTE_AST_SELECTOR;
    value->position = chute_lexer_span(lexer, start);
    warn_of_list(parser, value);
    return true;
}

/* Moves over an operator between two values; false if none comes next. */
static bool accept_operator(struct chute_parser *parser, enum chute_ast_test *test) {
    static const struct {
        const char *text;
        enum chute_ast_test test;
    } operators[] = {
        { "==", CHUTE_AST_EQ },
        { "!=", CHUTE_AST_NE },
        { "<=", CHUTE_AST_LE },
        { ">=", CHUTE_AST_GE },
        { "<", CHUTE_AST_LT },
        { ">", CHUTE_AST_GT },
        { "=~", CHUTE_AST_MATCH },
        { "!~", CHUTE_AST_NOT_MATCH },
    };
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (chute_lexer_accept(&parser->lexer, operators[i].text)) {
            *test = operators[i].test;
            return true;
        }
    }
    if (chute_lexer_sees_word(&parser->lexer, "in") && chute_lexer_accept(&parser->lexer, "in")) {
        *test = CHUTE_AST_IN;
        return true;
    }
    struct chute_lexer ahead = parser->lexer;
    if (chute_lexer_sees_word(&ahead, "not") && chute_lexer_accept(&ahead, "not")) {
        chute_lexer_skip(&ahead);
        if (chute_lexer_sees_word(&ahead, "in") && chute_lexer_accept(&ahead, "in")) {
            parser->lexer = ahead;
            *test = CHUTE_AST_NOT_IN;
            return true;
        }
    }
    return false;
}

static bool parse_comparison(struct chute_parser *parser, struct chute_ast_condition **out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    struct chute_ast_value *left, *right = NULL;
    if (!parse_rvalue(parser, &left)) {
        return false;
    }
    struct chute_lexer behind = *lexer;
    enum chute_ast_test test = CHUTE_AST_TRUTHY;
    chute_lexer_skip(lexer);
    if (accept_operator(parser, &test)) {
        chute_lexer_skip(lexer);
        int byte = chute_lexer_peek(lexer);
        bool is_match = test == CHUTE_AST_MATCH || test == CHUTE_AST_NOT_MATCH;
        if (is_match && byte != '/' && byte != '"' && byte != '\'') {
            return chute_parser_fail(parser, NULL, "a /regular expression/ or a string");
        }
        if (!parse_rvalue(parser, &right)) {
            return false;
        }
        if (is_match) {
            right->kind = CHUTE_AST_REGEX; /* a string is one, too */
        }
    } else {
        *lexer = behind;
    }
    *out = new_condition(parser, test, start);
    (*out)->left = left;
    (*out)->right = right;
    return true;
}

static bool parse_group(struct chute_parser *parser, struct chute_ast_condition **out) {
    struct chute_lexer *lexer = &parser->lexer;
    chute_lexer_accept(lexer, "(");
    chute_lexer_skip(lexer);
    if (!chute_parser_condition(parser, out)) {
        return false;
    }
    chute_lexer_skip(lexer);
    if (!chute_lexer_accept(lexer, ")")) {
        return chute_parser_fail(parser, NULL, "\")\", \"and\", \"or\", \"xor\" or \"nand\"");
    }
    return true;
}

/* `!` takes a group or a field, and nothing else. */
static bool parse_negation(struct chute_parser *parser, struct chute_ast_condition **out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    struct chute_ast_condition *inner;
    chute_lexer_accept(lexer, "!");
    chute_lexer_skip(lexer);
    if (chute_lexer_peek(lexer) == '(') {
        if (!parse_group(parser, &inner)) {
            return false;
        }
    } else {
        struct chute_cursor field_start = lexer->cursor;
        struct chute_str text = chute_lexer_selector(lexer);
        if (text.len == 0) {
            return chute_parser_fail(parser, "write !( … )", "\"(\" or a [field] after \"!\"");
        }
        inner = new_condition(parser, CHUTE_AST_TRUTHY, field_start);
        inner->left = chute_arena_zeroed(&parser->ast->arena, sizeof(*inner->left));
        inner->left->kind = CHUTE_AST_SELECTOR;
        inner->left->position = inner->position;
        inner->left->text = text;
    }
    *out = new_condition(parser, CHUTE_AST_NOT, start);
    adopt(parser, *out, &inner, 1);
    return true;
}

static bool parse_expression(struct chute_parser *parser, struct chute_ast_condition **out) {
    if (!chute_parser_enter(parser)) {
        return false;
    }
    int byte = chute_lexer_peek(&parser->lexer);
    bool is_good = byte == '('   ? parse_group(parser, out)
                   : byte == '!' ? parse_negation(parser, out)
                                 : parse_comparison(parser, out);
    parser->depth--;
    return is_good;
}

/* Moves over `first` or `second`, behind white space; false, unmoved, if neither comes next. */
static bool accept_join(struct chute_parser *parser, bool is_close, enum chute_ast_test *test) {
    static const struct {
        const char *word;
        enum chute_ast_test test;
    } joins[2][2] = { { { "or", CHUTE_AST_OR }, { "xor", CHUTE_AST_XOR } },
        { { "and", CHUTE_AST_AND }, { "nand", CHUTE_AST_NAND } } };
    struct chute_lexer ahead = parser->lexer;
    chute_lexer_skip(&ahead);
    for (int i = 0; i < 2; i++) {
        const char *word = joins[is_close][i].word;
        if (chute_lexer_sees_word(&ahead, word)) {
            chute_lexer_accept(&ahead, word);
            chute_lexer_skip(&ahead);
            parser->lexer = ahead;
            *test = joins[is_close][i].test;
            return true;
        }
    }
    return false;
}

/* Makes one condition of those in `run`, all joined by `test`. */
static struct chute_ast_condition *fold(struct chute_parser *parser, enum chute_ast_test test,
    struct chute_cursor start, struct chute_buf *run) {
    struct chute_ast_condition **children = (struct chute_ast_condition **)run->at;
    size_t count = run->len / sizeof(*children);
    if (count == 1) {
        return children[0];
    }
    struct chute_ast_condition *parent = new_condition(parser, test, start);
    adopt(parser, parent, children, count);
    return parent;
}

/* Logstash takes `a and b and c or d` for `a and (b and c or d)`: says so where the two readings part. */
static void warn_of_row(
    struct chute_parser *parser, struct chute_cursor start, const struct chute_ast_condition *row) {
    bool is_group = row->position.offset != start.offset;
    if (row->test == CHUTE_AST_AND && row->count > 2 && !is_group) {
        chute_diag_warn(parser->diag, row->position, "put parentheses around what belongs together",
            "three conditions joined by \"and\" before an \"or\": all three belong together here, "
            "while "
            "Logstash joins the last two with what follows");
    }
}

/* A row of expressions joined by `and`/`nand` (close), or of such rows joined by `or`/`xor`. One and the
 * same `and` or `or` makes one node, whatever the length of the row, so that the tree stays flat. */
static bool parse_row(
    struct chute_parser *parser, bool is_close, struct chute_ast_condition **out) {
    struct chute_cursor start = parser->lexer.cursor;
    struct chute_buf run = { 0 };
    enum chute_ast_test test = is_close ? CHUTE_AST_AND : CHUTE_AST_OR, next = test;
    int depth = parser->depth;
    bool is_good = false, has_more;
    do {
        struct chute_ast_condition *operand;
        struct chute_cursor operand_start = parser->lexer.cursor;
        bool is_new_run = next != test || next == CHUTE_AST_XOR || next == CHUTE_AST_NAND;
        if (is_new_run && run.len > sizeof(operand)) {
            struct chute_ast_condition *folded = fold(parser, test, start, &run);
            run.len = 0;
            chute_buf_add(&run, &folded, sizeof(folded));
            if (!chute_parser_enter(parser)) {
                goto out;
            }
        }
        test = next;
        if (!(is_close ? parse_expression(parser, &operand) : parse_row(parser, true, &operand))) {
            goto out;
        }
        chute_buf_add(&run, &operand, sizeof(operand));
        has_more = accept_join(parser, is_close, &next);
        if (has_more && !is_close) {
            warn_of_row(parser, operand_start, operand);
        }
    } while (has_more);
    *out = fold(parser, test, start, &run);
    is_good = true;
out:
    parser->depth = depth;
    chute_buf_finish(&run);
    return is_good;
}

bool chute_parser_condition(struct chute_parser *parser, struct chute_ast_condition **out) {
    return parse_row(parser, false, out);
}
