#include "outputs/file/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/time.h"

#define BYTES_KEPT ((size_t)64 * 1024) /* of a file's buffer, between deliveries */
#define WAIT_MS 100 /* between looks at whether a slow reader is still waited for */

/* ------------------------------------------------------------------ the table */

static struct chute_out_file **bucket(struct chute_out_files *files, struct chute_str path) {
    return &files->buckets[chute_hash(CHUTE_HASH_START, path) % CHUTE_OUT_FILES_BUCKETS];
}

static struct chute_out_file *find(struct chute_out_files *files, struct chute_str path) {
    struct chute_out_file **head = bucket(files, path);
    for (struct chute_out_file *file = *head; file != NULL; file = file->next_by_path) {
        if (chute_str_eq(chute_str_of(file->path), path)) {
            return file;
        }
    }
    struct chute_out_file *file = chute_calloc(1, sizeof(*file));
    file->path = chute_strndup(path.at, path.len);
    file->fd = -1;
    file->next_by_path = *head;
    *head = file;
    return file;
}

static void close_file(struct chute_out_files *files, struct chute_out_file *file) {
    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
        files->open_count--;
    }
}

static void close_oldest(struct chute_out_files *files) {
    struct chute_out_file *oldest = NULL;
    for (size_t i = 0; i < CHUTE_OUT_FILES_BUCKETS; i++) {
        for (struct chute_out_file *file = files->buckets[i]; file != NULL;
             file = file->next_by_path) {
            if (file->fd >= 0 && (oldest == NULL || file->used_at < oldest->used_at)) {
                oldest = file;
            }
        }
    }
    if (oldest != NULL) {
        close_file(files, oldest);
    }
}

/* ------------------------------------------------------------------ open */

/* Makes the folders above `path`. */
static int make_folders(const struct chute_out_files *files, const char *path) {
    long long mode = files->settings->dir_mode;
    char *copy = chute_strdup(path);
    int status = 0;
    for (char *at = copy + 1; status == 0 && *at != '\0'; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (mkdir(copy, mode < 0 ? 0777 : (mode_t)mode) != 0) {
            status = errno == EEXIST ? 0 : -errno;
        } else if (mode >= 0 && chmod(copy, (mode_t)mode) != 0) {
            status = -errno;
        }
        *at = '/';
    }
    chute_free(copy);
    return status;
}

