/* filters/redact/walk.c - the way through an event: every name, every text, and what becomes of what is found. */
#include <stdio.h>

#include "filters/redact/redact.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/base/json.h"
#include "pipeline/text/redact/name.h"
#include "pipeline/text/redact/value.h"

#define SHORTEST_SECRET 4 /* bytes of a text that detectors look at */

/* What is known of a key, as the cache keeps it. */
#define KEY_IS_NAMED 1u /* by `fields` */
#define KEY_HOLDS 2u    /* a secret itself */
#define KEY_IS_NAME 4u  /* of something: `name`, `key` */
#define KEY_IS_VALUE 8u /* of what such a name says */
#define KEY_MEANING(m) ((uint32_t)(m) << 8)
#define MEANING_OF(key) ((enum chute_redact_name)((key) >> 8))

/* What is to be done with a value once it was looked at. */
enum after {
    STAYS, /* changed or not */
    GOES,
};

/* One pass over a batch. */
struct pass {
    const struct redact *self;
    struct redact_worker *worker;
    struct chute_run *run;
    struct chute_str root; /* the reference at which the way begins; empty: the event */
    const struct chute_member *path[DEPTH_SHOWN]; /* from there to the value at hand */
    size_t depth;
    bool has_changed; /* the event at hand */
    bool is_dropped;
    bool takes_names, takes_texts;
};

/* ------------------------------------------------------------------ what becomes of a finding */

/* "[user][email]", or "message" at the top. */
static struct chute_str label_of(struct pass *pass) {
    struct chute_buf *label = &pass->worker->label;
    label->len = 0;
    chute_buf_add_str(label, pass->root);
    size_t depth = pass->depth < DEPTH_SHOWN ? pass->depth : DEPTH_SHOWN;
    bool is_plain = depth == 1 && pass->root.len == 0;
    for (size_t i = 0; i < depth; i++) {
        chute_buf_add_str(label, is_plain ? CHUTE_STR("") : CHUTE_STR("["));
        chute_buf_add(label, pass->path[i]->key, pass->path[i]->key_len);
        chute_buf_add_str(label, is_plain ? CHUTE_STR("") : CHUTE_STR("]"));
    }
    return chute_buf_str(label);
}

static const struct redact_finding *note(struct pass *pass, size_t index) {
    const struct redact_finding *finding = &pass->self->findings[index];
    pass->worker->counts[index]++;
    pass->has_changed = true;
    pass->is_dropped = pass->is_dropped || finding->action == CHUTE_REDACT_DROP;
    redact_tally_add(&pass->worker->tally, finding->name, label_of(pass));
    return finding;
}

/* Appends what stands in place of `text`. */
static void put(struct pass *pass, const struct redact_finding *finding, struct chute_str text,
    struct chute_buf *out) {
    switch (finding->action) {
    case CHUTE_REDACT_MASK:
        chute_redact_mask(out, text, 0);
        break;
    case CHUTE_REDACT_PARTIAL:
        chute_redact_mask(out, text, (size_t)pass->self->keep_last);
        break;
    case CHUTE_REDACT_HASH:
        chute_redact_hash(out, finding->name, text, pass->self->key);
        break;
    default:
        chute_buf_add_str(out, finding->replacement);
    }
}

static struct chute_value keep(struct pass *pass, struct chute_str text, bool is_clean) {
    struct chute_str kept = chute_arena_copy(pass->run->arena, text);
    return is_clean ? chute_clean_string(kept) : chute_string(kept);
}

/* Hides a whole value, of whatever type. */
static enum after hide(struct pass *pass, struct chute_value *value, size_t index) {
    const struct redact_finding *finding = note(pass, index);
    if (finding->action == CHUTE_REDACT_REMOVE) {
        return GOES;
    }
    if (finding->action == CHUTE_REDACT_REPLACE || finding->action == CHUTE_REDACT_DROP) {
        *value = finding->is_clean ? chute_clean_string(finding->replacement)
                                   : chute_string(finding->replacement);
        return STAYS;
    }
    struct chute_buf *out = &pass->worker->buf;
    struct chute_str text = { 0 };
    struct chute_buf printed = { 0 };
    if (value->type == CHUTE_STRING || value->type == CHUTE_NUMBER) {
        text = chute_value_str(value);
    } else {
        chute_json_encode(&printed, value);
        text = chute_buf_str(&printed);
    }
    out->len = 0;
    put(pass, finding, text, out);
    *value = keep(pass, chute_buf_str(out), false);
    chute_buf_finish(&printed);
    return STAYS;
}

