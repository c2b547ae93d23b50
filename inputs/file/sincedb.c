#include "inputs/file/sincedb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/hash.h"

/* Takes the next word off `line`. */
static bool next_word(struct chute_str *line, char word[64]) {
    while (line->len > 0 && *line->at == ' ') {
        line->at++;
        line->len--;
    }
    const char *blank = memchr(line->at, ' ', line->len);
    size_t len = blank == NULL ? line->len : (size_t)(blank - line->at);
    if (len == 0 || len >= 64) {
        return false;
    }
    memcpy(word, line->at, len);
    word[len] = '\0';
    line->at += len;
    line->len -= len;
    return true;
}

static bool next_number(struct chute_str *line, int base, uint64_t *out) {
    char word[64], *end;
    if (!next_word(line, word) || word[0] == '-') {
        return false;
    }
    errno = 0;
    *out = strtoull(word, &end, base);
    return *end == '\0' && errno == 0;
}

static bool parse_key(struct chute_str *line, struct chute_sincedb_record *record) {
    uint64_t device_major, device_minor;
    if (!next_number(line, 10, &record->inode) || !next_number(line, 10, &device_major) ||
        !next_number(line, 10, &device_minor)) {
        return false;
    }
    record->device_major = (uint32_t)device_major;
    record->device_minor = (uint32_t)device_minor;
    return true;
}

bool chute_sincedb_parse(struct chute_str line, struct chute_sincedb_record *record) {
    char word[64], *end;
    struct chute_sincedb_record got = { 0 };
    if (!parse_key(&line, &got) || !next_number(&line, 10, &got.position)) {
        return false;
    }
    if (next_word(&line, word)) {
        got.changed_at = strtod(word, &end);
        if (*end != '\0') {
            return false;
        }
        if (line.len > 0) { /* all of the rest: a path may hold blanks */
            got.path = (struct chute_str){ line.at + 1, line.len - 1 };
        }
    }
    *record = got;
    return true;
}

void chute_sincedb_print(struct chute_buf *out, const struct chute_sincedb_record *record) {
    chute_buf_printf(out, "%" PRIu64 " %u %u %" PRIu64, record->inode, record->device_major,
        record->device_minor, record->position);
    if (record->changed_at > 0) {
        chute_buf_printf(out, " %.6f", record->changed_at);
        if (record->path.len > 0) {
            chute_buf_add_char(out, ' ');
            chute_buf_add_str(out, record->path);
        }
    }
    chute_buf_add_char(out, '\n');
}

bool chute_sincedb_parse_mark(
    struct chute_str line, struct chute_sincedb_record *key, struct chute_sincedb_mark *mark) {
    uint64_t length, hash, birth;
    struct chute_sincedb_record got = { 0 };
    if (!parse_key(&line, &got) || !next_number(&line, 10, &length) ||
        !next_number(&line, 16, &hash) || !next_number(&line, 10, &birth) ||
        length > CHUTE_SINCEDB_MARK_BYTES) {
        return false;
    }
    *key = got;
    *mark = (struct chute_sincedb_mark){
        .length = (uint32_t)length, .hash = hash, .birth = (int64_t)birth
    };
    return true;
}

void chute_sincedb_print_mark(struct chute_buf *out, const struct chute_sincedb_record *key,
    const struct chute_sincedb_mark *mark) {
    chute_buf_printf(out, "%" PRIu64 " %u %u %u %016" PRIx64 " %" PRId64 "\n", key->inode,
        key->device_major, key->device_minor, mark->length, mark->hash, mark->birth);
}

uint64_t chute_sincedb_hash(const char *bytes, size_t len) {
    return chute_hash(CHUTE_HASH_START, (struct chute_str){ bytes, len });
}

int chute_sincedb_load(const char *path, struct chute_buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ssize_t len;
    do {
        char *at = chute_buf_reserve(out, 64 * 1024);
        len = read(fd, at, 64 * 1024);
        out->len += len > 0 ? (size_t)len : 0;
    } while (len > 0 || (len < 0 && errno == EINTR));
    int status = len < 0 ? -errno : 0;
    close(fd);
    return status;
}

static int write_all(int fd, struct chute_str text) {
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.at, text.len);
        if (wrote < 0 && errno != EINTR) {
            return -errno;
        }
        text.at += wrote > 0 ? wrote : 0;
        text.len -= wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

/* The new name is on disk only once its folder is. */
static void sync_folder(const char *path) {
    char *copy = chute_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    chute_free(copy);
}

int chute_sincedb_save(const char *path, struct chute_str text) {
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) { /* behind a symbolic link: the link stays */
        snprintf(real, sizeof(real), "%s", path);
    }
    struct chute_buf name = { 0 };
    chute_buf_printf(&name, "%s.tmp", real);
    const char *temporary = chute_buf_cstr(&name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int status = fd < 0 ? -errno : write_all(fd, text);
    if (fd >= 0) {
        close(fd);
    }
    if (status == 0 && rename(temporary, real) != 0) {
        status = -errno;
    }
    if (status == 0) {
        sync_folder(real);
    } else if (fd >= 0) {
        unlink(temporary);
    }
    chute_buf_finish(&name);
    return status;
}
