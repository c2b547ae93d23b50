/* conf/option_compile.h - what a configuration writes in a plugin becomes the plugin's settings, by its table
 * of options; whatever cannot be meant is reported with its place.
 *
 * Ownership: settings are the caller's, zeroed before; what they point to lies in `arena`, which outlives
 * them. Nothing of the tree or of the diag is kept.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_OPTION_COMPILE_H
#define CHUTE_CONF_OPTION_COMPILE_H

#include "conf/ast.h"
#include "conf/option.h"

struct chute_option_compile {
    struct chute_arena *arena;
    struct chute_diag *diag;
    enum chute_escape_style escape_style;
    bool is_check_only; /* a file that is missing is a warning only */
    const char *kind;   /* "filter" */
    const char *name;   /* "grok" */
    /* Builds a codec: as written in `value`, or for NULL the one called `default_name`. NULL after it reported
     * what is wrong. */
    void *(*build_codec)(void *user, const struct chute_ast_value *value, const char *default_name);
    void *user;
    bool *is_complete; /* becomes true if every member is set: all that is wrong are names; may be
                          NULL */
    const char
        *default_codec; /* for an option of type codec without default of its own; NULL: the plugin
                                  takes no codec */
};

/* Sets `settings` by `rows` and, where it is not NULL, `common_settings` by `common`; a name in both is the
 * plugin's own. `plugin` NULL: nothing is written, all defaults. Reports all that is wrong; false if anything
 * is. */
bool chute_options_compile(const struct chute_option *rows, const struct chute_option *common,
    const struct chute_ast_plugin *plugin, void *settings, void *common_settings,
    const struct chute_option_compile *ctx);

/* The row of that name in a table ended by { 0 }, or NULL. A NULL table has none. */
const struct chute_option *chute_option_find(
    const struct chute_option *rows, struct chute_str name);
/* The last attribute of that name, or NULL; `plugin` may be NULL. */
const struct chute_ast_attribute *chute_option_written(
    const struct chute_ast_plugin *plugin, struct chute_str name);

#endif
