/* conf/parser.h - from text to tree: Logstash's configuration language.
 *
 * Ownership: the tree is the caller's; its texts are views into the sources of the diag.
 * Threads: any. */
#ifndef CHUTE_CONF_PARSER_H
#define CHUTE_CONF_PARSER_H

#include "conf/ast.h"

/* How deep blocks, values and parentheses may nest. */
#define CHUTE_PARSE_DEPTH 500

/* Parses `count` sources of `diag`, joined in order; a source may hold any number of sections, and none.
 * `support_escapes` is the setting config.support_escapes. Returns a new tree of what could be parsed, never
 * NULL; whether that is all, chute_diag_error_count(diag) says. After a syntax error the rest of that
 * section is left out. */
struct chute_ast *chute_parse(struct chute_diag *diag, const struct chute_source *const *sources,
    size_t count, bool support_escapes);

#endif
