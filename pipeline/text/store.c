/* pipeline/text/store.c - the writing half of the embedded store: schema, inserting, removing the oldest. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "pipeline/base/alloc.h"
#include "pipeline/text/store_internal.h"

#define PARTS 16                   /* about so many make up a full store */
#define SMALLEST_PART (256 * 1024) /* bytes of the file */
#define BUSY_MS 5000

/* Larger pages and few merges: an event costs half as much as with FTS5's defaults. */
#define PAGE_SIZE 8192
static const char tuning[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                             "PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 2000;"
                             "PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY;";

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS parts(number INTEGER PRIMARY KEY, opened INTEGER, closed INTEGER,"
    " last_id INTEGER, bytes INTEGER, oldest INTEGER, newest INTEGER);"
    "CREATE VIEW IF NOT EXISTS events AS SELECT 0 AS id, 0 AS \"@timestamp\", '' AS document LIMIT "
    "0;"
    "PRAGMA user_version = 1;";

/* ------------------------------------------------------------------ SQLite */

static enum chute_store_status status_of(int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return CHUTE_STORE_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CHUTE_STORE_DAMAGED;
    default:
        return CHUTE_STORE_FAILED;
    }
}

enum chute_store_status chute_store_fail(struct chute_store *store) {
    int code = sqlite3_extended_errcode(store->db);
    int error = sqlite3_system_errno(store->db);
    bool is_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    store->reason.len = 0;
    chute_buf_printf(&store->reason, "%s", sqlite3_errmsg(store->db));
    if (is_system && error != 0) {
        chute_buf_printf(&store->reason, ": %s", strerror(error));
    }
    enum chute_store_status status = status_of(code);
    return status == CHUTE_STORE_OK ? CHUTE_STORE_FAILED : status;
}

const char *chute_store_reason(struct chute_store *store) {
    return chute_buf_cstr(&store->reason);
}

enum chute_store_status chute_store_exec(struct chute_store *store, const char *sql) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? CHUTE_STORE_OK
                                                                       : chute_store_fail(store);
}

sqlite3_stmt *chute_store_prepare(struct chute_store *store, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        chute_store_fail(store);
    }
    return statement;
}

struct store_part chute_store_read_part(sqlite3_stmt *row) {
    return (struct store_part){
        .number = sqlite3_column_int64(row, 0),
        .opened = sqlite3_column_int64(row, 1),
        .closed = sqlite3_column_int64(row, 2),
        .last_id = sqlite3_column_int64(row, 3),
        .bytes = sqlite3_column_int64(row, 4),
        .oldest = sqlite3_column_int64(row, 5),
        .newest = sqlite3_column_int64(row, 6),
    };
}

/* Runs printf's text as statements. */
static enum chute_store_status exec_part(
    struct chute_store *store, const char *format, int64_t number) {
    char *sql = sqlite3_mprintf(format, number, number, number, number, number);
    enum chute_store_status status = chute_store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

/* Steps a statement that gives one number. */
static enum chute_store_status get_int(struct chute_store *store, const char *sql, int64_t *out) {
    sqlite3_stmt *statement = chute_store_prepare(store, sql);
    if (statement == NULL) {
        return status_of(sqlite3_extended_errcode(store->db));
    }
    int code = sqlite3_step(statement);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    enum chute_store_status status =
        code == SQLITE_ROW || code == SQLITE_DONE ? CHUTE_STORE_OK : chute_store_fail(store);
    sqlite3_finalize(statement);
    return status;
}

/* ------------------------------------------------------------------ opening */

static void make_folders(const char *path) {
    char *copy = chute_strdup(path);
    for (char *at = copy + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            mkdir(copy, 0755); /* what cannot be made shows when the file is opened */
            *at = '/';
        }
    }
    chute_free(copy);
}

