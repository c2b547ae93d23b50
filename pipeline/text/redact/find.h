/* pipeline/text/redact/find.h - all secrets of a text, by one pass over it.
 *
 * A plan is made once for the kinds that are looked for: literals of which each secret holds one or has one beside it.
 * Where one of them stands, its detector looks around; the rest of the text is only passed over. The time is
 * proportional to the text's length whatever it holds.
 *
 * Ownership: create/destroy; a finder belongs to the caller, zeroed at first, finished at last.
 * Threads: a plan is immutable: any; a finder belongs to one thread. */
#ifndef CHUTE_TEXT_REDACT_FIND_H
#define CHUTE_TEXT_REDACT_FIND_H

#include "pipeline/text/redact/finder.h"

struct chute_redact_plan;

/* Returns new, for a set of kinds. */
struct chute_redact_plan *chute_redact_plan_create(uint32_t kinds);
/* Accepts NULL. */
void chute_redact_plan_destroy(struct chute_redact_plan *plan);

/* Looks through `text`; returns how many spans there are: a view in finder->spans, in order, valid until the next call.
 * If finder->is_undecided, the whole text is to be taken for a secret. */
size_t chute_redact_find(const struct chute_redact_plan *plan, struct chute_redact_finder *finder,
    struct chute_regex_scratch *scratch, struct chute_str text);
/* The same by comparing every literal at every place: slow, for tests. */
size_t chute_redact_find_slowly(const struct chute_redact_plan *plan,
    struct chute_redact_finder *finder, struct chute_regex_scratch *scratch, struct chute_str text);

void chute_redact_finder_finish(struct chute_redact_finder *finder);

#endif
