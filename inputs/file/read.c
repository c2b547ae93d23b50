/* inputs/file/read.c - a file's bytes, from its position on. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inputs/file/file.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/origin.h"

#define TURN_BYTES ((size_t)4 * 1024 * 1024) /* tail mode: then it is another file's turn */
#define LINE_LIMIT ((size_t)20 * 1024 * 1024)
#define GRACE_MS 5000 /* a deleted file may still be written to, for so long after the last bytes */

int64_t chute_file_change_of(const struct stat *info) {
    return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

/* ------------------------------------------------------------------ is it still the same file? */

static int64_t birth_of(int fd) {
    struct statx info;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &info) != 0 ||
        (info.stx_mask & STATX_BTIME) == 0) {
        return 0;
    }
    return info.stx_btime.tv_sec * 1000000000 + info.stx_btime.tv_nsec;
}

static void learn_start(struct chute_file *file, const char *bytes, size_t len) {
    file->start.length = (uint32_t)len;
    file->start.hash = chute_sincedb_hash(bytes, len);
    pthread_mutex_lock(&file->state->lock);
    file->state->is_dirty = true;
    pthread_mutex_unlock(&file->state->lock);
}

/* True if the first bytes are those that are known of it; learns more of them. */
static bool knows_start(struct chute_file *file) {
    char bytes[CHUTE_SINCEDB_MARK_BYTES];
    ssize_t len = pread(file->fd, bytes, sizeof(bytes), 0);
    if (len < 0) {
        return true;
    }
    if (file->start.length > 0 &&
        ((size_t)len < file->start.length ||
            chute_sincedb_hash(bytes, file->start.length) != file->start.hash)) {
        return false;
    }
    if ((size_t)len > file->start.length) {
        learn_start(file, bytes, (size_t)len);
    }
    return true;
}

/* The file that has just been opened: another one with the same number is read from its start. */
static void check_identity(struct chute_file *file) {
    int64_t birth = birth_of(file->fd);
    bool is_other = birth != 0 && file->start.birth != 0 && birth != file->start.birth;
    if (is_other || !knows_start(file)) {
        file->start = (struct chute_sincedb_mark){ 0 };
        file->is_ended = false;
        file->is_done = false;
        chute_file_restart(file, 0);
        knows_start(file);
    }
    file->start.birth = birth;
}

/* ------------------------------------------------------------------ open */

/* Closes a file that has nothing new, the one that has not for longest. */
static bool make_room(struct chute_file_state *state) {
    struct chute_file *idle = NULL;
    for (size_t i = 0; i < state->order_count; i++) {
        struct chute_file *file = state->order[i];
        if (file->fd >= 0 && file->is_seen && file->offset == file->size &&
            (idle == NULL || file->read_ms < idle->read_ms)) {
            idle = file;
        }
    }
    if (!state->has_limit_told) {
        state->has_limit_told = true;
        chute_logf(CHUTE_LOG_WARN, chute_input_id(state->input),
            "more than %zu files at once: they are opened in turn (max_open_files)",
            state->open_files);
    }
    if (idle == NULL) {
        return false;
    }
    chute_file_close(idle, false);
    idle->is_resting = true;
    return true;
}

static void complain(struct chute_file *file, int error) {
    if (!file->has_failed) {
        file->has_failed = true;
        chute_log(CHUTE_LOG_WARN, chute_input_id(file->state->input), "a file cannot be read",
            "path", file->path, "reason", strerror(error), NULL);
    }
}

static void open_stream(struct chute_file *file) {
    struct chute_input *input = file->state->input;
    bool has_ecs = chute_input_ecs(input) != CHUTE_ECS_DISABLED;
    struct chute_value path = chute_string(chute_str_of(file->path));
    struct chute_value host = chute_string(chute_str_of(chute_input_host_name(input)));
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, has_ecs ? "[log][file][path]" : "path", path, false);
    chute_origin_add(origin, has_ecs ? "[host][name]" : "host", host, false);
    chute_origin_add(origin, "[@metadata][path]", path, true);
    chute_origin_add(origin, "[@metadata][host]", host, true);
    file->stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
}

