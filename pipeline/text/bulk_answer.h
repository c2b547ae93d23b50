/* pipeline/text/bulk_answer.h - reads the answer to a bulk request while it arrives: what became of each
 * item, without a tree, whatever its size.
 *
 * Knows Elasticsearch 7 to 9 and OpenSearch 1 to 3, with or without `filter_path`; an answer that is an error as
 * a whole ({"error":{…},"status":413}) gives its type and reason.
 * A reason may quote what the document holds; those parts are cut before anyone sees them.
 *
 * Ownership: the answer owns its buffers; what a callback gets is a view, valid until it returns.
 * Threads: one at a time. */
#ifndef CHUTE_TEXT_BULK_ANSWER_H
#define CHUTE_TEXT_BULK_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/buf.h"

#define CHUTE_BULK_REASON_MAX 512

/* One item's fate. */
struct chute_bulk_item {
    uint32_t index;         /* its place in the answer */
    int status;             /* as HTTP's; 0 if the item has none */
    struct chute_str where; /* the index it went to; empty if the answer does not say */
    struct chute_str type;  /* of its error; empty if there is none */
    struct chute_str reason;
};

typedef void (*chute_bulk_item_fn)(void *ctx, const struct chute_bulk_item *item);

struct chute_bulk_answer {
    /* What the answer says as a whole, once it ended. */
    uint32_t items;        /* told of */
    bool says_errors;      /* it holds "errors" at all */
    bool has_errors;       /* … and it is true */
    int status;            /* of an answer that is an error; else 0 */
    struct chute_buf type; /* of that error */
    struct chute_buf reason;

    /* Inside. */
    void *parser;
    chute_bulk_item_fn on_item;
    void *ctx;
    bool is_broken;
    bool is_settled; /* nothing failed, says the start: of the rest only the items are counted */
    char tail[16];   /* of the bytes counted so far, for a word that is cut in two */
    size_t tail_len;
    bool is_in_items;
    int depth;
    int error_depth; /* of the error object being read; 0: none */
    int root_key;
    int item_key;
    int error_key;
    int item_status;
    struct chute_buf item_where;
    struct chute_buf item_type;
    struct chute_buf item_reason;
};

/* Begins an answer; `answer` is zeroed or finished. `on_item` is called for each item in turn; not where the answer
 * begins with "errors": false, as the servers write it: then all items are good, and are only counted. */
void chute_bulk_answer_init(
    struct chute_bulk_answer *answer, chute_bulk_item_fn on_item, void *ctx);
/* Reads more of it. False once it is no JSON; then the rest is not looked at. */
bool chute_bulk_answer_feed(struct chute_bulk_answer *answer, struct chute_str bytes);
/* All was fed. False if it was no JSON or is cut off. */
bool chute_bulk_answer_end(struct chute_bulk_answer *answer);
/* Accepts a zeroed answer. */
void chute_bulk_answer_finish(struct chute_bulk_answer *answer);

/* Appends `reason` up to CHUTE_BULK_REASON_MAX bytes, without what it quotes from a document. */
void chute_bulk_reason_mask(struct chute_buf *out, struct chute_str reason);

#endif
