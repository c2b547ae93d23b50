/* conf/common_options.h - the options that every plugin of a kind has: id, add_field, add_tag and the like,
 * declared and done once for all.
 *
 * Ownership: all lies in the arena of the configuration.
 * Threads: immutable once prepared: any; an event belongs to the thread that has its batch. */
#ifndef CHUTE_CONF_COMMON_OPTIONS_H
#define CHUTE_CONF_COMMON_OPTIONS_H

#include "conf/option_compile.h"
#include "pipeline/base/event.h"

/* The rows, each table ended by { 0 }; settings are a struct chute_common. */
extern const struct chute_option chute_common_inputs[];
extern const struct chute_option chute_common_codecs[];
extern const struct chute_option chute_common_filters[];
extern const struct chute_option chute_common_outputs[];

/* A name of a field, or what makes one from an event. */
struct chute_common_name {
    struct chute_ref ref;                  /* if `template` is NULL */
    const struct chute_template *template; /* made of the event's fields */
};

struct chute_common_addition {
    struct chute_common_name name;
    struct chute_templates values;
};

struct chute_common {
    struct chute_str id; /* `.at` NULL: none was given */
    bool enable_metric;
    int ecs_compatibility;     /* 0 disabled, 1 v1, 2 v8, as enum chute_ecs; -1: the pipeline's */
    struct chute_str type;     /* inputs */
    struct chute_codec *codec; /* inputs and outputs; NULL: takes none */
    long long workers;         /* outputs: always 1 */
    const struct chute_object *add_field;
    struct chute_list remove_field;
    struct chute_templates add_tag; /* inputs: their `tags` */
    struct chute_templates remove_tag;

    /* By chute_common_prepare: */
    const struct chute_common_addition *additions;
    size_t addition_count;
    const struct chute_common_name *removals;
    size_t removal_count;
    enum chute_escape_style escape_style;
    bool is_idle; /* chute_common_apply has nothing to do */
};

/* Completes `common` after its rows were set by chute_options_compile, with the same `plugin` and `ctx`. False
 * after a report. */
bool chute_common_prepare(struct chute_common *common, const struct chute_ast_plugin *plugin,
    const struct chute_option_compile *ctx);
/* What a filter does to an event that it matched: add_field, remove_field, add_tag, remove_tag. Where a field
 * cannot be added (below a text; no legal name), the event gets the tag _addfieldfailure. `arena` is the batch's. */
void chute_common_apply(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena);
/* What an input does to each of its events: type, where there is none yet, add_field, tags. `arena` as
 * above. */
void chute_common_decorate_input(
    const struct chute_common *common, struct chute_event *event, struct chute_arena *arena);

#endif
