/* outputs/file/files.h - the files that an output has open, written to in turn.
 *
 * What a delivery brings is gathered by file first, so that each is written once.
 *
 * Ownership: chute_out_files owns the open files; gathered bytes are copies.
 * Threads: the output's own. */
#ifndef CHUTE_OUTPUTS_FILE_FILES_H
#define CHUTE_OUTPUTS_FILE_FILES_H

#include <sys/types.h>

#include "pipeline/base/buf.h"

#define CHUTE_OUT_FILES_BUCKETS 512

struct chute_out_files_settings {
    bool is_gzip;
    bool overwrites;
    bool creates_deleted;
    long long dir_mode; /* -1: what the system gives */
    long long file_mode;
    struct chute_str failure_path;
};

struct chute_out_file {
    struct chute_out_file *next_by_path;
    struct chute_out_file *next_touched;
    char *path;
    int fd; /* -1: closed */
    dev_t device;
    ino_t inode;
    unsigned long long used_at; /* counts deliveries */
    long long used_ms;
    bool is_touched;
    int status;             /* of the last write: 0, or a negative errno */
    struct chute_buf bytes; /* gathered */
    size_t last_start;      /* of the last item in them */
};

struct chute_out_files {
    const struct chute_out_files_settings *settings;
    struct chute_out_file *buckets[CHUTE_OUT_FILES_BUCKETS];
    struct chute_out_file *touched;
    size_t open_count;
    size_t most_open;
    unsigned long long deliveries;
    bool (*is_over)(void *arg); /* a slow reader is not waited for any longer */
    void *arg;
};

/* Adds `bytes` to what the file at `path` will get; the file as gathered, valid until the next flush. */
struct chute_out_file *chute_out_files_gather(
    struct chute_out_files *files, struct chute_str path, struct chute_str bytes);
/* Writes what was gathered; each touched file's `status` tells what became of it. */
void chute_out_files_flush(struct chute_out_files *files);
/* Closes files that nothing was written to for `idle_ms`; those gathered must have been flushed. */
void chute_out_files_close_idle(struct chute_out_files *files, long long idle_ms);
/* Closes all. */
void chute_out_files_finish(struct chute_out_files *files);

#endif
