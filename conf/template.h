/* conf/template.h - sprintf: a text with references to an event, compiled.
 *
 *     %{message} %{[http][status]}   the field: an array joined by commas, an object as JSON
 *     %{+YYYY.MM.dd}                 @timestamp by a pattern of Joda-Time; %{+%s}: seconds since 1970
 *     %{{yyyy-MM-dd}} %{{TIME_NOW}}  @timestamp by a pattern of java.time; the present moment
 *
 * What an event lacks, and what is malformed, stays as it is written.
 *
 * Ownership: a compiled template lives in the arena it was compiled into; immutable.
 * Threads: any; a cache belongs to one thread. */
#ifndef CHUTE_CONF_TEMPLATE_H
#define CHUTE_CONF_TEMPLATE_H

#include <stdbool.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/event.h"
#include "pipeline/base/ref.h"

struct chute_template;

/* Compiles `text`, of which it keeps a copy in `arena`. Never NULL. */
const struct chute_template *chute_template_compile(
    struct chute_arena *arena, struct chute_str text, enum chute_escape_style style);
/* The text as it was written. */
struct chute_str chute_template_text(const struct chute_template *template);
/* True if it renders to its own text, whatever the event. */
bool chute_template_is_constant(const struct chute_template *template);

/* Renders for `event`: a view of the template, of the event's field or of `arena`, valid as long as all three
 * are unchanged. */
struct chute_str chute_template_render(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena);

/* The dates last written by one template, so that a pattern is not written anew for each event of one
 * second. A zeroed one is ready; it serves one template. */
struct chute_template_cache {
    struct chute_template_slot *slots;
    const struct chute_template *template;
};
/* As chute_template_render. */
struct chute_str chute_template_render_cached(const struct chute_template *template,
    const struct chute_event *event, struct chute_arena *arena, struct chute_template_cache *cache);
/* Frees what it holds; it is empty and ready again. */
void chute_template_cache_finish(struct chute_template_cache *cache);

/* Appends `value` as %{…} writes it; null writes nothing. */
void chute_template_print(struct chute_buf *buf, const struct chute_value *value);

#endif
