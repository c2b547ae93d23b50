#include "pipeline/text/syslog.h"

#include "pipeline/base/ascii.h"

#define PRIORITY_DIGITS 3
#define BOM "\xEF\xBB\xBF"

/* ------------------------------------------------------------------ small pieces */

static struct chute_str skip(struct chute_str text, size_t len) {
    return (struct chute_str){ text.at + len, text.len - len };
}

/* Reads `least` to `most` digits at the start of `text`; returns how many, 0 if there are fewer. */
static size_t read_number(struct chute_str text, size_t least, size_t most, int *out) {
    size_t len = 0;
    int number = 0;
    while (len < most && len < text.len && chute_is_digit(text.at[len])) {
        number = number * 10 + (text.at[len++] - '0');
    }
    if (len < least) {
        return 0;
    }
    *out = number;
    return len;
}

/* The text up to the next blank. */
static struct chute_str word_of(struct chute_str text) {
    return chute_str_cut(&text, ' ');
}

/* ------------------------------------------------------------------ timestamps */

/* A timestamp as it is written. */
struct stamp {
    struct chute_civil civil;
    uint32_t nanos;
    bool has_year;
    bool has_offset;
    int32_t offset;
};

static int month_of(struct chute_str text) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12 && text.len >= 3; i++) {
        struct chute_str name = { names + i * 3, 3 };
        if (chute_str_eq_nocase((struct chute_str){ text.at, 3 }, name)) {
            return i + 1;
        }
    }
    return 0;
}

/* `15:19:25` and a fraction. Returns its length, or 0. */
static size_t read_clock(struct chute_str text, struct stamp *stamp) {
    struct chute_civil *civil = &stamp->civil;
    size_t hour = read_number(text, 1, 2, &civil->hour);
    if (hour == 0 || text.len < hour + 6 || text.at[hour] != ':' || text.at[hour + 3] != ':' ||
        read_number(skip(text, hour + 1), 2, 2, &civil->minute) == 0 ||
        read_number(skip(text, hour + 4), 2, 2, &civil->second) == 0 || civil->hour > 23 ||
        civil->minute > 59 || civil->second > 60) {
        return 0;
    }
    size_t len = hour + 6;
    if (len + 1 < text.len && (text.at[len] == '.' || text.at[len] == ',') &&
        chute_is_digit(text.at[len + 1])) {
        uint32_t unit = 100000000;
        for (len++; len < text.len && chute_is_digit(text.at[len]); len++) {
            stamp->nanos += unit * (uint32_t)(text.at[len] - '0');
            unit /= 10;
        }
    }
    return len;
}

/* `2003-10-11T22:14:15.003Z`, with a blank for the T, and with or without an offset. */
static size_t read_iso(struct chute_str text, struct stamp *stamp) {
    int year = 0;
    if (text.len < 19 || read_number(text, 4, 4, &year) == 0 || text.at[4] != '-' ||
        read_number(skip(text, 5), 2, 2, &stamp->civil.month) == 0 || text.at[7] != '-' ||
        read_number(skip(text, 8), 2, 2, &stamp->civil.day) == 0 ||
        (text.at[10] != 'T' && text.at[10] != 't' && text.at[10] != ' ')) {
        return 0;
    }
    size_t clock = read_clock(skip(text, 11), stamp);
    if (clock == 0) {
        return 0;
    }
    stamp->civil.year = year;
    stamp->has_year = true;
    size_t len = 11 + clock;
    if (len < text.len && (text.at[len] == 'Z' || text.at[len] == 'z')) {
        stamp->has_offset = true;
        return len + 1;
    }
    size_t offset = chute_offset_parse(skip(text, len), &stamp->offset);
    stamp->has_offset = offset > 0;
    return len + offset;
}

/* `Oct 26`, `Oct  6`, and a blank. */
static size_t read_month_day(struct chute_str text, struct stamp *stamp) {
    stamp->civil.month = month_of(text);
    if (stamp->civil.month == 0) {
        return 0;
    }
    size_t at = 3;
    while (at < text.len && text.at[at] == ' ') {
        at++;
    }
    size_t day = read_number(skip(text, at), 1, 2, &stamp->civil.day);
    return at == 3 || day == 0 || at + day >= text.len || text.at[at + day] != ' ' ? 0
                                                                                   : at + day + 1;
}

