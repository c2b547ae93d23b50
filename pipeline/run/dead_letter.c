#include "pipeline/run/dead_letter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/log.h"
#include "pipeline/base/time.h"

#define FILES 8 /* the folder is dropped from in eighths */

struct chute_dead_letters {
    pthread_mutex_t lock;
    char *parent; /* path.data/dead_letter_queue */
    char *folder;
    size_t max_bytes;
    int fd; /* -1: not open */
    size_t file_bytes;
    unsigned long number; /* of the open file */
    _Atomic uint64_t dropped;
    struct chute_log_limiter limiter;
};

static char *join(const char *a, const char *b) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/%s", a, b);
    chute_buf_cstr(&path);
    return path.at;
}

struct chute_dead_letters *chute_dead_letters_create(
    const char *path_data, const char *pipeline_id, size_t max_bytes) {
    struct chute_dead_letters *letters = chute_calloc(1, sizeof(*letters));
    pthread_mutex_init(&letters->lock, NULL);
    letters->parent = join(path_data, "dead_letter_queue");
    letters->folder = join(letters->parent, pipeline_id);
    letters->max_bytes = max_bytes;
    letters->fd = -1;
    return letters;
}

void chute_dead_letters_destroy(struct chute_dead_letters *letters) {
    if (letters == NULL) {
        return;
    }
    if (letters->fd >= 0) {
        close(letters->fd);
    }
    pthread_mutex_destroy(&letters->lock);
    chute_free(letters->parent);
    chute_free(letters->folder);
    chute_free(letters);
}

/* The files there are: the lowest and highest number, and the bytes of all. */
struct listing {
    unsigned long lowest, highest;
    size_t bytes;
    int count;
};

static struct listing list_files(const struct chute_dead_letters *letters) {
    struct listing listing = { .lowest = (unsigned long)-1 };
    DIR *folder = opendir(letters->folder);
    if (folder == NULL) {
        return listing;
    }
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);
        struct stat about;
        if (strcmp(end, ".ndjson") != 0 || fstatat(dirfd(folder), entry->d_name, &about, 0) != 0) {
            continue;
        }
        listing.count++;
        listing.bytes += (size_t)about.st_size;
        listing.lowest = number < listing.lowest ? number : listing.lowest;
        listing.highest = number > listing.highest ? number : listing.highest;
    }
    closedir(folder);
    return listing;
}

static void file_name(
    const struct chute_dead_letters *letters, unsigned long number, char *name, size_t size) {
    snprintf(name, size, "%s/%06lu.ndjson", letters->folder, number);
}

static uint64_t count_lines(const char *name) {
    char text[16384];
    uint64_t count = 0;
    ssize_t len;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (len = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < len; i++) {
            count += text[i] == '\n';
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return count;
}

/* Removes the oldest files until `more` bytes fit. */
static void make_room(struct chute_dead_letters *letters, size_t more) {
    while (true) {
        struct listing listing = list_files(letters);
        if (listing.count == 0 || listing.bytes + more <= letters->max_bytes) {
            return;
        }
        char name[4096];
        file_name(letters, listing.lowest, name, sizeof(name));
        uint64_t count = count_lines(name);
        if (unlink(name) != 0) {
            return;
        }
        letters->dropped += count;
        chute_log(CHUTE_LOG_WARN, "dead_letter_queue", "full: the oldest file was removed", "file",
            name, NULL);
    }
}

static bool open_file(struct chute_dead_letters *letters, bool is_new) {
    mkdir(letters->parent, 0750);
    mkdir(letters->folder, 0750);
    struct listing listing = list_files(letters);
    letters->number = listing.count == 0 ? letters->number + 1 : listing.highest + (is_new ? 1 : 0);
    char name[4096];
    file_name(letters, letters->number, name, sizeof(name));
    letters->fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat about;
    if (letters->fd < 0 || fstat(letters->fd, &about) != 0) {
        return false;
    }
    letters->file_bytes = (size_t)about.st_size;
    return true;
}

static void encode(struct chute_buf *line, const struct chute_letter *letter) {
    char when[CHUTE_TIME_TEXT_SIZE];
    size_t len = chute_time_format(chute_clock_now(), when);
    chute_buf_add_str(line, CHUTE_STR("{\"@timestamp\":\""));
    chute_buf_add(line, when, len);
    chute_buf_add_str(line, CHUTE_STR("\",\"plugin\":"));
    chute_json_encode_str(line, chute_str_of(letter->plugin));
    if (letter->where != NULL) {
        chute_buf_add_str(line, CHUTE_STR(",\"where\":"));
        chute_json_encode_str(line, chute_str_of(letter->where));
    }
    chute_buf_add_str(line, CHUTE_STR(",\"reason\":"));
    struct chute_buf reason = { 0 };
    bool has_detail = letter->detail != NULL && letter->detail[0] != '\0';
    chute_buf_printf(&reason, "%s%s%s", letter->reason, has_detail ? ": " : "",
        has_detail ? letter->detail : "");
    chute_json_encode_str(line, chute_buf_str(&reason));
    chute_buf_finish(&reason);
    chute_buf_add_str(line, CHUTE_STR(",\"event\":"));
    if (letter->event.len == 0) {
        chute_buf_add_str(line, CHUTE_STR("null"));
    } else if (letter->is_json) {
        chute_buf_add_str(line, letter->event);
    } else {
        chute_json_encode_str(line, letter->event);
    }
    chute_buf_add_str(line, CHUTE_STR("}\n"));
}

static bool write_line(struct chute_dead_letters *letters, const struct chute_buf *line) {
    if (line->len > letters->max_bytes) {
        errno = EFBIG;
        return false;
    }
    bool is_full = letters->fd >= 0 && letters->file_bytes > 0 &&
                   letters->file_bytes + line->len > letters->max_bytes / FILES;
    if (is_full) {
        close(letters->fd);
        letters->fd = -1;
    }
    if (letters->fd < 0) {
        size_t file_bytes = letters->max_bytes / FILES;
        make_room(letters, line->len > file_bytes ? line->len : file_bytes);
        if (!open_file(letters, is_full)) {
            return false;
        }
    }
    ssize_t wrote = write(letters->fd, line->at, line->len);
    if (wrote != (ssize_t)line->len) {
        errno = wrote < 0 ? errno : ENOSPC;
        if (wrote > 0 && ftruncate(letters->fd, (off_t)letters->file_bytes) != 0) {
            chute_log(CHUTE_LOG_WARN, "dead_letter_queue", "an incomplete line stays", NULL);
        }
        return false;
    }
    letters->file_bytes += line->len;
    return true;
}

bool chute_dead_letters_add(struct chute_dead_letters *letters, const struct chute_letter *letter) {
    if (letters->max_bytes == 0) {
        return true;
    }
    struct chute_buf line = { 0 };
    encode(&line, letter);
    pthread_mutex_lock(&letters->lock);
    bool is_written = write_line(letters, &line);
    int error = errno;
    uint64_t suppressed;
    if (!is_written && chute_log_limit(&letters->limiter, 60000, &suppressed)) {
        chute_log(CHUTE_LOG_ERROR, "dead_letter_queue", "refused events cannot be kept", "folder",
            letters->folder, "reason", strerror(error), NULL);
    }
    pthread_mutex_unlock(&letters->lock);
    chute_buf_finish(&line);
    return is_written;
}

size_t chute_dead_letters_bytes(const struct chute_dead_letters *letters) {
    return list_files(letters).bytes;
}

uint64_t chute_dead_letters_dropped(const struct chute_dead_letters *letters) {
    return letters->dropped;
}
