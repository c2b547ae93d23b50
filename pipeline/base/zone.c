#include "pipeline/base/zone.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/time.h"
#include "pipeline/base/tzif.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define FILE_MAX 65536
#define ID_MAX 64
#define BUCKETS 256

/* Zones once read stay: a date filter's zone may come from the event, and there are some 600 in
 * all. Readers follow the chains without a lock; a new zone is hung in at the front. */
struct entry {
    struct entry *next;
    struct chute_zone_rules *rules;
};
static _Atomic(struct entry *) cache[BUCKETS];
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static struct chute_zone local_zone;
static pthread_once_t local_once = PTHREAD_ONCE_INIT;

static unsigned bucket_of(struct chute_str id) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < id.len; i++) {
        hash = (hash ^ (unsigned char)id.at[i]) * 16777619u;
    }
    return hash % BUCKETS;
}

static const struct chute_zone_rules *find_cached(struct chute_str id, unsigned bucket) {
    struct entry *entry = atomic_load_explicit(&cache[bucket], memory_order_acquire);
    while (entry != NULL && !chute_str_eq(chute_tzif_id(entry->rules), id)) {
        entry = entry->next;
    }
    return entry == NULL ? NULL : entry->rules;
}

/* Takes `rules`; returns those to use, which are others if another thread was faster. */
static const struct chute_zone_rules *keep(struct chute_zone_rules *rules) {
    struct chute_str id = chute_tzif_id(rules);
    unsigned bucket = bucket_of(id);
    pthread_mutex_lock(&cache_lock);
    const struct chute_zone_rules *kept = find_cached(id, bucket);
    if (kept == NULL) {
        struct entry *entry = chute_alloc(sizeof(*entry));
        entry->next = atomic_load_explicit(&cache[bucket], memory_order_relaxed);
        entry->rules = rules;
        kept = rules;
        atomic_store_explicit(&cache[bucket], entry, memory_order_release);
    } else {
        chute_tzif_destroy(rules);
    }
    pthread_mutex_unlock(&cache_lock);
    return kept;
}

static struct chute_zone_rules *read_rules(const char *path, struct chute_str id) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) {
        return NULL;
    }
    char *bytes = chute_alloc(FILE_MAX);
    size_t len = 0;
    ssize_t got;
    while (len < FILE_MAX && (got = read(file, bytes + len, FILE_MAX - len)) > 0) {
        len += (size_t)got;
    }
    close(file);
    struct chute_zone_rules *rules = chute_tzif_parse((struct chute_str){ bytes, len }, id);
    chute_free(bytes);
    return rules;
}

/* Letters, digits and `_+-` between single slashes, not `posix/…` or `right/…`: nothing that leads
 * out of the folder, and one spelling for each zone. */
static bool is_zone_name(struct chute_str id) {
    if (id.len == 0 || id.len > ID_MAX || chute_str_starts_with(id, CHUTE_STR("posix")) ||
        chute_str_starts_with(id, CHUTE_STR("right/"))) {
        return false;
    }
    char before = '/';
    for (size_t i = 0; i < id.len; i++) {
        char byte = id.at[i];
        bool is_letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        bool is_other = (byte >= '0' && byte <= '9') || byte == '_' || byte == '+' || byte == '-';
        if (before == '/' ? !is_letter : !is_letter && !is_other && byte != '/') {
            return false;
        }
        before = byte;
    }
    return before != '/';
}

/* Counts digits at `at`, two at most. */
static int digits_at(struct chute_str text, size_t at) {
    int count = 0;
    while (count < 2 && at + (size_t)count < text.len && text.at[at + (size_t)count] >= '0' &&
           text.at[at + (size_t)count] <= '9') {
        count++;
    }
    return count;
}

static int two_digits(const char *at) {
    return (at[0] - '0') * 10 + at[1] - '0';
}

size_t chute_offset_parse(struct chute_str text, int32_t *offset) {
    if (text.len < 3 || (text.at[0] != '+' && text.at[0] != '-') || digits_at(text, 1) < 2) {
        return 0;
    }
    int32_t seconds = two_digits(text.at + 1) * 3600;
    if (seconds >= CHUTE_SECONDS_A_DAY) {
        return 0;
    }
    size_t at = 3;
    bool has_colons = at < text.len && text.at[at] == ':';
    for (int unit = 60; unit > 0; unit /= 60) {
        if (has_colons && (at >= text.len || text.at[at] != ':')) {
            break;
        }
        size_t digits = at + has_colons;
        int count = digits_at(text, digits);
        if (count == 0 && !has_colons) {
            break;
        }
        if (count < 2 || two_digits(text.at + digits) > 59) {
            return 0;
        }
        seconds += two_digits(text.at + digits) * unit;
        at = digits + 2;
    }
    *offset = text.at[0] == '-' ? -seconds : seconds;
    return at;
}

