/* outputs/elasticsearch/encode.c - an event as two lines of a bulk request: what to do, and the document.
 *
 * Most configurations let no event change its action line but for the date in the index's name; that line is
 * kept from one event to the next. */
#include "outputs/elasticsearch/elasticsearch.h"

#include "pipeline/base/number.h"

#define ID_MAX 512 /* bytes; the cluster refuses a whole request for a longer one */

/* One event on its way through. */
struct line {
    const struct es_settings *settings;
    struct chute_event *event;
    struct es_worker *worker;
    struct chute_buf *out;
    const struct chute_object *control; /* [@metadata][_ingest_document], or NULL */
    struct chute_str action;
    uint8_t fault;
    bool is_keyed;
    bool is_event; /* the document is the event itself */
};

static struct chute_str render(const struct line *line, const struct chute_template *template) {
    return chute_template_render(template, line->event, chute_event_arena(line->event));
}

void chute_elasticsearch_prepare_line(struct es_settings *settings, struct chute_arena *arena) {
    settings->has_event_parts = settings->fixed_action.at == NULL ||
                                settings->document_id != NULL || settings->routing != NULL ||
                                settings->pipeline != NULL || settings->version != NULL ||
                                settings->version_type >= 0 || settings->parent != NULL ||
                                chute_str_eq(settings->fixed_action, CHUTE_STR("update")) ||
                                chute_str_eq(settings->fixed_action, CHUTE_STR("delete"));
    struct chute_buf buf = { 0 };
    if (!settings->has_event_parts) {
        settings->line_head = chute_arena_printf(
            arena, "{\"%.*s\":{\"_index\":", CHUTE_STR_ARGS(settings->fixed_action));
        settings->line_tail = CHUTE_STR("}}\n");
        if (settings->fixed_index.at != NULL) {
            chute_buf_add_str(&buf, settings->line_head);
            chute_json_encode_str(&buf, settings->fixed_index);
            chute_buf_add_str(&buf, settings->line_tail);
            settings->fixed_line = chute_arena_copy(arena, chute_buf_str(&buf));
        }
    }
    if (settings->is_data_stream) {
        static const char *const types[] = { "logs", "metrics", "synthetics", "traces" };
        buf.len = 0;
        chute_buf_printf(&buf,
            "\"data_stream\":{\"type\":\"%s\",\"dataset\":", types[settings->data_stream_type]);
        chute_json_encode_str(&buf, settings->data_stream_dataset);
        chute_buf_add_str(&buf, CHUTE_STR(",\"namespace\":"));
        chute_json_encode_str(&buf, settings->data_stream_namespace);
        chute_buf_add_str(&buf, CHUTE_STR("}}"));
        settings->stream_fields = chute_arena_copy(arena, chute_buf_str(&buf));
    }
    chute_buf_finish(&buf);
}

/* ------------------------------------------------------------------ the action line */

/* A name that still holds a reference: the event lacks the field. */
static bool has_reference(struct chute_str text) {
    ptrdiff_t open = chute_str_find(text, CHUTE_STR("%{"));
    if (open < 0) {
        return false;
    }
    struct chute_str behind = { text.at + open, text.len - (size_t)open };
    return chute_str_find(behind, CHUTE_STR("}")) >= 0;
}

static uint8_t index_fault(const struct es_settings *settings, struct chute_str index) {
    bool is_bad =
        index.len == 0 || (settings->dlq_on_failed_indexname_interpolation && has_reference(index));
    return is_bad ? ES_FAULT_INDEX : ES_FAULT_NONE;
}

static void add_key(struct chute_buf *out, const char *name) {
    chute_buf_add(out, ",\"", 2);
    chute_buf_add_str(out, chute_str_of(name));
    chute_buf_add(out, "\":", 2);
}

static void add_text(struct chute_buf *out, const char *name, struct chute_str text) {
    add_key(out, name);
    chute_json_encode_str(out, text);
}

/* What the event's own [@metadata][_ingest_document] says of `name`, or NULL. */
static const struct chute_value *control_of(const struct line *line, struct chute_str name) {
    const struct chute_value *value =
        line->control == NULL ? NULL : chute_object_get(line->control, name);
    bool is_absent = value == NULL || value->type == CHUTE_NULL || value->type == CHUTE_OBJECT ||
                     value->type == CHUTE_ARRAY ||
                     (value->type == CHUTE_BOOL && !value->as.boolean) ||
                     (value->type == CHUTE_STRING && value->len == 0);
    return is_absent ? NULL : value;
}

