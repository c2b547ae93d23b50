/* filters/redact.c - hides secrets: whole fields by their name, and what patterns match in texts. */
#include "conf/ast.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/regex.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/key_match.h"
#include "pipeline/text/prefilter.h"

/* With fewer patterns it is cheaper to run each of them. */
#define FEWEST_TO_PREFILTER 3

struct redact_pattern {
    struct chute_str name;
    const char *counter; /* "patterns.name" */
    struct chute_regex *regex;
};

struct redact {
    struct chute_list fields;
    struct chute_value written_patterns;
    struct chute_str replacement;
    struct chute_refs source;
    struct chute_key_rules names; /* of `fields`, those without brackets */
    struct chute_ref *paths;      /* those with */
    size_t path_count;
    struct redact_pattern *patterns;
    size_t pattern_count;
    struct chute_prefilter *prefilter; /* NULL: all patterns are run */
    struct chute_value whole;          /* in place of a whole value */
    bool is_clean;                     /* the replacement holds nothing that JSON escapes */
};

struct redact_worker {
    struct chute_key_cache keys;
    struct chute_buf buf;
    uint64_t *candidates; /* set of patterns */
    /* Values changed in the batch at hand: 0 for the name of their field, n + 1 by pattern n. */
    uint64_t *counts;
};

static const struct chute_option options[] = {
    { .name = "fields",
        CHUTE_LIST(struct redact, fields),
        .doc = "Fields whose value, of whatever type, is replaced: names and globs (*password*), "
               "at any depth and in any case; or references ([user][ssn]), exactly there." },
    { .name = "patterns",
        CHUTE_VALUE(struct redact, written_patterns),
        .sample = "{ \"card\" => \"\\d{16}\" }",
        .doc = "Regular expressions, as a hash of names or a list: what they match in texts is "
               "replaced. A text in which one of them gives up is replaced as a whole." },
    { .name = "replacement",
        CHUTE_TEXT(struct redact, replacement),
        .fallback = "[REDACTED]",
        .doc =
            "What stands there instead; for patterns it may hold \\1 and \\k<name>. Whole values "
            "then become [REDACTED]." },
    { .name = "source",
        CHUTE_REFS(struct redact, source),
        .doc =
            "Where the patterns look, with all that is below; without it, in the whole event but "
            "@metadata." },
    { 0 },
};

/* ------------------------------------------------------------------ the configuration */

static bool needs_escape(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == '"' || text.at[i] == '\\') {
            return true;
        }
    }
    return false;
}

static bool prepare_fields(struct redact *self, const struct chute_prepare *prepare) {
    size_t count = self->fields.count;
    struct chute_str *names = chute_arena_get(prepare->arena, sizeof(*names) * (count + 1));
    size_t name_count = 0;
    bool is_good = true;
    self->paths = chute_arena_get(prepare->arena, sizeof(*self->paths) * (count + 1));
    for (size_t i = 0; i < count; i++) {
        struct chute_str text = self->fields.items[i];
        struct chute_ref *path = &self->paths[self->path_count];
        if (!chute_ref_compile(prepare->arena, text, prepare->escape_style, path)) {
            chute_prepare_refuse(prepare, "fields",
                "\"%.*s\" is neither the name of a field nor a reference to one",
                CHUTE_STR_ARGS(text));
            is_good = false;
        } else if (path->is_timestamp || path->count == 0) {
            chute_prepare_refuse(prepare, "fields", "%s cannot become a text",
                path->is_timestamp ? "@timestamp" : "@metadata as a whole");
            is_good = false;
        } else if (text.at[0] == '[') {
            self->path_count++;
        } else {
            names[name_count++] = text;
        }
    }
    self->names = chute_key_rules_compile(prepare->arena, names, name_count);
    return is_good;
}

