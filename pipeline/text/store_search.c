/* pipeline/text/store_search.c - the reading half of the embedded store.
 *
 * Parts are looked through from the newest to the oldest, and no further than one may still hold an event that is newer
 * than the last of those found. */
#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/text/store_internal.h"

struct found {
    int64_t id;
    int64_t time_ms;
    int64_t part;
};

/* One search while it runs. */
struct search {
    struct chute_store *store;
    const struct chute_store_search *asked;
    int64_t after_id; /* of follow */
    bool is_follow;
    struct chute_buf words; /* what FTS5 is asked for */
    struct chute_buf without;
    struct chute_json_parser *json;
    struct chute_arena arena;
    struct store_part *parts; /* newest first */
    size_t part_count;
    struct found *found; /* newest first, at most the limit */
    size_t found_count;
    size_t found_capacity;
};

/* matches(document): the terms that ask for a field. */
static void matches(sqlite3_context *context, int count, sqlite3_value **values) {
    struct search *search = sqlite3_user_data(context);
    struct chute_str text = { (const char *)sqlite3_value_text(values[0]),
        (size_t)sqlite3_value_bytes(values[0]) };
    struct chute_value document;
    (void)count;
    bool is_match =
        text.at != NULL &&
        chute_json_decode(search->json, &search->arena, text, &document) == CHUTE_JSON_OK &&
        chute_query_fields_match(search->asked->query, &search->arena, &document);
    chute_arena_reset(&search->arena, 1 << 16);
    sqlite3_result_int(context, is_match);
}

#define LOOK_EVERY 10000 /* steps of SQLite's machine: far less than a millisecond */

static int on_progress(void *arg) {
    const struct search *search = arg;
    return search->asked->is_given_up(search->asked->arg);
}

static void search_init(struct search *search) {
    if (search->asked->is_given_up != NULL) {
        sqlite3_progress_handler(search->store->db, LOOK_EVERY, on_progress, search);
    }
    chute_query_words(search->asked->query, false, &search->words);
    chute_query_words(search->asked->query, true, &search->without);
    search->json = chute_json_parser_create();
    sqlite3_create_function(
        search->store->db, "matches", 1, SQLITE_UTF8, search, matches, NULL, NULL);
}

static void search_finish(struct search *search) {
    sqlite3_progress_handler(search->store->db, 0, NULL, NULL);
    sqlite3_create_function(search->store->db, "matches", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    chute_buf_finish(&search->words);
    chute_buf_finish(&search->without);
    chute_json_parser_destroy(search->json);
    chute_arena_finish(&search->arena);
    chute_free(search->parts);
    chute_free(search->found);
}

static enum chute_store_status load_parts(struct search *search) {
    sqlite3_stmt *row =
        chute_store_prepare(search->store, "SELECT * FROM parts ORDER BY number DESC");
    if (row == NULL) {
        return CHUTE_STORE_FAILED;
    }
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        search->parts =
            chute_realloc(search->parts, (search->part_count + 1) * sizeof(*search->parts));
        search->parts[search->part_count++] = chute_store_read_part(row);
    }
    enum chute_store_status status =
        code == SQLITE_DONE ? CHUTE_STORE_OK : chute_store_fail(search->store);
    sqlite3_finalize(row);
    return status;
}

/* The statement that finds what is asked for in a part, bound. NULL on failure. */
static sqlite3_stmt *find_in(struct search *search, int64_t part) {
    struct chute_store *store = search->store;
    struct chute_buf *sql = &store->sql;
    long long number = part;
    sql->len = 0;
    chute_buf_printf(sql,
        "SELECT id, \"@timestamp\", document FROM events_%lld WHERE id > ?1 AND "
        "\"@timestamp\" >= ?2 AND \"@timestamp\" < ?3",
        number);
    if (search->words.len > 0) {
        chute_buf_printf(sql, " AND id IN (SELECT rowid FROM words_%lld WHERE words_%lld MATCH ?4)",
            number, number);
    }
    if (search->without.len > 0) {
        chute_buf_printf(sql,
            " AND id NOT IN (SELECT rowid FROM words_%lld WHERE words_%lld MATCH ?5)", number,
            number);
    }
    if (chute_query_has_fields(search->asked->query)) {
        chute_buf_printf(sql, " AND matches(document)");
    }
    chute_buf_printf(sql,
        search->is_follow ? " ORDER BY id" : " ORDER BY \"@timestamp\" DESC, id DESC LIMIT ?6");
    sqlite3_stmt *statement = chute_store_prepare(store, chute_buf_cstr(sql));
    if (statement == NULL) {
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, search->after_id);
    sqlite3_bind_int64(statement, 2, search->asked->since_ms);
    sqlite3_bind_int64(statement, 3, search->asked->until_ms);
    if (search->words.len > 0) {
        sqlite3_bind_text(statement, 4, search->words.at, (int)search->words.len, SQLITE_STATIC);
    }
    if (search->without.len > 0) {
        sqlite3_bind_text(
            statement, 5, search->without.at, (int)search->without.len, SQLITE_STATIC);
    }
    if (!search->is_follow) {
        sqlite3_bind_int64(statement, 6, search->asked->limit);
    }
    return statement;
}

/* ------------------------------------------------------------------ the newest N */

static bool is_newer(const struct found *a, const struct found *b) {
    return a->time_ms != b->time_ms ? a->time_ms > b->time_ms : a->id > b->id;
}

