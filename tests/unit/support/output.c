#include "output.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"

extern const struct chute_output_plugin *const chute_outputs[];

/* What plugins see of the engine; its functions here are weak, as the engine has them too. */
static struct test_output *rig_of(const void *output) {
    return (struct test_output *)(uintptr_t)output;
}

#define WEAK __attribute__((weak))

WEAK void chute_output_done(struct chute_parcel *parcel, uint32_t index) {
    parcel->items[index].outcome = CHUTE_DONE;
}
WEAK void chute_output_retry(struct chute_parcel *parcel, uint32_t index, uint32_t after_ms) {
    parcel->items[index].outcome = CHUTE_RETRY;
    parcel->items[index].retry_after_ms = after_ms;
}
WEAK void chute_output_reject(struct chute_output *output, struct chute_parcel *parcel,
    uint32_t index, const char *where, const char *reason, const char *detail) {
    parcel->items[index].outcome = CHUTE_REJECT;
    bool has_detail = detail != NULL && detail[0] != '\0';
    chute_buf_printf(&rig_of(output)->rejects, "%u: %s: %s%s%s\n", index, where, reason,
        has_detail ? ": " : "", has_detail ? detail : "");
}
WEAK void chute_output_answer_all(struct chute_parcel *parcel, enum chute_outcome outcome) {
    for (uint32_t i = 0; i < parcel->count; i++) {
        parcel->items[i].outcome = (uint8_t)outcome;
    }
}
WEAK void chute_output_shrink(struct chute_output *output, struct chute_parcel *parcel) {
    (void)parcel;
    rig_of(output)->wants_smaller = true;
}
WEAK void chute_output_finish(struct chute_output *output, struct chute_parcel *parcel) {
    (void)parcel;
    rig_of(output)->is_finished = true;
}
WEAK void chute_output_closed(struct chute_output *output) {
    rig_of(output)->is_closed = true;
}
WEAK void chute_output_describe(struct chute_output *output, const char *text) {
    snprintf(rig_of(output)->description, sizeof(rig_of(output)->description), "%s", text);
}
WEAK const void *chute_output_settings(const struct chute_output *output) {
    return rig_of(output)->settings;
}
WEAK void *chute_output_state(const struct chute_output *output) {
    return rig_of(output)->state;
}
WEAK const char *chute_output_id(const struct chute_output *output) {
    (void)output;
    return "test";
}
WEAK uv_loop_t *chute_output_loop(struct chute_output *output) {
    return rig_of(output)->loop;
}
WEAK bool chute_output_is_stopping(const struct chute_output *output) {
    return rig_of(output)->is_stopping;
}
WEAK bool chute_output_is_abandoned(const struct chute_output *output) {
    return rig_of(output)->is_abandoned;
}
WEAK void chute_output_count(struct chute_output *output, const char *name, unsigned long long by) {
    (void)output;
    (void)name;
    (void)by;
}

static const struct chute_output_plugin *find(const char *name) {
    for (size_t i = 0; chute_outputs[i] != NULL; i++) {
        if (strcmp(chute_outputs[i]->name, name) == 0) {
            return chute_outputs[i];
        }
    }
    cr_assert_fail("no output \"%s\"", name);
    return NULL;
}

bool test_output_open(
    struct test_output *rig, const char *name, const char *options, enum chute_ecs ecs) {
    rig->plugin = find(name);
    test_compile_parse(&rig->compile, options);
    struct test_compile *compile = &rig->compile;
    compile->ctx.name = rig->plugin->name;
    rig->settings = chute_calloc(1, rig->plugin->settings_size + 1);
    struct chute_prepare prepare = {
        .arena = &compile->arena,
        .diag = compile->diag,
        .ast = compile->plugin,
        .id = "test",
        .ecs = ecs,
        .path_data = "/nonexistent",
        .host_name = "localhost",
        .workers = 1,
    };
    if (chute_diag_error_count(compile->diag) > 0 ||
        !chute_options_compile(
            rig->plugin->options, NULL, compile->plugin, rig->settings, NULL, &compile->ctx) ||
        (rig->plugin->prepare != NULL && !rig->plugin->prepare(rig->settings, &prepare))) {
        cr_assert_gt(chute_diag_error_count(compile->diag), 0, "refused without a word");
        return false;
    }
    rig->state = chute_calloc(1, rig->plugin->state_size + 1);
    rig->worker = chute_calloc(1, rig->plugin->worker_size + 1);
    rig->json = chute_json_parser_create();
    if (rig->plugin->worker_init != NULL) {
        rig->plugin->worker_init(rig->settings, rig->worker);
    }
    return true;
}

