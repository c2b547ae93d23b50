/* pipeline/serve/redact.c - POST `/_logchute/redact`: what `redact { }` would hide in a text. The answer does not repeat it:
 *     {"parts":[{"text":"password="},{"kind":"key_value","length":6}],"findings":{"key_value":1},"count":1} */
#include <http_parser.h>

#include "pipeline/base/regex.h"
#include "pipeline/base/utf8.h"
#include "pipeline/serve/serve.h"
#include "pipeline/text/redact/find.h"

static const struct chute_redact_plan *plan_of(struct chute_api *api) {
    if (api->redact_plan == NULL) {
        uint32_t kinds = chute_redact_kinds_named(CHUTE_STR("all"));
        api->redact_plan = chute_redact_plan_create(kinds & ~CHUTE_REDACT_BIT(CHUTE_REDACT_FIELD));
    }
    return api->redact_plan;
}

static void write_plain(struct chute_json_writer *writer, struct chute_str text) {
    if (text.len > 0) {
        chute_write_open(writer, NULL, '{');
        chute_write_str(writer, "text", text);
        chute_write_close(writer, '}');
    }
}

static void write_hidden(
    struct chute_json_writer *writer, const char *kind, struct chute_str text) {
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "kind", kind);
    chute_write_int(writer, "length", (int64_t)chute_utf8_count(text));
    chute_write_close(writer, '}');
}

static void write_parts(struct chute_json_writer *writer, struct chute_str text,
    const struct chute_redact_finder *finder, size_t count) {
    size_t at = 0;
    chute_write_open(writer, "parts", '[');
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &finder->spans[i];
        write_plain(writer, (struct chute_str){ text.at + at, span->start - at });
        write_hidden(writer, chute_redact_kinds[span->kind].name,
            (struct chute_str){ text.at + span->start, span->end - span->start });
        at = span->end;
    }
    write_plain(writer, (struct chute_str){ text.at + at, text.len - at });
    chute_write_close(writer, ']');
}

static void write_findings(
    struct chute_json_writer *writer, const struct chute_redact_finder *finder, size_t count) {
    int64_t findings[CHUTE_REDACT_KINDS] = { 0 };
    for (size_t i = 0; i < count; i++) {
        findings[finder->spans[i].kind]++;
    }
    chute_write_open(writer, "findings", '{');
    for (size_t kind = 0; kind < CHUTE_REDACT_KINDS; kind++) {
        if (findings[kind] > 0) {
            chute_write_int(writer, chute_redact_kinds[kind].name, findings[kind]);
        }
    }
    chute_write_close(writer, '}');
    chute_write_int(writer, "count", (int64_t)count);
}

void chute_serve_redact(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_arena arena = { 0 };
    struct chute_redact_finder finder = { 0 };
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    struct chute_str text = chute_utf8_replace(&arena, exchange->body);
    size_t count = text.len == 0 ? 0 : chute_redact_find(plan_of(api), &finder, scratch, text);
    chute_write_open(&writer, NULL, '{');
    if (finder.is_undecided) { /* then nothing of it would pass */
        chute_write_open(&writer, "parts", '[');
        write_hidden(&writer, "undecided", text);
        chute_write_close(&writer, ']');
    } else {
        write_parts(&writer, text, &finder, count);
    }
    write_findings(&writer, &finder, count);
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
    chute_redact_finder_finish(&finder);
    chute_regex_scratch_destroy(scratch);
    chute_arena_finish(&arena);
}