static bool has_pattern(const struct redact *self, struct chute_str name) {
    for (size_t i = 0; i < self->pattern_count; i++) {
        if (chute_str_eq(self->patterns[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool add_pattern(struct redact *self, const struct chute_prepare *prepare,
    struct chute_str name, const struct chute_value *text) {
    if (text->type != CHUTE_STRING) {
        chute_prepare_refuse(
            prepare, "patterns", "pattern \"%.*s\" is not a text", CHUTE_STR_ARGS(name));
        return false;
    }
    struct chute_regex_error error;
    struct chute_regex_options hot = { .is_hot = true };
    struct chute_regex *regex = chute_regex_compile(chute_value_str(text), &hot, &error);
    if (regex == NULL) {
        chute_prepare_refuse(prepare, "patterns", "pattern \"%.*s\": \"%.*s\": %s",
            CHUTE_STR_ARGS(name), CHUTE_STR_ARGS(chute_value_str(text)), error.text);
        return false;
    }
    struct chute_str counter =
        chute_arena_printf(prepare->arena, "patterns.%.*s", CHUTE_STR_ARGS(name));
    self->patterns[self->pattern_count++] = (struct redact_pattern){
        .name = chute_arena_copy(prepare->arena, name), .counter = counter.at, .regex = regex
    };
    return true;
}

/* In written order, as one pattern may look at what another has put there; a hash's own order is Java's. */
static bool add_named_patterns(struct redact *self, const struct chute_prepare *prepare) {
    bool is_good = true;
    for (size_t a = 0; a < prepare->ast->count; a++) {
        const struct chute_ast_attribute *attribute = &prepare->ast->attributes[a];
        if (!chute_str_eq(attribute->name, CHUTE_STR("patterns"))) {
            continue;
        }
        for (size_t i = 0; i < attribute->value.hash.count; i++) {
            struct chute_str name = attribute->value.hash.entries[i].key.text;
            const struct chute_value *text =
                chute_object_get(self->written_patterns.as.object, name);
            chute_assert(text != NULL);
            is_good =
                (has_pattern(self, name) || add_pattern(self, prepare, name, text)) && is_good;
        }
    }
    return is_good;
}

static bool prepare_patterns(struct redact *self, const struct chute_prepare *prepare) {
    const struct chute_value *written = &self->written_patterns;
    struct chute_arena *arena = prepare->arena;
    if (written->type == CHUTE_NULL) {
        return true;
    }
    if (written->type == CHUTE_OBJECT) {
        self->patterns =
            chute_arena_get(arena, sizeof(*self->patterns) * (written->as.object->count + 1));
        return add_named_patterns(self, prepare);
    }
    bool is_list = written->type == CHUTE_ARRAY;
    uint32_t count = is_list ? written->as.array->count : 1;
    self->patterns = chute_arena_get(arena, sizeof(*self->patterns) * (count + 1));
    bool is_good = true;
    for (uint32_t i = 0; i < count; i++) {
        is_good = add_pattern(self, prepare, chute_arena_printf(arena, "%u", i + 1),
                      is_list ? &written->as.array->items[i] : written) &&
                  is_good;
    }
    return is_good;
}

static void prepare_prefilter(struct redact *self) {
    if (self->pattern_count < FEWEST_TO_PREFILTER) {
        return;
    }
    struct chute_prefilter_need *needs = chute_calloc(self->pattern_count, sizeof(*needs));
    for (size_t i = 0; i < self->pattern_count; i++) {
        needs[i].literal = chute_regex_literal(self->patterns[i].regex);
        needs[i].digits = chute_prefilter_digits(chute_regex_translated(self->patterns[i].regex));
    }
    self->prefilter = chute_prefilter_create(needs, self->pattern_count);
    chute_free(needs);
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct redact *self = settings;
    bool is_good = prepare_fields(self, prepare);
    is_good = prepare_patterns(self, prepare) && is_good;
    if (is_good && self->names.count + self->path_count + self->pattern_count == 0) {
        chute_prepare_refuse(prepare, NULL, "needs fields or patterns, or it hides nothing");
        is_good = false;
    }
    struct chute_str replacement = self->replacement;
    self->is_clean = !needs_escape(replacement);
    if (replacement.len > 0 && memchr(replacement.at, '\\', replacement.len) != NULL) {
        replacement = CHUTE_STR("[REDACTED]"); /* groups, which a whole value has not */
    }
    self->whole =
        needs_escape(replacement) ? chute_string(replacement) : chute_clean_string(replacement);
    prepare_prefilter(self);
    return is_good;
}

static void finish(void *settings) {
    struct redact *self = settings;
    for (size_t i = 0; i < self->pattern_count; i++) {
        chute_regex_destroy(self->patterns[i].regex);
    }
    chute_prefilter_destroy(self->prefilter);
}

static void worker_init(const void *settings, void *memory) {
    const struct redact *self = settings;
    struct redact_worker *worker = memory;
    worker->candidates = chute_calloc(self->pattern_count / 64 + 1, sizeof(uint64_t));
    worker->counts = chute_calloc(1 + self->pattern_count, sizeof(uint64_t));
}

static void worker_finish(void *memory) {
    struct redact_worker *worker = memory;
    chute_buf_finish(&worker->buf);
    chute_free(worker->candidates);
    chute_free(worker->counts);
}

/* ------------------------------------------------------------------ the events */

/* One pass over a batch. */
struct pass {
    const struct redact *self;
    struct redact_worker *worker;
    struct chute_run *run;
    bool has_changed; /* the event at hand */
    bool takes_names, takes_texts;
};

static void hide(struct pass *pass, struct chute_value *value, size_t counter) {
    *value = pass->self->whole;
    pass->worker->counts[counter]++;
    pass->has_changed = true;
}

/* Runs pattern `index` over a text. True if it changed it and others may look at what is left. */
static bool run_pattern(struct pass *pass, struct chute_value *value, size_t index) {
    const struct redact *self = pass->self;
    const struct chute_regex *regex = self->patterns[index].regex;
    struct chute_regex_scratch *scratch = pass->run->scratch;
    struct chute_buf *buf = &pass->worker->buf;
    int found = 1;
    if (self->prefilter == NULL) { /* else it is likely to match, and worth a copy of the text */
        found = chute_regex_test(regex, scratch, chute_value_str(value));
    }
    if (found > 0) {
        buf->len = 0;
        found =
            chute_regex_replace_all(regex, scratch, chute_value_str(value), self->replacement, buf);
    }
    if (found == 0) {
        return false;
    }
    if (found < 0) {
        hide(pass, value, 1 + index); /* not decided: then nothing of it may pass */
        return true;
    }
    bool is_clean = self->is_clean && (value->flags & CHUTE_CLEAN) != 0;
    struct chute_str text = chute_arena_copy(pass->run->arena, chute_buf_str(buf));
    *value = is_clean ? chute_clean_string(text) : chute_string(text);
    pass->worker->counts[1 + index]++;
    pass->has_changed = true;
    return true;
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
static void redact_text(struct pass *pass, struct chute_value *value) {
    const struct redact *self = pass->self;
    size_t count = self->pattern_count;
    if (self->prefilter == NULL) {
        for (size_t i = 0; i < count; i++) {
            run_pattern(pass, value, i);
        }
        return;
    }
    uint64_t *set = pass->worker->candidates;
    if (!chute_prefilter_scan(self->prefilter, chute_value_str(value), set)) {
        return;
    }
    for (size_t i = next_in_set(set, 0, count); i < count; i = next_in_set(set, i + 1, count)) {
        if (run_pattern(pass, value, i)) {
            chute_prefilter_scan(self->prefilter, chute_value_str(value), set);
        }
    }
}

/* True for what must stay a time. */
static bool is_timestamp(const struct chute_member *member) {
    return member->value.type == CHUTE_TIME &&
           chute_str_eq(
               (struct chute_str){ member->key, member->key_len }, CHUTE_STR("@timestamp"));
}

static void walk(struct pass *pass, struct chute_value *value) {
    if (value->type == CHUTE_STRING) {
        if (pass->takes_texts) {
            redact_text(pass, value);
        }
    } else if (value->type == CHUTE_ARRAY) {
        for (uint32_t i = 0; i < value->as.array->count; i++) {
            walk(pass, &value->as.array->items[i]);
        }
    } else if (value->type == CHUTE_OBJECT) {
        for (uint32_t i = 0; i < value->as.object->count; i++) {
            struct chute_member *member = &value->as.object->members[i];
            if (pass->takes_names && !is_timestamp(member) &&
                chute_key_match(&pass->self->names, &pass->worker->keys,
                    (struct chute_str){ member->key, member->key_len }, member->head) != 0) {
                hide(pass, &member->value, 0);
            } else {
                walk(pass, &member->value);
            }
        }
    }
}

static void redact_event(struct pass *pass, struct chute_event *event) {
    const struct redact *self = pass->self;
    pass->has_changed = false;
    for (size_t i = 0; i < self->path_count; i++) {
        struct chute_value *value = chute_event_get(event, &self->paths[i]);
        if (value != NULL) {
            hide(pass, value, 0);
        }
    }
    pass->takes_names = self->names.count > 0;
    pass->takes_texts = self->pattern_count > 0 && self->source.count == 0;
    if (pass->takes_names || pass->takes_texts) {
        walk(pass, &event->fields);
    }
    pass->takes_names = false;
    pass->takes_texts = true;
    for (size_t i = 0; i < self->source.count; i++) {
        struct chute_value *value = chute_event_get(event, &self->source.items[i]);
        if (value != NULL) {
            walk(pass, value);
        }
    }
    if (pass->has_changed) {
        chute_run_match(pass->run, event);
    }
}

static void run_batch(
    const void *settings, const struct chute_selection *selection, struct chute_run *run) {
    struct pass pass = { .self = settings, .worker = run->worker, .run = run };
    uint64_t *counts = pass.worker->counts;
    for (size_t i = 0; i < selection->count; i++) {
        redact_event(&pass, selection->events[i]);
    }
    for (size_t i = 0; i < 1 + pass.self->pattern_count; i++) {
        if (counts[i] > 0) {
            chute_run_count(run, i == 0 ? "fields" : pass.self->patterns[i - 1].counter, counts[i]);
            counts[i] = 0;
        }
    }
}

const struct chute_filter_plugin chute_filter_redact = {
    .name = "redact",
    .summary = "Hides secrets: whole fields by their name, and what patterns match in texts.",
    .settings_size = sizeof(struct redact),
    .options = options,
    .prepare = prepare,
    .finish = finish,
    .run_batch = run_batch,
    .worker_size = sizeof(struct redact_worker),
    .worker_init = worker_init,
    .worker_finish = worker_finish,
};