/* ------------------------------------------------------------------ texts: patterns */

/* Appends `text` with what stands in place of every match. < 0: not decided. */
static int put_matches(struct pass *pass, const struct redact_finding *finding,
    const struct chute_regex *regex, struct chute_str text, struct chute_buf *out) {
    const size_t *groups;
    size_t at = 0, copied = 0;
    int rc;
    while ((rc = chute_regex_next(regex, pass->run->scratch, text, &at, &groups)) > 0) {
        chute_buf_add(out, text.at + copied, groups[0] - copied);
        put(pass, finding, (struct chute_str){ text.at + groups[0], groups[1] - groups[0] }, out);
        copied = groups[1];
    }
    if (copied < text.len) {
        chute_buf_add(out, text.at + copied, text.len - copied);
    }
    return rc;
}

/* Runs pattern `index` over a text. `*is_found`: it changed it, and others may look at what is left. */
static enum after run_pattern(
    struct pass *pass, struct chute_value *value, size_t index, bool *is_found) {
    const struct redact *self = pass->self;
    const struct chute_regex *regex = self->patterns[index].regex;
    struct chute_regex_scratch *scratch = pass->run->scratch;
    struct chute_buf *buf = &pass->worker->buf;
    struct chute_str text = chute_value_str(value);
    int found = chute_regex_test(regex, scratch, text);
    *is_found = found != 0;
    if (found == 0) {
        return STAYS;
    }
    if (found < 0) {
        return hide(
            pass, value, FOUND_BY_PATTERN + index); /* not decided: nothing of it may pass */
    }
    const struct redact_finding *finding = note(pass, FOUND_BY_PATTERN + index);
    chute_run_hit(pass->run, index);
    bool is_clean = finding->is_clean && (value->flags & CHUTE_CLEAN) != 0;
    buf->len = 0;
    switch (finding->action) {
    case CHUTE_REDACT_REMOVE:
        return GOES;
    case CHUTE_REDACT_DROP:
        return STAYS;
    case CHUTE_REDACT_REPLACE: {
        struct chute_str with =
            self->replacement.at == NULL ? finding->replacement : self->replacement;
        found = chute_regex_replace_all(regex, scratch, text, with, buf);
        break;
    }
    default:
        found = put_matches(pass, finding, regex, text, buf);
    }
    if (found < 0) {
        return hide(pass, value, FOUND_BY_PATTERN + index);
    }
    *value = keep(pass, chute_buf_str(buf), is_clean);
    return STAYS;
}

/* The first pattern of the set from `index` on; `count` if there is none. */
static size_t next_in_set(const uint64_t *set, size_t index, size_t count) {
    while (index < count) {
        uint64_t word = set[index / 64] >> (index % 64);
        if (word != 0) {
            return index + (size_t)__builtin_ctzll(word);
        }
        index = (index / 64 + 1) * 64;
    }
    return count;
}

/* A replacement may hold what a later pattern looks for, so a changed text is looked through anew. */
static enum after run_patterns(struct pass *pass, struct chute_value *value) {
    const struct redact *self = pass->self;
    size_t count = self->pattern_count;
    uint64_t *set = pass->worker->candidates;
    bool is_found;
    if (self->prefilter == NULL) {
        for (size_t i = 0; i < count; i++) {
            if (run_pattern(pass, value, i, &is_found) == GOES) {
                return GOES;
            }
        }
        return STAYS;
    }
    if (!chute_prefilter_scan(self->prefilter, chute_value_str(value), set)) {
        return STAYS;
    }
    for (size_t i = next_in_set(set, 0, count); i < count; i = next_in_set(set, i + 1, count)) {
        if (run_pattern(pass, value, i, &is_found) == GOES) {
            return GOES;
        }
        if (is_found) {
            chute_prefilter_scan(self->prefilter, chute_value_str(value), set);
        }
    }
    return STAYS;
}

/* ------------------------------------------------------------------ texts: detectors */

