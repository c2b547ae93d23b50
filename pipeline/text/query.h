/* pipeline/text/query.h - what `logchute search` is asked: words, phrases, fields, and what must not be there.
 *
 *     level:error "connection reset" path:"/api/x" -healthcheck -[user][name]:bob
 *
 * All terms have to hold. A word is whole, in any case, and anywhere in a value; with a `*` behind it, the start of one.
 * `field:value` wants the words in that field: top-level, `a.b` or `[a][b]`; of an array any item will do;
 * `field:*` wants the field to be there. A `"` begins and ends a text whose blanks and colons are its own.
 *
 * Ownership: a query lives in the arena that it was parsed into; immutable.
 * Threads: any. */
#ifndef CHUTE_TEXT_QUERY_H
#define CHUTE_TEXT_QUERY_H

#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/value.h"

struct chute_query_term {
    struct chute_str field; /* dotted; `.at == NULL`: anywhere */
    struct chute_str text;  /* without quotes and `*` */
    bool is_negated;
    bool is_prefix;
    bool has_words; /* the index can be asked for it */
};

struct chute_query {
    const struct chute_query_term *terms;
    size_t count;
};

/* Parses `text`; a text of blanks is the query that everything matches. NULL, with `why` saying what is wrong, if it
 * cannot be understood. */
const struct chute_query *chute_query_parse(
    struct chute_arena *arena, struct chute_str text, struct chute_buf *why);
/* Appends what FTS5 is to be asked for: the terms that are wanted, or those that must not be in any field. Nothing is
 * appended if there are none. */
void chute_query_words(const struct chute_query *query, bool is_negated, struct chute_buf *out);
/* True if some term can only be decided by looking into the document. */
bool chute_query_has_fields(const struct chute_query *query);
/* Decides the terms with a field, for a document. `arena` is for what is made on the way. */
bool chute_query_fields_match(
    const struct chute_query *query, struct chute_arena *arena, const struct chute_value *document);

#endif
