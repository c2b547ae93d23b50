/* pipeline/text/store.h - the embedded store: events as JSON documents in SQLite, with an index of their words.
 *
 * The database holds events in parts, `events_N` with `words_N` (FTS5) beside it, and a view `events` over all of
 * them; a part is dropped whole, which costs next to nothing, where removing single events from the index would
 * cost as much as adding them. The catalogue is the table `parts`. One commit is one sync of the disk.
 * What is indexed of a document are the words of its values, not the names of its fields.
 *
 * Ownership: a store owns its connection; texts handed to a callback are views, valid during the call.
 * Threads: one at a time for each store; any number of stores, in any processes, may have one file open. */
#ifndef CHUTE_TEXT_STORE_H
#define CHUTE_TEXT_STORE_H

#include "pipeline/base/buf.h"
#include "pipeline/text/query.h"

enum chute_store_status {
    CHUTE_STORE_OK,
    CHUTE_STORE_MISSING, /* there is no such file */
    CHUTE_STORE_DAMAGED, /* the file is no database, or a broken one */
    CHUTE_STORE_FAILED,  /* the world: disk full, no permission, locked */
};

struct chute_store;

struct chute_store_limits {
    long long max_bytes;  /* of the file; 0: any */
    long long max_age_ms; /* of a part's newest arrival; 0: any */
};

/* Opens `path` for writing, makes it and its folders if need be. On failure `*store` is NULL and `why` says what is
 * wrong. */
enum chute_store_status chute_store_open(struct chute_store **store, const char *path,
    const struct chute_store_limits *limits, struct chute_buf *why);
/* Opens `path` for reading; never makes it. */
enum chute_store_status chute_store_open_reader(
    struct chute_store **store, const char *path, struct chute_buf *why);
/* Accepts NULL. What was not committed is forgotten. */
void chute_store_close(struct chute_store *store);
/* Moves a damaged file out of the way, with what SQLite keeps beside it; `moved` gets its new name. 0 or -errno. */
int chute_store_set_aside(const char *path, struct chute_buf *moved);

/* What went wrong in the last call that failed; valid until the next call. */
const char *chute_store_reason(struct chute_store *store);

/* Opens a transaction, into which events are added, and which is on the disk when the commit returns OK. After a
 * failure: chute_store_rollback. A commit also removes the oldest parts as the limits say. */
enum chute_store_status chute_store_begin(struct chute_store *store);
enum chute_store_status chute_store_add(
    struct chute_store *store, int64_t time_ms, struct chute_str document);
enum chute_store_status chute_store_commit(struct chute_store *store);
void chute_store_rollback(struct chute_store *store);

/* Appends the words of a JSON document's values: what the index gets to see of it. */
void chute_store_words(struct chute_str document, struct chute_buf *out);

/* ------------------------------------------------------------------ reading */

struct chute_store_search {
    const struct chute_query *query;
    int64_t since_ms;               /* of @timestamp, inclusive */
    int64_t until_ms;               /* exclusive */
    long long limit;                /* the newest so many */
    bool (*is_given_up)(void *arg); /* asked now and then: true ends it as failed. NULL: never */
    void *arg;
};

typedef void (*chute_store_on_event)(void *arg, struct chute_str document);

/* Calls `on_event` for what is found, oldest first. */
enum chute_store_status chute_store_find(struct chute_store *store,
    const struct chute_store_search *search, chute_store_on_event on_event, void *arg);
/* The same for what came after `*after_id`, in the order of arrival and without a limit; moves `*after_id`. */
enum chute_store_status chute_store_follow(struct chute_store *store,
    const struct chute_store_search *search, int64_t *after_id, chute_store_on_event on_event,
    void *arg);
/* The id of the newest event; 0 in an empty store. */
enum chute_store_status chute_store_last_id(struct chute_store *store, int64_t *id);

#endif