/* `Oct 26 15:19:25`, `Oct 26 2024 15:19:25`, `2024 Oct 26 15:19:25`. */
static size_t read_bsd(struct chute_str text, struct stamp *stamp) {
    size_t at = 0;
    int year = 0;
    if (read_number(text, 4, 4, &year) > 0 && text.len > 4 && text.at[4] == ' ') {
        at = 5;
        stamp->has_year = true;
    }
    size_t date = read_month_day(skip(text, at), stamp);
    if (date == 0) {
        return 0;
    }
    at += date;
    struct chute_str rest = skip(text, at);
    if (!stamp->has_year && rest.len > 4 && rest.at[4] == ' ' &&
        read_number(rest, 4, 4, &year) > 0) {
        stamp->has_year = true;
        at += 5;
    }
    stamp->civil.year = year;
    size_t clock = read_clock(skip(text, at), stamp);
    return clock == 0 ? 0 : at + clock;
}

static size_t read_stamp(struct chute_str text, struct stamp *stamp) {
    *stamp = (struct stamp){ 0 };
    size_t len = read_iso(text, stamp);
    if (len == 0) {
        *stamp = (struct stamp){ 0 };
        len = read_bsd(text, stamp);
    }
    return len;
}

static bool date_exists(const struct chute_civil *civil) {
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= chute_days_in_month(civil->year, civil->month);
}

static int64_t moment_of(const struct stamp *stamp, struct chute_zone zone) {
    int64_t wall = chute_seconds_from_civil(&stamp->civil);
    int32_t offset = stamp->offset;
    if (!stamp->has_offset) {
        chute_zone_offset_of_wall(zone, wall, &offset);
    }
    return wall - offset;
}

bool chute_syslog_time(struct chute_str timestamp, struct chute_zone zone, struct chute_time now,
    struct chute_time *out) {
    struct stamp stamp;
    if (read_stamp(timestamp, &stamp) != timestamp.len || timestamp.len == 0) {
        return false;
    }
    if (stamp.has_year) {
        if (date_exists(&stamp.civil)) {
            *out = (struct chute_time){ moment_of(&stamp, zone), stamp.nanos };
            return true;
        }
        return false;
    }
    int64_t this_year = chute_civil_from_seconds(now.seconds).year;
    int64_t best = INT64_MAX;
    /* Nine years at most lie between two 29ths of February. */
    for (int64_t year = this_year - 8; year <= this_year + 8; year++) {
        stamp.civil.year = year;
        if (date_exists(&stamp.civil)) {
            int64_t moment = moment_of(&stamp, zone);
            int64_t distance = moment > now.seconds ? moment - now.seconds : now.seconds - moment;
            if (distance < best) {
                best = distance;
                *out = (struct chute_time){ moment, stamp.nanos };
            }
        }
    }
    return best != INT64_MAX;
}

/* ------------------------------------------------------------------ RFC 5424 */