static enum after put_spans(struct pass *pass, struct chute_value *value, size_t count) {
    const struct redact_worker *worker = pass->worker;
    struct chute_buf *buf = &pass->worker->buf;
    struct chute_str text = chute_value_str(value);
    bool is_clean = (value->flags & CHUTE_CLEAN) != 0;
    size_t at = 0;
    buf->len = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &worker->finder.spans[i];
        const struct redact_finding *finding = note(pass, span->kind);
        if (finding->action == CHUTE_REDACT_REMOVE) {
            return GOES;
        }
        chute_buf_add(buf, text.at + at, span->start - at);
        put(pass, finding, (struct chute_str){ text.at + span->start, span->end - span->start },
            buf);
        is_clean = is_clean && finding->is_clean;
        at = span->end;
    }
    chute_buf_add(buf, text.at + at, text.len - at);
    *value = keep(pass, chute_buf_str(buf), is_clean);
    return STAYS;
}

static enum after redact_text(struct pass *pass, struct chute_value *value) {
    const struct redact *self = pass->self;
    if (self->pattern_count > 0 && run_patterns(pass, value) == GOES) {
        return GOES;
    }
    if (self->plan == NULL || value->type != CHUTE_STRING || value->len < SHORTEST_SECRET) {
        return STAYS;
    }
    struct chute_redact_finder *finder = &pass->worker->finder;
    size_t count =
        chute_redact_find(self->plan, finder, pass->run->scratch, chute_value_str(value));
    if (finder->is_undecided) {
        return hide(pass, value, CHUTE_REDACT_HIGH_ENTROPY);
    }
    return count == 0 ? STAYS : put_spans(pass, value, count);
}

/* ------------------------------------------------------------------ names */

/* The part a key has in `{"name": "DB_PASSWORD", "value": "…"}`. */
static uint32_t part_of(struct chute_str key) {
    static const char *const names[] = { "name", "key", "header", "field" };
    static const char *const values[] = { "value", "val", "content" };
    return chute_str_is_one_of(key, names, sizeof(names) / sizeof(names[0]))      ? KEY_IS_NAME
           : chute_str_is_one_of(key, values, sizeof(values) / sizeof(values[0])) ? KEY_IS_VALUE
                                                                                  : 0;
}

/* What is to be known of a key. */
static uint32_t look_at_key(struct pass *pass, struct chute_str key) {
    const struct redact *self = pass->self;
    uint32_t known =
        self->names.count > 0 && chute_key_match(&self->names, key) != 0 ? KEY_IS_NAMED : 0;
    if (self->kinds & CHUTE_REDACT_BIT(CHUTE_REDACT_FIELD)) {
        known |= KEY_MEANING(chute_redact_name(key)) | part_of(key);
    } else if (self->kinds & CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE)) {
        enum chute_redact_name meaning = chute_redact_name(key);
        known |= meaning == CHUTE_NAME_PHONE ? KEY_MEANING(meaning) : 0;
    }
    if (self->plan != NULL && key.len >= SHORTEST_SECRET) {
        struct chute_redact_finder *finder = &pass->worker->finder;
        size_t count = chute_redact_find(self->plan, finder, pass->run->scratch, key);
        known |= count > 0 || finder->is_undecided ? KEY_HOLDS : 0;
    }
    return known;
}

static uint32_t key_facts(struct pass *pass, const struct chute_member *member) {
    struct chute_str key = { member->key, member->key_len };
    bool is_known;
    uint32_t *known = chute_key_cache_find(&pass->worker->keys, key, member->head, &is_known);
    if (known == NULL) {
        return look_at_key(pass, key);
    }
    *known = is_known ? *known : look_at_key(pass, key);
    return *known;
}

/* 0 or 1: whether a field is asked for, as in a projection of MongoDB. */
static bool is_flag(const struct chute_value *value) {
    return value->type == CHUTE_INT && (value->as.integer == 0 || value->as.integer == 1);
}

/* "69": how many there are, as a text. */
static bool is_count(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!chute_is_digit(text.at[i])) {
            return false;
        }
    }
    return text.len <= 6;
}

/* Whether a value below a sensitive name is to be hidden for that name. */
static bool is_secret(enum chute_redact_name meaning, const struct chute_value *value) {
    bool is_text = value->type == CHUTE_STRING;
    if (!is_text && !chute_value_is_number(value)) {
        return false;
    }
    if (is_text ? chute_redact_is_blank(chute_value_str(value))
                : meaning == CHUTE_NAME_SECRET && is_flag(value)) {
        return false;
    }
    switch (meaning) {
    case CHUTE_NAME_HINTS:
        return is_text && chute_redact_is_random(chute_value_str(value));
    case CHUTE_NAME_LISTS:
        return is_text && !is_count(chute_value_str(value));
    case CHUTE_NAME_SESSION_ID:
        return is_text;
    case CHUTE_NAME_SESSION:
        return !is_text || !chute_redact_is_prose(chute_value_str(value));
    case CHUTE_NAME_COOKIE:
    case CHUTE_NAME_AUTHORIZATION:
    case CHUTE_NAME_SECRET:
        return true;
    default:
        return false;
    }
}