static bool open_file(struct chute_file *file) {
    struct chute_file_state *state = file->state;
    if (state->open_files >= state->most_open && !make_room(state)) {
        return false;
    }
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && make_room(state)) {
        fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (fd < 0) {
        if (errno == ENOENT) {
            file->is_seen = false;
        } else {
            complain(file, errno);
        }
        return false;
    }
    struct stat info;
    if (fstat(fd, &info) != 0 || info.st_dev != file->device || info.st_ino != file->inode) {
        close(fd); /* the name leads to another file since */
        file->is_seen = false;
        chute_file_look_at(state, file->path);
        return false;
    }
    file->fd = fd;
    file->has_failed = false;
    file->is_resting = false;
    file->read_ms = (long long)chute_now_ms();
    state->open_files++;
    check_identity(file);
    open_stream(file);
    return true;
}

/* ------------------------------------------------------------------ lines that we cut ourselves */

/* What is kept of `rest`, which holds no delimiter, for a delimiter that may have begun. */
static size_t begun_end(const struct chute_file *file, struct chute_str rest) {
    size_t most = file->state->settings->delimiter.len - 1;
    return rest.len < most ? rest.len : most;
}

static bool is_stateful(const struct chute_file *file) {
    return chute_input_codec(file->state->input)->plugin->stream_size > 0;
}

/* Takes what belongs to a line that was too long off `rest`. False while its end has not come. */
static bool skip_long_line(struct chute_file *file, struct chute_str *rest) {
    struct chute_str delimiter = file->state->settings->delimiter;
    ptrdiff_t end = chute_str_find(*rest, delimiter);
    size_t used = end < 0 ? rest->len - begun_end(file, *rest) : (size_t)end + delimiter.len;
    rest->at += used;
    rest->len -= used;
    file->searched = 0;
    file->is_skipping = end < 0;
    chute_token_unref(chute_file_token(file, file->offset - rest->len)); /* resolved at once */
    return end >= 0;
}

/* Takes the lines off `rest` (all of it `if is_end`) and adds them to `bytes` and `lens`. */
static size_t take_lines(struct chute_file *file, struct chute_str *rest, bool is_end,
    struct chute_buf *bytes, struct chute_buf *lens) {
    struct chute_str delimiter = file->state->settings->delimiter;
    bool adds_line_feed = is_stateful(file);
    size_t count = 0;
    while (rest->len > 0) {
        struct chute_str unseen = { rest->at + file->searched, rest->len - file->searched };
        ptrdiff_t end = chute_str_find(unseen, delimiter);
        bool is_long = rest->len >= LINE_LIMIT && adds_line_feed; /* its codec takes the pieces */
        if (end < 0 && !is_end && !is_long) {
            file->searched = rest->len - begun_end(file, *rest);
            break;
        }
        size_t len = end < 0 ? rest->len : file->searched + (size_t)end;
        chute_buf_add(bytes, rest->at, len);
        if (adds_line_feed) {
            chute_buf_add_char(bytes, '\n');
        }
        uint32_t frame = (uint32_t)len + adds_line_feed;
        chute_buf_add(lens, &frame, sizeof(frame));
        count++;
        size_t used = len + (end < 0 ? 0 : delimiter.len);
        rest->at += used;
        rest->len -= used;
        file->searched = 0;
    }
    return count;
}

/* Gives on the start of a line that is too long, and skips the rest of it from here on. */
static void cut_long_line(struct chute_file *file, struct chute_str *rest) {
    size_t most = rest->len - begun_end(file, *rest);
    size_t len = most < LINE_LIMIT ? most : LINE_LIMIT;
    struct chute_token *token = chute_file_token(file, file->offset - (rest->len - len));
    if (!chute_stream_cut_frame(file->stream, (struct chute_str){ rest->at, len }, token)) {
        file->state->is_refused = true;
    }
    rest->at += len;
    rest->len -= len;
    file->searched = 0;
    file->is_skipping = true;
}

/* Gives on the lines in `partial` (all of it `if is_end`); keeps the rest. */
static void give_lines(struct chute_file *file, bool is_end) {
    struct chute_str rest = chute_buf_str(&file->partial);
    struct chute_buf bytes = { 0 }, lens = { 0 };
    size_t count = 0;
    if (!file->is_skipping || skip_long_line(file, &rest)) {
        count = take_lines(file, &rest, is_end, &bytes, &lens);
    }
    if (count > 0) {
        struct chute_token *token = chute_file_token(file, file->offset - rest.len);
        if (!chute_stream_frames(
                file->stream, chute_buf_str(&bytes), (const uint32_t *)lens.at, count, token)) {
            file->state->is_refused = true;
        }
    }
    if (rest.len >= LINE_LIMIT) {
        cut_long_line(file, &rest);
    }
    memmove(file->partial.at, rest.at, rest.len);
    file->partial.len = rest.len;
    chute_buf_finish(&bytes);
    chute_buf_finish(&lens);
}