static void add_action(struct line *line) {
    const struct es_settings *settings = line->settings;
    line->action = settings->fixed_action;
    if (line->action.at == NULL) {
        line->action = render(line, settings->action);
        if (!chute_str_eq(line->action, CHUTE_STR("index")) &&
            !chute_str_eq(line->action, CHUTE_STR("create")) &&
            !chute_str_eq(line->action, CHUTE_STR("update")) &&
            !chute_str_eq(line->action, CHUTE_STR("delete"))) {
            line->action = CHUTE_STR("index");
            line->fault = ES_FAULT_ACTION;
        }
    }
    chute_buf_add(line->out, "{\"", 2);
    chute_buf_add_str(line->out, line->action);
    chute_buf_add(line->out, "\":{\"_index\":", 12);
}

static void add_index(struct line *line, struct chute_str stream) {
    const struct es_settings *settings = line->settings;
    const struct chute_value *own =
        settings->index_is_default ? control_of(line, CHUTE_STR("index")) : NULL;
    if (own != NULL && own->type == CHUTE_STRING) {
        chute_json_encode_str(line->out, chute_value_str(own));
        return;
    }
    struct chute_str index = stream;
    if (index.at == NULL) {
        index = settings->fixed_index.at != NULL ? settings->fixed_index
                                                 : render(line, settings->index);
    }
    if (line->fault == ES_FAULT_NONE) {
        line->fault = index_fault(settings, index);
    }
    chute_json_encode_str(line->out, index);
}

static void check_id(struct line *line, struct chute_str id) {
    bool needs_id = chute_str_eq(line->action, CHUTE_STR("update")) ||
                    chute_str_eq(line->action, CHUTE_STR("delete"));
    if (line->fault == ES_FAULT_NONE && (id.len > ID_MAX || (id.len == 0 && needs_id))) {
        line->fault = ES_FAULT_ID;
    }
    line->is_keyed = id.len > 0;
}

static void add_id(struct line *line) {
    const struct chute_value *own = control_of(line, CHUTE_STR("id"));
    struct chute_str id = { 0 };
    if (line->settings->document_id != NULL) {
        id = render(line, line->settings->document_id);
    } else if (own != NULL) {
        struct chute_buf *scratch = &line->worker->scratch;
        scratch->len = 0;
        chute_template_print(scratch, own);
        id = chute_buf_str(scratch);
    }
    check_id(line, id);
    if (id.len > 0) {
        add_text(line->out, "_id", id);
    }
}

static void add_routing(struct line *line) {
    const struct es_settings *settings = line->settings;
    const struct chute_value *own = control_of(line, CHUTE_STR("routing"));
    if (settings->parent != NULL) {
        add_text(line->out, "routing", render(line, settings->parent));
    } else if (settings->routing != NULL) {
        struct chute_str routing = render(line, settings->routing);
        if (routing.len > 0) {
            add_text(line->out, "routing", routing);
        }
    } else if (own != NULL) {
        add_key(line->out, "routing");
        chute_json_encode(line->out, own);
    }
}

static void add_pipeline(struct line *line) {
    const struct es_settings *settings = line->settings;
    struct chute_str pipeline = { 0 };
    if (settings->pipeline != NULL) {
        pipeline = render(line, settings->pipeline);
    } else {
        const struct chute_value *own = control_of(line, CHUTE_STR("pipeline"));
        if (own == NULL) {
            own = chute_event_get(line->event, &settings->target_ref);
        }
        if (own != NULL && own->type == CHUTE_STRING) {
            pipeline = chute_value_str(own);
        }
    }
    if (pipeline.len > 0) {
        add_text(line->out, "pipeline", pipeline);
    }
}

static bool is_version(struct chute_str text) {
    int64_t number;
    return chute_number_parse_int(text, &number) && number >= 0;
}

