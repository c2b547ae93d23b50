/* conf/option_value.h - one value of a configuration becomes one member of a plugin's settings.
 *
 * For option_compile.c; see there.
 *
 * Ownership: as in option_compile.h.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_OPTION_VALUE_H
#define CHUTE_CONF_OPTION_VALUE_H

#include "conf/option_compile.h"

/* Where a value goes and how it is spoken of. */
struct chute_option_slot {
    const struct chute_option_compile *ctx;
    const struct chute_option *row;
    const char *name;               /* as written: the row's, or another that it goes by */
    void *member;                   /* of the settings */
    struct chute_position position; /* of errors without a value */
};

/* What a row accepts, for an error and the reference: "a whole number", "a list of texts". */
const char *chute_option_type_phrase(enum chute_option_type type);
/* Sets the member from `value`, which counts as written by the user. False after a report. */
bool chute_option_set(const struct chute_option_slot *slot, const struct chute_ast_value *value);
/* Sets the member from its row's default, or as absent. False after a report. */
bool chute_option_set_default(const struct chute_option_slot *slot);
/* Puts what an option given several times was set to into one value, as Logstash does: arrays are joined,
 * hashes merged, different texts and numbers become an array. False after a report. */
bool chute_option_join(const struct chute_option_slot *slot, struct chute_ast_value *value,
    const struct chute_ast_value *more);
/* A value as written, in `arena`; a hash in Logstash's order where `in_java_order`. */
struct chute_value chute_option_value(
    struct chute_arena *arena, const struct chute_ast_value *value, bool in_java_order);

#endif
