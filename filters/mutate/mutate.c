/* filters/mutate/mutate.c - renames, sets, converts and rewrites fields. */
#include "filters/mutate/mutate.h"

#include "pipeline/base/utf8.h"
#include "pipeline/text/ruby.h"

struct mutate {
    const struct chute_object *coerce, *rename, *update, *replace, *convert;
    struct chute_list gsub, uppercase, capitalize, lowercase, strip;
    const struct chute_object *split, *join, *merge, *copy;
    struct chute_str tag_on_failure;
    struct mutate_step *steps; /* in the order in which they are run */
    size_t count;
};

#define MUTATE_HASH(member) .name = #member, CHUTE_HASH(struct mutate, member)
#define MUTATE_LIST(member) .name = #member, CHUTE_LIST(struct mutate, member)
#define MUTATE_OBSOLETE(option, instead)                                                           \
    .name = option, .state = CHUTE_OPTION_OBSOLETE, .hint = instead

static const struct chute_option options[] = {
    { MUTATE_HASH(coerce),
        .doc = "Fields that are there but null, and the value that they get instead." },
    { MUTATE_HASH(rename), .doc = "Fields and their new names." },
    { MUTATE_HASH(update), .doc = "Fields to set where they are there already." },
    { MUTATE_HASH(replace), .doc = "Fields to set, there or not." },
    { MUTATE_HASH(convert), .sample = "{ \"a\" => \"integer\" }",
        .doc = "Fields and the type they get: string, integer, float, boolean, integer_eu or "
               "float_eu; an array's items are converted." },
    { MUTATE_LIST(gsub), .sample = "[\"a\", \"b\", \"c\"]",
        .doc = "Field, regular expression, replacement; any number of such threes." },
    { MUTATE_LIST(uppercase), .doc = "Fields to put into upper case." },
    { MUTATE_LIST(capitalize), .doc = "Fields to put into lower case but for the first letter." },
    { MUTATE_LIST(lowercase), .doc = "Fields to put into lower case." },
    { MUTATE_LIST(strip), .doc = "Fields to take the white space around them from." },
    { MUTATE_HASH(split), .doc = "Fields to split into arrays, and the separator." },
    { MUTATE_HASH(join), .doc = "Arrays to join into texts, and the separator." },
    { MUTATE_HASH(merge),
        .doc = "Fields, and the field or fields whose items or members are added to them." },
    { MUTATE_HASH(copy), .doc = "Fields, and the field that gets a copy." },
    { .name = "tag_on_failure",
        CHUTE_TEXT(struct mutate, tag_on_failure),
        .fallback = "_mutate_error",
        .doc = "The tag of an event at which a step failed; the steps behind it are not done." },
    { MUTATE_OBSOLETE("remove", "use remove_field") },
    { MUTATE_OBSOLETE("trim", "use strip") },
    { MUTATE_OBSOLETE("type", "use replace => { \"type\" => … }") },
    { 0 },
};

/* What prepare builds the steps with. */
struct builder {
    struct mutate *self;
    const struct chute_prepare *prepare;
    bool is_refused;
};

static struct mutate_ref compile_ref(const struct builder *builder, struct chute_str text) {
    struct mutate_ref ref = { 0 };
    ref.is_legal =
        chute_ref_compile(builder->prepare->arena, text, builder->prepare->escape_style, &ref.ref);
    return ref;
}

/* A value that is no text is taken as Ruby prints it. */
static struct mutate_text compile_text(
    const struct builder *builder, const struct chute_value *value) {
    struct chute_arena *arena = builder->prepare->arena;
    struct mutate_text text = { .constant = chute_ruby_to_s(arena, value) };
    const struct chute_template *template =
        chute_template_compile(arena, text.constant, builder->prepare->escape_style);
    if (!chute_template_is_constant(template)) {
        text.template = template;
    }
    return text;
}

