/* filters/redact - hides secrets: what detectors find in texts and by the names of fields, whole fields that the
 * configuration names, and what its own patterns match. */
#include "conf/ast.h"
#include "filters/redact/redact.h"
#include "pipeline/base/alloc.h"

/* With fewer patterns it is cheaper to run each of them. */
#define FEWEST_TO_PREFILTER 3

static const struct chute_option options[] = {
    { .name = "detectors",
        CHUTE_LIST(struct redact, detectors),
        .sample = "[\"email\"]",
        .doc =
            "What to look for: kinds (credit_card, jwt, email …), groups (secrets, pii, financial) "
            "or all; a minus before a name takes it out again. Without this option all, unless "
            "fields or patterns are set: then only those. ip_address is looked for when it is "
            "named itself." },
    { .name = "fields",
        CHUTE_LIST(struct redact, fields),
        .doc = "Fields whose value, of whatever type, is hidden: names and globs (*password*), "
               "at any depth and in any case; or references ([user][ssn]), exactly there. The "
               "detector field has a list of names of its own." },
    { .name = "patterns",
        CHUTE_VALUE(struct redact, written_patterns),
        .sample = "{ \"card\" => \"\\d{16}\" }",
        .doc = "Regular expressions, as a hash of names or a list: what they match in texts is "
               "hidden. A text in which one of them gives up is hidden as a whole." },
    { .name = "source",
        CHUTE_REFS(struct redact, source),
        .doc = "Where detectors and patterns look at texts, with all that is below; without it, in "
               "the whole event but @metadata." },
    { .name = "action",
        CHUTE_VALUE(struct redact, written_action),
        .sample = "\"mask\"",
        .doc =
            "What becomes of what is found: replace (the default), mask (a star for each "
            "character), partial (the last keep_last characters stay), hash (the same value gives "
            "the same text), remove (the field goes) or drop (the event goes). Or a hash of these "
            "by "
            "kind, group, pattern, \"fields\" or \"all\"." },
    { .name = "replacement",
        CHUTE_TEXT(struct redact, replacement),
        .doc =
            "What replace puts there. Without it [REDACTED:kind] for what detectors find, and "
            "[REDACTED] for fields and patterns. For patterns it may hold \\1 and \\k<name>; whole "
            "values then become [REDACTED]." },
    { .name = "keep_last",
        CHUTE_INTEGER(struct redact, keep_last),
        .fallback = "4",
        .has_bounds = true,
        .min = 0,
        .max = 64,
        .sample = "2",
        .doc = "How many characters partial leaves; none of a value that has fewer than twice as "
               "many." },
    { .name = "key",
        CHUTE_TEXT(struct redact, key),
        .is_secret = true,
        .doc = "The key of hash, which is HMAC-SHA-256. Whoever has it can try values." },
    { .name = "audit",
        CHUTE_BOOLEAN(struct redact, has_audit),
        .fallback = "false",
        .doc = "Puts what was found, and how often, under [@metadata][redact]; never the values." },
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
    self->patterns[self->pattern_count++] =
        (struct redact_pattern){ .name = chute_arena_copy(prepare->arena, name), .regex = regex };
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
    struct chute_str *texts = chute_calloc(self->pattern_count, sizeof(*texts));
    for (size_t i = 0; i < self->pattern_count; i++) {
        texts[i] = chute_regex_translated(self->patterns[i].regex);
    }
    self->prefilter = chute_prefilter_create(texts, self->pattern_count);
    chute_free(texts);
}

/* ------------------------------------------------------------------ detectors */

