/* filters/mutate/mutate.h - the steps that a mutate block is compiled into.
 *
 * Ownership: steps live in the arena of the configuration; regexes in them are freed by the filter's finish.
 * Threads: steps are immutable: any. */
#ifndef CHUTE_FILTERS_MUTATE_H
#define CHUTE_FILTERS_MUTATE_H

#include "conf/template.h"
#include "pipeline/base/regex.h"
#include "pipeline/run/plugin.h"

/* A reference as an option writes it. One that is illegal fails when it is used, as in Logstash. */
struct mutate_ref {
    struct chute_ref ref;
    bool is_legal;
};

/* A text that may hold %{…}. */
struct mutate_text {
    struct chute_str constant;
    const struct chute_template *template; /* NULL: constant */
};

struct mutate_step;
/* What a step works on. */
struct mutate_work {
    const struct mutate_step *step;
    struct chute_event *event;
    struct chute_run *run;
    struct chute_arena *arena; /* of the batch */
};

struct mutate_step {
    /* False: what Logstash raises an exception for; the rest of the block is given up. */
    bool (*apply)(const struct mutate_work *work);
    struct mutate_ref field;
    union {
        struct mutate_text text;  /* coerce, update, replace */
        struct mutate_ref target; /* copy */
        struct {
            struct mutate_text from, to;
            struct mutate_ref target;
            bool is_constant; /* field and target are compiled */
        } rename;
        bool (*convert)(struct chute_arena *arena, struct chute_value *value);
        struct chute_str (*map)(struct chute_arena *arena, struct chute_str text);
        struct {
            struct mutate_text needle, replacement;
            struct chute_regex *regex; /* NULL: the needle holds %{…} */
        } gsub;
        struct {
            struct chute_str separator;
            bool is_text; /* Logstash raises for one that is none */
        } list;           /* split, join */
        struct {
            struct mutate_ref *items;
            size_t count;
        } sources; /* merge */
    };
};

/* What a worker keeps from event to event. */
#define MUTATE_CACHED 16
struct mutate_cached {
    struct chute_str text; /* owned: a needle that held %{…} */
    struct chute_regex *regex;
};
struct mutate_worker {
    struct mutate_cached cached[MUTATE_CACHED];
    size_t next; /* replaced next */
    struct chute_buf buf;
};
void mutate_worker_finish(void *memory);

/* Renders a text for the event at hand: a view that lives as long as the batch. */
struct chute_str mutate_render(const struct mutate_work *work, const struct mutate_text *text);

/* The functions `apply` of the options that set whole values (set.c). */
bool mutate_coerce(const struct mutate_work *work);
bool mutate_rename(const struct mutate_work *work);
bool mutate_update(const struct mutate_work *work);
bool mutate_replace(const struct mutate_work *work);
bool mutate_merge(const struct mutate_work *work);
bool mutate_copy(const struct mutate_work *work);

/* Of `convert` (convert.c). */
bool mutate_convert(const struct mutate_work *work);
/* The converter called `name`, or NULL. */
bool (*mutate_converter(struct chute_str name))(
    struct chute_arena *arena, struct chute_value *value);

/* Of the options that change texts (gsub.c, text.c). */
bool mutate_gsub(const struct mutate_work *work);
bool mutate_map(const struct mutate_work *work);
bool mutate_strip(const struct mutate_work *work);
bool mutate_split(const struct mutate_work *work);
bool mutate_join(const struct mutate_work *work);

#endif
