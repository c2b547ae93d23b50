/* inputs/file/plugin.c - files: their new lines as they are written (tail), or whole and once (read). */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conf/units.h"
#include "inputs/file/file.h"
#include "pipeline/base/alloc.h"

static const char *const modes[] = { "tail", "read", NULL };
static const char *const starts[] = { "beginning", "end", NULL };
static const char *const actions[] = { "delete", "log", "log_and_delete", NULL };
static const char *const sorts[] = { "last_modified", "path", NULL };
static const char *const directions[] = { "asc", "desc", NULL };

#define T struct chute_file_settings

static const struct chute_option options[] = {
    { .name = "path",
        CHUTE_LIST(T, paths),
        .is_required = true,
        .sample = "\"/tmp/*.log\"",
        .doc = "Files to read, absolute; * ? [a-z] {a,b} and ** stand for names." },
    { .name = "exclude",
        CHUTE_LIST(T, excludes),
        .doc = "Patterns of names (without folders) that are left out." },
    { .name = "mode",
        CHUTE_CHOICE(T, mode),
        .choices = modes,
        .fallback = "tail",
        .doc = "tail follows files as they grow; read takes each once, from start to end." },
    { .name = "start_position",
        CHUTE_CHOICE(T, start_position),
        .choices = starts,
        .fallback = "end",
        .doc =
            "Where a file that was never seen is begun, if it is there at the start; tail mode." },
    { .name = "delimiter",
        CHUTE_TEXT(T, delimiter),
        .fallback = "\"\n\"",
        .doc = "What ends a line." },
    { .name = "sincedb_path",
        CHUTE_TEXT(T, sincedb_path),
        .doc = "File that keeps how far each file was read; /dev/null keeps nothing." },
    { .name = "sincedb_write_interval",
        CHUTE_SECONDS(T, write_interval_ms),
        .fallback = "1",
        .doc = "Seconds between writes of the sincedb." },
    { .name = "sincedb_clean_after",
        CHUTE_VALUE(T, clean_after),
        .fallback = "\"2 weeks\"",
        .sample = "\"3 days\"",
        .doc =
            "A file that is gone is forgotten so long after its last bytes; a number is in days." },
    { .name = "stat_interval",
        CHUTE_SECONDS(T, stat_interval_ms),
        .fallback = "1",
        .doc = "Seconds between looks at each file." },
    { .name = "discover_interval",
        CHUTE_INTEGER(T, discover_interval),
        .fallback = "15",
        .has_bounds = true,
        .min = 1,
        .max = 1000000,
        .doc = "New files are looked for each so many stat intervals." },
    { .name = "close_older",
        CHUTE_SECONDS(T, close_older_ms),
        .fallback = "3600",
        .doc = "A file without new lines for so long is closed, until it changes." },
    { .name = "ignore_older",
        CHUTE_SECONDS(T, ignore_older_ms),
        .doc = "A file that was last changed longer ago is left alone until it changes." },
    { .name = "max_open_files",
        CHUTE_INTEGER(T, max_open_files),
        .fallback = "4095",
        .has_bounds = true,
        .min = 1,
        .max = 1000000,
        .doc = "Files open at once; more are opened in turn." },
    { .name = "file_chunk_size",
        CHUTE_INTEGER(T, chunk_size),
        .fallback = "262144",
        .has_bounds = true,
        .min = 1,
        .max = 1073741824,
        .doc = "Bytes read at once, at most." },
    { .name = "file_chunk_count",
        CHUTE_INTEGER(T, chunk_count),
        .fallback = "4611686018427387903",
        .has_bounds = true,
        .min = 1,
        .max = 9.2e18,
        .sample = "32",
        .doc = "Chunks read of a file before it is another file's turn." },
    { .name = "file_sort_by",
        CHUTE_CHOICE(T, sort_by),
        .choices = sorts,
        .fallback = "last_modified",
        .doc = "Order in which files are read." },
    { .name = "file_sort_direction",
        CHUTE_CHOICE(T, sort_direction),
        .choices = directions,
        .fallback = "asc",
        .doc = "Its direction." },
    { .name = "file_completed_action",
        CHUTE_CHOICE(T, completed_action),
        .choices = actions,
        .fallback = "delete",
        .doc = "Read mode: what happens to a file once all of it is delivered." },
    { .name = "file_completed_log_path",
        CHUTE_TEXT(T, completed_log),
        .doc = "File that the paths of completed files are appended to." },
    { .name = "check_archive_validity",
        CHUTE_BOOLEAN(T, checks_archives),
        .fallback = "false",
        .doc = "Read mode: an archive is read whole first, and left alone if it is broken." },
    { .name = "exit_after_read",
        CHUTE_BOOLEAN(T, exits_after_read),
        .fallback = "false",
        .doc = "Read mode: the input ends when the files that were there are read." },
    { 0 },
};

