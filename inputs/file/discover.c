/* inputs/file/discover.c - which files there are, and which of them are new. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inputs/file/file.h"
#include "inputs/file/glob.h"
#include "pipeline/base/alloc.h"

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_excluded(const struct chute_file_state *state, const char *path) {
    for (size_t i = 0; i < state->settings->excludes.count; i++) {
        if (chute_file_name_fits(state->settings->excludes.items[i].at, name_of(path))) {
            return true;
        }
    }
    return false;
}

static bool is_too_old(const struct chute_file_state *state, const struct stat *info) {
    struct chute_time now = chute_clock_now();
    return state->settings->ignore_older_ms > 0 &&
           (now.seconds - info->st_mtim.tv_sec) * 1000 > state->settings->ignore_older_ms;
}

static void list(struct chute_file *file) {
    struct chute_file_state *state = file->state;
    file->is_seen = true;
    if (file->is_listed) {
        return;
    }
    if (state->order_count == state->order_capacity) {
        state->order_capacity = state->order_capacity == 0 ? 64 : state->order_capacity * 2;
        state->order =
            chute_realloc(state->order, sizeof(struct chute_file *) * state->order_capacity);
    }
    state->order[state->order_count++] = file;
    file->is_listed = true;
}

/* Leaves the file closed until it changes. */
static void rest(struct chute_file *file, const struct stat *info) {
    file->is_resting = true;
    file->size = (uint64_t)info->st_size;
    file->changed_ns = chute_file_change_of(info);
}

static void take_new(struct chute_file_state *state, const char *path, const struct stat *info) {
    const struct chute_file_settings *settings = state->settings;
    bool is_old = is_too_old(state, info);
    struct chute_file *before =
        state->is_first_discovery ? chute_file_find_path(state, path) : NULL;
    /* The successor of a file that was known under this name is read whole, though it came while
     * nobody looked. */
    bool starts_at_end = settings->mode == CHUTE_FILE_TAIL &&
                         (is_old || (settings->start_position == CHUTE_FILE_END &&
                                        state->is_first_discovery && before == NULL));
    struct chute_file *file = chute_file_add(state, info->st_dev, info->st_ino, path);
    file->is_archive = settings->mode == CHUTE_FILE_READ && chute_file_is_archive(path);
    chute_file_restart(file, starts_at_end ? (uint64_t)info->st_size : 0);
    if (before != NULL && before->inode == file->inode && before->start.length > 0 &&
        before->committed <= (uint64_t)info->st_size) {
        file->start =
            before->start; /* its device has another number since: looked at when opened */
        chute_file_restart(file, before->committed);
    }
    if (is_old) {
        rest(file, info);
    }
    list(file);
}

/* A file that the sincedb knows, at its first discovery of this run. */
static void take_known(struct chute_file *file, const char *path, const struct stat *info) {
    const struct chute_file_settings *settings = file->state->settings;
    bool is_renamed = file->path[0] != '\0' && strcmp(file->path, path) != 0;
    bool has_start = file->start.length > 0 || file->start.birth != 0;
    file->is_archive = settings->mode == CHUTE_FILE_READ && chute_file_is_archive(path);
    file->offset = file->is_archive ? 0 : file->offset;
    if (file->offset > (uint64_t)info->st_size ||
        (is_renamed && !has_start && settings->start_position == CHUTE_FILE_BEGINNING)) {
        chute_file_restart(file, 0); /* Logstash's record, of a file that had this number before */
    }
    bool is_whole = file->committed > 0 && file->committed == (uint64_t)info->st_size;
    if (settings->mode == CHUTE_FILE_READ && is_whole) {
        file->is_ended = true;
        file->is_done = settings->completed_action == CHUTE_FILE_LOG;
    } else if (is_too_old(file->state, info)) {
        rest(file, info);
    }
    list(file);
}

static void take(struct chute_file_state *state, const char *path, const struct stat *info) {
    struct chute_file *file = chute_file_find(state, info->st_dev, info->st_ino);
    if (file == NULL) {
        take_new(state, path, info);
        return;
    }
    if (!file->is_listed) {
        take_known(file, path, info);
    }
    file->is_seen = true;
    struct stat old;
    if (strcmp(file->path, path) != 0 &&
        (stat(file->path, &old) != 0 || old.st_ino != info->st_ino || old.st_dev != info->st_dev)) {
        chute_free(file->path);
        file->path = chute_strdup(path);
    }
}

void chute_file_look_at(struct chute_file_state *state, const char *path) {
    struct stat info;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && !is_excluded(state, path)) {
        take(state, path, &info);
    }
}

struct finding {
    struct chute_file_state *state;
    const char *pattern;
};

static void on_found(void *arg, const char *path) {
    struct finding *finding = arg;
    struct chute_file_state *state = finding->state;
    struct stat info;
    if (state->is_first_discovery && strcmp(path, finding->pattern) == 0 &&
        stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        chute_log(CHUTE_LOG_WARN, chute_input_id(state->input),
            "the path is a folder: no file is read", "path", path, "hint",
            "write its files as a pattern, such as /var/log/*.log", NULL);
    }
    chute_file_look_at(state, path);
}

static int compare(const void *left, const void *right, void *arg) {
    const struct chute_file *a = *(struct chute_file *const *)left;
    const struct chute_file *b = *(struct chute_file *const *)right;
    const struct chute_file_settings *settings = arg;
    int order = settings->sort_by == CHUTE_FILE_BY_PATH
                    ? strcmp(a->path, b->path)
                    : (a->changed_ns > b->changed_ns) - (a->changed_ns < b->changed_ns);
    order = order == 0 ? strcmp(a->path, b->path) : order;
    return settings->is_descending ? -order : order;
}

/* What is closed and has no name any more is no longer watched. */
static void drop_gone(struct chute_file_state *state) {
    size_t kept = 0;
    for (size_t i = 0; i < state->order_count; i++) {
        struct chute_file *file = state->order[i];
        file->is_listed = file->is_seen || file->fd >= 0 || (file->is_ended && !file->is_done);
        if (file->is_listed) {
            state->order[kept++] = file;
        }
    }
    state->order_count = kept;
}

void chute_file_discover(struct chute_file_state *state) {
    for (size_t i = 0; i < state->order_count; i++) {
        state->order[i]->is_seen = false;
    }
    for (size_t i = 0; i < state->settings->paths.count; i++) {
        struct finding finding = { .state = state, .pattern = state->settings->paths.items[i].at };
        chute_file_glob(finding.pattern, on_found, &finding);
    }
    drop_gone(state);
    for (size_t i = 0; i < state->order_count; i++) {
        struct stat info;
        if (state->order[i]->changed_ns == 0 && stat(state->order[i]->path, &info) == 0) {
            state->order[i]->changed_ns = chute_file_change_of(&info);
        }
    }
    if (state->order_count > 0) { /* else there is no array */
        qsort_r(state->order, state->order_count, sizeof(struct chute_file *), compare,
            (void *)state->settings);
    }
    state->discovered_ms = (long long)chute_now_ms();
}