static void add_version(struct line *line) {
    const struct es_settings *settings = line->settings;
    const struct chute_value *own = control_of(line, CHUTE_STR("version"));
    if (settings->version != NULL || own != NULL) {
        struct chute_buf *scratch = &line->worker->scratch;
        scratch->len = 0;
        if (settings->version != NULL) {
            chute_buf_add_str(scratch, render(line, settings->version));
        } else {
            chute_template_print(scratch, own);
        }
        if (line->fault == ES_FAULT_NONE && !is_version(chute_buf_str(scratch))) {
            line->fault = ES_FAULT_VERSION;
        }
        add_text(line->out, "version", chute_buf_str(scratch));
    }
    const struct chute_value *own_type = control_of(line, CHUTE_STR("version_type"));
    if (settings->version_type_name.at != NULL) {
        add_text(line->out, "version_type", settings->version_type_name);
    } else if (own_type != NULL && own_type->type == CHUTE_STRING) {
        add_text(line->out, "version_type", chute_value_str(own_type));
    }
}

/* The whole line, part by part. */
static void add_line(struct line *line, struct chute_str stream) {
    add_action(line);
    add_index(line, stream);
    add_id(line);
    add_routing(line);
    add_pipeline(line);
    if (!line->settings->is_data_stream) {
        add_version(line);
    }
    if (chute_str_eq(line->action, CHUTE_STR("update"))) {
        add_key(line->out, "retry_on_conflict");
        chute_buf_printf(line->out, "%lld", line->settings->retry_on_conflict);
    }
    chute_buf_add(line->out, "}}\n", 3);
}

/* The line of a rendered index, made anew when the index is another than before. */
static void add_kept_line(struct line *line) {
    const struct es_settings *settings = line->settings;
    struct es_worker *worker = line->worker;
    struct chute_str index = chute_template_render_cached(
        settings->index, line->event, chute_event_arena(line->event), &worker->index_cache);
    if (worker->line.len == 0 || !chute_str_eq(index, chute_buf_str(&worker->index))) {
        worker->index.len = 0;
        chute_buf_add_str(&worker->index, index);
        worker->line.len = 0;
        chute_buf_add_str(&worker->line, settings->line_head);
        chute_json_encode_str(&worker->line, index);
        chute_buf_add_str(&worker->line, settings->line_tail);
        worker->line_fault = index_fault(settings, index);
    }
    line->fault = worker->line_fault;
    chute_buf_add_str(line->out, chute_buf_str(&worker->line));
}

/* ------------------------------------------------------------------ data streams */

static struct chute_str part_of(
    const struct chute_object *own, struct chute_str name, struct chute_str otherwise) {
    const struct chute_value *value = own == NULL ? NULL : chute_object_get(own, name);
    return value != NULL && value->type == CHUTE_STRING ? chute_value_str(value) : otherwise;
}

/* What [data_stream] of the document has to be, and the stream it goes to. */
static struct chute_value stream_of(
    struct line *line, const struct chute_value *own, struct chute_str *name, bool *is_changed) {
    static const char *const types[] = { "logs", "metrics", "synthetics", "traces" };
    const struct es_settings *settings = line->settings;
    struct chute_arena *arena = chute_event_arena(line->event);
    const struct chute_object *parts = own->type == CHUTE_OBJECT ? own->as.object : NULL;
    const struct chute_object *routed = settings->data_stream_auto_routing ? parts : NULL;
    struct chute_str want[] = { chute_str_of(types[settings->data_stream_type]),
        settings->data_stream_dataset, settings->data_stream_namespace };
    static const struct chute_str names[] = { { "type", 4 }, { "dataset", 7 }, { "namespace", 9 } };
    struct chute_value result =
        parts != NULL ? chute_value_copy(arena, own, false) : chute_object_new(arena, 3);
    *is_changed = parts == NULL;
    for (size_t i = 0; i < 3; i++) {
        want[i] = part_of(routed, names[i], want[i]);
        const struct chute_value *has = parts == NULL ? NULL : chute_object_get(parts, names[i]);
        if (has == NULL || has->type != CHUTE_STRING ||
            !chute_str_eq(chute_value_str(has), want[i])) {
            chute_object_set(arena, result.as.object, names[i], chute_string(want[i]));
            *is_changed = true;
        }
    }
    *name = chute_arena_printf(arena, "%.*s-%.*s-%.*s", CHUTE_STR_ARGS(want[0]),
        CHUTE_STR_ARGS(want[1]), CHUTE_STR_ARGS(want[2]));
    return result;
}