/* `+hh…`, and with `UTC`, `GMT` or `UT` before it, also `+h`. */
static bool find_fixed(struct chute_str id, struct chute_zone *out) {
    static const char *const utc[] = { "UTC", "GMT", "UT", "Z" };
    struct chute_str offset = id;
    for (size_t i = 0; i < sizeof(utc) / sizeof(utc[0]); i++) {
        struct chute_str name = chute_str_of(utc[i]);
        if (chute_str_eq(id, name)) {
            *out = (struct chute_zone){ NULL, 0 };
            return true;
        }
        if (i < 3 && chute_str_starts_with(id, name)) {
            offset = (struct chute_str){ id.at + name.len, id.len - name.len };
            break;
        }
    }
    char padded[4];
    if (offset.len == 2 && offset.at != id.at) {
        padded[0] = offset.at[0];
        padded[1] = '0';
        padded[2] = offset.at[1];
        offset = (struct chute_str){ padded, 3 };
    }
    int32_t seconds;
    if (offset.len == 0 || chute_offset_parse(offset, &seconds) != offset.len) {
        return false;
    }
    *out = (struct chute_zone){ NULL, seconds };
    return true;
}

bool chute_zone_find(struct chute_str id, struct chute_zone *out) {
    if (find_fixed(id, out)) {
        return true;
    }
    if (!is_zone_name(id)) {
        return false;
    }
    const struct chute_zone_rules *rules = find_cached(id, bucket_of(id));
    if (rules == NULL) {
        char path[sizeof(ZONE_FOLDER) + ID_MAX];
        snprintf(path, sizeof(path), ZONE_FOLDER "%.*s", CHUTE_STR_ARGS(id));
        struct chute_zone_rules *read = read_rules(path, id);
        if (read == NULL) {
            return false;
        }
        rules = keep(read);
    }
    *out = (struct chute_zone){ rules, 0 };
    return true;
}

/* The zone of a file anywhere, as TZ may name one; its id is what follows `zoneinfo/`. */
static bool find_file(const char *path, struct chute_zone *out) {
    char target[PATH_MAX];
    const char *id = "localtime";
    if (realpath(path, target) != NULL) {
        const char *folder = strstr(target, "/zoneinfo/");
        if (folder != NULL && strlen(folder) < ID_MAX) {
            id = folder + strlen("/zoneinfo/");
        }
    }
    if (chute_zone_find(chute_str_of(id), out)) {
        return true;
    }
    struct chute_zone_rules *rules = read_rules(path, chute_str_of(id));
    if (rules == NULL) {
        return false;
    }
    *out = (struct chute_zone){ keep(rules), 0 };
    return true;
}

static void find_local(void) {
    const char *name = getenv("TZ");
    if (name == NULL) {
        find_file("/etc/localtime", &local_zone);
        return;
    }
    if (*name == ':') {
        name++;
    }
    struct chute_str id = chute_str_of(name);
    if (*name == '/' ? find_file(name, &local_zone) : chute_zone_find(id, &local_zone)) {
        return;
    }
    struct chute_zone_rules *rules =
        chute_tzif_parse_posix(id, id.len <= ID_MAX ? id : CHUTE_STR("localtime"));
    if (rules != NULL) {
        local_zone = (struct chute_zone){ keep(rules), 0 };
    }
}

struct chute_zone chute_zone_local(void) {
    pthread_once(&local_once, find_local);
    return local_zone;
}

void chute_zone_set_local(struct chute_zone zone) {
    pthread_once(&local_once, find_local);
    local_zone = zone;
}

int32_t chute_zone_offset(struct chute_zone zone, int64_t seconds) {
    return zone.rules == NULL ? zone.offset : chute_tzif_segment(zone.rules, seconds).offset;
}

enum chute_zone_wall chute_zone_offset_of_wall(
    struct chute_zone zone, int64_t wall, int32_t *offset) {
    if (zone.rules == NULL) {
        *offset = zone.offset;
        return CHUTE_ZONE_ONCE;
    }
    int fits = 0;
    int64_t last = wall + CHUTE_SECONDS_A_DAY + 1; /* no offset is larger than a day */
    int64_t at = wall - CHUTE_SECONDS_A_DAY;
    int32_t before = 0;
    for (;;) {
        struct chute_zone_segment segment = chute_tzif_segment(zone.rules, at);
        int64_t moment = wall - segment.offset;
        if (moment >= segment.start && moment < segment.end) {
            if (fits++ == 0) {
                *offset = segment.offset;
            }
        } else if (moment >= segment.end) {
            before = segment.offset;
        }
        if (segment.end >= last) {
            break;
        }
        at = segment.end;
    }
    if (fits == 0) {
        *offset = before;
        return CHUTE_ZONE_SKIPPED;
    }
    return fits == 1 ? CHUTE_ZONE_ONCE : CHUTE_ZONE_TWICE;
}

static struct chute_str print_offset(int32_t offset, char room[16]) {
    if (offset == 0) {
        return CHUTE_STR("UTC");
    }
    int32_t size = offset < 0 ? -offset : offset;
    int len = snprintf(room, 16, "%c%02d:%02d", offset < 0 ? '-' : '+', (int)(size / 3600 % 100),
        (int)(size / 60 % 60));
    if (size % 60 != 0) {
        len += snprintf(room + len, 16 - (size_t)len, ":%02d", (int)(size % 60));
    }
    return (struct chute_str){ room, (size_t)len };
}

struct chute_str chute_zone_id(struct chute_zone zone, char room[16]) {
    return zone.rules == NULL ? print_offset(zone.offset, room) : chute_tzif_id(zone.rules);
}

struct chute_str chute_zone_abbreviation(struct chute_zone zone, int64_t seconds, char room[16]) {
    if (zone.rules == NULL) {
        return print_offset(zone.offset, room);
    }
    return chute_str_of(chute_tzif_segment(zone.rules, seconds).abbreviation);
}
