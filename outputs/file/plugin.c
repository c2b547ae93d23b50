/* outputs/file/plugin.c - writes events to files whose names events may tell. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "conf/ast.h"
#include "conf/option_compile.h"
#include "conf/template.h"
#include "outputs/file/files.h"
#include "outputs/file/path.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/time.h"
#include "pipeline/run/plugin.h"

#define MOST_OPEN 512

enum write_behavior { APPEND, OVERWRITE };

struct file_output {
    struct chute_str path;
    struct chute_str filename_failure;
    bool is_gzip;
    bool creates_deleted;
    long long dir_mode;
    long long file_mode;
    long long flush_interval_ms;
    long long stale_cleanup_ms;
    int write_behavior;
    const struct chute_codec *codec;
    const struct chute_template *template;
    bool is_constant;
    struct chute_str root;
    struct chute_out_files_settings files;
};

struct file_output_state {
    struct chute_out_files files;
    long long cleaned_ms;
    struct chute_log_limiter limiter;
    bool is_open;
};

struct file_output_worker {
    struct chute_template_cache cache;
    struct chute_buf path;
};

static const char *const behaviors[] = { "append", "overwrite", NULL };

static const struct chute_option options[] = {
    { .name = "path",
        CHUTE_TEXT(struct file_output, path),
        .is_required = true,
        .doc = "File to write to; below its first folder it may hold %{field} and %{+date}." },
    { .name = "flush_interval",
        CHUTE_SECONDS(struct file_output, flush_interval_ms),
        .state = CHUTE_OPTION_IGNORED,
        .hint = "what is handed over is written at once",
        .doc = "Seconds between writes." },
    { .name = "gzip",
        CHUTE_BOOLEAN(struct file_output, is_gzip),
        .fallback = "false",
        .doc = "Whether the files are gzip archives." },
    { .name = "filename_failure",
        CHUTE_TEXT(struct file_output, filename_failure),
        .fallback = "_filepath_failures",
        .doc = "File, in the fixed part of path, for events whose path leads out of it." },
    { .name = "create_if_deleted",
        CHUTE_BOOLEAN(struct file_output, creates_deleted),
        .fallback = "true",
        .doc =
            "Whether a file that is not there is made; else filename_failure takes the events." },
    { .name = "dir_mode",
        CHUTE_INTEGER(struct file_output, dir_mode),
        .fallback = "-1",
        .has_bounds = true,
        .min = -1,
        .max = 7777, /* as a decimal of these digits; read_mode looks further */
        .doc = "Mode of folders that are made; with a leading 0 it is octal; -1: the system's." },
    { .name = "file_mode",
        CHUTE_INTEGER(struct file_output, file_mode),
        .fallback = "-1",
        .has_bounds = true,
        .min = -1,
        .max = 7777, /* as a decimal of these digits; read_mode looks further */
        .doc = "Mode of files that are made; with a leading 0 it is octal; -1: the system's." },
    { .name = "stale_cleanup_interval",
        CHUTE_SECONDS(struct file_output, stale_cleanup_ms),
        .fallback = "10",
        .doc = "Files that nothing was written to for so many seconds are closed." },
    { .name = "write_behavior",
        CHUTE_CHOICE(struct file_output, write_behavior),
        .choices = behaviors,
        .fallback = "append",
        .doc = "overwrite: a file holds the last event only." },
    { .name = "message_format",
        .state = CHUTE_OPTION_OBSOLETE,
        .hint = "write: codec => line { format => \"…\" }" },
    { 0 },
};

/* ------------------------------------------------------------------ settings */

/* Reads a mode as people write it: 0750 is octal. False after it refused. */
static bool read_mode(
    const struct chute_prepare *prepare, const char *option, long long mode, long long *out) {
    const struct chute_ast_attribute *attribute =
        chute_option_written(prepare->ast, chute_str_of(option));
    struct chute_str text = attribute == NULL ? CHUTE_STR("") : attribute->value.text;
    *out = mode;
    bool is_octal = text.len > 1 && text.at[0] == '0';
    if (is_octal) {
        *out = 0;
        for (size_t i = 0; i < text.len; i++) {
            bool is_digit = text.at[i] >= '0' && text.at[i] <= '7';
            *out = is_digit && *out <= 07777 ? *out * 8 + (text.at[i] - '0') : 010000;
        }
    }
    if (*out > 07777) {
        chute_prepare_refuse(prepare, option,
            "a mode has up to four octal digits behind a 0, such as 0640, not \"%.*s\"",
            CHUTE_STR_ARGS(text));
        return false;
    }
    return true;
}