struct chute_str mutate_render(const struct mutate_work *work, const struct mutate_text *text) {
    if (text->template == NULL) {
        return text->constant;
    }
    return chute_template_render(text->template, work->event, work->arena);
}

static struct mutate_step *add_step(struct builder *builder, struct chute_str field,
    bool (*apply)(const struct mutate_work *work)) {
    struct mutate_step *step = &builder->self->steps[builder->self->count++];
    step->apply = apply;
    step->field = compile_ref(builder, field);
    return step;
}

static struct chute_str key_of(const struct chute_member *member) {
    return (struct chute_str){ member->key, member->key_len };
}

static void add_setters(struct builder *builder, const struct chute_object *fields,
    bool (*apply)(const struct mutate_work *work)) {
    for (uint32_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        add_step(builder, key_of(member), apply)->text = compile_text(builder, &member->value);
    }
}

static void add_renames(struct builder *builder) {
    const struct chute_object *fields = builder->self->rename;
    for (uint32_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        struct chute_value key = chute_string(key_of(member));
        struct mutate_step *step = add_step(builder, key_of(member), mutate_rename);
        step->rename.from = compile_text(builder, &key);
        step->rename.to = compile_text(builder, &member->value);
        step->rename.target = compile_ref(builder, step->rename.to.constant);
        step->rename.is_constant =
            step->rename.from.template == NULL && step->rename.to.template == NULL;
    }
}

static void add_converts(struct builder *builder) {
    const struct chute_object *fields = builder->self->convert;
    for (uint32_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        struct chute_str type = chute_ruby_to_s(builder->prepare->arena, &member->value);
        struct mutate_step *step = add_step(builder, key_of(member), mutate_convert);
        step->convert = mutate_converter(type);
        if (step->convert == NULL) {
            chute_prepare_refuse(builder->prepare, "convert",
                "\"%.*s\" is no type to convert to: string, integer, float, boolean, integer_eu "
                "or float_eu",
                CHUTE_STR_ARGS(type));
            builder->is_refused = true;
        }
    }
}

static void add_gsub(struct builder *builder, const struct chute_str *three) {
    struct chute_value needle = chute_string(three[1]);
    struct chute_value replacement = chute_string(three[2]);
    struct mutate_step *step = add_step(builder, three[0], mutate_gsub);
    step->gsub.needle = compile_text(builder, &needle);
    step->gsub.replacement = compile_text(builder, &replacement);
    if (step->gsub.needle.template != NULL) {
        return;
    }
    struct chute_regex_error error;
    step->gsub.regex = chute_regex_compile(three[1], NULL, &error);
    if (step->gsub.regex == NULL) {
        chute_prepare_refuse(builder->prepare, "gsub", "regular expression \"%.*s\": %s",
            CHUTE_STR_ARGS(three[1]), error.text);
        builder->is_refused = true;
    }
}

static void add_gsubs(struct builder *builder) {
    const struct chute_list *list = &builder->self->gsub;
    if (list->count % 3 != 0) {
        chute_prepare_refuse(builder->prepare, "gsub",
            "gsub needs threes of field, regular expression and replacement; it has %zu texts",
            list->count);
        builder->is_refused = true;
        return;
    }
    for (size_t i = 0; i < list->count; i += 3) {
        add_gsub(builder, &list->items[i]);
    }
}

static void add_maps(struct builder *builder, const struct chute_list *fields,
    struct chute_str (*map)(struct chute_arena *arena, struct chute_str text)) {
    for (size_t i = 0; i < fields->count; i++) {
        add_step(builder, fields->items[i], mutate_map)->map = map;
    }
}

static void add_lists(struct builder *builder, const struct chute_object *fields,
    bool (*apply)(const struct mutate_work *work)) {
    for (uint32_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        struct mutate_step *step = add_step(builder, key_of(member), apply);
        step->list.is_text = member->value.type == CHUTE_STRING;
        if (step->list.is_text) {
            step->list.separator = chute_value_str(&member->value);
        }
    }
}