/* ------------------------------------------------------------------ close */

static size_t unfinished(const struct chute_file *file) {
    return chute_stream_unfinished(file->stream) + file->partial.len;
}

/* The content ends here: what is unfinished is given on as it is. */
static void end_content(struct chute_file *file) {
    if (file->partial.len > 0) {
        give_lines(file, true);
    }
    file->partial.len = 0; /* else it is of a line that was too long */
    file->is_skipping = false;
    if (chute_stream_unfinished(file->stream) > 0) {
        chute_stream_end(file->stream, chute_file_token(file, file->offset));
    }
}

void chute_file_close(struct chute_file *file, bool is_end) {
    if (file->fd < 0) {
        return;
    }
    if (is_end) {
        end_content(file);
    } else if (chute_stream_unfinished(file->stream) > 0) {
        chute_stream_flush(file->stream, chute_file_token(file, file->offset - file->partial.len));
    }
    file->offset -= unfinished(file);
    if (file->is_archive && !is_end) {
        file->offset = 0; /* begun anew when it is opened again */
    }
    chute_buf_finish(&file->partial);
    file->searched = 0;
    file->is_skipping = false;
    chute_stream_destroy(file->stream);
    file->stream = NULL;
    chute_file_gzip_destroy(file->gzip);
    file->gzip = NULL;
    close(file->fd);
    file->fd = -1;
    file->state->open_files--;
}

/* ------------------------------------------------------------------ read */

/* Bytes; 0 at the end; negative where it cannot be read on. */
static ssize_t read_into(struct chute_file *file, char *at, size_t size) {
    size_t most = (size_t)file->state->settings->chunk_size;
    size = size < most ? size : most;
    if (file->is_archive) {
        return chute_file_inflate(file, at, size);
    }
    ssize_t len;
    do {
        len = pread(file->fd, at, size, (off_t)file->offset);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        complain(file, errno);
    }
    return len;
}

static ssize_t read_chunk(struct chute_file *file) {
    if (file->state->settings->cuts_lines) {
        size_t size = (size_t)file->state->settings->chunk_size;
        size = size < 65536 ? size : 65536;
        ssize_t len = read_into(file, chute_buf_reserve(&file->partial, size), size);
        if (len > 0) {
            file->partial.len += (size_t)len;
            file->offset += (uint64_t)len;
            give_lines(file, false);
        }
        return len;
    }
    size_t size;
    char *at = chute_stream_buffer(file->stream, &size);
    ssize_t len = read_into(file, at, size);
    if (len > 0) {
        file->offset += (uint64_t)len;
        if (!chute_stream_read(file->stream, (size_t)len, chute_file_token(file, file->offset))) {
            file->state->is_refused = true;
        }
    }
    return len;
}

static bool is_interrupted(const struct chute_file *file) {
    return file->state->is_refused || chute_input_is_stopping(file->state->input);
}

/* True if the open file has anything that was not read. */
static bool has_news(struct chute_file *file) {
    struct stat info;
    if (fstat(file->fd, &info) != 0) {
        complain(file, errno);
        return false;
    }
    int64_t changed_ns = chute_file_change_of(&info);
    bool has_changed = changed_ns != file->changed_ns || (uint64_t)info.st_size != file->size;
    file->changed_ns = changed_ns;
    file->size = (uint64_t)info.st_size;
    if (file->offset > file->size || (has_changed && !knows_start(file))) {
        end_content(file); /* cut off, and perhaps written anew: a copytruncate */
        file->start = (struct chute_sincedb_mark){ .birth = file->start.birth };
        chute_file_restart(file, 0);
        knows_start(file);
    }
    return file->offset < file->size;
}

