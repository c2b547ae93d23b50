/* inputs/file/file.h - what the parts of the file input share: its settings, the files it knows, and how far
 * each of them was read and delivered.
 *
 * A file is known by device, inode number, the time it was made and a hash of its start, never by its name:
 * a renamed file is the same one, and a new file with the inode number of an old one is new.
 *
 * Ownership: the state owns the files; marks belong to their file.
 * Threads: all is the input's own thread's, but what is under the lock: tokens come back on any thread. */
#ifndef CHUTE_INPUTS_FILE_FILE_H
#define CHUTE_INPUTS_FILE_FILE_H

#include <pthread.h>
#include <sys/stat.h>

#include "conf/option.h"
#include "inputs/file/sincedb.h"
#include "pipeline/base/log.h"
#include "pipeline/base/time.h"
#include "pipeline/base/wake.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

enum chute_file_mode { CHUTE_FILE_TAIL, CHUTE_FILE_READ };
enum chute_file_completed { CHUTE_FILE_DELETE, CHUTE_FILE_LOG, CHUTE_FILE_LOG_AND_DELETE };
enum chute_file_start { CHUTE_FILE_BEGINNING, CHUTE_FILE_END };
enum chute_file_sort { CHUTE_FILE_BY_TIME, CHUTE_FILE_BY_PATH };

struct chute_file_settings {
    struct chute_list paths;
    struct chute_list excludes;
    int mode;
    int start_position;
    struct chute_str delimiter;
    struct chute_str sincedb_path;
    long long write_interval_ms;
    struct chute_value clean_after; /* a number is in days */
    long long clean_after_ms;
    long long stat_interval_ms;
    long long discover_interval; /* in stat intervals */
    long long close_older_ms;
    long long ignore_older_ms; /* 0: none is ignored */
    long long max_open_files;
    long long chunk_size;
    long long chunk_count;
    int sort_by;
    bool is_descending;
    int sort_direction;
    int completed_action;
    struct chute_str completed_log;
    bool checks_archives;
    bool exits_after_read;
    bool cuts_lines; /* the codec does not cut: it is handed lines, one by one */
};

struct chute_file;

/* One token that is under way: bytes up to `position`. */
struct chute_file_mark {
    struct chute_file_mark *next;
    struct chute_file *file;
    uint64_t position;
    unsigned generation; /* of the file's content */
    bool is_resolved;
    bool is_lost;
};

struct chute_file_gzip;

struct chute_file {
    struct chute_file *next_by_id;
    struct chute_file_state *state;
    uint64_t device, inode;
    char *path; /* the last one known */
    struct chute_sincedb_mark start;
    int fd; /* -1: closed */
    struct chute_stream *stream;
    struct chute_file_gzip *gzip;
    struct chute_buf partial; /* of a line, where we cut ourselves */
    size_t searched;          /* so much of partial holds no delimiter */
    bool is_skipping;         /* the rest of a line that was too long */
    uint64_t offset;          /* read up to here; of an archive: bytes that came out of it */
    uint64_t size;            /* at the last look */
    long long read_ms;        /* when bytes last came */
    int64_t changed_ns;       /* when it was changed, at the last look */
    bool is_archive; /* read mode: gzip; its position is its start until all is delivered */
    bool is_seen;    /* a name of ours leads to it */
    bool is_resting; /* closed, until it changes */
    bool is_ended;   /* read mode: all was read */
    bool is_done;    /* … and delivered, and dealt with */
    bool has_failed; /* said so already */
    bool is_listed;  /* in state->order */

    /* under the lock: */
    uint64_t committed; /* all before this is delivered */
    double changed_at;  /* when that moved */
    unsigned generation;
    struct chute_file_mark *first, *last;
};

#define CHUTE_FILE_BUCKETS 4096

struct chute_file_state {
    struct chute_input *input;
    const struct chute_file_settings *settings;
    struct chute_wake wake; /* by stop and by the last token of a file that is waited for */
    bool is_open;
    bool has_sincedb; /* false: /dev/null, nothing is kept */
    char *sincedb_path;
    char *marks_path;
    struct chute_file *files[CHUTE_FILE_BUCKETS];
    struct chute_file **order; /* those that are watched, as they are to be read */
    size_t order_count, order_capacity;
    size_t open_files, most_open;
    bool is_first_discovery;
    bool is_refused; /* the stop's patience is over */
    long long saved_ms;
    int save_error;      /* the last one; said once */
    bool has_limit_told; /* more files than max_open_files */
    long long discovered_ms;

    pthread_mutex_t lock;
    bool is_dirty;   /* the sincedb is older than what is committed */
    bool is_waiting; /* for a file's last token */
};

/* ---- track.c: the files and their positions */

/* Reads the sincedb and its companion. False, after saying why, if it cannot be what it is told to be. */
bool chute_file_load(struct chute_file_state *state);
/* Writes both if something changed and the interval is over, or `now`. */
void chute_file_save(struct chute_file_state *state, bool now);
/* NULL if it is not known. */
struct chute_file *chute_file_find(struct chute_file_state *state, uint64_t device, uint64_t inode);
/* The file that the sincedb knows under this path, if it was not found yet; NULL if there is none. */
struct chute_file *chute_file_find_path(struct chute_file_state *state, const char *path);
struct chute_file *chute_file_add(
    struct chute_file_state *state, uint64_t device, uint64_t inode, const char *path);
/* A token for the bytes up to `position`. */
struct chute_token *chute_file_token(struct chute_file *file, uint64_t position);
/* The content is another one from its start on: what is under way no longer moves the position. */
void chute_file_restart(struct chute_file *file, uint64_t position);
/* True when everything read is delivered. */
bool chute_file_is_delivered(struct chute_file *file);
void chute_file_on_token(struct chute_input *input, struct chute_token *token, bool is_lost);
/* Frees everything. */
void chute_file_finish(struct chute_file_state *state);

/* ---- discover.c: which files there are */

/* Looks for files, and sorts them. */
void chute_file_discover(struct chute_file_state *state);
/* One path that may lead to another file than before. */
void chute_file_look_at(struct chute_file_state *state, const char *path);

/* ---- read.c: their bytes */

/* Hands over what is whole, or, at its end, everything, and closes. */
void chute_file_close(struct chute_file *file, bool is_end);
/* Looks at the file, reads what is new, closes what is over. True if there is more to read at once. */
bool chute_file_poll(struct chute_file *file);
/* What a look at the file says of when it was changed. */
int64_t chute_file_change_of(const struct stat *info);

/* ---- gzip.c */

/* By its name's ending. */
bool chute_file_is_archive(const char *path);
/* Inflates into `at`. Bytes; 0 at the end; negative, after saying why, where the archive is broken. */
ssize_t chute_file_inflate(struct chute_file *file, char *at, size_t size);
void chute_file_gzip_destroy(struct chute_file_gzip *gzip);
/* True if all of it can be read. */
bool chute_file_archive_is_whole(int fd);

#endif