const char *test_output_encode(struct test_output *rig, const char *text) {
    struct chute_event *event = chute_batch_add_bare(&rig->batch);
    struct chute_value value;
    enum chute_json_status status =
        chute_json_decode(rig->json, &rig->batch.arena, chute_str_of(text), &value);
    cr_assert(status == CHUTE_JSON_OK && value.type == CHUTE_OBJECT, "not an event: %s", text);
    event->fields = value;
    bool has_time = chute_event_field(event, CHUTE_STR("@timestamp")) != NULL;
    chute_event_adopt(event);
    chute_object_remove(event->fields.as.object, CHUTE_STR("@version"));
    if (!has_time) {
        chute_object_remove(event->fields.as.object, CHUTE_STR("@timestamp"));
    }
    struct chute_parcel *parcel = &rig->parcel;
    if (parcel->count == parcel->capacity) {
        parcel->capacity = parcel->capacity * 2 + 16;
        parcel->items = chute_realloc(parcel->items, parcel->capacity * sizeof(*parcel->items));
    }
    struct chute_item *item = &parcel->items[parcel->count];
    *item = (struct chute_item){ .offset = (uint32_t)parcel->bytes.len };
    if (!rig->plugin->encode(rig->settings, event, &parcel->bytes, &item->flags, rig->worker)) {
        return NULL;
    }
    item->len = (uint32_t)parcel->bytes.len - item->offset;
    parcel->count++;
    return chute_buf_cstr(&parcel->bytes) + item->offset;
}

void test_output_start(struct test_output *rig, uv_loop_t *loop) {
    rig->loop = loop;
    cr_assert(rig->plugin->start((struct chute_output *)(void *)rig) == 0);
}

void test_output_deliver(struct test_output *rig) {
    rig->is_finished = false;
    rig->wants_smaller = false;
    for (uint32_t i = 0; i < rig->parcel.count; i++) {
        rig->parcel.items[i].outcome = CHUTE_UNANSWERED;
    }
    rig->plugin->deliver((struct chute_output *)(void *)rig, &rig->parcel);
    bool goes_on = true;
    while (!rig->is_finished) {
        cr_assert(goes_on, "nothing is left that could finish it");
        goes_on = uv_run(rig->loop, UV_RUN_ONCE) != 0;
    }
}

const char *test_output_outcomes(struct test_output *rig) {
    char *out = chute_arena_get(&rig->batch.arena, rig->parcel.count + 1);
    for (uint32_t i = 0; i < rig->parcel.count; i++) {
        out[i] = "?DRX"[rig->parcel.items[i].outcome];
    }
    out[rig->parcel.count] = '\0';
    return out;
}

void test_output_clear(struct test_output *rig) {
    rig->parcel.count = 0;
    rig->parcel.bytes.len = 0;
    rig->rejects.len = 0;
    chute_batch_reset(&rig->batch);
}

void test_output_stop(struct test_output *rig) {
    rig->plugin->stop((struct chute_output *)(void *)rig);
    bool goes_on = true;
    while (!rig->is_closed) {
        cr_assert(goes_on, "it never closes");
        goes_on = uv_run(rig->loop, UV_RUN_ONCE) != 0;
    }
}

void test_output_finish(struct test_output *rig) {
    if (rig->worker != NULL && rig->plugin->worker_finish != NULL) {
        rig->plugin->worker_finish(rig->worker);
    }
    if (rig->state != NULL && rig->plugin->state_finish != NULL) {
        rig->plugin->state_finish(rig->state);
    }
    if (rig->settings != NULL && rig->plugin->finish != NULL) {
        rig->plugin->finish(rig->settings);
    }
    chute_free(rig->worker);
    chute_free(rig->state);
    chute_free(rig->settings);
    chute_json_parser_destroy(rig->json);
    chute_free(rig->parcel.items);
    chute_buf_finish(&rig->parcel.bytes);
    chute_buf_finish(&rig->rejects);
    chute_batch_finish(&rig->batch);
    test_compile_finish(&rig->compile);
    *rig = (struct test_output){ 0 };
}
