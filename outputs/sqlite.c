/* outputs/sqlite.c - the embedded default store: events into a SQLite file with a full-text index, one commit a
 * parcel, on the disk before it is acknowledged. */
#include <stdio.h>

#include "pipeline/base/json.h"
#include "pipeline/base/log.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/store.h"

#define JOIN_BYTES (4 * 1024 * 1024)
#define LOG_EVERY_MS 60000

struct sqlite_settings {
    struct chute_str path;
    long long max_bytes;
    long long max_age;
};

struct sqlite_state {
    struct chute_store *store; /* NULL: to be opened again */
    struct chute_log_limiter limiter;
    bool is_failing;
};

static const struct chute_option options[] = {
    { .name = "path",
        CHUTE_TEXT(struct sqlite_settings, path),
        .doc = "The file; `store/events.db` under path.data where it is not set." },
    { .name = "max_bytes",
        CHUTE_SIZE(struct sqlite_settings, max_bytes),
        .fallback = "1GiB",
        .has_bounds = true,
        .min = 1024 * 1024,
        .max = 1e15,
        .sample = "\"64MiB\"",
        .doc = "Largest size of the file, beside its write-ahead log; the oldest events make room, "
               "about a "
               "sixteenth of them at a time." },
    { .name = "max_age",
        CHUTE_SECONDS(struct sqlite_settings, max_age),
        .has_bounds = true,
        .min = 1,
        .max = 1e10,
        .sample = "\"30 days\"",
        .doc = "How long an event is kept after it came, and at most a sixteenth longer; looked at "
               "when "
               "events come." },
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct sqlite_settings *self = settings;
    if (self->path.at == NULL) {
        self->path = chute_arena_printf(prepare->arena, "%s/store/events.db", prepare->path_data);
    }
    if (self->path.len == 0 || self->path.at[self->path.len - 1] == '/') {
        chute_prepare_refuse(prepare, "path", "the path of a file is wanted");
        return false;
    }
    return true;
}

/* An item: the time in milliseconds, 8 bytes, and the document. */
static bool encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    struct chute_time time;
    (void)settings;
    (void)worker;
    *flags = CHUTE_ITEM_IS_EVENT;
    if (!chute_event_time(event, &time)) {
        time = event->batch->now;
    }
    int64_t time_ms = time.seconds * 1000 + time.nanos / 1000000;
    chute_buf_add(bytes, &time_ms, sizeof(time_ms));
    chute_json_encode_event(bytes, event);
    return true;
}

static struct chute_str document(const void *settings, struct chute_str item) {
    (void)settings;
    return (struct chute_str){ item.at + sizeof(int64_t), item.len - sizeof(int64_t) };
}

/* One line a minute at most. */
static void complain(struct chute_output *output, const char *reason) {
    struct sqlite_state *state = chute_output_state(output);
    const struct sqlite_settings *settings = chute_output_settings(output);
    uint64_t suppressed;
    state->is_failing = true;
    if (chute_log_limit(&state->limiter, LOG_EVERY_MS, &suppressed)) {
        chute_log(CHUTE_LOG_ERROR, chute_output_id(output),
            "the store cannot be written: events wait and are tried again", "path",
            settings->path.at, "reason", reason, NULL);
    }
}

/* Moves the damaged file away; the next delivery makes a new one. */
static void set_aside(struct chute_output *output, const char *reason) {
    struct sqlite_state *state = chute_output_state(output);
    const struct sqlite_settings *settings = chute_output_settings(output);
    struct chute_buf why = { 0 };
    struct chute_buf moved = { 0 };
    chute_buf_printf(&why, "%s", reason);
    chute_store_close(state->store);
    state->store = NULL;
    int status = chute_store_set_aside(settings->path.at, &moved);
    if (status == 0) {
        chute_log(CHUTE_LOG_ERROR, chute_output_id(output),
            "the store is damaged: it was set aside, and a new one begins", "path",
            settings->path.at, "moved_to", chute_buf_cstr(&moved), "reason", chute_buf_cstr(&why),
            NULL);
    } else {
        complain(output, strerror(-status));
    }
    chute_buf_finish(&why);
    chute_buf_finish(&moved);
}