static bool prepare_detectors(struct redact *self, const struct chute_prepare *prepare) {
    bool is_set = chute_prepare_is_set(prepare, "detectors");
    bool is_good = true;
    if (!is_set && self->fields.count == 0 && self->written_patterns.type == CHUTE_NULL) {
        self->kinds = chute_redact_kinds_named(CHUTE_STR("all"));
    }
    for (size_t i = 0; i < self->detectors.count; i++) {
        char error[CHUTE_REDACT_ERROR_SIZE];
        if (!chute_redact_kinds_take(&self->kinds, self->detectors.items[i], i == 0, error)) {
            chute_prepare_refuse(prepare, "detectors", "%s", error);
            is_good = false;
        }
    }
    uint32_t of_texts = self->kinds & ~CHUTE_REDACT_BIT(CHUTE_REDACT_FIELD);
    self->plan = of_texts == 0 ? NULL : chute_redact_plan_create(of_texts);
    return is_good;
}

/* ------------------------------------------------------------------ findings and actions */

static struct redact_finding make_finding(const struct redact *self,
    const struct chute_prepare *prepare, struct chute_str name, bool is_kind) {
    struct redact_finding finding = { .name = name };
    if (self->replacement.at != NULL) {
        finding.replacement = self->replacement;
    } else if (is_kind) {
        finding.replacement =
            chute_arena_printf(prepare->arena, "[REDACTED:%.*s]", CHUTE_STR_ARGS(name));
    }
    if (finding.replacement.at == NULL ||
        (self->replacement.len > 0 &&
            memchr(self->replacement.at, '\\', self->replacement.len) != NULL)) {
        finding.replacement = CHUTE_STR("[REDACTED]"); /* groups, which a whole value has not */
    }
    return finding;
}

static void prepare_findings(struct redact *self, const struct chute_prepare *prepare) {
    self->finding_count = FOUND_BY_PATTERN + self->pattern_count;
    self->findings = chute_arena_get(prepare->arena, sizeof(*self->findings) * self->finding_count);
    for (size_t i = 0; i < CHUTE_REDACT_KINDS; i++) {
        self->findings[i] =
            make_finding(self, prepare, chute_str_of(chute_redact_kinds[i].name), true);
    }
    self->findings[FOUND_BY_FIELDS] = make_finding(self, prepare, CHUTE_STR("fields"), false);
    for (size_t i = 0; i < self->pattern_count; i++) {
        self->findings[FOUND_BY_PATTERN + i] =
            make_finding(self, prepare, self->patterns[i].name, false);
    }
}

/* The number of the action of that name; -1 after refusing it. */
static int action_named(const struct chute_prepare *prepare, const struct chute_value *value) {
    struct chute_str name = value->type == CHUTE_STRING ? chute_value_str(value) : CHUTE_STR("");
    for (int i = 0; chute_redact_actions[i] != NULL; i++) {
        if (chute_str_eq(name, chute_str_of(chute_redact_actions[i]))) {
            return i;
        }
    }
    chute_prepare_refuse(prepare, "action",
        "\"%.*s\" is no action: replace, mask, partial, hash, remove or drop",
        CHUTE_STR_ARGS(name));
    return -1;
}

/* Sets the action of what `name` stands for. False if that is nothing. */
static bool set_action(
    struct redact *self, struct chute_str name, enum chute_redact_action action) {
    bool is_all = chute_str_eq(name, CHUTE_STR("all"));
    uint32_t kinds = is_all ? CHUTE_REDACT_ALL : chute_redact_kinds_named(name);
    bool is_found = false;
    for (size_t i = 0; i < self->finding_count; i++) {
        bool is_meant = i < CHUTE_REDACT_KINDS ? (kinds & CHUTE_REDACT_BIT(i)) != 0
                                               : chute_str_eq(self->findings[i].name, name);
        if (is_meant || is_all) {
            self->findings[i].action = action;
            is_found = true;
        }
    }
    return is_found;
}

