/* tests/unit/support/ast_dump.h - a parsed configuration as one line of text, for comparing.
 *
 * Ownership: the text is added to the caller's buffer.
 * Threads: any. */
#ifndef CHUTE_TEST_AST_DUMP_H
#define CHUTE_TEST_AST_DUMP_H

#include "conf/ast.h"
#include "pipeline/base/buf.h"

/* `filter{mutate{a=>"x" b=>[1,two]} if(and [a] (== [b] "c")){drop{}} else{}}`; sections without nodes are left
 * out. */
void test_ast_dump(struct chute_buf *out, const struct chute_ast *ast);

#endif