/* ------------------------------------------------------------------ settings */

static bool read_clean_after(T *self, const struct chute_prepare *prepare) {
    const struct chute_value *value = &self->clean_after;
    long long ms;
    if (chute_value_is_number(value)) {
        self->clean_after_ms = (long long)(chute_value_double(value) * CHUTE_SECONDS_A_DAY * 1000);
        return true;
    }
    if (value->type == CHUTE_STRING) {
        struct chute_str text = chute_value_str(value);
        bool is_bare = text.len > 0 && strspn(text.at, "0123456789.") >= text.len;
        if (chute_units_duration(text, &ms)) {
            self->clean_after_ms = is_bare ? ms * CHUTE_SECONDS_A_DAY : ms;
            return true;
        }
    }
    chute_prepare_refuse(
        prepare, "sincedb_clean_after", "write a number of days, or a text such as \"2 weeks\"");
    return false;
}

/* How the bytes become lines: by the codec, or by us. */
static bool choose_cutting(T *self, const struct chute_prepare *prepare) {
    bool is_line_feed = chute_str_eq(self->delimiter, CHUTE_STR("\n"));
    const struct chute_codec_plugin *codec = prepare->codec == NULL ? NULL : prepare->codec->plugin;
    if (self->delimiter.len == 0) {
        chute_prepare_refuse(prepare, "delimiter", "the delimiter may not be empty");
        return false;
    }
    if (codec == NULL) {
        return true; /* refused already */
    }
    if (codec->stream_size > 0 && self->delimiter.len > 1) {
        chute_prepare_refuse(prepare, "delimiter",
            "with codec \"%s\" the delimiter has to be one byte long", codec->name);
        return false;
    }
    self->cuts_lines = !is_line_feed || (codec->cut == NULL && codec->stream_size == 0);
    return true;
}

static bool check_read_mode(const T *self, const struct chute_prepare *prepare) {
    if (self->mode == CHUTE_FILE_TAIL && self->exits_after_read) {
        chute_prepare_refuse(prepare, "exit_after_read", "only mode => \"read\" comes to an end");
        return false;
    }
    if (self->mode == CHUTE_FILE_READ && self->completed_action != CHUTE_FILE_DELETE &&
        self->completed_log.len == 0) {
        chute_prepare_refuse(prepare, "file_completed_action",
            "\"%s\" needs file_completed_log_path", actions[self->completed_action]);
        return false;
    }
    return true;
}

/* Logstash's default: named by the paths, so that other paths have another one. */
static void name_sincedb(T *self, const struct chute_prepare *prepare) {
    struct chute_buf paths = { 0 };
    for (size_t i = 0; i < self->paths.count; i++) {
        if (i > 0) {
            chute_buf_add_char(&paths, ',');
        }
        chute_buf_add_str(&paths, self->paths.items[i]);
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "%s/plugins/inputs/file/.sincedb_", prepare->path_data);
    if (EVP_Q_digest(NULL, "MD5", NULL, paths.at, paths.len, digest, &len) != 1) {
        len = sizeof(uint64_t); /* a library without MD5 */
        uint64_t hash = chute_sincedb_hash(paths.at, paths.len);
        memcpy(digest, &hash, len);
    }
    for (size_t i = 0; i < len; i++) {
        chute_buf_printf(&text, "%02x", digest[i]);
    }
    self->sincedb_path = chute_arena_copy(prepare->arena, chute_buf_str(&text));
    chute_buf_finish(&text);
    chute_buf_finish(&paths);
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    T *self = settings;
    bool is_good = true;
    for (size_t i = 0; i < self->paths.count; i++) {
        if (!chute_str_starts_with(self->paths.items[i], CHUTE_STR("/"))) {
            chute_prepare_refuse(prepare, "path", "file paths must be absolute: '%.*s' is relative",
                CHUTE_STR_ARGS(self->paths.items[i]));
            is_good = false;
        }
    }
    if (self->paths.count == 0) {
        chute_prepare_refuse(prepare, "path", "name at least one path");
        is_good = false;
    }
    is_good &= read_clean_after(self, prepare);
    is_good &= choose_cutting(self, prepare);
    is_good &= check_read_mode(self, prepare);
    self->is_descending = self->sort_direction == 1;
    struct stat info;
    if (self->sincedb_path.len == 0) {
        name_sincedb(self, prepare);
    } else if (stat(self->sincedb_path.at, &info) == 0 && S_ISDIR(info.st_mode)) {
        chute_prepare_refuse(prepare, "sincedb_path", "it must point to a file: \"%s\" is a folder",
            self->sincedb_path.at);
        is_good = false;
    }
    return is_good;
}

