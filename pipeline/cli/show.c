/* pipeline/cli/show.c - an event as one line: time, level, where from, message, and what is left as JSON. */
#include "pipeline/cli/show.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"

struct chute_show {
    FILE *out;
    bool is_json;
    bool has_colour;
    struct chute_json_parser *json;
    struct chute_arena arena;
    struct chute_buf line;
};

struct chute_show *chute_show_create(FILE *out, bool is_json, bool has_colour) {
    struct chute_show *show = chute_calloc(1, sizeof(*show));
    show->out = out;
    show->is_json = is_json;
    show->has_colour = has_colour;
    show->json = chute_json_parser_create();
    return show;
}

void chute_show_destroy(struct chute_show *show) {
    if (show == NULL) {
        return;
    }
    chute_json_parser_destroy(show->json);
    chute_arena_finish(&show->arena);
    chute_buf_finish(&show->line);
    chute_free(show);
}

/* What an event says must not command the terminal: control characters are shown, lines are indented. */
static void add_text(struct chute_buf *out, struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        bool is_c1 = byte == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0;
        if (byte == '\n') {
            chute_buf_add_str(out, CHUTE_STR("\n    "));
        } else if (is_c1) {
            chute_buf_printf(out, "\\x%02x", (unsigned char)text.at[++i]);
        } else if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            chute_buf_printf(out, "\\x%02x", byte);
        } else {
            chute_buf_add_char(out, (char)byte);
        }
    }
}

static const char *colour_of(struct chute_str level) {
    static const struct {
        const char *start;
        const char *colour;
    } rows[] = {
        { "err", "\033[31m" },
        { "fatal", "\033[1;31m" },
        { "crit", "\033[1;31m" },
        { "alert", "\033[1;31m" },
        { "emerg", "\033[1;31m" },
        { "warn", "\033[33m" },
        { "info", "\033[32m" },
        { "notice", "\033[32m" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str start = chute_str_of(rows[i].start);
        struct chute_str head = { level.at, level.len < start.len ? level.len : start.len };
        if (chute_str_eq_nocase(head, start)) {
            return rows[i].colour;
        }
    }
    return "\033[2m";
}

/* Takes a text out of `object`: the member `name`, or with `inner` the text below it. False if there is none. */
static bool take(
    struct chute_object *object, const char *name, const char *inner, struct chute_str *text) {
    struct chute_str key = chute_str_of(name);
    struct chute_value *value = chute_object_get(object, key);
    if (value != NULL && inner != NULL && value->type == CHUTE_OBJECT) {
        struct chute_object *below = value->as.object;
        if (!take(below, inner, NULL, text)) {
            return false;
        }
        if (below->count == 0) {
            chute_object_remove(object, key);
        }
        return true;
    }
    if (value == NULL || inner != NULL ||
        (value->type != CHUTE_STRING && value->type != CHUTE_NUMBER)) {
        return false;
    }
    *text = chute_value_str(value);
    chute_object_remove(object, key);
    return true;
}

/* The first of several places that has a text. */
static bool take_first(struct chute_object *object, const char *const (*places)[2], size_t count,
    struct chute_str *text) {
    for (size_t i = 0; i < count; i++) {
        if (take(object, places[i][0], places[i][1], text)) {
            return true;
        }
    }
    return false;
}

static void add_level(struct chute_show *show, struct chute_str level) {
    struct chute_buf *line = &show->line;
    struct chute_str upper = chute_utf8_upper(&show->arena, level);
    if (show->has_colour) {
        chute_buf_printf(line, "%s", colour_of(level));
    }
    add_text(line, upper);
    for (size_t i = upper.len; i < 5; i++) {
        chute_buf_add_char(line, ' ');
    }
    if (show->has_colour) {
        chute_buf_printf(line, "\033[0m");
    }
    chute_buf_add_char(line, ' ');
}

static void add_event(struct chute_show *show, struct chute_value *event) {
    static const char *const levels[][2] = { { "level", NULL }, { "log", "level" },
        { "severity_label", NULL } };
    static const char *const services[][2] = { { "service", NULL }, { "service", "name" },
        { "host", NULL }, { "host", "hostname" }, { "host", "name" }, { "host", "ip" } };
    struct chute_object *object = event->as.object;
    struct chute_buf *line = &show->line;
    struct chute_str text;
    if (take(object, "@timestamp", NULL, &text)) {
        add_text(line, text);
        chute_buf_add_char(line, ' ');
    }
    chute_object_remove(object, CHUTE_STR("@version"));
    if (take_first(object, levels, sizeof(levels) / sizeof(levels[0]), &text)) {
        add_level(show, text);
    }
    if (take_first(object, services, sizeof(services) / sizeof(services[0]), &text)) {
        add_text(line, text);
        chute_buf_add_str(line, CHUTE_STR("  "));
    }
    if (take(object, "message", NULL, &text)) {
        add_text(line, text);
    }
    if (object->count > 0) {
        struct chute_buf rest = { 0 };
        chute_json_encode(&rest, event);
        chute_buf_printf(line, show->has_colour ? " \033[2m" : " ");
        add_text(line, chute_buf_str(&rest));
        chute_buf_printf(line, show->has_colour ? "\033[0m" : "");
        chute_buf_finish(&rest);
    }
}

void chute_show_event(void *arg, struct chute_str document) {
    struct chute_show *show = arg;
    struct chute_value event;
    show->line.len = 0;
    if (show->is_json ||
        chute_json_decode(show->json, &show->arena, document, &event) != CHUTE_JSON_OK ||
        event.type != CHUTE_OBJECT) {
        chute_buf_add_str(&show->line, document);
    } else {
        add_event(show, &event);
    }
    chute_buf_add_char(&show->line, '\n');
    fwrite(show->line.at, 1, show->line.len, show->out);
    chute_arena_reset(&show->arena, 1 << 20);
}
