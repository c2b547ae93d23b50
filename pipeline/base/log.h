/* pipeline/base/log.h - logchute's own log, on standard error; event text never goes in.
 *
 * A line is one fact: a module, a message and key=value pairs:
 *     chute_log(CHUTE_LOG_WARN, "inputs.tcp", "connection lost", "peer", peer, "reason", why, NULL);
 * Plain: `[2026-11-23T21:40:31,123][WARN ][inputs.tcp] connection lost peer=… reason=…`; or one JSON object a line.
 *
 * Ownership: what a line is made of is borrowed for the length of the call.
 * Threads: any; a line is written whole. */
#ifndef CHUTE_BASE_LOG_H
#define CHUTE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chute_log_level {
    CHUTE_LOG_TRACE,
    CHUTE_LOG_DEBUG,
    CHUTE_LOG_INFO,
    CHUTE_LOG_WARN,
    CHUTE_LOG_ERROR,
    CHUTE_LOG_FATAL,
};

/* What is below `level` is not written. Default: info. */
void chute_log_set_level(enum chute_log_level level);
enum chute_log_level chute_log_level(void);
/* "info" */
const char *chute_log_level_name(enum chute_log_level level);
/* One JSON object a line in place of text. */
void chute_log_set_json(bool is_json);
/* True if a line of `level` would be written. */
bool chute_log_is_on(enum chute_log_level level);
/* "trace" … "fatal" (any case); -1 if it is none of them. */
int chute_log_level_of(const char *name);
/* Where lines go; the default is descriptor 2. For tests. */
void chute_log_set_fd(int fd);

/* Writes one line: message, then pairs of C strings (key, value), ended by NULL. A NULL value is left out. */
void chute_log(enum chute_log_level level, const char *module, const char *message, ...)
    __attribute__((sentinel));
/* The message made as printf does, without pairs. */
void chute_logf(enum chute_log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line of level warn or above, as it is kept for whoever asks later. Texts are cut where they are longer. */
struct chute_log_record {
    int64_t at_ms; /* since 1970; of the latest of those alike */
    enum chute_log_level level;
    unsigned count;  /* how often in a row */
    char module[64]; /* a plugin's id, or a part of the program */
    char
        plugin[64]; /* id of the plugin that it speaks of by a pair `input` or `output`; or empty */
    char message
        [640]; /* with its pairs, as in the plain form; UTF-8, unless the world's own texts were not */
};
#define CHUTE_LOG_RECENT 50
/* Copies the latest records, the latest first; how many. They are kept at any level of the log. */
size_t chute_log_recent(struct chute_log_record records[CHUTE_LOG_RECENT]);

/* Limits a repeated line to one in `interval_ms`: true if it may be written now; `suppressed` then
 * gets how many were held back since the last. A zeroed limiter is ready; one limiter a place. */
struct chute_log_limiter {
    _Atomic uint64_t next_ms;
    _Atomic uint64_t suppressed;
};
bool chute_log_limit(struct chute_log_limiter *limiter, uint64_t interval_ms, uint64_t *suppressed);

#endif
