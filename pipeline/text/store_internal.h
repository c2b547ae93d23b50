/* pipeline/text/store_internal.h - what the writing and the reading half of the store share.
 *
 * Ownership: see store.h.
 * Threads: one at a time. */
#ifndef CHUTE_TEXT_STORE_INTERNAL_H
#define CHUTE_TEXT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "pipeline/text/store.h"

/* A row of `parts`. Times in milliseconds. */
struct store_part {
    int64_t number;
    int64_t opened; /* arrival of its first event */
    int64_t closed; /* arrival of its last event so far */
    int64_t last_id;
    int64_t bytes;  /* of documents */
    int64_t oldest; /* of its @timestamps */
    int64_t newest;
};

struct chute_store {
    sqlite3 *db;
    struct chute_store_limits limits;
    struct store_part part; /* the one that is written to; number 0: none yet */
    int64_t prepared;       /* the part that the statements are for */
    sqlite3_stmt *add_event;
    sqlite3_stmt *add_words;
    struct chute_buf words;
    struct chute_buf sql;
    struct chute_buf reason;
};

/* Notes SQLite's last error and returns the status that it means. */
enum chute_store_status chute_store_fail(struct chute_store *store);
/* Runs statements without results. */
enum chute_store_status chute_store_exec(struct chute_store *store, const char *sql);
/* Prepares `sql`; NULL, with the reason noted, on failure. */
sqlite3_stmt *chute_store_prepare(struct chute_store *store, const char *sql);
/* Reads a row of `SELECT * FROM parts`. */
struct store_part chute_store_read_part(sqlite3_stmt *row);

#endif
