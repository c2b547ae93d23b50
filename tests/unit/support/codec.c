#include "codec.h"

#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"

static const struct chute_codec_plugin *find(const char *name) {
    for (size_t i = 0; chute_codecs[i] != NULL; i++) {
        if (strcmp(chute_codecs[i]->name, name) == 0) {
            return chute_codecs[i];
        }
    }
    cr_assert_fail("no codec \"%s\"", name);
    return NULL;
}

bool test_codec_open(
    struct test_codec *rig, const char *name, const char *options, enum chute_ecs ecs) {
    const struct chute_codec_plugin *plugin = find(name);
    test_compile_parse(&rig->compile, options);
    struct test_compile *compile = &rig->compile;
    compile->ctx.name = name;
    void *settings = chute_calloc(1, plugin->settings_size + 1);
    rig->codec = (struct chute_codec){ .plugin = plugin, .settings = settings, .id = "test" };
    rig->codec.ecs = ecs;
    struct chute_prepare prepare = {
        .arena = &compile->arena,
        .diag = compile->diag,
        .ast = compile->plugin,
        .id = "test",
        .ecs = ecs,
        .host_name = "localhost",
        .workers = 1,
    };
    if (chute_diag_error_count(compile->diag) > 0 ||
        !chute_options_compile(
            plugin->options, NULL, compile->plugin, settings, NULL, &compile->ctx) ||
        (plugin->prepare != NULL && !plugin->prepare(settings, &prepare))) {
        cr_assert_gt(chute_diag_error_count(compile->diag), 0, "refused without a word");
        return false;
    }
    rig->decoder = (struct chute_decoder){
        .batch = &rig->batch,
        .json = chute_json_parser_create(),
        .worker = chute_calloc(1, plugin->worker_size + 1),
    };
    return true;
}

static const char *print_events(struct test_codec *rig) {
    rig->out.len = 0;
    for (size_t i = 0; i < rig->batch.count; i++) {
        struct chute_event *event = rig->batch.events[i];
        struct chute_time time;
        cr_assert(chute_event_time(event, &time), "an event without @timestamp");
        if (chute_time_cmp(time, rig->batch.now) == 0) {
            chute_object_remove(event->fields.as.object, CHUTE_STR("@timestamp"));
        }
        cr_assert(chute_object_remove(event->fields.as.object, CHUTE_STR("@version")));
        chute_buf_add_str(&rig->out, i == 0 ? CHUTE_STR("") : CHUTE_STR("\n"));
        chute_json_encode_event(&rig->out, event);
    }
    return chute_buf_cstr(&rig->out);
}

/* Decodes whole frames, an odd number of events at a time. */
static const char *decode(struct test_codec *rig, struct chute_str bytes) {
    chute_batch_reset(&rig->batch);
    bytes = chute_arena_copy(&rig->batch.arena, bytes);
    while (bytes.len > 0) {
        size_t used = rig->codec.plugin->decode(&rig->codec, &rig->decoder, bytes, 3);
        cr_assert(used > 0 && used <= bytes.len, "consumed %zu of %zu", used, bytes.len);
        bytes.at += used;
        bytes.len -= used;
    }
    return print_events(rig);
}

static const char *take(struct test_codec *rig, size_t seen, bool is_end) {
    struct chute_str bytes = chute_buf_str(&rig->pending);
    size_t len = is_end ? bytes.len : rig->codec.plugin->cut(&rig->codec, bytes, seen);
    const char *events = decode(rig, (struct chute_str){ bytes.at, len });
    if (len > 0) {
        memmove(rig->pending.at, rig->pending.at + len, bytes.len - len);
    }
    rig->pending.len -= len;
    return events;
}

const char *test_codec_feed(struct test_codec *rig, struct chute_str bytes) {
    size_t seen = rig->pending.len;
    chute_buf_add_str(&rig->pending, bytes);
    return take(rig, seen, false);
}

const char *test_codec_idle(struct test_codec *rig) {
    return take(rig, rig->pending.len, false);
}

const char *test_codec_end(struct test_codec *rig) {
    return take(rig, 0, true);
}

const char *test_codec_datagram(struct test_codec *rig, struct chute_str bytes) {
    return decode(rig, bytes);
}

const char *test_codec_encode(struct test_codec *rig, const char *text) {
    chute_batch_reset(&rig->batch);
    struct chute_event *event = chute_batch_add_bare(&rig->batch);
    struct chute_value value;
    cr_assert(chute_json_decode(rig->decoder.json, &rig->batch.arena, chute_str_of(text), &value) ==
              CHUTE_JSON_OK);
    event->fields = value;
    chute_event_adopt(event);
    rig->out.len = 0;
    rig->codec.plugin->encode(&rig->codec, event, &rig->out);
    return chute_buf_cstr(&rig->out);
}

void test_codec_finish(struct test_codec *rig) {
    const struct chute_codec_plugin *plugin = rig->codec.plugin;
    if (rig->decoder.worker != NULL && plugin->worker_finish != NULL) {
        plugin->worker_finish(rig->decoder.worker);
    }
    chute_free(rig->decoder.worker);
    chute_json_parser_destroy(rig->decoder.json);
    if (rig->codec.settings != NULL && plugin->finish != NULL) {
        plugin->finish(rig->codec.settings);
    }
    chute_free(rig->codec.settings);
    chute_batch_finish(&rig->batch);
    chute_buf_finish(&rig->pending);
    chute_buf_finish(&rig->out);
    test_compile_finish(&rig->compile);
    *rig = (struct test_codec){ 0 };
}