/* Puts the missing [data_stream] behind the document's last field. */
static void close_with_stream(struct chute_buf *out, struct chute_str fields) {
    out->len--;
    if (out->at[out->len - 1] != '{') {
        chute_buf_add_char(out, ',');
    }
    chute_buf_add_str(out, fields);
}

/* ------------------------------------------------------------------ documents */

/* The event, with the join field that makes it its parent's child. Other outputs see the event as it was. */
static void add_event(struct line *line) {
    const struct es_settings *settings = line->settings;
    struct chute_event *event = line->event;
    if (settings->parent == NULL) {
        chute_json_encode_event(line->out, event);
        return;
    }
    struct chute_arena *arena = chute_event_arena(event);
    const struct chute_value *there = chute_event_get(event, settings->join_field);
    struct chute_value before = there == NULL ? chute_null() : *there;
    struct chute_value child = chute_object_new(arena, 2);
    chute_object_set(arena, child.as.object, CHUTE_STR("name"), before);
    chute_object_set(
        arena, child.as.object, CHUTE_STR("parent"), chute_string(render(line, settings->parent)));
    if (!chute_event_set(event, settings->join_field, child)) {
        chute_json_encode_event(line->out, event);
        return;
    }
    chute_json_encode_event(line->out, event);
    if (there == NULL) {
        chute_event_remove(event, settings->join_field, NULL);
    } else {
        chute_event_set(event, settings->join_field, before);
    }
}

/* `upsert`, rendered: it has to be JSON, and to stay on one line. */
static void add_upsert(struct line *line) {
    struct es_worker *worker = line->worker;
    if (worker->json == NULL) {
        worker->json = chute_json_parser_create();
    }
    struct chute_value document = chute_null();
    struct chute_str text = render(line, line->settings->upsert);
    if (chute_json_decode(worker->json, chute_event_arena(line->event), text, &document) !=
            CHUTE_JSON_OK ||
        document.type != CHUTE_OBJECT) {
        line->fault = line->fault == ES_FAULT_NONE ? ES_FAULT_UPSERT : line->fault;
        document = chute_object_new(chute_event_arena(line->event), 1);
    }
    add_key(line->out, "upsert");
    chute_json_encode(line->out, &document);
}

static void add_script(struct line *line) {
    const struct es_settings *settings = line->settings;
    struct chute_buf *out = line->out;
    bool is_stored = settings->script_type == ES_SCRIPT_INDEXED;
    chute_buf_add_str(
        out, is_stored ? CHUTE_STR("{\"script\":{\"id\":") : CHUTE_STR("{\"script\":{\"source\":"));
    chute_json_encode_str(out, render(line, settings->script));
    if (!is_stored && settings->script_lang.len > 0) {
        add_text(out, "lang", settings->script_lang);
    }
    chute_buf_add_str(out, CHUTE_STR(",\"params\":{"));
    chute_json_encode_str(out, settings->script_var_name);
    chute_buf_add_char(out, ':');
    add_event(line);
    chute_buf_add_str(out, CHUTE_STR("}}"));
    if (settings->scripted_upsert) {
        chute_buf_add_str(out, CHUTE_STR(",\"scripted_upsert\":true,\"upsert\":{}"));
    } else if (settings->doc_as_upsert) {
        add_key(out, "upsert");
        add_event(line);
    } else if (settings->upsert != NULL && chute_template_text(settings->upsert).len > 0) {
        add_upsert(line);
    }
    chute_buf_add_char(out, '}');
}

static void add_update(struct line *line) {
    const struct es_settings *settings = line->settings;
    if (settings->script != NULL && chute_template_text(settings->script).len > 0) {
        add_script(line);
        return;
    }
    chute_buf_add_str(line->out, CHUTE_STR("{\"doc\":"));
    add_event(line);
    if (settings->doc_as_upsert) {
        chute_buf_add_str(line->out, CHUTE_STR(",\"doc_as_upsert\":true"));
    } else if (settings->upsert != NULL && chute_template_text(settings->upsert).len > 0) {
        add_upsert(line);
    }
    chute_buf_add_char(line->out, '}');
}

