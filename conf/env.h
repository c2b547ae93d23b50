/* conf/env.h - `${VAR}` and `${VAR:default}` in a configuration.
 *
 * A name is letters, digits, `_` and `.`, and does not begin with a digit; what does not look like a
 * reference stays as it is. What was replaced is not looked at again.
 *
 * Ownership: replaced texts live in the arena that is handed over.
 * Threads: loading is one thread's; the environment must not change meanwhile. */
#ifndef CHUTE_CONF_ENV_H
#define CHUTE_CONF_ENV_H

#include "conf/ast.h"

/* Where variables come from: `get` returns the value of `name`, or NULL; borrowed until the next call. */
struct chute_env {
    const char *(*get)(void *context, const char *name);
    void *context;
};

/* The environment of the process. */
extern const struct chute_env chute_env_of_process;

/* Returns `text` with its references replaced; itself, if it has none. A variable that is not set and has no
 * default, or is not UTF-8, is a config error at `position`, and its reference stays. */
struct chute_str chute_env_expand(struct chute_arena *arena, struct chute_str text,
    const struct chute_env *env, struct chute_diag *diag, struct chute_position position);

/* Replaces the references in every string of the tree, those in conditions included; names of plugins and
 * options, keys and regular expressions stay as they are. */
void chute_ast_expand(struct chute_ast *ast, const struct chute_env *env, struct chute_diag *diag);

#endif