static bool is_phone(const struct chute_value *value) {
    char digits[24];
    if (value->type == CHUTE_INT) {
        int len = snprintf(digits, sizeof(digits), "%lld", (long long)value->as.integer);
        return chute_redact_is_phone((struct chute_str){ digits, (size_t)len });
    }
    return value->type == CHUTE_STRING && chute_redact_is_phone(chute_value_str(value));
}

static enum after walk(struct pass *pass, struct chute_value *value, enum chute_redact_name above);

/* A name that holds a secret itself: {"anna@school.example": 3}. */
static void redact_key(struct pass *pass, struct chute_member *member) {
    struct chute_value key = chute_string((struct chute_str){ member->key, member->key_len });
    pass->depth--; /* counted for the object: the name itself must not be shown */
    if (redact_text(pass, &key) == GOES) {
        key = chute_string(CHUTE_STR("[REDACTED]"));
    }
    pass->depth++;
    member->key = key.as.text;
    member->key_len = key.len & 0x7FFFFFFF;
    member->key_is_clean = (key.flags & CHUTE_CLEAN) != 0;
    member->head = chute_key_head(chute_value_str(&key));
}

/* True for what must stay a time. */
static bool is_timestamp(const struct chute_member *member) {
    return member->value.type == CHUTE_TIME &&
           chute_str_eq(
               (struct chute_str){ member->key, member->key_len }, CHUTE_STR("@timestamp"));
}

/* `above`: what the names above say; `*named`: what a `name` in the same object says of its `value`. */
static enum after walk_member(struct pass *pass, struct chute_member *member,
    enum chute_redact_name above, enum chute_redact_name *named) {
    if (!pass->takes_names) {
        return walk(pass, &member->value, above);
    }
    uint32_t known = key_facts(pass, member);
    if ((known & KEY_HOLDS) != 0 && pass->takes_texts) {
        redact_key(pass, member);
    }
    if ((known & KEY_IS_NAMED) != 0 && !is_timestamp(member)) {
        return hide(pass, &member->value, FOUND_BY_FIELDS);
    }
    enum chute_redact_name meaning = MEANING_OF(known);
    if ((known & KEY_IS_NAME) != 0 && member->value.type == CHUTE_STRING) {
        *named = chute_redact_name(chute_value_str(&member->value));
        bool is_of_list = above == CHUTE_NAME_LISTS && member->key_len == strlen("name");
        if (*named != CHUTE_NAME_PLAIN || is_of_list) {
            meaning = above = CHUTE_NAME_PLAIN; /* it is only called a secret */
        }
    } else if ((known & KEY_IS_VALUE) != 0) {
        meaning = *named;
    }
    return walk(pass, &member->value, meaning > above ? meaning : above);
}

/* `above`: what the names above say of all that is below; `named`: what they say of a `value` here. */
static enum after walk_object(struct pass *pass, struct chute_object *object,
    enum chute_redact_name above, enum chute_redact_name named) {
    for (uint32_t i = 0; i < object->count;) {
        struct chute_member *member = &object->members[i];
        if (pass->depth < DEPTH_SHOWN) {
            pass->path[pass->depth] = member;
        }
        pass->depth++;
        enum after after = walk_member(pass, member, above, &named);
        pass->depth--;
        if (after == GOES) {
            memmove(member, member + 1, sizeof(*member) * (object->count - i - 1));
            object->count--;
        } else {
            i++;
        }
    }
    return STAYS;
}

