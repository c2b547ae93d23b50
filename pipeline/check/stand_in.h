/* pipeline/check/stand_in.h - a configuration made ready for tests: something that needs nothing of the outside stands
 * in for every input and output.
 *
 * Ownership: what is made lives in the tree's arena.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_STAND_IN_H
#define CHUTE_CHECK_STAND_IN_H

#include "conf/ast.h"
#include "conf/env.h"
#include "pipeline/base/value.h"

/* What an input or output was before. */
struct chute_stand_in {
    struct chute_str
        id; /* as given; else id_missing_0001 and so on, by its number among the plugins of its file */
    struct chute_str plugin;
    bool is_link; /* plugin `pipeline`: hands events to another pipeline, or takes them */
    struct chute_str *addresses; /* of a link: send_to, or address */
    size_t address_count;
    struct chute_ast_plugin *node; /* that is there now */
    bool is_used;                  /* the caller's */
};

/* In the order in which the loader finds them. */
struct chute_stand_ins {
    struct chute_stand_in *items;
    size_t count;
};

/* Puts a `generator` with the same codec, type, tags and add_field in place of every input, and a `null` in place of
 * every output. Errors are in `diag`. */
void chute_stand_in(struct chute_ast *ast, const struct chute_env *env, struct chute_diag *diag,
    struct chute_stand_ins *inputs, struct chute_stand_ins *outputs);

/* Takes the codec of an input that no test needs out: it may be one that is not there. */
void chute_stand_in_without_codec(struct chute_stand_in *input);

/* A tree with the filters of `ast`, which it shares, one `stdin` input with `codec` (as a configuration writes it) that
 * adds `fields`, an object, and one `null` output. Returns new; errors, at `place` for what is wrong with the fields, are
 * in `diag`. */
struct chute_ast *chute_stand_in_filters(const struct chute_ast *ast, const char *file,
    struct chute_str codec, const struct chute_value *fields, struct chute_position place,
    const struct chute_env *env, struct chute_diag *diag);

#endif
