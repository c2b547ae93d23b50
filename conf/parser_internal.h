/* conf/parser_internal.h - what the two halves of the parser share: parser.c (blocks, plugins, values) and
 * parser_condition.c.
 *
 * Ownership: as in parser.h.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_PARSER_INTERNAL_H
#define CHUTE_CONF_PARSER_INTERNAL_H

#include "conf/lexer.h"
#include "conf/parser.h"
#include "pipeline/base/buf.h"

struct chute_parser {
    struct chute_lexer lexer;
    struct chute_diag *diag;
    struct chute_ast *ast;
    bool support_escapes;
    int depth;
    uint32_t suspect_line;         /* of a `filter {` and the like inside a block; 0: none */
    uint32_t long_string_line;     /* where the last string of more than one line began; 0: none */
    uint32_t long_string_end_line; /* and where it ended */
    struct chute_lexer section;    /* at the `{` of the section that is being parsed */
    bool is_section_checked;       /* … and its braces were counted, after an error */
    bool is_section_whole;
    struct chute_buf blocks[3]; /* nodes of inputs, filters, outputs so far */
};

/* Notes a syntax error at what comes next, `expected … , found …`; always false, so that callers return it. */
bool chute_parser_fail(struct chute_parser *parser, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One level deeper; false, with an error, where that is too deep. Pair it with `parser->depth--`. */
bool chute_parser_enter(struct chute_parser *parser);
/* After an error in the plugin or condition that begins at `start`: moves behind its last brace. False, unmoved, where it
 * cannot be told where that is: in the section a brace or a quote is missing. */
bool chute_parser_skip_node(struct chute_parser *parser, struct chute_lexer start);
/* Ends a list that was gathered in `list`: copies it into the tree's arena and frees `list`. */
void *chute_parser_keep(struct chute_parser *parser, struct chute_buf *list);

/* Each parses one thing at the cursor into `out`; false after an error. */
bool chute_parser_array(struct chute_parser *parser, struct chute_ast_value *out);
bool chute_parser_number(struct chute_parser *parser, struct chute_ast_value *out);
/* A string or, where the next byte is a slash, a regular expression. */
bool chute_parser_delimited(struct chute_parser *parser, struct chute_ast_value *out);
bool chute_parser_condition(struct chute_parser *parser, struct chute_ast_condition **out);

#endif
