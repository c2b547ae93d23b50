#include "pipeline/cli/top_look.h"

#include <stdio.h>

#include "pipeline/base/time.h"
#include "pipeline/base/utf8.h"

/* ------------------------------------------------------------------ JSON, wherever it is what was meant */

static const struct chute_value *get(const struct chute_value *from, const char *key) {
    return from == NULL || from->type != CHUTE_OBJECT
               ? NULL
               : chute_object_get(from->as.object, chute_str_of(key));
}

static double number(const struct chute_value *from, const char *key) {
    const struct chute_value *value = get(from, key);
    return value == NULL || !chute_value_is_number(value) ? 0 : chute_value_double(value);
}

/* A text that a terminal can be given. */
static struct chute_str text(
    struct chute_arena *arena, const struct chute_value *from, const char *key) {
    const struct chute_value *value = get(from, key);
    if (value == NULL || value->type != CHUTE_STRING) {
        return CHUTE_STR("");
    }
    struct chute_str copy = chute_arena_copy(arena, chute_value_str(value));
    for (size_t i = 0; i < copy.len; i++) {
        unsigned char byte = (unsigned char)copy.at[i];
        bool is_control = byte < ' ' || byte == 0x7f ||
                          (byte == 0xc2 && i + 1 < copy.len &&
                              (unsigned char)copy.at[i + 1] < 0xa0); /* of the C1 set */
        if (is_control) {
            ((char *)copy.at)[i] = '?';
            if (byte == 0xc2) {
                ((char *)copy.at)[++i] = '?';
            }
        }
    }
    return copy;
}

static size_t items_of(const struct chute_value *from, const struct chute_value **items) {
    bool is_array = from != NULL && from->type == CHUTE_ARRAY;
    *items = is_array ? from->as.array->items : NULL;
    return is_array ? from->as.array->count : 0;
}

static size_t members_of(const struct chute_value *from, const struct chute_member **members) {
    bool is_object = from != NULL && from->type == CHUTE_OBJECT;
    *members = is_object ? from->as.object->members : NULL;
    return is_object ? from->as.object->count : 0;
}

/* ------------------------------------------------------------------ what is counted */

static struct chute_top_counts read_counts(const struct chute_value *events) {
    return (struct chute_top_counts){ .in = number(events, "in"),
        .out = number(events, "out"),
        .dropped = number(events, "dropped"),
        .dead_lettered = number(events, "dead_lettered"),
        .lost = number(events, "lost"),
        .retried = number(events, "retried"),
        .in_flight = number(events, "in_flight") };
}

static void add_plugins(struct chute_arena *arena, struct chute_top_pipeline *pipeline,
    const struct chute_value *list, const char *kind) {
    const struct chute_value *items, *buckets;
    size_t count = items_of(list, &items);
    for (size_t i = 0; i < count; i++) {
        struct chute_top_plugin *plugin = &pipeline->plugins[pipeline->plugin_count++];
        plugin->kind = kind;
        plugin->id = text(arena, &items[i], "id");
        plugin->name = text(arena, &items[i], "name");
        plugin->counts = read_counts(get(&items[i], "events"));
        size_t known = items_of(get(&items[i], "latency_micros"), &buckets);
        for (size_t b = 0; b < known && b < CHUTE_TOP_BUCKETS; b++) {
            plugin->latency[b] =
                chute_value_is_number(&buckets[b]) ? chute_value_double(&buckets[b]) : 0;
        }
    }
}

static void read_pipeline(struct chute_arena *arena, struct chute_top_pipeline *pipeline,
    const struct chute_member *member) {
    static const struct {
        const char *list, *kind;
    } kinds[] = { { "inputs", "input" }, { "filters", "filter" }, { "outputs", "output" } };
    const struct chute_value *plugins = get(&member->value, "plugins"), *items;
    const struct chute_value *queue = get(&member->value, "queue");
    size_t count = 0;
    pipeline->id = chute_arena_copy(arena, (struct chute_str){ member->key, member->key_len });
    pipeline->counts = read_counts(get(&member->value, "events"));
    pipeline->queue_bytes = number(queue, "queue_size_in_bytes");
    pipeline->queue_limit = number(queue, "max_queue_size_in_bytes");
    pipeline->queue_oldest_ms = number(queue, "oldest_age_in_millis");
    for (size_t i = 0; i < 3; i++) {
        count += items_of(get(plugins, kinds[i].list), &items);
    }
    pipeline->plugins = chute_arena_zeroed(arena, sizeof(*pipeline->plugins) * (count + 1));
    for (size_t i = 0; i < 3; i++) {
        add_plugins(arena, pipeline, get(plugins, kinds[i].list), kinds[i].kind);
    }
}