static void add_document(struct line *line) {
    if (chute_str_eq(line->action, CHUTE_STR("delete"))) {
        return;
    }
    if (chute_str_eq(line->action, CHUTE_STR("update"))) {
        add_update(line);
    } else {
        add_event(line);
        line->is_event = true;
    }
    chute_buf_add_char(line->out, '\n');
}

/* A document for a data stream, where the event brings a [data_stream] of its own. */
static void add_routed(struct line *line, struct chute_value *own, bool needs_parts) {
    struct chute_str stream = { 0 };
    bool is_changed = false;
    struct chute_value before = *own;
    struct chute_value synced = stream_of(line, own, &stream, &is_changed);
    if (needs_parts || !chute_str_eq(stream, line->settings->fixed_index)) {
        add_line(line, stream);
    } else {
        chute_buf_add_str(line->out, line->settings->fixed_line);
    }
    if (is_changed && line->settings->data_stream_sync_fields) {
        *own = synced;
    }
    add_document(line);
    *own = before;
}

static bool has_own_say(const struct es_settings *settings, struct line *line) {
    if (line->event->metadata.as.object->count == 0) {
        return false;
    }
    const struct chute_value *control = chute_event_get(line->event, &settings->ingest_ref);
    if (control != NULL && control->type == CHUTE_OBJECT) {
        line->control = control->as.object;
    }
    return line->control != NULL || chute_event_get(line->event, &settings->target_ref) != NULL;
}

bool chute_elasticsearch_encode(const void *self, struct chute_event *event,
    struct chute_buf *bytes, uint8_t *flags, void *worker) {
    const struct es_settings *settings = self;
    struct line line = { .settings = settings,
        .event = event,
        .worker = worker,
        .out = bytes,
        .action = settings->fixed_action };
    bool needs_parts = has_own_say(settings, &line) || settings->has_event_parts;
    struct chute_value *own =
        settings->is_data_stream ? chute_event_get(event, &settings->stream_ref) : NULL;
    if (own != NULL) {
        add_routed(&line, own, needs_parts);
    } else {
        if (needs_parts) {
            add_line(&line, (struct chute_str){ 0 });
        } else if (settings->fixed_line.at != NULL) {
            chute_buf_add_str(bytes, settings->fixed_line);
        } else {
            add_kept_line(&line);
        }
        add_document(&line);
        if (settings->is_data_stream && settings->data_stream_sync_fields) {
            bytes->len--;
            close_with_stream(bytes, settings->stream_fields);
            chute_buf_add_char(bytes, '\n');
        }
    }
    *flags = (uint8_t)(line.fault | (line.is_keyed ? CHUTE_ITEM_KEYED : 0) |
                       (line.is_event ? CHUTE_ITEM_IS_EVENT : 0));
    return true;
}

void chute_elasticsearch_worker_finish(void *self) {
    struct es_worker *worker = self;
    chute_template_cache_finish(&worker->index_cache);
    chute_json_parser_destroy(worker->json);
    chute_buf_finish(&worker->scratch);
    chute_buf_finish(&worker->index);
    chute_buf_finish(&worker->line);
}

struct chute_str chute_elasticsearch_document(const void *settings, struct chute_str item) {
    (void)settings;
    const char *end = memchr(item.at, '\n', item.len);
    size_t head = end == NULL ? item.len : (size_t)(end - item.at) + 1;
    if (head == item.len) {
        return (struct chute_str){ item.at, item.len > 0 ? item.len - 1 : 0 };
    }
    return (struct chute_str){ item.at + head, item.len - head - 1 };
}

struct chute_str chute_elasticsearch_index_of(struct chute_str item) {
    static const struct chute_str key = { "\"_index\":\"", 10 };
    const char *end = memchr(item.at, '\n', item.len);
    struct chute_str head = { item.at, end == NULL ? item.len : (size_t)(end - item.at) };
    ptrdiff_t at = chute_str_find(head, key);
    if (at < 0) {
        return CHUTE_STR("");
    }
    struct chute_str name = { head.at + at + key.len, head.len - (size_t)at - key.len };
    size_t len = 0;
    while (len < name.len && name.at[len] != '"') {
        len += name.at[len] == '\\' ? 2 : 1;
    }
    return (struct chute_str){ name.at, len < name.len ? len : name.len };
}