/* "all" first, then groups, then what is more particular, however it was written. */
static bool prepare_actions_by_name(struct redact *self, const struct chute_prepare *prepare) {
    const struct chute_object *written = self->written_action.as.object;
    bool is_good = true;
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < written->count; i++) {
            struct chute_str name = { written->members[i].key, written->members[i].key_len };
            uint32_t kinds = chute_redact_kinds_named(name);
            int rank = chute_str_eq(name, CHUTE_STR("all")) ? 0
                       : (kinds & (kinds - 1)) != 0         ? 1
                                                            : 2;
            if (rank != round) {
                continue;
            }
            int action = action_named(prepare, &written->members[i].value);
            if (action >= 0 && !set_action(self, name, (enum chute_redact_action)action)) {
                chute_prepare_refuse(prepare, "action",
                    "\"%.*s\" is no kind, group or pattern here", CHUTE_STR_ARGS(name));
                action = -1;
            }
            is_good = is_good && action >= 0;
        }
    }
    return is_good;
}

static bool prepare_actions(struct redact *self, const struct chute_prepare *prepare) {
    const struct chute_value *written = &self->written_action;
    bool is_good = true;
    if (written->type == CHUTE_OBJECT) {
        is_good = prepare_actions_by_name(self, prepare);
    } else if (written->type != CHUTE_NULL) {
        int action = action_named(prepare, written);
        is_good =
            action >= 0 && set_action(self, CHUTE_STR("all"), (enum chute_redact_action)action);
    }
    bool needs_key = false;
    for (size_t i = 0; i < self->finding_count; i++) {
        struct redact_finding *finding = &self->findings[i];
        needs_key = needs_key || finding->action == CHUTE_REDACT_HASH;
        finding->is_clean =
            finding->action == CHUTE_REDACT_REPLACE && !needs_escape(finding->replacement);
    }
    if (needs_key && self->key.len == 0) {
        chute_prepare_refuse(prepare, "action", "hash needs a key: key => \"${REDACT_KEY}\"");
        is_good = false;
    }
    return is_good;
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct redact *self = settings;
    bool is_good = prepare_fields(self, prepare);
    is_good = prepare_patterns(self, prepare) && is_good;
    is_good = prepare_detectors(self, prepare) && is_good;
    if (is_good && self->names.count + self->path_count + self->pattern_count == 0 &&
        self->kinds == 0) {
        chute_prepare_refuse(
            prepare, NULL, "needs detectors, fields or patterns, or it hides nothing");
        is_good = false;
    }
    if (is_good) {
        prepare_findings(self, prepare);
        is_good = prepare_actions(self, prepare);
    }
    prepare_prefilter(self);
    return is_good;
}

static void finish(void *settings) {
    struct redact *self = settings;
    for (size_t i = 0; i < self->pattern_count; i++) {
        chute_regex_destroy(self->patterns[i].regex);
    }
    chute_prefilter_destroy(self->prefilter);
    chute_redact_plan_destroy(self->plan);
}

static struct chute_str pattern(const void *settings, size_t index) {
    const struct redact *self = settings;
    return index < self->pattern_count ? self->patterns[index].name : (struct chute_str){ 0 };
}

static void add_notes(struct chute_buf *page) {
    chute_buf_printf(page, "## Detectors\n\n| Name | Group | |\n|---|---|---|\n");
    for (size_t i = 0; i < CHUTE_REDACT_KINDS; i++) {
        const struct chute_redact_kind_row *row = &chute_redact_kinds[i];
        chute_buf_printf(page, "| `%s` | %s | %s%s |\n", row->name, row->group, row->doc,
            row->is_named_only ? " Only when it is named." : "");
    }
}

const struct chute_filter_plugin chute_filter_redact = {
    .name = "redact",
    .summary = "Hides secrets and personal data: redact { } is enough.",
    .settings_size = sizeof(struct redact),
    .options = options,
    .prepare = prepare,
    .finish = finish,
    .add_notes = add_notes,
    .run_batch = redact_run_batch,
    .pattern = pattern,
    .worker_size = sizeof(struct redact_worker),
    .worker_init = redact_worker_init,
    .worker_finish = redact_worker_finish,
};