/* Opens the store, in place of a damaged one if need be. `why` tells a failure. */
static bool open_store(struct chute_output *output, struct chute_buf *why) {
    struct sqlite_state *state = chute_output_state(output);
    const struct sqlite_settings *settings = chute_output_settings(output);
    struct chute_store_limits limits = { .max_bytes = settings->max_bytes,
        .max_age_ms = settings->max_age };
    enum chute_store_status status =
        chute_store_open(&state->store, settings->path.at, &limits, why);
    if (status == CHUTE_STORE_DAMAGED) {
        set_aside(output, chute_buf_cstr(why));
        why->len = 0;
        status = chute_store_open(&state->store, settings->path.at, &limits, why);
    }
    return status == CHUTE_STORE_OK;
}

static int start(struct chute_output *output) {
    const struct sqlite_settings *settings = chute_output_settings(output);
    struct chute_buf text = { 0 };
    bool is_open = open_store(output, &text);
    if (is_open) {
        chute_buf_printf(&text, "sqlite %s", settings->path.at);
        chute_output_describe(output, chute_buf_cstr(&text));
    } else {
        chute_log(CHUTE_LOG_FATAL, chute_output_id(output), "the store cannot be opened", "path",
            settings->path.at, "reason", chute_buf_cstr(&text), NULL);
    }
    chute_buf_finish(&text);
    return is_open ? 0 : -1;
}

/* All of the parcel in one transaction. */
static enum chute_store_status write_parcel(
    struct chute_store *store, const struct chute_parcel *parcel) {
    enum chute_store_status status = chute_store_begin(store);
    for (uint32_t i = 0; i < parcel->count && status == CHUTE_STORE_OK; i++) {
        const char *at = parcel->bytes.at + parcel->items[i].offset;
        struct chute_str item = { at, parcel->items[i].len };
        int64_t time_ms;
        memcpy(&time_ms, at, sizeof(time_ms));
        status = chute_store_add(store, time_ms, document(NULL, item));
    }
    return status == CHUTE_STORE_OK ? chute_store_commit(store) : status;
}

static void deliver(struct chute_output *output, struct chute_parcel *parcel) {
    struct sqlite_state *state = chute_output_state(output);
    struct chute_buf why = { 0 };
    enum chute_store_status status = CHUTE_STORE_FAILED;
    if (state->store == NULL && !open_store(output, &why)) {
        complain(output, chute_buf_cstr(&why));
    } else {
        status = write_parcel(state->store, parcel);
    }
    if (status == CHUTE_STORE_OK && state->is_failing) {
        state->is_failing = false;
        state->limiter = (struct chute_log_limiter){ 0 };
        chute_log(CHUTE_LOG_INFO, chute_output_id(output), "the store is written again", NULL);
    } else if (status != CHUTE_STORE_OK && state->store != NULL) {
        chute_buf_printf(&why, "%s", chute_store_reason(state->store));
        chute_store_rollback(state->store);
        if (status == CHUTE_STORE_DAMAGED) {
            set_aside(output, chute_buf_cstr(&why));
        } else {
            complain(output, chute_buf_cstr(&why));
        }
    }
    chute_buf_finish(&why);
    chute_output_answer_all(parcel, status == CHUTE_STORE_OK ? CHUTE_DONE : CHUTE_RETRY);
    chute_output_finish(output, parcel);
}

static void stop(struct chute_output *output) {
    struct sqlite_state *state = chute_output_state(output);
    chute_store_close(state->store);
    state->store = NULL;
}

static void limits(const void *settings, struct chute_output_limits *limits) {
    (void)settings;
    limits->join_bytes = JOIN_BYTES;
    limits->waiting_bytes = JOIN_BYTES;
    limits->retry_initial_ms = 250;
    limits->retry_max_ms = 4000;
}

const struct chute_output_plugin chute_output_sqlite = {
    .name = "sqlite",
    .summary = "Keeps events in an embedded store that `logchute search` reads.",
    .settings_size = sizeof(struct sqlite_settings),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_OWN_THREAD,
    .state_size = sizeof(struct sqlite_state),
    .encode = encode,
    .start = start,
    .deliver = deliver,
    .stop = stop,
    .document = document,
    .limits = limits,
};