/* Settings of the connection; the schema, if the file is to be written. */
static enum chute_store_status set_up(struct chute_store *store, bool is_writer) {
    int64_t version = 0;
    sqlite3_busy_timeout(store->db, BUSY_MS);
    enum chute_store_status status = CHUTE_STORE_OK;
    if (is_writer) {
        char pages[64];
        snprintf(pages, sizeof(pages), "PRAGMA page_size = %d;", PAGE_SIZE);
        status = chute_store_exec(store, pages);
    }
    if (status == CHUTE_STORE_OK) {
        status = get_int(store, "PRAGMA user_version", &version);
    }
    if (status == CHUTE_STORE_OK && version > 1) {
        chute_buf_printf(&store->reason, "a newer logchute has written this file");
        return CHUTE_STORE_FAILED;
    }
    if (status == CHUTE_STORE_OK && is_writer) {
        status = chute_store_exec(store, tuning);
    }
    if (status == CHUTE_STORE_OK && version == 0) {
        if (!is_writer) {
            chute_buf_printf(&store->reason, "this is no store of logchute");
            return CHUTE_STORE_FAILED;
        }
        status = chute_store_exec(store, schema);
    }
    return status;
}

static enum chute_store_status open_file(struct chute_store **store, const char *path, int flags,
    bool is_writer, struct chute_buf *why) {
    struct chute_store *made = chute_calloc(1, sizeof(*made));
    int code = sqlite3_open_v2(path, &made->db, flags, NULL);
    chute_assert(made->db != NULL);
    enum chute_store_status status =
        code == SQLITE_OK ? set_up(made, is_writer) : chute_store_fail(made);
    if (status != CHUTE_STORE_OK) {
        chute_buf_add_str(why, chute_buf_str(&made->reason));
        chute_store_close(made);
        made = NULL;
    }
    *store = made;
    return status;
}

enum chute_store_status chute_store_open(struct chute_store **store, const char *path,
    const struct chute_store_limits *limits, struct chute_buf *why) {
    make_folders(path);
    enum chute_store_status status =
        open_file(store, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, why);
    if (status == CHUTE_STORE_OK) {
        (*store)->limits = *limits;
    }
    return status;
}

enum chute_store_status chute_store_open_reader(
    struct chute_store **store, const char *path, struct chute_buf *why) {
    struct stat info;
    *store = NULL;
    if (stat(path, &info) != 0) {
        chute_buf_printf(why, "%s", strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? CHUTE_STORE_MISSING : CHUTE_STORE_FAILED;
    }
    /* A reader of a write-ahead log writes to its index; without the right to, SQLite reads what it can. */
    enum chute_store_status status = open_file(store, path, SQLITE_OPEN_READWRITE, false, why);
    if (status == CHUTE_STORE_FAILED) {
        why->len = 0;
        status = open_file(store, path, SQLITE_OPEN_READONLY, false, why);
    }
    return status;
}

static void forget_statements(struct chute_store *store) {
    sqlite3_finalize(store->add_event);
    sqlite3_finalize(store->add_words);
    store->add_event = NULL;
    store->add_words = NULL;
    store->prepared = 0;
}

void chute_store_close(struct chute_store *store) {
    if (store == NULL) {
        return;
    }
    forget_statements(store);
    sqlite3_close(store->db);
    chute_buf_finish(&store->words);
    chute_buf_finish(&store->sql);
    chute_buf_finish(&store->reason);
    chute_free(store);
}

int chute_store_set_aside(const char *path, struct chute_buf *moved) {
    static const char *const endings[] = { "", "-wal", "-shm" };
    struct chute_civil now = chute_civil_from_seconds(chute_clock_now().seconds);
    struct chute_buf from = { 0 };
    struct chute_buf to = { 0 };
    int status = 0;
    chute_buf_printf(moved, "%s.damaged-%04d%02d%02dT%02d%02d%02dZ", path, (int)now.year, now.month,
        now.day, now.hour, now.minute, now.second);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        from.len = 0;
        to.len = 0;
        chute_buf_printf(&from, "%s%s", path, endings[i]);
        chute_buf_printf(&to, "%s%s", chute_buf_cstr(moved), endings[i]);
        if (rename(chute_buf_cstr(&from), chute_buf_cstr(&to)) != 0 && i == 0) {
            status = -errno;
        }
    }
    chute_buf_finish(&from);
    chute_buf_finish(&to);
    return status;
}