static void add_merge(struct builder *builder, const struct chute_member *member) {
    struct chute_arena *arena = builder->prepare->arena;
    const struct chute_value *names = &member->value;
    size_t count = 1;
    if (names->type == CHUTE_ARRAY) {
        count = names->as.array->count;
        names = names->as.array->items;
    }
    struct mutate_step *step = add_step(builder, key_of(member), mutate_merge);
    step->sources.items = chute_arena_get(arena, sizeof(*step->sources.items) * count);
    step->sources.count = count;
    for (size_t i = 0; i < count; i++) {
        step->sources.items[i] = compile_ref(builder, chute_ruby_to_s(arena, &names[i]));
    }
}

static void add_copies(struct builder *builder) {
    const struct chute_object *fields = builder->self->copy;
    for (uint32_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct chute_member *member = &fields->members[i];
        struct chute_str target = chute_ruby_to_s(builder->prepare->arena, &member->value);
        add_step(builder, key_of(member), mutate_copy)->target = compile_ref(builder, target);
    }
}

static size_t count_steps(const struct mutate *self) {
    const struct chute_object *const hashes[] = { self->coerce, self->rename, self->update,
        self->replace, self->convert, self->split, self->join, self->merge, self->copy };
    size_t count = self->gsub.count / 3 + self->uppercase.count + self->capitalize.count +
                   self->lowercase.count + self->strip.count;
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        count += hashes[i] == NULL ? 0 : hashes[i]->count;
    }
    return count;
}

/* Adds the steps in Logstash's order, whatever the order in which the options are written. */
static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct mutate *self = settings;
    struct builder builder = { .self = self, .prepare = prepare };
    self->steps = chute_arena_zeroed(prepare->arena, sizeof(*self->steps) * count_steps(self));
    add_setters(&builder, self->coerce, mutate_coerce);
    add_renames(&builder);
    add_setters(&builder, self->update, mutate_update);
    add_setters(&builder, self->replace, mutate_replace);
    add_converts(&builder);
    add_gsubs(&builder);
    add_maps(&builder, &self->uppercase, chute_utf8_upper);
    add_maps(&builder, &self->capitalize, chute_utf8_capitalize);
    add_maps(&builder, &self->lowercase, chute_utf8_lower);
    for (size_t i = 0; i < self->strip.count; i++) {
        add_step(&builder, self->strip.items[i], mutate_strip);
    }
    add_lists(&builder, self->split, mutate_split);
    add_lists(&builder, self->join, mutate_join);
    for (uint32_t i = 0; self->merge != NULL && i < self->merge->count; i++) {
        add_merge(&builder, &self->merge->members[i]);
    }
    add_copies(&builder);
    return !builder.is_refused;
}

static void finish(void *settings) {
    struct mutate *self = settings;
    for (size_t i = 0; i < self->count; i++) {
        if (self->steps[i].apply == mutate_gsub) {
            chute_regex_destroy(self->steps[i].gsub.regex);
        }
    }
}

static enum chute_verdict run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    const struct mutate *self = settings;
    struct mutate_work work = { .event = event, .run = run, .arena = run->arena };
    for (size_t i = 0; i < self->count; i++) {
        work.step = &self->steps[i];
        bool is_rename = work.step->apply == mutate_rename; /* its name may depend on the event */
        if ((!work.step->field.is_legal && !is_rename) || !work.step->apply(&work)) {
            chute_event_tag(event, self->tag_on_failure);
            return CHUTE_PASSED;
        }
    }
    return CHUTE_MATCHED;
}

const struct chute_filter_plugin chute_filter_mutate = {
    .name = "mutate",
    .summary = "Renames, sets, converts and rewrites fields.",
    .settings_size = sizeof(struct mutate),
    .options = options,
    .prepare = prepare,
    .finish = finish,
    .run = run,
    .worker_size = sizeof(struct mutate_worker),
    .worker_finish = mutate_worker_finish,
};
