#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inputs/file/file.h"
#include "pipeline/base/alloc.h"

static double wall_clock(void) {
    struct chute_time now = chute_clock_now();
    return (double)now.seconds + now.nanos / 1e9;
}

/* ------------------------------------------------------------------ the table */

static struct chute_file **bucket(struct chute_file_state *state, uint64_t device, uint64_t inode) {
    return &state->files[(inode * 0x9E3779B97F4A7C15u ^ device) >> 20 & (CHUTE_FILE_BUCKETS - 1)];
}

struct chute_file *chute_file_find(
    struct chute_file_state *state, uint64_t device, uint64_t inode) {
    struct chute_file *file = *bucket(state, device, inode);
    while (file != NULL && (file->device != device || file->inode != inode)) {
        file = file->next_by_id;
    }
    return file;
}

struct chute_file *chute_file_find_path(struct chute_file_state *state, const char *path) {
    for (size_t i = 0; i < CHUTE_FILE_BUCKETS; i++) {
        for (struct chute_file *file = state->files[i]; file != NULL; file = file->next_by_id) {
            if (!file->is_listed && strcmp(file->path, path) == 0) {
                return file;
            }
        }
    }
    return NULL;
}

struct chute_file *chute_file_add(
    struct chute_file_state *state, uint64_t device, uint64_t inode, const char *path) {
    struct chute_file *file = chute_calloc(1, sizeof(*file));
    struct chute_file **head = bucket(state, device, inode);
    *file = (struct chute_file){ .state = state,
        .next_by_id = *head,
        .device = device,
        .inode = inode,
        .path = chute_strdup(path),
        .fd = -1,
        .changed_at = wall_clock() };
    *head = file;
    return file;
}

static void free_file(struct chute_file *file) {
    while (file->first != NULL) {
        struct chute_file_mark *next = file->first->next;
        chute_free(file->first);
        file->first = next;
    }
    chute_buf_finish(&file->partial);
    chute_free(file->path);
    chute_free(file);
}

static void unlink_file(struct chute_file *file) {
    struct chute_file **at = bucket(file->state, file->device, file->inode);
    while (*at != file) {
        at = &(*at)->next_by_id;
    }
    *at = file->next_by_id;
}

/* ------------------------------------------------------------------ positions */

struct chute_token *chute_file_token(struct chute_file *file, uint64_t position) {
    struct chute_file_mark *mark = chute_calloc(1, sizeof(*mark));
    mark->file = file;
    pthread_mutex_lock(&file->state->lock);
    mark->generation = file->generation;
    if (file->last == NULL) {
        file->first = mark;
    } else {
        file->last->next = mark;
    }
    file->last = mark;
    pthread_mutex_unlock(&file->state->lock);
    return chute_token_create(file->state->input, mark, position);
}

/* Moves the position behind the longest run of resolved marks. Under the lock. */
static void advance(struct chute_file *file) {
    while (file->first != NULL && file->first->is_resolved && !file->first->is_lost) {
        struct chute_file_mark *mark = file->first;
        if (!file->is_archive && mark->generation == file->generation &&
            mark->position != file->committed) {
            file->committed = mark->position;
            file->changed_at = wall_clock();
            file->state->is_dirty = true;
        }
        file->first = mark->next;
        if (file->first == NULL) {
            file->last = NULL;
        }
        chute_free(mark);
    }
}

void chute_file_on_token(struct chute_input *input, struct chute_token *token, bool is_lost) {
    struct chute_file_mark *mark = token->source;
    struct chute_file_state *state = chute_input_state(input);
    pthread_mutex_lock(&state->lock);
    struct chute_file *file = mark->file;
    mark->position = token->position;
    mark->is_resolved = true;
    mark->is_lost = is_lost;
    advance(file);
    bool is_awaited = file->first == NULL && state->is_waiting;
    pthread_mutex_unlock(&state->lock);
    if (is_awaited) {
        chute_wake_signal(&state->wake);
    }
}

void chute_file_restart(struct chute_file *file, uint64_t position) {
    pthread_mutex_lock(&file->state->lock);
    file->generation++;
    file->committed = position;
    file->changed_at = wall_clock();
    file->state->is_dirty = true;
    pthread_mutex_unlock(&file->state->lock);
    file->offset = position;
}

bool chute_file_is_delivered(struct chute_file *file) {
    pthread_mutex_lock(&file->state->lock);
    bool is_delivered = file->first == NULL;
    pthread_mutex_unlock(&file->state->lock);
    return is_delivered;
}

/* ------------------------------------------------------------------ from disk */

static uint64_t device_of(const struct chute_sincedb_record *record) {
    return makedev(record->device_major, record->device_minor);
}

static bool next_line(struct chute_str *text, struct chute_str *line) {
    if (text->len == 0) {
        return false;
    }
    const char *end = memchr(text->at, '\n', text->len);
    *line = (struct chute_str){ text->at, end == NULL ? text->len : (size_t)(end - text->at) };
    size_t used = line->len + (end != NULL);
    text->at += used;
    text->len -= used;
    return true;
}

