/* pipeline/check/mock.h - other plugins in place of those that a test cannot have, such as a filter that asks a server:
 * a YAML or JSON file with a list of {id: of the plugin, mock: "plugin { … }"}; without mock the plugin is taken out.
 *
 * Ownership: a tree borrows what was put into it: it is destroyed before the mocks.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_MOCK_H
#define CHUTE_CHECK_MOCK_H

#include "conf/ast.h"

struct chute_mocks;

/* Returns new; NULL after noting what is wrong. */
struct chute_mocks *chute_mocks_read(const char *path, struct chute_diag *diag);
/* Accepts NULL. */
void chute_mocks_destroy(struct chute_mocks *mocks);

/* Replaces what the mocks name. */
void chute_mocks_apply(struct chute_mocks *mocks, struct chute_ast *ast);
/* Warns of each that was in no tree so far. */
void chute_mocks_note_unused(const struct chute_mocks *mocks, struct chute_diag *diag);

#endif