/* `above`: what the names above say of texts and numbers here. */
static enum after walk(struct pass *pass, struct chute_value *value, enum chute_redact_name above) {
    if (value->type == CHUTE_ARRAY) {
        for (uint32_t i = 0; i < value->as.array->count;) {
            if (walk(pass, &value->as.array->items[i], above) == GOES) {
                chute_array_remove(value->as.array, i);
            } else {
                i++;
            }
        }
        return STAYS;
    }
    if (value->type == CHUTE_OBJECT) {
        /* a session as an object has fields of its own that tell what is secret */
        bool goes_on = above == CHUTE_NAME_LISTS || above >= CHUTE_NAME_COOKIE;
        return walk_object(pass, value->as.object, goes_on ? above : CHUTE_NAME_PLAIN, above);
    }
    if (above != CHUTE_NAME_PLAIN && above != CHUTE_NAME_PHONE && is_secret(above, value)) {
        return hide(pass, value, CHUTE_REDACT_FIELD);
    }
    if (above == CHUTE_NAME_PHONE && is_phone(value)) {
        return hide(pass, value, CHUTE_REDACT_PHONE);
    }
    return value->type == CHUTE_STRING && pass->takes_texts ? redact_text(pass, value) : STAYS;
}

/* ------------------------------------------------------------------ events */

static void hide_path(struct pass *pass, struct chute_event *event, const struct chute_ref *path) {
    struct chute_value *value = chute_event_get(event, path);
    pass->root = path->text;
    if (value != NULL && hide(pass, value, FOUND_BY_FIELDS) == GOES) {
        chute_event_remove(event, path, NULL);
    }
}

/* [@metadata][redact] => { "email" => 2 }: what and how often, never what it was. */
static void add_audit(struct pass *pass, struct chute_event *event) {
    struct chute_arena *arena = pass->run->arena;
    struct chute_value counts = chute_object_new(arena, 4);
    for (size_t i = 0; i < pass->self->finding_count; i++) {
        if (pass->worker->counts[i] > 0) {
            chute_object_set(arena, counts.as.object, pass->self->findings[i].name,
                chute_int(pass->worker->counts[i]));
        }
    }
    chute_object_set(arena, chute_event_metadata(event)->as.object, CHUTE_STR("redact"), counts);
}

static void redact_event(struct pass *pass, struct chute_event *event) {
    const struct redact *self = pass->self;
    pass->has_changed = pass->is_dropped = false;
    pass->depth = 0;
    for (size_t i = 0; i < self->path_count; i++) {
        hide_path(pass, event, &self->paths[i]);
    }
    bool has_texts = self->pattern_count > 0 || self->plan != NULL;
    pass->root = CHUTE_STR("");
    pass->takes_names = self->names.count > 0 || self->kinds != 0;
    pass->takes_texts = has_texts && self->source.count == 0;
    if (pass->takes_names || pass->takes_texts) {
        walk(pass, &event->fields, CHUTE_NAME_PLAIN);
    }
    pass->takes_names = false;
    pass->takes_texts = has_texts;
    for (size_t i = 0; i < self->source.count; i++) {
        struct chute_value *value = chute_event_get(event, &self->source.items[i]);
        pass->root = self->source.items[i].text;
        if (value != NULL && walk(pass, value, CHUTE_NAME_PLAIN) == GOES) {
            chute_event_remove(event, &self->source.items[i], NULL);
        }
    }
}

void redact_worker_init(const void *settings, void *memory) {
    const struct redact *self = settings;
    struct redact_worker *worker = memory;
    worker->candidates = chute_calloc(self->pattern_count / 64 + 1, sizeof(uint64_t));
    worker->counts = chute_calloc(self->finding_count, sizeof(uint32_t));
}

void redact_worker_finish(void *memory) {
    struct redact_worker *worker = memory;
    chute_redact_finder_finish(&worker->finder);
    chute_buf_finish(&worker->buf);
    chute_buf_finish(&worker->label);
    redact_tally_finish(&worker->tally);
    chute_free(worker->candidates);
    chute_free(worker->counts);
}

void redact_run_batch(
    const void *settings, const struct chute_selection *selection, struct chute_run *run) {
    struct pass pass = { .self = settings, .worker = run->worker, .run = run };
    for (size_t i = 0; i < selection->count; i++) {
        struct chute_event *event = selection->events[i];
        redact_event(&pass, event);
        if (!pass.has_changed) {
            continue;
        }
        if (pass.self->has_audit) {
            add_audit(&pass, event);
        }
        memset(pass.worker->counts, 0, sizeof(uint32_t) * pass.self->finding_count);
        if (pass.is_dropped) {
            chute_run_drop(run, event);
        } else {
            chute_run_match(run, event);
        }
    }
    redact_tally_flush(&pass.worker->tally, run);
}