/* ------------------------------------------------------------------ parts */

static int64_t now_ms(void) {
    struct chute_time now = chute_clock_now();
    return now.seconds * 1000 + now.nanos / 1000000;
}

/* Makes the view `events` anew, over the parts that there are. */
static enum chute_store_status make_view(struct chute_store *store) {
    sqlite3_stmt *parts = chute_store_prepare(store, "SELECT * FROM parts ORDER BY number");
    if (parts == NULL) {
        return status_of(sqlite3_extended_errcode(store->db));
    }
    struct chute_buf *sql = &store->sql;
    sql->len = 0;
    chute_buf_printf(sql, "DROP VIEW IF EXISTS events; CREATE VIEW events AS ");
    bool is_first = true;
    while (sqlite3_step(parts) == SQLITE_ROW) {
        chute_buf_printf(sql, "%sSELECT id, \"@timestamp\", document FROM events_%lld",
            is_first ? "" : " UNION ALL ", (long long)sqlite3_column_int64(parts, 0));
        is_first = false;
    }
    sqlite3_finalize(parts);
    return chute_store_exec(store, chute_buf_cstr(sql));
}

static enum chute_store_status write_part(struct chute_store *store) {
    const struct store_part *part = &store->part;
    char *sql = sqlite3_mprintf(
        "INSERT OR REPLACE INTO parts VALUES(%lld, %lld, %lld, %lld, %lld, %lld, %lld)",
        part->number, part->opened, part->closed, part->last_id, part->bytes, part->oldest,
        part->newest);
    enum chute_store_status status = chute_store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

static enum chute_store_status open_part(struct chute_store *store) {
    int64_t now = now_ms();
    store->part = (struct store_part){
        .number = store->part.number + 1,
        .opened = now,
        .closed = now,
        .last_id = store->part.last_id,
        .oldest = INT64_MAX,
        .newest = INT64_MIN,
    };
    enum chute_store_status status = exec_part(store,
        "CREATE TABLE events_%lld(id INTEGER PRIMARY KEY, \"@timestamp\" INTEGER, document TEXT);"
        "CREATE INDEX time_%lld ON events_%lld(\"@timestamp\")",
        store->part.number);
    if (status == CHUTE_STORE_OK) {
        status = exec_part(store,
            "CREATE VIRTUAL TABLE words_%lld USING fts5(words, content='', columnsize=0,"
            " tokenize='unicode61');"
            "INSERT INTO words_%lld(words_%lld, rank) VALUES('hashsize', 4194304);"
            "INSERT INTO words_%lld(words_%lld, rank) VALUES('automerge', 0);",
            store->part.number);
    }
    if (status == CHUTE_STORE_OK) {
        status = write_part(store);
    }
    return status == CHUTE_STORE_OK ? make_view(store) : status;
}

/* Bytes of the file that a part may take. */
static int64_t part_bytes(const struct chute_store *store) {
    int64_t bytes = store->limits.max_bytes / PARTS;
    return bytes < SMALLEST_PART ? SMALLEST_PART : bytes;
}

/* An index and its rows take about half as much again as the documents. */
static bool is_part_full(const struct chute_store *store) {
    const struct store_part *part = &store->part;
    bool is_large = store->limits.max_bytes > 0 && part->bytes >= part_bytes(store) / 3 * 2;
    bool is_long =
        store->limits.max_age_ms > 0 && now_ms() - part->opened > store->limits.max_age_ms / PARTS;
    return part->bytes > 0 && (is_large || is_long);
}

static enum chute_store_status drop_part(struct chute_store *store, int64_t number) {
    enum chute_store_status status = exec_part(store,
        "DROP TABLE events_%lld; DROP TABLE words_%lld; DELETE FROM parts WHERE number = %lld",
        number);
    return status == CHUTE_STORE_OK ? make_view(store) : status;
}

/* The oldest part. `number` 0: there is none. */
static enum chute_store_status oldest_part(struct chute_store *store, struct store_part *out) {
    sqlite3_stmt *row = chute_store_prepare(store, "SELECT * FROM parts ORDER BY number LIMIT 1");
    *out = (struct store_part){ 0 };
    if (row == NULL) {
        return status_of(sqlite3_extended_errcode(store->db));
    }
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        *out = chute_store_read_part(row);
    }
    enum chute_store_status status =
        code == SQLITE_ROW || code == SQLITE_DONE ? CHUTE_STORE_OK : chute_store_fail(store);
    sqlite3_finalize(row);
    return status;
}

