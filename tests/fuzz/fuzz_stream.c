/* tests/fuzz/fuzz_stream.c - a stream of JSON lines gives the same events however its bytes come in pieces, and a
 * token's position is never ahead of what was made of them. */
#include <stdlib.h>

#include "conf/diag.h"
#include "conf/option_compile.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/run/engine.h"
#include "pipeline/run/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct {
    struct chute_arena arena; /* of the settings */
    struct chute_codec codec;
    struct chute_decoder decoder;
    struct chute_batch batch;
    struct chute_pipeline pipeline;
    struct chute_input input;
    struct chute_origin *origin;
    uint64_t resolved;
} rig;

static void on_token(struct chute_input *input, struct chute_token *token, bool is_lost) {
    (void)input;
    (void)is_lost;
    chute_assert(token->position >= rig.resolved);
    rig.resolved = token->position;
}

static const struct chute_input_plugin input_plugin = {
    .name = "fuzz", .thread = CHUTE_ON_LOOP, .on_token = on_token
};

static void open_codec(void) {
    size_t i = 0;
    while (strcmp(chute_codecs[i]->name, "json_lines") != 0) {
        i++;
    }
    const struct chute_codec_plugin *plugin = chute_codecs[i];
    struct chute_option_compile compile = {
        .arena = &rig.arena, .diag = chute_diag_create(), .kind = "codec", .name = plugin->name
    };
    struct chute_prepare prepare = { .arena = &rig.arena, .diag = compile.diag };
    rig.codec.plugin = plugin;
    rig.codec.settings = chute_calloc(1, plugin->settings_size);
    chute_assert(
        chute_options_compile(plugin->options, NULL, NULL, rig.codec.settings, NULL, &compile));
    chute_assert(plugin->prepare(rig.codec.settings, &prepare));
    chute_diag_destroy(compile.diag);
    rig.decoder.batch = &rig.batch;
    rig.decoder.json = chute_json_parser_create();
    rig.decoder.worker = chute_calloc(1, plugin->worker_size);
    rig.input.plugin = &input_plugin;
    rig.input.pipeline = &rig.pipeline;
    rig.input.codec = &rig.codec;
    rig.origin = chute_origin_create();
    chute_queue_init(&rig.pipeline.queue, (size_t)1 << 40, NULL, NULL);
}

/* Decodes what was handed over, as a worker does; adds the events to `out`, a line each. */
static void take(struct chute_buf *out) {
    chute_reader_flush(rig.input.reader);
    bool is_over;
    struct chute_block *block;
    while ((block = chute_queue_pop(&rig.pipeline.queue, 0, &is_over)) != NULL) {
        chute_batch_reset(&rig.batch);
        rig.batch.now = (struct chute_time){ 0 };
        chute_assert(!block->is_cut && !block->is_stateful && block->frame_count <= 1);
        struct chute_str rest = block->bytes;
        while (rest.len > 0) {
            size_t used = rig.codec.plugin->decode(&rig.codec, &rig.decoder, rest, 3);
            chute_assert(used > 0 && used <= rest.len);
            rest.at += used;
            rest.len -= used;
        }
        for (size_t i = 0; i < rig.batch.count; i++) {
            chute_json_encode_event(out, rig.batch.events[i]);
            chute_buf_add_char(out, '\n');
        }
        chute_block_destroy(block, false);
    }
    chute_batch_reset(&rig.batch);
}

/* All events of `bytes` that come in pieces of pseudo-random length up to `most`. */
static void run(struct chute_str bytes, size_t most, unsigned random, struct chute_buf *out) {
    rig.resolved = 0;
    rig.input.reader = chute_reader_create();
    struct chute_stream *stream = chute_stream_create(&rig.input, rig.origin, NULL);
    for (size_t done = 0; done < bytes.len;) {
        size_t size, left = bytes.len - done;
        char *room = chute_stream_buffer(stream, &size);
        random = random * 1103515245 + 12345;
        size_t len = 1 + (random >> 16) % most;
        len = len < left ? len : left;
        len = len < size ? len : size;
        memcpy(room, bytes.at + done, len);
        done += len;
        chute_stream_read(stream, len, chute_token_create(&rig.input, NULL, done));
        if ((random & 1) != 0) {
            take(out);
        }
    }
    take(out);
    chute_assert(rig.resolved == bytes.len - chute_stream_unfinished(stream));
    chute_stream_end(stream, chute_token_create(&rig.input, NULL, bytes.len));
    take(out);
    chute_assert(rig.resolved == bytes.len && chute_stream_unfinished(stream) == 0);
    chute_stream_destroy(stream);
    chute_reader_destroy(rig.input.reader);
}

/* The first two bytes choose the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (rig.codec.plugin == NULL) {
        open_codec();
    }
    if (len < 2) {
        return 0;
    }
    struct chute_str text = { (const char *)bytes + 2, len - 2 };
    struct chute_buf whole = { 0 }, pieces = { 0 };
    run(text, (size_t)1 << 30, 1, &whole);
    run(text, (size_t)bytes[0] + 1, bytes[1], &pieces);
    chute_assert(chute_str_eq(chute_buf_str(&whole), chute_buf_str(&pieces)));
    chute_buf_finish(&whole);
    chute_buf_finish(&pieces);
    return 0;
}