/* Puts `one` where it belongs; the oldest falls out when there are more than the limit. */
static void keep(struct search *search, struct found one) {
    size_t at = search->found_count;
    if (at == (size_t)search->asked->limit) {
        if (!is_newer(&one, &search->found[at - 1])) {
            return;
        }
        at--;
    } else if (at == search->found_capacity) {
        search->found_capacity = search->found_capacity * 2 + 64;
        search->found =
            chute_realloc(search->found, search->found_capacity * sizeof(*search->found));
    }
    size_t count = at + 1;
    while (at > 0 && is_newer(&one, &search->found[at - 1])) {
        search->found[at] = search->found[at - 1];
        at--;
    }
    search->found[at] = one;
    search->found_count = count;
}

static enum chute_store_status find_newest(struct search *search) {
    for (size_t i = 0; i < search->part_count; i++) {
        const struct store_part *part = &search->parts[i];
        bool is_full = search->found_count == (size_t)search->asked->limit;
        bool is_outside =
            part->newest < search->asked->since_ms || part->oldest >= search->asked->until_ms ||
            (is_full && part->newest < search->found[search->found_count - 1].time_ms);
        if (is_outside) {
            continue;
        }
        sqlite3_stmt *statement = find_in(search, part->number);
        if (statement == NULL) {
            return CHUTE_STORE_FAILED;
        }
        int code;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            keep(search, (struct found){ .id = sqlite3_column_int64(statement, 0),
                             .time_ms = sqlite3_column_int64(statement, 1),
                             .part = part->number });
        }
        enum chute_store_status status =
            code == SQLITE_DONE ? CHUTE_STORE_OK : chute_store_fail(search->store);
        sqlite3_finalize(statement);
        if (status != CHUTE_STORE_OK) {
            return status;
        }
    }
    return CHUTE_STORE_OK;
}

static enum chute_store_status give(
    struct search *search, const struct found *one, chute_store_on_event on_event, void *arg) {
    char sql[96];
    snprintf(sql, sizeof(sql), "SELECT document FROM events_%lld WHERE id = %lld",
        (long long)one->part, (long long)one->id);
    sqlite3_stmt *row = chute_store_prepare(search->store, sql);
    if (row == NULL) {
        return CHUTE_STORE_FAILED;
    }
    enum chute_store_status status = CHUTE_STORE_OK;
    if (sqlite3_step(row) == SQLITE_ROW) {
        on_event(arg, (struct chute_str){ (const char *)sqlite3_column_text(row, 0),
                          (size_t)sqlite3_column_bytes(row, 0) });
    } else {
        status = chute_store_fail(search->store);
    }
    sqlite3_finalize(row);
    return status;
}

enum chute_store_status chute_store_find(struct chute_store *store,
    const struct chute_store_search *asked, chute_store_on_event on_event, void *arg) {
    struct search search = { .store = store, .asked = asked };
    /* One snapshot for all of it: no part goes away meanwhile. */
    enum chute_store_status status = chute_store_exec(store, "BEGIN");
    if (status != CHUTE_STORE_OK) {
        return status;
    }
    search_init(&search);
    status = load_parts(&search);
    if (status == CHUTE_STORE_OK) {
        status = find_newest(&search);
    }
    for (size_t i = search.found_count; i > 0 && status == CHUTE_STORE_OK; i--) {
        status = give(&search, &search.found[i - 1], on_event, arg);
    }
    search_finish(&search);
    sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    return status;
}

/* ------------------------------------------------------------------ following */

static enum chute_store_status follow_part(struct search *search, const struct store_part *part,
    chute_store_on_event on_event, void *arg) {
    sqlite3_stmt *statement = find_in(search, part->number);
    if (statement == NULL) {
        return CHUTE_STORE_FAILED;
    }
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        on_event(arg, (struct chute_str){ (const char *)sqlite3_column_text(statement, 2),
                          (size_t)sqlite3_column_bytes(statement, 2) });
    }
    enum chute_store_status status =
        code == SQLITE_DONE ? CHUTE_STORE_OK : chute_store_fail(search->store);
    sqlite3_finalize(statement);
    return status;
}

enum chute_store_status chute_store_follow(struct chute_store *store,
    const struct chute_store_search *asked, int64_t *after_id, chute_store_on_event on_event,
    void *arg) {
    struct search search = {
        .store = store, .asked = asked, .after_id = *after_id, .is_follow = true
    };
    enum chute_store_status status = chute_store_exec(store, "BEGIN");
    if (status != CHUTE_STORE_OK) {
        return status;
    }
    search_init(&search);
    status = load_parts(&search);
    int64_t last_id = search.part_count == 0 ? *after_id : search.parts[0].last_id;
    for (size_t i = search.part_count; i > 0 && status == CHUTE_STORE_OK; i--) {
        if (search.parts[i - 1].last_id > *after_id) {
            status = follow_part(&search, &search.parts[i - 1], on_event, arg);
        }
    }
    search_finish(&search);
    sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (status == CHUTE_STORE_OK) {
        *after_id = last_id;
    }
    return status;
}

enum chute_store_status chute_store_last_id(struct chute_store *store, int64_t *id) {
    sqlite3_stmt *row = chute_store_prepare(store, "SELECT max(last_id) FROM parts");
    if (row == NULL) {
        return CHUTE_STORE_FAILED;
    }
    int code = sqlite3_step(row);
    *id = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    enum chute_store_status status = code == SQLITE_ROW ? CHUTE_STORE_OK : chute_store_fail(store);
    sqlite3_finalize(row);
    return status;
}