static int open_file(struct chute_out_files *files, struct chute_out_file *file) {
    const struct chute_out_files_settings *settings = files->settings;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    mode_t mode = settings->file_mode < 0 ? 0666 : (mode_t)settings->file_mode;
    if (files->open_count >= files->most_open) {
        close_oldest(files);
    }
    int fd = open(file->path, flags | O_EXCL, mode);
    if (fd < 0 && errno == ENOENT) {
        int status = make_folders(files, file->path);
        if (status != 0) {
            return status;
        }
        fd = open(file->path, flags | O_EXCL, mode);
    }
    if (fd >= 0 && settings->file_mode >= 0 && fchmod(fd, mode) != 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    if (fd < 0 && errno == EEXIST) {
        fd = open(file->path, flags, mode);
    }
    if (fd < 0) {
        return -errno;
    }
    struct stat info;
    fstat(fd, &info);
    file->fd = fd;
    file->device = info.st_dev;
    file->inode = info.st_ino;
    files->open_count++;
    return 0;
}

/* Opens the file unless it is; anew, where it was deleted or another one has its name. */
static int ready_file(struct chute_out_files *files, struct chute_out_file *file) {
    struct stat info;
    if (file->fd >= 0 && (stat(file->path, &info) != 0 || info.st_ino != file->inode ||
                             info.st_dev != file->device)) {
        close_file(files, file);
    }
    return file->fd >= 0 ? 0 : open_file(files, file);
}

/* ------------------------------------------------------------------ write */

static int write_all(struct chute_out_files *files, int fd, struct chute_str bytes) {
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);
        if (wrote >= 0) {
            bytes.at += wrote;
            bytes.len -= (size_t)wrote;
        } else if (errno == EAGAIN) { /* a pipe */
            struct pollfd wait = { .fd = fd, .events = POLLOUT };
            poll(&wait, 1, WAIT_MS);
            if (files->is_over(files->arg)) {
                return -ETIMEDOUT;
            }
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

/* A member of its own for each delivery: the archive is whole after every one of them. */
static void compress_member(struct chute_str bytes, struct chute_buf *out) {
    z_stream stream = { 0 };
    chute_assert(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) == Z_OK);
    size_t bound = deflateBound(&stream, bytes.len);
    stream.next_in = (unsigned char *)(uintptr_t)bytes.at;
    stream.avail_in = (uInt)bytes.len;
    stream.next_out = (unsigned char *)chute_buf_reserve(out, bound);
    stream.avail_out = (uInt)bound;
    chute_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out->len += bound - stream.avail_out;
    deflateEnd(&stream);
}

/* Writes all or nothing, where the file can be cut back. */
static int write_file(struct chute_out_files *files, struct chute_out_file *file) {
    struct chute_str bytes = chute_buf_str(&file->bytes);
    struct chute_buf member = { 0 };
    struct stat before;
    int status = ready_file(files, file);
    if (status != 0) {
        return status;
    }
    if (files->settings->overwrites) { /* only the last one would stay */
        bytes.at += file->last_start;
        bytes.len -= file->last_start;
    }
    if (files->settings->is_gzip) {
        compress_member(bytes, &member);
        bytes = chute_buf_str(&member);
    }
    bool is_regular = fstat(file->fd, &before) == 0 && S_ISREG(before.st_mode);
    if (files->settings->overwrites && is_regular) {
        before.st_size = 0;
        status = ftruncate(file->fd, 0) == 0 ? 0 : -errno;
    }
    if (status == 0) {
        status = write_all(files, file->fd, bytes);
    }
    if (status != 0 && is_regular && ftruncate(file->fd, before.st_size) != 0) {
        status = -errno;
    }
    chute_buf_finish(&member);
    return status;
}

struct chute_out_file *chute_out_files_gather(
    struct chute_out_files *files, struct chute_str path, struct chute_str bytes) {
    struct chute_out_file *file = find(files, path);
    if (!file->is_touched) {
        struct stat info;
        if (!files->settings->creates_deleted && stat(file->path, &info) != 0 &&
            !chute_str_eq(path, files->settings->failure_path)) {
            return chute_out_files_gather(files, files->settings->failure_path, bytes);
        }
        file->is_touched = true;
        file->next_touched = files->touched;
        files->touched = file;
    }
    file->last_start = file->bytes.len;
    chute_buf_add_str(&file->bytes, bytes);
    return file;
}

void chute_out_files_flush(struct chute_out_files *files) {
    files->deliveries++;
    while (files->touched != NULL) {
        struct chute_out_file *file = files->touched;
        files->touched = file->next_touched;
        file->is_touched = false;
        file->used_at = files->deliveries;
        file->used_ms = (long long)chute_now_ms();
        file->status = write_file(files, file);
        file->bytes.len = 0;
        if (file->bytes.size > BYTES_KEPT) {
            chute_buf_finish(&file->bytes);
        }
    }
}

/* Forgets those that `idle_ms` have passed for; -1: all. */
static void forget(struct chute_out_files *files, long long idle_ms) {
    long long oldest_ms = (long long)chute_now_ms() - idle_ms;
    for (size_t i = 0; i < CHUTE_OUT_FILES_BUCKETS; i++) {
        struct chute_out_file **at = &files->buckets[i];
        while (*at != NULL) {
            struct chute_out_file *file = *at;
            if (idle_ms >= 0 && file->used_ms > oldest_ms) {
                at = &file->next_by_path;
                continue;
            }
            close_file(files, file);
            *at = file->next_by_path;
            chute_buf_finish(&file->bytes);
            chute_free(file->path);
            chute_free(file);
        }
    }
}

void chute_out_files_close_idle(struct chute_out_files *files, long long idle_ms) {
    forget(files, idle_ms);
}

void chute_out_files_finish(struct chute_out_files *files) {
    forget(files, -1);
}
