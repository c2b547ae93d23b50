/* inputs/file/sincedb.h - how far each file was read, on disk.
 *
 * Two files: Logstash's own, `inode major minor position timestamp path` a line, which Logstash goes on
 * reading; and ours beside it, with what tells a file from another one that got its inode number:
 * `inode major minor length hash birth`, for the first `length` bytes.
 *
 * Ownership: views of the text handed in.
 * Threads: any. */
#ifndef CHUTE_INPUTS_FILE_SINCEDB_H
#define CHUTE_INPUTS_FILE_SINCEDB_H

#include <stdint.h>

#include "pipeline/base/buf.h"

struct chute_sincedb_record {
    uint64_t inode;
    uint32_t device_major, device_minor;
    uint64_t position;
    double changed_at;     /* seconds since 1970; 0: not known (Logstash before 4.1) */
    struct chute_str path; /* may be empty, likewise */
};

/* The start of a file, and when it was made. */
struct chute_sincedb_mark {
    uint32_t length; /* bytes that `hash` is of; 0: nothing is known */
    uint64_t hash;
    int64_t birth; /* nanoseconds since 1970; 0: the file system does not tell */
};

#define CHUTE_SINCEDB_MARK_BYTES 1024 /* the longest start */

/* Reads one line, without its line feed. False if it is none. */
bool chute_sincedb_parse(struct chute_str line, struct chute_sincedb_record *record);
void chute_sincedb_print(struct chute_buf *out, const struct chute_sincedb_record *record);
/* The same for our own file; only the key of `key` is set or read. */
bool chute_sincedb_parse_mark(
    struct chute_str line, struct chute_sincedb_record *key, struct chute_sincedb_mark *mark);
void chute_sincedb_print_mark(struct chute_buf *out, const struct chute_sincedb_record *key,
    const struct chute_sincedb_mark *mark);
/* Hash of a file's start. */
uint64_t chute_sincedb_hash(const char *bytes, size_t len);

/* Appends the whole file. 0, or a negative errno. */
int chute_sincedb_load(const char *path, struct chute_buf *out);
/* Replaces the file in one step: a reader sees the old or the new, also after a crash. 0, or a negative errno. */
int chute_sincedb_save(const char *path, struct chute_str text);

#endif