/* A path that is to be where it says for every event. */
static bool check_path(const struct chute_prepare *prepare, struct chute_str path) {
    if (path.len == 0) {
        chute_prepare_refuse(prepare, "path", "the path is empty");
        return false;
    }
    bool is_relative = path.at[0] != '/';
    if (is_relative && chute_file_path_has_reference(path) && chute_file_path_root(path).len == 0) {
        chute_prepare_refuse(
            prepare, "path", "the starting part of the path should not be dynamic");
        return false;
    }
    return true;
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct file_output *self = settings;
    self->codec = prepare->codec;
    if (self->codec != NULL && self->codec->plugin->encode == NULL) {
        chute_prepare_refuse(
            prepare, "codec", "codec \"%s\" does not write", self->codec->plugin->name);
        return false;
    }
    long long dir_mode, file_mode;
    bool has_modes = read_mode(prepare, "dir_mode", self->dir_mode, &dir_mode);
    has_modes = read_mode(prepare, "file_mode", self->file_mode, &file_mode) && has_modes;
    if (!check_path(prepare, self->path) || !has_modes) {
        return false;
    }
    struct chute_buf buf = { 0 };
    chute_file_path_expand(&buf, self->path);
    struct chute_str path = chute_arena_copy(prepare->arena, chute_buf_str(&buf));
    self->template = chute_template_compile(prepare->arena, path, prepare->escape_style);
    self->is_constant = !chute_file_path_has_reference(path);
    self->root = chute_file_path_root(path);
    buf.len = 0;
    chute_buf_add_str(&buf, self->root);
    chute_buf_add_char(&buf, '/');
    chute_buf_add_str(&buf, self->filename_failure);
    self->files = (struct chute_out_files_settings){
        .is_gzip = self->is_gzip,
        .overwrites = self->write_behavior == OVERWRITE,
        .creates_deleted = self->creates_deleted,
        .dir_mode = dir_mode,
        .file_mode = file_mode,
        .failure_path = chute_arena_copy(prepare->arena, chute_buf_str(&buf)),
    };
    chute_buf_finish(&buf);
    if (!self->is_constant && self->root.len == 0) {
        chute_prepare_refuse(
            prepare, "path", "the starting part of the path should not be dynamic");
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ on workers */

/* Where the event goes; the failure file, if that is no place below the root. */
static struct chute_str path_of(
    const struct file_output *self, struct chute_event *event, struct file_output_worker *worker) {
    struct chute_str path = chute_template_render_cached(
        self->template, event, chute_event_arena(event), &worker->cache);
    if (self->is_constant) {
        return path;
    }
    worker->path.len = 0;
    chute_file_path_expand(&worker->path, path);
    path = chute_buf_str(&worker->path);
    bool is_good = chute_file_path_is_below(path, self->root) && path.len < PATH_MAX &&
                   memchr(path.at, '\0', path.len) == NULL;
    return is_good ? path : self->files.failure_path;
}

/* An item: the length of its path in two bytes, the path, the event. */
static bool encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    const struct file_output *self = settings;
    (void)flags;
    struct chute_str path = path_of(self, event, worker);
    uint16_t len = (uint16_t)path.len;
    chute_buf_add(bytes, &len, sizeof(len));
    chute_buf_add_str(bytes, path);
    self->codec->plugin->encode(self->codec, event, bytes);
    return true;
}

static void worker_finish(void *arg) {
    struct file_output_worker *worker = arg;
    chute_template_cache_finish(&worker->cache);
    chute_buf_finish(&worker->path);
}

/* ------------------------------------------------------------------ on the own thread */

static bool is_over(void *arg) {
    return chute_output_is_abandoned(arg);
}

static int start(struct chute_output *output) {
    const struct file_output *self = chute_output_settings(output);
    struct file_output_state *state = chute_output_state(output);
    struct rlimit limit;
    state->files.settings = &self->files;
    state->files.most_open = MOST_OPEN;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < MOST_OPEN) {
        state->files.most_open = limit.rlim_cur / 4;
    }
    state->files.is_over = is_over;
    state->files.arg = output;
    state->is_open = true;
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "file %.*s", CHUTE_STR_ARGS(chute_template_text(self->template)));
    chute_output_describe(output, chute_buf_cstr(&text));
    chute_buf_finish(&text);
    return 0;
}

