#include "pipeline/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/time.h"
#include "pipeline/base/user_info.h"
#include "pipeline/base/utf8.h"

/* The log's own settings are the process's: the one exception to "no global variable". */
static _Atomic int lowest_level = CHUTE_LOG_INFO;
static _Atomic bool writes_json;
static _Atomic int out_fd = 2;

static const char *const names[] = { "trace", "debug", "info", "warn", "error", "fatal" };
static const char *const labels[] = { "TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "FATAL" };

void chute_log_set_level(enum chute_log_level level) {
    lowest_level = (int)level;
}

enum chute_log_level chute_log_level(void) {
    return (enum chute_log_level)lowest_level;
}

const char *chute_log_level_name(enum chute_log_level level) {
    return names[level];
}

void chute_log_set_json(bool is_json) {
    writes_json = is_json;
}

void chute_log_set_fd(int fd) {
    out_fd = fd;
}

bool chute_log_is_on(enum chute_log_level level) {
    return (int)level >= lowest_level;
}

int chute_log_level_of(const char *name) {
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Names of files and what systems say need not be UTF-8: what is not becomes U+FFFD. */
static void add_json_text(struct chute_buf *line, const char *text) {
    struct chute_str rest = chute_str_of(text);
    chute_buf_add_char(line, '"');
    while (rest.len > 0) {
        uint32_t point;
        size_t len = chute_utf8_decode(rest, &point);
        if (len == 0) {
            chute_buf_add_str(line, CHUTE_STR("\\ufffd"));
            len = 1;
        } else if (point < 0x20) {
            chute_buf_printf(line, "\\u%04x", (unsigned)point);
        } else {
            chute_buf_add(line, "\\", point == '"' || point == '\\');
            chute_buf_add(line, rest.at, len);
        }
        rest.at += len;
        rest.len -= len;
    }
    chute_buf_add_char(line, '"');
}

static void add_plain_byte(struct chute_buf *line, unsigned char byte) {
    if (byte < 0x20 || byte == 0x7f) {
        chute_buf_printf(line, "\\x%02X", byte);
    } else {
        chute_buf_add_char(line, (char)byte);
    }
}

/* A message may have several lines. */
static void add_plain_message(struct chute_buf *line, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\t') {
            chute_buf_add_char(line, *text);
        } else {
            add_plain_byte(line, (unsigned char)*text);
        }
    }
}

/* A value cannot be taken for another pair, nor for another line. */
static void add_plain_value(struct chute_buf *line, const char *text) {
    if (*text != '\0' && strpbrk(text, " \"\t\n") == NULL) {
        add_plain_message(line, text);
        return;
    }
    chute_buf_add_char(line, '"');
    for (; *text != '\0'; text++) {
        char byte = *text == '\n' ? 'n' : *text == '\t' ? 't' : *text;
        if (byte != *text || byte == '"' || byte == '\\') {
            chute_buf_add_char(line, '\\');
            chute_buf_add_char(line, byte);
        } else {
            add_plain_byte(line, (unsigned char)byte);
        }
    }
    chute_buf_add_char(line, '"');
}

static void add_head(struct chute_buf *line, enum chute_log_level level, const char *module) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    char when[32];
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &parts);
    long millis = now.tv_nsec / 1000000;
    if (writes_json) {
        chute_buf_printf(line,
            "{\"level\":\"%s\",\"timestamp\":\"%s.%03ldZ\",\"module\":", names[level], when,
            millis);
        add_json_text(line, module);
        chute_buf_printf(line, ",\"message\":");
    } else {
        chute_buf_printf(line, "[%s,%03ld][%s][%s] ", when, millis, labels[level], module);
    }
}

/* Appends a message or a value, without the user of an URL. */
static void add_text(
    struct chute_buf *line, const char *text, void (*add)(struct chute_buf *, const char *)) {
    if (strchr(text, '@') == NULL) {
        add(line, text);
        return;
    }
    char *shown = chute_strdup(text);
    chute_user_info_hide(shown, strlen(shown));
    add(line, shown);
    chute_free(shown);
}

static void write_line(struct chute_buf *line) {
    chute_buf_add_char(line, '\n');
    size_t done = 0;
    while (done < line->len) {
        ssize_t wrote = write(out_fd, line->at + done, line->len - done);
        if (wrote <= 0) {
            break; /* a log that cannot be written has nobody to tell */
        }
        done += (size_t)wrote;
    }
    chute_buf_finish(line);
}

/* ------------------------------------------------------------------ the latest */