static void load_records(struct chute_file_state *state, struct chute_str text) {
    struct chute_str line;
    size_t bad = 0;
    while (next_line(&text, &line)) {
        struct chute_sincedb_record record;
        if (line.len == 0) {
            continue;
        }
        if (!chute_sincedb_parse(line, &record)) {
            bad++;
            continue;
        }
        uint64_t device = device_of(&record);
        struct chute_file *file = chute_file_find(state, device, record.inode);
        if (file == NULL) {
            char *path = chute_strndup(record.path.len > 0 ? record.path.at : "", record.path.len);
            file = chute_file_add(state, device, record.inode, path);
            chute_free(path);
        }
        file->committed = record.position;
        file->offset = record.position;
        file->changed_at = record.changed_at > 0 ? record.changed_at : file->changed_at;
    }
    if (bad > 0) {
        chute_logf(CHUTE_LOG_WARN, chute_input_id(state->input),
            "%zu lines of the sincedb %s say nothing; they are left out", bad, state->sincedb_path);
    }
}

static void load_marks(struct chute_file_state *state, struct chute_str text) {
    struct chute_str line;
    while (next_line(&text, &line)) {
        struct chute_sincedb_record key;
        struct chute_sincedb_mark mark;
        if (chute_sincedb_parse_mark(line, &key, &mark)) {
            struct chute_file *file = chute_file_find(state, device_of(&key), key.inode);
            if (file != NULL) {
                file->start = mark;
            }
        }
    }
}

bool chute_file_load(struct chute_file_state *state) {
    struct stat info;
    bool is_there = stat(state->sincedb_path, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode)) {
        chute_log(CHUTE_LOG_FATAL, chute_input_id(state->input),
            "sincedb_path is a folder; it must name a file", "path", state->sincedb_path, NULL);
        return false;
    }
    state->has_sincedb = !is_there || S_ISREG(info.st_mode);
    if (!is_there || !state->has_sincedb) {
        return true;
    }
    struct chute_buf text = { 0 };
    int status = chute_sincedb_load(state->sincedb_path, &text);
    if (status == 0) {
        load_records(state, chute_buf_str(&text));
        text.len = 0;
        if (chute_sincedb_load(state->marks_path, &text) == 0) {
            load_marks(state, chute_buf_str(&text));
        }
    } else {
        chute_log(CHUTE_LOG_FATAL, chute_input_id(state->input), "the sincedb cannot be read",
            "path", state->sincedb_path, "reason", strerror(-status), NULL);
    }
    chute_buf_finish(&text);
    return status == 0;
}

/* ------------------------------------------------------------------ to disk */

/* Appends all that is known. Under the lock. */
static void print_all(
    struct chute_file_state *state, struct chute_buf *records, struct chute_buf *marks) {
    double oldest = wall_clock() - (double)state->settings->clean_after_ms / 1000;
    for (size_t i = 0; i < CHUTE_FILE_BUCKETS; i++) {
        struct chute_file *next;
        for (struct chute_file *file = state->files[i]; file != NULL; file = next) {
            next = file->next_by_id;
            if (!file->is_seen && !file->is_listed && file->fd < 0 && file->first == NULL &&
                file->changed_at < oldest) {
                unlink_file(file);
                free_file(file);
                continue;
            }
            struct chute_sincedb_record record = {
                .inode = file->inode,
                .device_major = major(file->device),
                .device_minor = minor(file->device),
                .position = file->committed,
                .changed_at = file->changed_at,
                .path = chute_str_of(file->path),
            };
            chute_sincedb_print(records, &record);
            chute_sincedb_print_mark(marks, &record, &file->start);
        }
    }
}

void chute_file_save(struct chute_file_state *state, bool now) {
    long long time_ms = (long long)chute_now_ms();
    if (!state->has_sincedb ||
        (!now && time_ms - state->saved_ms < state->settings->write_interval_ms)) {
        return;
    }
    pthread_mutex_lock(&state->lock);
    if (!state->is_dirty) {
        pthread_mutex_unlock(&state->lock);
        return;
    }
    struct chute_buf records = { 0 }, marks = { 0 };
    print_all(state, &records, &marks);
    state->is_dirty = false;
    pthread_mutex_unlock(&state->lock);
    /* Ours first: a start that is known for a position not yet written does no harm. */
    int status = chute_sincedb_save(state->marks_path, chute_buf_str(&marks));
    if (status == 0) {
        status = chute_sincedb_save(state->sincedb_path, chute_buf_str(&records));
    }
    chute_buf_finish(&records);
    chute_buf_finish(&marks);
    state->saved_ms = (long long)chute_now_ms();
    if (status != 0) {
        pthread_mutex_lock(&state->lock);
        state->is_dirty = true;
        pthread_mutex_unlock(&state->lock);
    }
    if (status != state->save_error) {
        chute_log(status == 0 ? CHUTE_LOG_INFO : CHUTE_LOG_ERROR, chute_input_id(state->input),
            status == 0
                ? "the sincedb is written again"
                : "the sincedb cannot be written: files would be read again after a restart",
            "path", state->sincedb_path, "reason", status == 0 ? NULL : strerror(-status), NULL);
    }
    state->save_error = status;
    chute_input_trouble(state->input, CHUTE_TROUBLE_UNSAVED, status != 0);
}

void chute_file_finish(struct chute_file_state *state) {
    for (size_t i = 0; i < CHUTE_FILE_BUCKETS; i++) {
        while (state->files[i] != NULL) {
            struct chute_file *next = state->files[i]->next_by_id;
            free_file(state->files[i]);
            state->files[i] = next;
        }
    }
    chute_free(state->order);
    chute_free(state->sincedb_path);
    chute_free(state->marks_path);
}