static struct chute_str path_of_item(const struct chute_parcel *parcel, uint32_t index) {
    const struct chute_item *item = &parcel->items[index];
    uint16_t len;
    memcpy(&len, parcel->bytes.at + item->offset, sizeof(len));
    return (struct chute_str){ parcel->bytes.at + item->offset + sizeof(len), len };
}

static struct chute_out_file *gather(
    struct file_output_state *state, const struct chute_parcel *parcel, uint32_t index) {
    const struct chute_item *item = &parcel->items[index];
    struct chute_str path = path_of_item(parcel, index);
    const char *end = parcel->bytes.at + item->offset + item->len;
    const char *data = path.at + path.len;
    return chute_out_files_gather(
        &state->files, path, (struct chute_str){ data, (size_t)(end - data) });
}

/* A name that no file can have will not become one by waiting. */
static bool is_bad_name(int status) {
    return status == -EISDIR || status == -ENOTDIR || status == -ENAMETOOLONG || status == -ELOOP ||
           status == -EINVAL;
}

static void complain(struct chute_output *output, const char *path, int status) {
    struct file_output_state *state = chute_output_state(output);
    uint64_t suppressed;
    if (chute_log_limit(&state->limiter, 60000, &suppressed)) {
        chute_log(CHUTE_LOG_ERROR, chute_output_id(output), "a file cannot be written", "path",
            path, "reason", strerror(-status), NULL);
    }
}

/* Answers the items by what became of their files; those under a bad name go to the failure file. */
static bool answer(struct chute_output *output, struct chute_parcel *parcel,
    struct chute_out_file **files, bool is_first) {
    const struct file_output *self = chute_output_settings(output);
    bool is_again = false;
    for (uint32_t i = 0; i < parcel->count; i++) {
        struct chute_out_file *file = files[i];
        if (file == NULL) {
            continue;
        }
        files[i] = NULL;
        if (file->status == 0) {
            chute_output_done(parcel, i);
            continue;
        }
        complain(output, file->path, file->status);
        chute_output_retry(parcel, i, 0);
        bool is_failure_file = chute_str_eq(chute_str_of(file->path), self->files.failure_path);
        if (is_first && !self->is_constant && !is_failure_file && is_bad_name(file->status)) {
            struct chute_str path = path_of_item(parcel, i);
            const char *end = parcel->bytes.at + parcel->items[i].offset + parcel->items[i].len;
            const char *data = path.at + path.len;
            struct file_output_state *state = chute_output_state(output);
            files[i] = chute_out_files_gather(&state->files, self->files.failure_path,
                (struct chute_str){ data, (size_t)(end - data) });
            is_again = true;
        }
    }
    return is_again;
}

static void deliver(struct chute_output *output, struct chute_parcel *parcel) {
    const struct file_output *self = chute_output_settings(output);
    struct file_output_state *state = chute_output_state(output);
    struct chute_out_file **files = chute_alloc(sizeof(*files) * (parcel->count + 1));
    for (uint32_t i = 0; i < parcel->count; i++) {
        files[i] = gather(state, parcel, i);
    }
    chute_out_files_flush(&state->files);
    if (answer(output, parcel, files, true)) {
        chute_out_files_flush(&state->files);
        answer(output, parcel, files, false);
    }
    chute_free(files);
    if ((long long)chute_now_ms() - state->cleaned_ms >= self->stale_cleanup_ms) {
        state->cleaned_ms = (long long)chute_now_ms();
        chute_out_files_close_idle(&state->files, self->stale_cleanup_ms);
    }
    chute_output_finish(output, parcel);
}

static void state_finish(void *arg) {
    struct file_output_state *state = arg;
    if (state->is_open) {
        chute_out_files_finish(&state->files);
    }
}

const struct chute_output_plugin chute_output_file = {
    .name = "file",
    .summary = "Writes events to files whose names events may tell.",
    .settings_size = sizeof(struct file_output),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "json_lines",
    .state_size = sizeof(struct file_output_state),
    .worker_size = sizeof(struct file_output_worker),
    .worker_finish = worker_finish,
    .encode = encode,
    .start = start,
    .deliver = deliver,
    .state_finish = state_finish,
};