/* ------------------------------------------------------------------ start and stop */

/* Makes the folders above `path`. */
static void make_folders(const char *path) {
    char *copy = chute_strdup(path);
    for (char *at = copy + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            mkdir(copy, 0755);
            *at = '/';
        }
    }
    chute_free(copy);
}

/* A quarter of the descriptors is left to the rest of the process. */
static size_t most_open(const struct chute_file_settings *settings) {
    struct rlimit limit;
    size_t most = (size_t)settings->max_open_files;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur - limit.rlim_cur / 4 < most) {
        most = limit.rlim_cur - limit.rlim_cur / 4;
    }
    return most;
}

static int start(struct chute_input *input) {
    struct chute_file_state *state = chute_input_state(input);
    state->input = input;
    state->settings = chute_input_settings(input);
    state->most_open = most_open(state->settings);
    int rc = chute_wake_open(&state->wake, chute_input_id(input));
    if (rc != 0) {
        return rc;
    }
    pthread_mutex_init(&state->lock, NULL);
    state->is_open = true;
    struct chute_buf path = { 0 };
    chute_buf_add_str(&path, state->settings->sincedb_path);
    state->sincedb_path = chute_strdup(chute_buf_cstr(&path));
    chute_buf_add_str(&path, CHUTE_STR(".logchute"));
    state->marks_path = chute_strdup(chute_buf_cstr(&path));
    path.len = 0;
    chute_buf_printf(&path, "file %s%s", state->settings->paths.items[0].at,
        state->settings->paths.count > 1 ? ", …" : "");
    chute_input_describe(input, chute_buf_cstr(&path));
    chute_buf_finish(&path);
    make_folders(state->sincedb_path);
    chute_log(CHUTE_LOG_INFO, chute_input_id(input), "positions are kept", "sincedb",
        state->sincedb_path, NULL);
    return chute_file_load(state) ? 0 : -EINVAL;
}

static void stop(struct chute_input *input) {
    const struct chute_file_state *state = chute_input_state(input);
    chute_wake_signal(&state->wake);
}

static void state_finish(void *arg) {
    struct chute_file_state *state = arg;
    if (!state->is_open) {
        return;
    }
    chute_file_save(state, true);
    chute_file_finish(state);
    chute_wake_finish(&state->wake);
    pthread_mutex_destroy(&state->lock);
}

/* ------------------------------------------------------------------ read mode: what is over */