static void read_process(struct chute_top_look *look, const struct chute_value *root) {
    const struct chute_value *jvm = get(root, "jvm"), *process = get(root, "process");
    const struct chute_value *memory = get(jvm, "mem");
    look->host = text(&look->arena, root, "host");
    look->address = text(&look->arena, root, "http_address");
    look->status = text(&look->arena, root, "status");
    look->uptime_ms = number(jvm, "uptime_in_millis");
    look->threads = number(get(jvm, "threads"), "count");
    look->memory_bytes =
        number(memory, "heap_used_in_bytes") + number(memory, "non_heap_used_in_bytes");
    look->cpu_ms = number(get(process, "cpu"), "total_in_millis");
    look->descriptors = number(process, "open_file_descriptors");
}

/* ------------------------------------------------------------------ what is wrong */

static struct chute_top_trouble *add_trouble(struct chute_top_look *look, size_t *room) {
    if (look->trouble_count == *room) {
        size_t more = *room * 2 + 16;
        struct chute_top_trouble *grown = chute_arena_zeroed(&look->arena, sizeof(*grown) * more);
        if (look->trouble_count > 0) {
            memcpy(grown, look->troubles, sizeof(*grown) * look->trouble_count);
        }
        look->troubles = grown;
        *room = more;
    }
    return &look->troubles[look->trouble_count++];
}

static void read_report(
    struct chute_top_look *look, const struct chute_value *report, size_t *room) {
    const struct chute_value *pipelines = get(get(report, "indicators"), "pipelines");
    const struct chute_member *members;
    size_t count = members_of(get(pipelines, "indicators"), &members);
    for (size_t i = 0; i < count; i++) {
        const struct chute_value *found;
        size_t found_count = items_of(get(&members[i].value, "diagnosis"), &found);
        for (size_t n = 0; n < found_count; n++) {
            struct chute_top_trouble *trouble = add_trouble(look, room);
            trouble->level = text(&look->arena, &members[i].value, "status");
            trouble->text = text(&look->arena, &found[n], "cause");
            trouble->more = text(&look->arena, &found[n], "action");
        }
    }
}

/* The latest warnings of the log, with the place of the plugin. */
static void read_errors(struct chute_top_look *look, const struct chute_value *page, size_t *room) {
    const struct chute_value *errors;
    size_t count = items_of(get(page, "errors"), &errors);
    for (size_t i = 0; i < count; i++) {
        struct chute_arena *arena = &look->arena;
        struct chute_top_trouble *trouble = add_trouble(look, room);
        struct chute_str module = text(arena, &errors[i], "module");
        struct chute_str message = text(arena, &errors[i], "message");
        struct chute_str file = text(arena, &errors[i], "file");
        int64_t ms = (int64_t)number(&errors[i], "at_ms");
        struct chute_time at = { .seconds = ms / 1000 };
        char when[CHUTE_TIME_TEXT_SIZE];
        chute_time_format(at, when);
        trouble->level = text(arena, &errors[i], "level");
        trouble->text = chute_arena_printf(
            arena, "%.8s %.*s: %.*s", when + 11, CHUTE_STR_ARGS(module), CHUTE_STR_ARGS(message));
        if (file.len > 0) {
            trouble->more = chute_arena_printf(
                arena, "%.*s:%.0f", CHUTE_STR_ARGS(file), number(&errors[i], "line"));
        }
    }
}

/* ------------------------------------------------------------------ all of it */

static const struct chute_value *decode(
    struct chute_json_parser *parser, struct chute_arena *arena, struct chute_str json) {
    struct chute_value *value = chute_arena_zeroed(arena, sizeof(*value));
    bool is_json = json.len > 0 && chute_json_decode(parser, arena, json, value) == CHUTE_JSON_OK;
    return is_json ? value : NULL;
}

bool chute_top_look_read(struct chute_top_look *look, struct chute_str stats,
    struct chute_str report, struct chute_str page) {
    struct chute_json_parser *parser = chute_json_parser_create();
    const struct chute_value *root = decode(parser, &look->arena, stats);
    const struct chute_member *members;
    size_t room = 0;
    look->pipeline_count = members_of(get(root, "pipelines"), &members);
    look->pipelines =
        chute_arena_zeroed(&look->arena, sizeof(*look->pipelines) * (look->pipeline_count + 1));
    for (size_t i = 0; i < look->pipeline_count; i++) {
        read_pipeline(&look->arena, &look->pipelines[i], &members[i]);
    }
    read_process(look, root);
    read_report(look, decode(parser, &look->arena, report), &room);
    read_errors(look, decode(parser, &look->arena, page), &room);
    chute_json_parser_destroy(parser);
    return get(root, "pipelines") != NULL && get(root, "jvm") != NULL;
}

void chute_top_look_finish(struct chute_top_look *look) {
    chute_arena_finish(&look->arena);
    *look = (struct chute_top_look){ 0 };
}