/* True if the file's pages in use are more than allowed, less the room that a transaction needs. */
static enum chute_store_status is_too_large(struct chute_store *store, bool *is_large) {
    int64_t pages, free_pages, page_size;
    enum chute_store_status status = get_int(store, "PRAGMA page_count", &pages);
    if (status == CHUTE_STORE_OK) {
        status = get_int(store, "PRAGMA freelist_count", &free_pages);
    }
    if (status == CHUTE_STORE_OK) {
        status = get_int(store, "PRAGMA page_size", &page_size);
    }
    *is_large = status == CHUTE_STORE_OK &&
                (pages - free_pages) * page_size > store->limits.max_bytes - part_bytes(store);
    return status;
}

/* Removes parts, oldest first, that the limits say to; never the one that is written to, which a full or
 * an aged part is no more. */
static enum chute_store_status prune(struct chute_store *store) {
    enum chute_store_status status = CHUTE_STORE_OK;
    while (status == CHUTE_STORE_OK) {
        struct store_part oldest;
        bool is_large = false;
        status = oldest_part(store, &oldest);
        if (status != CHUTE_STORE_OK || oldest.number == 0 || oldest.number == store->part.number) {
            break;
        }
        bool is_old =
            store->limits.max_age_ms > 0 && now_ms() - oldest.closed > store->limits.max_age_ms;
        if (!is_old && store->limits.max_bytes > 0) {
            status = is_too_large(store, &is_large);
        }
        if (status != CHUTE_STORE_OK || (!is_old && !is_large)) {
            break;
        }
        status = drop_part(store, oldest.number);
    }
    return status;
}

/* ------------------------------------------------------------------ inserting */

static enum chute_store_status prepare_part(struct chute_store *store) {
    char sql[160];
    long long number = store->part.number;
    forget_statements(store);
    snprintf(sql, sizeof(sql), "INSERT INTO events_%lld VALUES(?, ?, ?)", number);
    store->add_event = chute_store_prepare(store, sql);
    snprintf(sql, sizeof(sql), "INSERT INTO words_%lld(rowid, words) VALUES(?, ?)", number);
    store->add_words = store->add_event == NULL ? NULL : chute_store_prepare(store, sql);
    if (store->add_words == NULL) {
        return status_of(sqlite3_extended_errcode(store->db));
    }
    store->prepared = number;
    return CHUTE_STORE_OK;
}

/* Sees to it that there is a part with room, and statements for it. */
static enum chute_store_status turn_page(struct chute_store *store) {
    enum chute_store_status status = CHUTE_STORE_OK;
    if (store->part.number == 0 || is_part_full(store)) {
        if (store->part.number != 0) {
            status = write_part(store);
        }
        forget_statements(store);
        if (status == CHUTE_STORE_OK) {
            status = open_part(store);
        }
        if (status == CHUTE_STORE_OK) {
            status = prune(store);
        }
    }
    if (status == CHUTE_STORE_OK && store->prepared != store->part.number) {
        status = prepare_part(store);
    }
    return status;
}

enum chute_store_status chute_store_begin(struct chute_store *store) {
    enum chute_store_status status = chute_store_exec(store, "BEGIN IMMEDIATE");
    if (status != CHUTE_STORE_OK) {
        return status;
    }
    /* Another process may have written since: the catalogue tells. */
    sqlite3_stmt *row =
        chute_store_prepare(store, "SELECT * FROM parts ORDER BY number DESC LIMIT 1");
    if (row == NULL) {
        return status_of(sqlite3_extended_errcode(store->db));
    }
    int code = sqlite3_step(row);
    store->part = code == SQLITE_ROW ? chute_store_read_part(row) : (struct store_part){ 0 };
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        status = chute_store_fail(store);
    }
    sqlite3_finalize(row);
    return status;
}