/* Reads up to a turn's bytes. True if there may be more. */
static bool read_turn(struct chute_file *file) {
    const struct chute_file_settings *settings = file->state->settings;
    bool is_tail = settings->mode == CHUTE_FILE_TAIL;
    size_t left_bytes = is_tail ? TURN_BYTES : SIZE_MAX;
    long long left_chunks = settings->chunk_count;
    while (left_chunks-- > 0 && left_bytes > 0) {
        /* Each time anew: handing over and saving may have taken long. */
        if (is_interrupted(file) || (is_tail && !has_news(file))) {
            return false;
        }
        ssize_t len = read_chunk(file);
        if (len <= 0) {
            file->is_ended = !is_tail && !is_interrupted(file);
            file->has_failed |= len < 0;
            return false;
        }
        file->has_failed &= !is_tail; /* it can be read again */
        left_bytes -= (size_t)len < left_bytes ? (size_t)len : left_bytes;
        file->read_ms = (long long)chute_now_ms();
        chute_file_save(file->state, false);
    }
    return true;
}

/* ------------------------------------------------------------------ a look at a file */

/* The name may lead to another file by now. */
static void check_name(struct chute_file *file) {
    struct stat info;
    if (!file->is_seen) {
        return;
    }
    if (stat(file->path, &info) != 0) {
        file->is_seen = false;
    } else if (info.st_ino != file->inode || info.st_dev != file->device) {
        file->is_seen = false;
        chute_file_look_at(file->state, file->path);
    }
}

/* No name of ours leads to it any more, and all of it is read: closes it, some time after its last bytes. */
static void close_if_gone(struct chute_file *file, const struct stat *info) {
    long long idle_ms = (long long)chute_now_ms() - file->read_ms;
    long long limit_ms = info->st_nlink == 0 ? GRACE_MS : file->state->settings->close_older_ms;
    if (!file->is_seen && idle_ms >= limit_ms) {
        chute_file_close(file, true);
    } else if (idle_ms >= file->state->settings->close_older_ms) {
        chute_file_close(file, false);
        file->is_resting = true;
    }
}

/* What a codec has held for long enough. */
static void flush_idle(struct chute_file *file) {
    const struct chute_codec *codec = chute_input_codec(file->state->input);
    long long after = codec->plugin->idle_ms == NULL ? 0 : codec->plugin->idle_ms(codec);
    if (after > 0 && chute_stream_unfinished(file->stream) > 0 &&
        (long long)chute_now_ms() - file->read_ms >= after) {
        chute_stream_flush(file->stream, chute_file_token(file, file->offset - file->partial.len));
    }
}

static bool poll_tail(struct chute_file *file) {
    struct stat info;
    if (read_turn(file)) {
        return true;
    }
    if (is_interrupted(file)) {
        return false;
    }
    check_name(file);
    flush_idle(file);
    if (fstat(file->fd, &info) == 0) {
        close_if_gone(file, &info);
    }
    return false;
}

static bool poll_read(struct chute_file *file) {
    bool is_broken = file->is_archive && file->offset == 0 && file->gzip == NULL &&
                     file->state->settings->checks_archives &&
                     !chute_file_archive_is_whole(file->fd);
    if (is_broken) {
        chute_log(CHUTE_LOG_ERROR, chute_input_id(file->state->input),
            "an archive is broken: it is left alone", "path", file->path, NULL);
        file->has_failed = true;
        file->is_ended = true;
    } else if (read_turn(file)) {
        return true;
    }
    if (file->is_ended) {
        struct stat info;
        file->size = fstat(file->fd, &info) == 0 ? (uint64_t)info.st_size : file->offset;
        chute_file_close(file, true);
    }
    return false;
}

bool chute_file_poll(struct chute_file *file) {
    struct stat info;
    if (file->is_ended || file->is_done) {
        return false;
    }
    if (file->is_resting && file->fd < 0) {
        if (stat(file->path, &info) != 0) {
            file->is_seen = false;
            return false;
        }
        if (info.st_ino != file->inode || info.st_dev != file->device) {
            check_name(file);
            return false;
        }
        if (file->size == (uint64_t)info.st_size &&
            file->changed_ns == chute_file_change_of(&info)) {
            return false;
        }
    }
    if (file->fd < 0 && (!file->is_seen || !open_file(file))) {
        return false;
    }
    return file->state->settings->mode == CHUTE_FILE_READ ? poll_read(file) : poll_tail(file);
}