/* The length of one quoted value with its quotes, or 0. */
static size_t read_quoted(struct chute_str text) {
    if (text.len == 0 || text.at[0] != '"') {
        return 0;
    }
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] == '\\') {
            i++;
        } else if (text.at[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

/* The name at the start of `text`: an id or a parameter's. */
static struct chute_str read_name(struct chute_str text) {
    size_t len = 0;
    while (len < text.len && text.at[len] > ' ' && memchr("=]\"", text.at[len], 3) == NULL) {
        len++;
    }
    return (struct chute_str){ text.at, len };
}

/* One ` name="value"` at the start of `text`. Returns its length, or 0. */
static size_t read_parameter(
    struct chute_str text, struct chute_str *name, struct chute_str *value) {
    size_t at = 0;
    while (at < text.len && text.at[at] == ' ') {
        at++;
    }
    *name = read_name(skip(text, at));
    if (at == 0 || name->len == 0) {
        return 0;
    }
    at += name->len;
    if (at >= text.len || text.at[at] != '=') {
        return 0;
    }
    at++;
    size_t quoted = read_quoted(skip(text, at));
    if (quoted == 0) {
        return 0;
    }
    *value = (struct chute_str){ text.at + at + 1, quoted - 2 };
    return at + quoted;
}

/* The length of one `[id name="value"]` at the start of `text`, or 0. */
static size_t element_len(struct chute_str text) {
    if (text.len < 3 || text.at[0] != '[') {
        return 0;
    }
    struct chute_str name = read_name(skip(text, 1)), value;
    size_t at = 1 + name.len, len;
    if (name.len == 0) {
        return 0;
    }
    while ((len = read_parameter(skip(text, at), &name, &value)) > 0) {
        at += len;
    }
    while (at < text.len && text.at[at] == ' ') {
        at++;
    }
    return at < text.len && text.at[at] == ']' ? at + 1 : 0;
}

/* Takes the next word of the header off `text`; "-" is an empty one. False if the header ends too soon. */
static bool take_word(struct chute_str *text, struct chute_str *word) {
    *word = word_of(*text);
    if (word->len == 0 || word->len == text->len) {
        return false;
    }
    *text = skip(*text, word->len + 1);
    if (word->len == 1 && word->at[0] == '-') {
        word->len = 0;
    }
    return true;
}

/* Reads structured data and the message from what follows the header. */
static void read_tail(struct chute_str text, struct chute_syslog *out) {
    size_t len = 0, element;
    if (text.len > 0 && text.at[0] == '-' && (text.len == 1 || text.at[1] == ' ')) {
        text = skip(text, 1);
    } else {
        while ((element = element_len(skip(text, len))) > 0) {
            len += element;
        }
        out->structured_data = (struct chute_str){ text.at, len };
        text = skip(text, len);
    }
    if (text.len > 0 && text.at[0] == ' ') {
        text = skip(text, 1);
    }
    if (chute_str_starts_with(text, CHUTE_STR(BOM))) {
        text = skip(text, 3);
    }
    out->message = text;
}

/* `1 2003-10-11T22:14:15.003Z host app procid msgid data message`, behind the priority. */
static bool read_5424(struct chute_str text, struct chute_syslog *out) {
    struct chute_syslog found = { .priority = out->priority };
    struct stamp stamp;
    size_t version = read_number(text, 1, 2, &found.version);
    if (version == 0 || found.version == 0 || version >= text.len || text.at[version] != ' ') {
        return false;
    }
    text = skip(text, version + 1);
    if (!take_word(&text, &found.timestamp) ||
        (found.timestamp.len > 0 && read_iso(found.timestamp, &stamp) == 0) ||
        !take_word(&text, &found.host) || !take_word(&text, &found.program) ||
        !take_word(&text, &found.pid)) {
        return false;
    }
    struct chute_str id = word_of(text);
    if (id.len == 0) {
        return false;
    }
    found.message_id = id.len == 1 && id.at[0] == '-' ? (struct chute_str){ id.at, 0 } : id;
    text = skip(text, id.len);
    read_tail(text.len > 0 ? skip(text, 1) : text, &found);
    *out = found;
    return true;
}

/* ------------------------------------------------------------------ RFC 3164 */

static bool is_host(struct chute_str word) {
    for (size_t i = 0; i < word.len; i++) {
        if (!chute_is_alnum(word.at[i]) && memchr("._-:/@", word.at[i], 6) == NULL) {
            return false;
        }
    }
    return word.len > 0 && word.at[word.len - 1] != ':';
}

/* Reads `program[pid]:`. Returns its length, or 0. */
static size_t read_tag(struct chute_str text, struct chute_syslog *out) {
    struct chute_str tag = word_of(text);
    if (tag.len < 2 || tag.at[tag.len - 1] != ':') {
        return 0;
    }
    struct chute_str program = { tag.at, tag.len - 1 }, pid = { 0 };
    if (program.at[program.len - 1] == ']') {
        const char *open = memrchr(program.at, '[', program.len);
        size_t start = open == NULL ? 0 : (size_t)(open - program.at);
        pid = (struct chute_str){ program.at + start + 1, program.len - start - 2 };
        for (size_t i = 0; i < pid.len; i++) {
            if (!chute_is_digit(pid.at[i])) {
                return 0;
            }
        }
        if (start == 0 || pid.len == 0) {
            return 0;
        }
        program.len = start;
    }
    if (memchr(program.at, '[', program.len) != NULL ||
        memchr(program.at, ']', program.len) != NULL) {
        return 0;
    }
    out->program = program;
    out->pid = pid;
    return tag.len;
}

static struct chute_str skip_blank(struct chute_str text) {
    return text.len > 0 && text.at[0] == ' ' ? skip(text, 1) : text;
}

static void read_3164(struct chute_str text, struct chute_syslog *out) {
    struct stamp stamp;
    size_t len = read_stamp(text, &stamp);
    size_t behind = len < text.len && text.at[len] == ':' ? len + 1 : len; /* Cisco's colon */
    if (len == 0 || (behind < text.len && text.at[behind] != ' ')) {
        text = skip_blank(text);
        out->message = skip_blank(skip(text, read_tag(text, out)));
        return;
    }
    out->timestamp = (struct chute_str){ text.at, len };
    text = skip_blank(skip(text, behind));
    struct chute_str host = word_of(text);
    if (behind == len && host.len < text.len && is_host(host)) {
        out->host = host;
        text = skip(text, host.len + 1);
    }
    out->message = skip_blank(skip(text, read_tag(text, out)));
}

bool chute_syslog_parse(struct chute_str text, struct chute_syslog *out) {
    *out = (struct chute_syslog){ 0 };
    if (text.len < 3 || text.at[0] != '<') {
        return false;
    }
    size_t digits = read_number(skip(text, 1), 1, PRIORITY_DIGITS, &out->priority);
    if (digits == 0 || digits + 1 >= text.len || text.at[digits + 1] != '>') {
        return false;
    }
    text = skip(text, digits + 2);
    if (!read_5424(text, out)) {
        read_3164(text, out);
    }
    return true;
}

/* ------------------------------------------------------------------ structured data */

/* The value without the backslashes before `"`, `\` and `]`. */
static struct chute_str unescape(struct chute_arena *arena, struct chute_str value) {
    if (value.len == 0 || memchr(value.at, '\\', value.len) == NULL) {
        return value;
    }
    char *out = chute_arena_get(arena, value.len);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '\\' && i + 1 < value.len &&
            memchr("\"\\]", value.at[i + 1], 3) != NULL) {
            i++;
        }
        out[len++] = value.at[i];
    }
    return (struct chute_str){ out, len };
}