static struct {
    pthread_mutex_t lock;
    struct chute_log_record records[CHUTE_LOG_RECENT]; /* a ring */
    size_t count, next;
} recent = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Copies as much as there is room for, without a part of a character. */
static void copy_cut(char *to, size_t size, const char *from, size_t len) {
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    memcpy(to, from, len);
    to[len] = '\0';
}

static void make_record(struct chute_log_record *record, enum chute_log_level level,
    const char *module, const char *message, va_list pairs) {
    struct chute_buf text = { 0 };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *record = (struct chute_log_record){
        .at_ms = now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000, .level = level, .count = 1
    };
    copy_cut(record->module, sizeof(record->module), module, strlen(module));
    add_text(&text, message, add_plain_message);
    const char *key;
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        if (value == NULL) {
            continue;
        }
        if (strcmp(key, "input") == 0 || strcmp(key, "output") == 0) {
            copy_cut(record->plugin, sizeof(record->plugin), value, strlen(value));
        }
        chute_buf_printf(&text, " %s=", key);
        add_text(&text, value, add_plain_value);
    }
    copy_cut(record->message, sizeof(record->message), text.at, text.len);
    chute_buf_finish(&text);
}

static bool is_alike(const struct chute_log_record *a, const struct chute_log_record *b) {
    return a->level == b->level && strcmp(a->module, b->module) == 0 &&
           strcmp(a->message, b->message) == 0;
}

static void keep(const struct chute_log_record *record) {
    pthread_mutex_lock(&recent.lock);
    size_t latest = (recent.next + CHUTE_LOG_RECENT - 1) % CHUTE_LOG_RECENT;
    if (recent.count > 0 && is_alike(&recent.records[latest], record)) {
        recent.records[latest].count++;
        recent.records[latest].at_ms = record->at_ms;
    } else {
        recent.records[recent.next] = *record;
        recent.next = (recent.next + 1) % CHUTE_LOG_RECENT;
        recent.count += recent.count < CHUTE_LOG_RECENT;
    }
    pthread_mutex_unlock(&recent.lock);
}

size_t chute_log_recent(struct chute_log_record records[CHUTE_LOG_RECENT]) {
    pthread_mutex_lock(&recent.lock);
    size_t count = recent.count;
    for (size_t i = 0; i < count; i++) {
        records[i] = recent.records[(recent.next + CHUTE_LOG_RECENT - 1 - i) % CHUTE_LOG_RECENT];
    }
    pthread_mutex_unlock(&recent.lock);
    return count;
}

/* ------------------------------------------------------------------ a line */

void chute_log(enum chute_log_level level, const char *module, const char *message, ...) {
    if (level >= CHUTE_LOG_WARN) {
        struct chute_log_record record;
        va_list all;
        va_start(all, message);
        make_record(&record, level, module, message, all);
        va_end(all);
        keep(&record);
    }
    if (!chute_log_is_on(level)) {
        return;
    }
    bool is_json = writes_json;
    struct chute_buf line = { 0 };
    add_head(&line, level, module);
    add_text(&line, message, is_json ? add_json_text : add_plain_message);
    va_list pairs;
    va_start(pairs, message);
    const char *key;
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        if (value == NULL) {
            continue;
        }
        if (is_json) {
            chute_buf_add_char(&line, ',');
            add_json_text(&line, key);
            chute_buf_add_char(&line, ':');
            add_text(&line, value, add_json_text);
        } else {
            chute_buf_printf(&line, " %s=", key);
            add_text(&line, value, add_plain_value);
        }
    }
    va_end(pairs);
    if (is_json) {
        chute_buf_add_char(&line, '}');
    }
    write_line(&line);
}

void chute_logf(enum chute_log_level level, const char *module, const char *format, ...) {
    if (!chute_log_is_on(level) && level < CHUTE_LOG_WARN) {
        return;
    }
    char text[2048];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len >= (int)sizeof(text)) { /* cut, but not within a character */
        size_t end = sizeof(text) - 1;
        while (end > 0 && ((unsigned char)text[end - 1] & 0xC0) == 0x80) {
            end--;
        }
        text[end > 0 && (unsigned char)text[end - 1] >= 0xC0 ? end - 1 : sizeof(text) - 1] = '\0';
    }
    chute_log(level, module, text, NULL);
}

bool chute_log_limit(
    struct chute_log_limiter *limiter, uint64_t interval_ms, uint64_t *suppressed) {
    uint64_t now_ms = chute_now_ms();
    uint64_t next_ms = limiter->next_ms;
    if (now_ms < next_ms || /* of several threads at once, one writes */
        !atomic_compare_exchange_strong(&limiter->next_ms, &next_ms, now_ms + interval_ms)) {
        limiter->suppressed++;
        return false;
    }
    *suppressed = atomic_exchange(&limiter->suppressed, 0);
    return true;
}