static void log_completed(struct chute_file *file) {
    const char *path = file->state->settings->completed_log.at;
    struct chute_buf line = { 0 };
    chute_buf_printf(&line, "%s\n", file->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ssize_t wrote = fd < 0 ? -1 : write(fd, line.at, line.len);
    if (wrote != (ssize_t)line.len) {
        chute_log(CHUTE_LOG_ERROR, chute_input_id(file->state->input),
            "the log of completed files cannot be written", "path", path, "file", file->path,
            "reason", strerror(errno), NULL);
    }
    if (fd >= 0) {
        close(fd);
    }
    chute_buf_finish(&line);
}

static void complete(struct chute_file *file) {
    const struct chute_file_settings *settings = file->state->settings;
    struct stat info;
    if (!file->is_archive && !file->has_failed && stat(file->path, &info) == 0 &&
        info.st_ino == file->inode && (uint64_t)info.st_size > file->size) {
        file->is_ended = false; /* it grew meanwhile */
        return;
    }
    file->is_done = true;
    if (file->has_failed) {
        return; /* it stays where it is */
    }
    if (file->is_archive) {
        chute_file_restart(file, file->size);
    }
    if (settings->completed_action != CHUTE_FILE_DELETE) {
        log_completed(file);
    }
    if (settings->completed_action != CHUTE_FILE_LOG && unlink(file->path) != 0 &&
        errno != ENOENT) {
        chute_log(CHUTE_LOG_ERROR, chute_input_id(file->state->input),
            "a completed file cannot be deleted", "path", file->path, "reason", strerror(errno),
            NULL);
    }
}

static void set_waiting(struct chute_file_state *state, bool is_waiting) {
    pthread_mutex_lock(&state->lock);
    state->is_waiting = is_waiting;
    pthread_mutex_unlock(&state->lock);
}

/* Completes the files that are delivered. True if none is left to be read or delivered. */
static bool complete_files(struct chute_file_state *state) {
    bool is_over = true;
    set_waiting(state, true);
    for (size_t i = 0; i < state->order_count; i++) {
        struct chute_file *file = state->order[i];
        if (file->is_ended && !file->is_done && chute_file_is_delivered(file)) {
            complete(file);
        }
        is_over &= file->is_done || (file->fd < 0 && !file->is_ended &&
                                        (file->has_failed || file->is_resting || !file->is_seen));
    }
    if (is_over) {
        set_waiting(state, false);
    }
    return is_over;
}

/* ------------------------------------------------------------------ the thread */

static void wait_a_while(struct chute_file_state *state) {
    struct pollfd fd = { .fd = state->wake.fd, .events = POLLIN };
    long long ms = state->settings->stat_interval_ms;
    ms = ms < 10 ? 10 : ms > 60000 ? 60000 : ms;
    if (poll(&fd, 1, (int)ms) > 0 && !chute_input_is_stopping(state->input)) {
        chute_wake_clear(&state->wake);
    }
}

static bool poll_files(struct chute_file_state *state) {
    bool has_more = false;
    for (size_t i = 0; i < state->order_count; i++) { /* it may grow meanwhile */
        if (chute_input_is_stopping(state->input) || state->is_refused) {
            return false;
        }
        has_more |= chute_file_poll(state->order[i]);
    }
    return has_more;
}

static void tell_unreadable(struct chute_file_state *state) {
    unsigned count = 0;
    for (size_t i = 0; i < state->order_count; i++) {
        count += state->order[i]->has_failed && state->order[i]->is_seen;
    }
    chute_input_trouble(state->input, CHUTE_TROUBLE_UNREADABLE, count);
}

static void run(struct chute_input *input) {
    struct chute_file_state *state = chute_input_state(input);
    const struct chute_file_settings *settings = state->settings;
    bool is_read = settings->mode == CHUTE_FILE_READ;
    state->is_first_discovery = true;
    chute_file_discover(state);
    state->is_first_discovery = false;
    while (!chute_input_is_stopping(input) && !state->is_refused) {
        bool has_more = poll_files(state);
        tell_unreadable(state);
        if (is_read && complete_files(state) && !has_more && settings->exits_after_read) {
            break;
        }
        chute_file_save(state, false);
        if (!has_more) {
            wait_a_while(state);
        }
        long long every_ms = settings->stat_interval_ms * settings->discover_interval;
        if ((long long)chute_now_ms() - state->discovered_ms >= every_ms) {
            chute_file_discover(state);
        }
    }
    for (size_t i = 0; i < state->order_count; i++) {
        chute_file_close(state->order[i], false);
    }
}

const struct chute_input_plugin chute_input_file = {
    .name = "file",
    .summary = "Reads files: their new lines as they are written, or each file once.",
    .settings_size = sizeof(struct chute_file_settings),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "plain",
    .state_size = sizeof(struct chute_file_state),
    .start = start,
    .run = run,
    .stop = stop,
    .state_finish = state_finish,
    .on_token = chute_file_on_token,
};