static void add_parameter(struct chute_arena *arena, struct chute_object *object,
    struct chute_str name, struct chute_value value) {
    struct chute_value *there = chute_object_get(object, name);
    if (there == NULL) {
        chute_object_set(arena, object, name, value);
    } else if (there->type == CHUTE_ARRAY) {
        chute_array_add(arena, there->as.array, value);
    } else {
        struct chute_value both = chute_array_new(arena, 2);
        chute_array_add(arena, both.as.array, *there);
        chute_array_add(arena, both.as.array, value);
        chute_object_set(arena, object, name, both);
    }
}

struct chute_value chute_syslog_structured(struct chute_arena *arena, struct chute_str data) {
    struct chute_value all = chute_object_new(arena, 2);
    size_t element;
    while ((element = element_len(data)) > 0) {
        struct chute_str inside = { data.at + 1, element - 2 };
        struct chute_str id = read_name(inside), name, value;
        struct chute_value *there = chute_object_get(all.as.object, id);
        struct chute_value object = there != NULL ? *there : chute_object_new(arena, 4);
        inside = skip(inside, id.len);
        size_t len;
        while ((len = read_parameter(inside, &name, &value)) > 0) {
            add_parameter(arena, object.as.object, name, chute_string(unescape(arena, value)));
            inside = skip(inside, len);
        }
        chute_object_set(arena, all.as.object, id, object);
        data = skip(data, element);
    }
    return all;
}