/* Runs a bound statement that gives nothing. */
static bool run(sqlite3_stmt *statement) {
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;
    return sqlite3_reset(statement) == SQLITE_OK && is_done;
}

enum chute_store_status chute_store_add(
    struct chute_store *store, int64_t time_ms, struct chute_str document) {
    enum chute_store_status status = turn_page(store);
    if (status != CHUTE_STORE_OK) {
        return status;
    }
    struct store_part *part = &store->part;
    int64_t id = ++part->last_id;
    sqlite3_stmt *event = store->add_event;
    sqlite3_bind_int64(event, 1, id);
    sqlite3_bind_int64(event, 2, time_ms);
    sqlite3_bind_text64(event, 3, document.at, document.len, SQLITE_STATIC, SQLITE_UTF8);
    if (!run(event)) {
        return chute_store_fail(store);
    }
    store->words.len = 0;
    chute_store_words(document, &store->words);
    sqlite3_stmt *words = store->add_words;
    const char *text = chute_buf_cstr(&store->words);
    sqlite3_bind_int64(words, 1, id);
    sqlite3_bind_text64(words, 2, text, store->words.len, SQLITE_STATIC, SQLITE_UTF8);
    if (!run(words)) {
        return chute_store_fail(store);
    }
    part->bytes += (int64_t)document.len;
    part->oldest = time_ms < part->oldest ? time_ms : part->oldest;
    part->newest = time_ms > part->newest ? time_ms : part->newest;
    return CHUTE_STORE_OK;
}

enum chute_store_status chute_store_commit(struct chute_store *store) {
    store->part.closed = now_ms();
    enum chute_store_status status = store->part.number == 0 ? CHUTE_STORE_OK : write_part(store);
    if (status == CHUTE_STORE_OK) {
        status = prune(store);
    }
    return status == CHUTE_STORE_OK ? chute_store_exec(store, "COMMIT") : status;
}

void chute_store_rollback(struct chute_store *store) {
    forget_statements(store);
    if (!sqlite3_get_autocommit(store->db)) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* ------------------------------------------------------------------ words */

/* The end of the text that begins behind a quote: the offset of the closing one. */
static size_t end_of_text(struct chute_str document, size_t at) {
    while (at < document.len && document.at[at] != '"') {
        at += document.at[at] == '\\' ? 2 : 1;
    }
    return at < document.len ? at : document.len;
}

/* Escapes part words: \n and \t are blanks, quotes and backslashes are in no word anyway. */
static void add_text(struct chute_buf *out, struct chute_str text) {
    size_t from = 0;
    for (size_t at = 0; at < text.len; at++) {
        if (text.at[at] == '\\') {
            chute_buf_add(out, text.at + from, at - from);
            chute_buf_add_char(out, ' ');
            at += at + 1 < text.len && text.at[at + 1] == 'u' ? 5 : 1;
            from = at + 1;
        }
    }
    if (from < text.len) {
        chute_buf_add(out, text.at + from, text.len - from);
    }
    chute_buf_add_char(out, '\n');
}

void chute_store_words(struct chute_str document, struct chute_buf *out) {
    for (size_t at = 0; at < document.len;) {
        char byte = document.at[at];
        if (byte == '"') {
            size_t end = end_of_text(document, at + 1);
            bool is_key = end + 1 < document.len && document.at[end + 1] == ':';
            if (!is_key) {
                add_text(out, (struct chute_str){ document.at + at + 1, end - at - 1 });
            }
            at = end + 1;
        } else if (strchr("{}[]:, ", byte) != NULL) {
            at++;
        } else {
            size_t len = 1;
            while (at + len < document.len && strchr("{}[]:,\"", document.at[at + len]) == NULL) {
                len++;
            }
            add_text(out, (struct chute_str){ document.at + at, len });
            at += len;
        }
    }
}
