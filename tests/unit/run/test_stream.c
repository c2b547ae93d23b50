/* Streams with a codec and a queue, and nothing else of an engine: what comes out as frames, and when their tokens
 * say so. */
#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"
#include "pipeline/run/read_buffer.h"
#include "pipeline/run/stream.h"

/* ------------------------------------------------------------------ codecs */

static size_t limit; /* of a frame of the lines codec */

static size_t cut_lines(const struct chute_codec *codec, struct chute_str bytes, size_t at) {
    const char *end = memrchr(bytes.at, '\n', bytes.len);
    (void)codec;
    cr_expect_leq(at, bytes.len);
    cr_expect_null(memchr(bytes.at, '\n', at), "whole frames were kept");
    return end == NULL ? 0 : (size_t)(end - bytes.at) + 1;
}
static long long lines_limit(const struct chute_codec *codec) {
    (void)codec;
    return (long long)limit;
}
static const struct chute_codec_plugin lines_plugin = {
    .name = "lines", .cut = cut_lines, .frame_limit = lines_limit
};

/* The same with another end, of which a part may come first. */
static size_t cut_marked(const struct chute_codec *codec, struct chute_str bytes, size_t at) {
    size_t whole = 0;
    (void)codec;
    (void)at;
    for (size_t i = 0; i + 3 <= bytes.len; i++) {
        if (memcmp(bytes.at + i, "<->", 3) == 0) {
            whole = i + 3;
        }
    }
    return whole;
}
static struct chute_str marked_end(const struct chute_codec *codec) {
    (void)codec;
    return CHUTE_STR("<->");
}
static const struct chute_codec_plugin marked_plugin = {
    .name = "marked", .cut = cut_marked, .frame_limit = lines_limit, .frame_end = marked_end
};

/* With state: two lines make a frame; an unfinished line stays at a flush. */
struct pairs {
    struct chute_buf text;
    int lines;
    size_t partial;
};
static void pairs_feed(const struct chute_codec *codec, void *arg, struct chute_str bytes,
    struct chute_frames *frames) {
    struct pairs *pairs = arg;
    (void)codec;
    for (size_t i = 0; i < bytes.len; i++) {
        chute_buf_add_char(&pairs->text, bytes.at[i]);
        pairs->partial++;
        if (bytes.at[i] == '\n') {
            pairs->partial = 0;
            if (++pairs->lines == 2) {
                chute_frames_add(frames, chute_buf_str(&pairs->text), 5);
                pairs->text.len = 0;
                pairs->lines = 0;
            }
        }
    }
}
static void pairs_flush(
    const struct chute_codec *codec, void *arg, struct chute_frames *frames, bool is_end) {
    struct pairs *pairs = arg;
    (void)codec;
    size_t len = is_end ? pairs->text.len : pairs->text.len - pairs->partial;
    if (len > 0) {
        chute_frames_add(frames, (struct chute_str){ pairs->text.at, len }, 6);
        memmove(pairs->text.at, pairs->text.at + len, pairs->text.len - len);
        pairs->text.len -= len;
        pairs->lines = 0;
        pairs->partial = pairs->text.len;
    }
}
static size_t pairs_held(const struct chute_codec *codec, const void *arg) {
    (void)codec;
    return ((const struct pairs *)arg)->text.len;
}
static void pairs_finish(void *arg) {
    chute_buf_finish(&((struct pairs *)arg)->text);
}
static struct chute_str pairs_end(const struct chute_codec *codec) {
    (void)codec;
    return CHUTE_STR("\n");
}
static const struct chute_codec_plugin pairs_plugin = {
    .name = "pairs",
    .stream_size = sizeof(struct pairs),
    .feed = pairs_feed,
    .flush = pairs_flush,
    .held = pairs_held,
    .stream_finish = pairs_finish,
    .frame_end = pairs_end,
};

/* All that comes is one frame. */
static const struct chute_codec_plugin whole_plugin = { .name = "whole" };

/* ------------------------------------------------------------------ rig */

static struct {
    struct chute_pipeline pipeline;
    struct chute_input input;
    struct chute_input *inputs[1];
    struct chute_codec codec;
    struct chute_origin *origin;
    struct chute_stream *stream;
    struct chute_buf got; /* frames, each with a bar behind it */
    size_t frames;
    uint64_t resolved; /* the highest position */
    int tokens, pauses;
} rig;

static void on_token(struct chute_input *input, struct chute_token *token, bool is_lost) {
    cr_expect_eq(input, &rig.input);
    cr_expect_not(is_lost);
    rig.tokens++;
    rig.resolved = token->position > rig.resolved ? token->position : rig.resolved;
}
static void on_pause(struct chute_input *input) {
    (void)input;
    rig.pauses++;
}
static const struct chute_input_plugin loop_input = {
    .name = "loop", .thread = CHUTE_ON_LOOP, .on_token = on_token, .pause = on_pause
};
static const struct chute_input_plugin datagram_input = {
    .name = "datagrams", .thread = CHUTE_ON_LOOP, .takes_datagrams = true
};
static const struct chute_input_plugin own_input = {
    .name = "own", .thread = CHUTE_OWN_THREAD, .on_token = on_token
};

static void open_rig(
    const struct chute_codec_plugin *codec, const struct chute_input_plugin *plugin) {
    memset(&rig, 0, sizeof(rig));
    chute_queue_init(&rig.pipeline.queue, (size_t)1 << 40, NULL, NULL);
    rig.inputs[0] = &rig.input;
    rig.pipeline.inputs = rig.inputs;
    rig.pipeline.input_count = 1;
    rig.codec.plugin = codec;
    rig.input.plugin = plugin;
    rig.input.pipeline = &rig.pipeline;
    rig.input.codec = &rig.codec;
    rig.input.reader = chute_reader_create();
    rig.input.is_reading = plugin->thread == CHUTE_ON_LOOP;
    rig.origin = chute_origin_create();
    rig.stream = chute_stream_create(&rig.input, rig.origin, NULL);
}

static void close_rig(void) {
    chute_stream_destroy(rig.stream);
    chute_reader_flush(rig.input.reader);
    chute_reader_destroy(rig.input.reader);
    chute_queue_finish(&rig.pipeline.queue);
    cr_expect_eq(rig.origin->held.references, 1);
    chute_held_unref(&rig.origin->held);
    chute_instance_finish(&rig.input.head);
    chute_buf_finish(&rig.got);
    chute_read_buffer_pool_finish();
}

/* A frame as the worker would see it; "~" behind one that was cut. */
static void note(const struct chute_block *block, struct chute_str frame) {
    chute_buf_add_str(&rig.got, frame);
    chute_buf_add_str(&rig.got, block->is_cut ? CHUTE_STR("~|") : CHUTE_STR("|"));
    rig.frames++;
}

static void note_block(const struct chute_block *block) {
    struct chute_str rest = block->bytes;
    for (uint32_t i = 0; i < block->frame_count; i++) {
        const struct chute_frame *frame = &block->frames[i];
        cr_assert_leq((size_t)frame->offset + frame->len, rest.len);
        note(block, (struct chute_str){ rest.at + frame->offset, frame->len });
    }
    if (block->frames != NULL || block->codec->plugin->cut == NULL) {
        if (block->frames == NULL) {
            note(block, rest);
        }
        return;
    }
    const struct chute_codec_plugin *plugin = block->codec->plugin;
    struct chute_str end = plugin->frame_end == NULL ? CHUTE_STR("\n") : CHUTE_STR("<->");
    while (rest.len > 0) {
        ptrdiff_t at = chute_str_find(rest, end);
        cr_assert_geq(at, 0, "a block of unfinished frames");
        note(block, (struct chute_str){ rest.at, (size_t)at });
        rest.at += (size_t)at + end.len;
        rest.len -= (size_t)at + end.len;
    }
}

/* Ends the loop's turn and notes the frames of all that was handed over; returns all noted so far. */
static const char *take(void) {
    chute_reader_flush(rig.input.reader);
    bool is_over;
    struct chute_block *block;
    while ((block = chute_queue_pop(&rig.pipeline.queue, 0, &is_over)) != NULL) {
        note_block(block);
        chute_block_destroy(block, false);
    }
    return chute_buf_cstr(&rig.got);
}

/* One read of these bytes, which end at `position`; 0: without a token. */
static bool read_bytes(struct chute_str bytes, uint64_t position) {
    size_t size;
    char *at = chute_stream_buffer(rig.stream, &size);
    cr_assert_geq(size, bytes.len);
    memcpy(at, bytes.at, bytes.len);
    struct chute_token *token =
        position == 0 ? NULL : chute_token_create(&rig.input, NULL, position);
    return chute_stream_read(rig.stream, bytes.len, token);
}

static void forget(void) {
    rig.got.len = 0;
    rig.frames = 0;
}

/* ------------------------------------------------------------------ cutting */

static const struct {
    const char *says;
    const struct chute_codec_plugin *codec;
    size_t limit;
    const char *bytes, *want;
} cut_rows[] = {
    { "lines", &lines_plugin, 1000, "one\ntwo\n\nthree\nrest", "one|two||three|rest|" },
    { "nothing unfinished", &lines_plugin, 1000, "one\ntwo\n", "one|two|" },
    { "no end at all", &lines_plugin, 1000, "only", "only|" },
    { "a frame of exactly the limit", &lines_plugin, 5, "12345\nx\n", "12345|x|" },
    { "an end of several bytes", &marked_plugin, 1000, "a<->b<<->c<-->d<-><->e<-",
        "a|b<|c<-->d||e<-|" },
};

Test(stream, frames_do_not_depend_on_how_the_bytes_came) {
    for (size_t row = 0; row < sizeof(cut_rows) / sizeof(cut_rows[0]); row++) {
        struct chute_str all = chute_str_of(cut_rows[row].bytes);
        open_rig(cut_rows[row].codec, &loop_input);
        limit = cut_rows[row].limit;
        for (size_t split = 0; split <= all.len; split++) {
            forget();
            read_bytes((struct chute_str){ all.at, split }, 0);
            read_bytes((struct chute_str){ all.at + split, all.len - split }, 0);
            chute_stream_end(rig.stream, NULL);
            cr_expect_str_eq(take(), cut_rows[row].want, "%s, cut at %zu: %s", cut_rows[row].says,
                split, rig.got.at);
        }
        for (size_t turns = 0; turns < 2; turns++) {
            forget();
            for (size_t i = 0; i < all.len; i++) {
                read_bytes((struct chute_str){ all.at + i, 1 }, 0);
                if (turns == 1) {
                    take();
                }
            }
            chute_stream_end(rig.stream, NULL);
            cr_expect_str_eq(
                take(), cut_rows[row].want, "%s, byte by byte: %s", cut_rows[row].says, rig.got.at);
        }
        cr_expect_eq(chute_stream_unfinished(rig.stream), 0);
        close_rig();
    }
}

Test(stream, what_is_too_long_is_cut_and_the_rest_forgotten) {
    static const struct {
        const struct chute_codec_plugin *codec;
        const char *bytes, *want;
    } rows[] = {
        { &lines_plugin, "ok\n1234567890123\nnext\n", "ok|12345~|next|" },
        { &lines_plugin, "123456\nnext\n", "12345~|next|" },
        { &lines_plugin, "123456", "12345~|" },
        { &lines_plugin, "1234567890\n1234567890\nx", "12345~|12345~|x|" },
        { &marked_plugin, "123456789<-9<->ok<->", "12345~|ok|" },
        { &marked_plugin, "1234567<--><->n", "12345~|n|" },
        { &marked_plugin, "12345<-x<->n", "12345~|n|" },
    };
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        open_rig(rows[row].codec, &loop_input);
        limit = 5;
        struct chute_str all = chute_str_of(rows[row].bytes);
        for (size_t i = 0; i < all.len; i++) {
            read_bytes((struct chute_str){ all.at + i, 1 }, i + 1);
            take();
            cr_expect_leq(chute_stream_unfinished(rig.stream), 5);
        }
        chute_stream_end(rig.stream, NULL);
        cr_expect_str_eq(take(), rows[row].want, "%s: %s", rows[row].bytes, rig.got.at);
        cr_expect_eq(rig.tokens, (int)all.len, "every token is resolved");
        close_rig();
    }
}

Test(stream, a_cut_between_reads_forgets_up_to_the_frame_s_end) {
    open_rig(&lines_plugin, &loop_input);
    limit = 5;
    read_bytes(CHUTE_STR("a\nb\n1234567"), 11);
    cr_expect_str_eq(take(), "a|b|12345~|");
    cr_expect_eq(chute_stream_unfinished(rig.stream), 0, "it is forgotten");
    cr_expect_eq(rig.resolved, 11);
    read_bytes(CHUTE_STR("8901"), 15);
    cr_expect_eq(rig.resolved, 15, "what is forgotten is done with");
    read_bytes(CHUTE_STR("23\nc\nd"), 21);
    cr_expect_str_eq(take(), "a|b|12345~|c|");
    cr_expect_eq(rig.resolved, 20);
    read_bytes(CHUTE_STR("1234567"), 28);
    chute_stream_end(rig.stream, NULL);
    read_bytes(CHUTE_STR("new\n"), 0);
    cr_expect_str_eq(take(), "a|b|12345~|c|d1234~|new|", "an end ends the forgetting");
    close_rig();
}

/* `len` bytes that tell where they stand. */
static struct chute_buf long_frame(size_t len) {
    struct chute_buf frame = { 0 };
    for (size_t i = 0; frame.len < len; i++) {
        chute_buf_printf(&frame, "%zu,", i);
    }
    frame.len = len;
    return frame;
}

Test(stream, large_unfinished_frames_come_whole) {
    static const size_t lens[] = { 65535, 65536, 65537, 131072, 262143, 262144, 300000, 3000000 };
    static const size_t pieces[] = { 1000, 16384, 65536 };
    limit = 20 * 1024 * 1024;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
            open_rig(&lines_plugin, &loop_input);
            struct chute_buf frame = long_frame(lens[i]);
            chute_buf_add_str(&frame, CHUTE_STR("\nsmall\nrest"));
            for (size_t at = 0; at < frame.len;) {
                size_t size, left = frame.len - at;
                char *room = chute_stream_buffer(rig.stream, &size);
                cr_assert_geq(size, 4096);
                size_t len = left < pieces[p] ? left : pieces[p];
                len = len < size ? len : size;
                memcpy(room, frame.at + at, len);
                chute_stream_read(rig.stream, len, NULL);
                at += len;
            }
            take();
            cr_expect_eq(rig.frames, 2);
            cr_expect_eq(memcmp(rig.got.at, frame.at, lens[i]), 0);
            cr_expect_str_eq(rig.got.at + lens[i], "|small|");
            cr_expect_eq(chute_stream_unfinished(rig.stream), 4);
            chute_buf_finish(&frame);
            close_rig();
        }
    }
}

Test(stream, a_large_unfinished_frame_ends_with_the_stream) {
    limit = 20 * 1024 * 1024;
    open_rig(&lines_plugin, &loop_input);
    struct chute_buf frame = long_frame(500000);
    chute_stream_feed(rig.stream, chute_buf_str(&frame), NULL);
    cr_expect_eq(chute_stream_unfinished(rig.stream), 500000);
    chute_stream_end(rig.stream, chute_token_create(&rig.input, NULL, 500000));
    cr_expect_eq(chute_stream_unfinished(rig.stream), 0);
    take();
    cr_assert_eq(rig.got.len, 500001);
    cr_expect_eq(memcmp(rig.got.at, frame.at, 500000), 0);
    cr_expect_eq(rig.resolved, 500000);
    chute_buf_finish(&frame);
    close_rig();
}

Test(stream, a_large_frame_over_the_limit_is_cut) {
    limit = 100000;
    open_rig(&lines_plugin, &loop_input);
    struct chute_buf frame = long_frame(250000);
    chute_stream_feed(rig.stream, chute_buf_str(&frame), NULL);
    read_bytes(CHUTE_STR("more\nnext\n"), 0);
    take();
    cr_expect_eq(rig.frames, 2);
    cr_expect_eq(memcmp(rig.got.at, frame.at, 100000), 0);
    cr_expect_str_eq(rig.got.at + 100000, "~|next|");
    chute_buf_finish(&frame);
    close_rig();
}

Test(stream, streams_share_a_reader) {
    limit = 1000000;
    open_rig(&lines_plugin, &loop_input);
    struct chute_stream *own = rig.stream;
    struct chute_stream *other = chute_stream_create(&rig.input, rig.origin, NULL);
    char text[32];
    struct chute_buf want = { 0 };
    for (int i = 0; i < 20000; i++) { /* several buffers full */
        rig.stream = i % 2 == 0 ? own : other;
        int len = snprintf(text, sizeof(text), "%d\n%c", i, i % 2 == 0 ? 'a' : 'b');
        read_bytes((struct chute_str){ text, (size_t)len }, 0);
        chute_buf_printf(&want, "%s%d|", i < 2 ? "" : i % 2 == 0 ? "a" : "b", i);
    }
    cr_expect(strcmp(take(), chute_buf_cstr(&want)) == 0);
    cr_expect_eq(rig.frames, 20000);
    chute_buf_finish(&want);
    rig.stream = own;
    chute_stream_destroy(other);
    close_rig();
}

/* ------------------------------------------------------------------ tokens */

Test(stream, a_position_stays_before_what_is_unfinished) {
    struct chute_str all = CHUTE_STR("one\ntwo\nthree\n");
    limit = 1000;
    for (size_t split = 0; split <= all.len; split++) {
        open_rig(&lines_plugin, &loop_input);
        read_bytes((struct chute_str){ all.at, split }, split + 100);
        take();
        size_t whole = split < 4 ? 0 : split < 8 ? 4 : split < 14 ? 8 : 14;
        cr_expect_eq(rig.tokens, 1);
        cr_expect_eq(
            rig.resolved, whole + 100, "%zu of the bytes: %zu", split, (size_t)rig.resolved - 100);
        read_bytes((struct chute_str){ all.at + split, all.len - split }, all.len + 100);
        cr_expect_leq(rig.resolved, split == all.len ? 114 : whole + 100, "not before the worker");
        take();
        cr_expect_eq(rig.resolved, 114);
        cr_expect_eq(rig.tokens, 2);
        close_rig();
    }
}

Test(stream, feed_has_a_position_for_every_part) {
    limit = 10000000;
    open_rig(&lines_plugin, &own_input);
    struct chute_buf bytes = { 0 };
    while (bytes.len < 1000000) { /* more than one buffer */
        chute_buf_printf(&bytes, "a line of some length %zu\n", bytes.len);
    }
    size_t whole = bytes.len;
    chute_buf_add_str(&bytes, CHUTE_STR("rest"));
    struct chute_token *token = chute_token_create(&rig.input, NULL, bytes.len);
    cr_expect(chute_stream_feed(rig.stream, chute_buf_str(&bytes), token));
    bool is_over;
    uint64_t done = 0;
    int tokens = 0;
    struct chute_block *block;
    while ((block = chute_queue_pop(&rig.pipeline.queue, 0, &is_over)) != NULL) {
        done += block->bytes.len;
        chute_block_destroy(block, false);
        cr_expect_eq(rig.resolved, done, "resolved %zu with %zu bytes done", (size_t)rig.resolved,
            (size_t)done);
        tokens++;
    }
    cr_expect_eq(done, whole);
    cr_expect_gt(tokens, 1);
    cr_expect_eq(rig.tokens, tokens);
    chute_buf_finish(&bytes);
    close_rig();
}

Test(stream, an_end_resolves_its_token_after_the_last_frame) {
    limit = 1000;
    open_rig(&lines_plugin, &loop_input);
    read_bytes(CHUTE_STR("one\nrest"), 8);
    chute_stream_end(rig.stream, chute_token_create(&rig.input, NULL, 8));
    cr_expect_eq(rig.tokens, 0);
    cr_expect_str_eq(take(), "one|rest|");
    cr_expect_eq(rig.resolved, 8);
    chute_stream_end(rig.stream, chute_token_create(&rig.input, NULL, 9));
    cr_expect_eq(rig.resolved, 9, "nothing was unfinished: at once");
    read_bytes(CHUTE_STR("on\n"), 12);
    cr_expect_str_eq(take(), "one|rest|on|", "the stream goes on");
    cr_expect_eq(rig.resolved, 12);
    close_rig();
}

/* ------------------------------------------------------------------ codecs with state */

Test(stream, a_codec_with_state_sees_bytes_and_keeps_positions_back) {
    struct chute_str all = CHUTE_STR("1\n22\n333\n4444\n55555\nx");
    /* frames end behind 5 and 14 bytes */
    for (size_t split = 0; split <= all.len; split++) {
        open_rig(&pairs_plugin, &loop_input);
        size_t whole = split < 5 ? 0 : split < 14 ? 5 : 14;
        read_bytes((struct chute_str){ all.at, split }, split + 100);
        take();
        cr_expect_eq(rig.resolved, whole + 100, "%zu bytes", split);
        cr_expect_eq(chute_stream_unfinished(rig.stream), split - whole);
        read_bytes((struct chute_str){ all.at + split, all.len - split }, all.len + 100);
        take();
        cr_expect_eq(rig.resolved, 114, "%zu bytes", split);

        chute_stream_flush(rig.stream, chute_token_create(&rig.input, NULL, all.len + 100));
        take();
        cr_expect_eq(rig.resolved, 120, "an unfinished line stays at a flush");
        chute_stream_end(rig.stream, chute_token_create(&rig.input, NULL, all.len + 100));
        cr_expect_str_eq(
            take(), "1\n22\n|333\n4444\n|55555\n|x|", "cut at %zu: %s", split, rig.got.at);
        cr_expect_eq(rig.resolved, 121);
        cr_expect_eq(rig.tokens, 4);
        close_rig();
    }
}

Test(stream, a_codec_with_state_finds_the_end_of_whole_frames) {
    open_rig(&pairs_plugin, &datagram_input);
    static const char *const datagrams[] = { "one", "two\n", "three\nfour", "five" };
    for (size_t i = 0; i < 4; i++) {
        size_t size;
        char *at = chute_stream_buffer(rig.stream, &size);
        memcpy(at, datagrams[i], strlen(datagrams[i]));
        chute_stream_datagram(rig.stream, strlen(datagrams[i]), rig.origin);
    }
    cr_expect_str_eq(take(), "one\ntwo\n|three\nfour\n|");
    static const uint32_t lens[] = { 1, 2, 2 };
    chute_stream_frames(rig.stream, CHUTE_STR("6\n788"), lens + 1, 1, NULL);
    chute_stream_frame(rig.stream, CHUTE_STR("9"), NULL);
    chute_stream_end(rig.stream, NULL);
    cr_expect_str_eq(take(), "one\ntwo\n|three\nfour\n|five\n6\n|9\n|");
    forget();
    chute_stream_frames(rig.stream, CHUTE_STR("a\nbcd"), lens + 1, 2, NULL);
    chute_stream_end(rig.stream, NULL);
    cr_expect_str_eq(take(), "a\nbc\n|");
    close_rig();
}

Test(stream, frames_of_a_codec_with_state_come_from_the_datagram_s_sender) {
    open_rig(&pairs_plugin, &datagram_input);
    struct chute_origin *sender = chute_origin_create();
    size_t size;
    memcpy(chute_stream_buffer(rig.stream, &size), "a\nb\nc\n", 6);
    chute_stream_datagram(rig.stream, 6, sender);
    for (int i = 0; i < 2; i++) {
        chute_reader_flush(rig.input.reader);
        bool is_over;
        struct chute_block *block = chute_queue_pop(&rig.pipeline.queue, 0, &is_over);
        cr_assert_not_null(block);
        cr_expect_eq(block->origin, sender, "what waited in the codec is its sender's, too");
        chute_block_destroy(block, false);
        chute_stream_end(rig.stream, NULL);
    }
    chute_held_unref(&sender->held);
    close_rig();
}

/* ------------------------------------------------------------------ whole frames */

static void send_datagram(const char *text, struct chute_origin *origin) {
    size_t size;
    char *at = chute_stream_buffer(rig.stream, &size);
    cr_assert_geq(size, 65535);
    memcpy(at, text, strlen(text));
    chute_stream_datagram(rig.stream, strlen(text), origin);
}

Test(stream, datagrams_of_separate_turns_all_arrive) {
    open_rig(&whole_plugin, &datagram_input);
    struct chute_buf want = { 0 };
    for (int i = 0; i < 1000; i++) {
        char text[16];
        snprintf(text, sizeof(text), "d%d", i);
        send_datagram(text, rig.origin);
        chute_buf_printf(&want, "%s|", text);
        take();
    }
    cr_expect_str_eq(rig.got.at, chute_buf_cstr(&want));
    chute_buf_finish(&want);
    close_rig();
}

Test(stream, datagrams_of_one_turn_keep_their_senders) {
    open_rig(&whole_plugin, &datagram_input);
    struct chute_origin *senders[] = { chute_origin_create(), chute_origin_create() };
    static const struct {
        const char *text;
        int sender;
    } sent[] = { { "a1", 0 }, { "a2", 0 }, { "", 0 }, { "b1", 1 }, { "b2\n", 1 }, { "a3", 0 },
        { "b3", 1 } };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        send_datagram(sent[i].text, senders[sent[i].sender]);
    }
    chute_reader_flush(rig.input.reader);
    bool is_over;
    struct chute_block *block;
    while ((block = chute_queue_pop(&rig.pipeline.queue, 0, &is_over)) != NULL) {
        char name = block->origin == senders[0] ? 'a' : 'b';
        note_block(block);
        for (uint32_t i = 0; i < block->frame_count; i++) {
            cr_expect_eq(block->bytes.at[block->frames[i].offset], name);
        }
        chute_block_destroy(block, false);
        count++;
    }
    cr_expect_str_eq(chute_buf_cstr(&rig.got), "a1|a2|b1|b2\n|a3|b3|");
    cr_expect_eq(count, 4, "neighbours of one sender share a block: %zu", count);
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(senders[i]->held.references, 1);
        chute_held_unref(&senders[i]->held);
    }
    close_rig();
}

Test(stream, many_datagrams_of_one_turn) {
    open_rig(&whole_plugin, &datagram_input);
    char text[1001];
    memset(text, 'x', sizeof(text));
    text[1000] = '\0';
    for (int i = 0; i < 5000; i++) { /* 5 MB: flushed on the way, over many buffers */
        int len = snprintf(text, sizeof(text), "%d", i);
        text[len] = ' ';
        send_datagram(text, rig.origin);
    }
    take();
    cr_assert_eq(rig.frames, 5000);
    size_t wrong = 0;
    for (int i = 0; i < 5000; i++) {
        wrong += atoi(rig.got.at + (size_t)i * 1001) != i;
    }
    cr_expect_eq(wrong, 0);
    close_rig();
}

Test(stream, frames_that_the_input_found) {
    open_rig(&lines_plugin, &loop_input);
    struct chute_token *token = chute_token_create(&rig.input, NULL, 7);
    chute_stream_frame(rig.stream, CHUTE_STR("one\nframe"), chute_token_ref(token));
    chute_stream_frame(rig.stream, CHUTE_STR("two"), token);
    static const uint32_t lens[] = { 3, 0, 4 };
    chute_stream_frames(
        rig.stream, CHUTE_STR("abcdefg"), lens, 3, chute_token_create(&rig.input, NULL, 9));
    cr_expect_eq(rig.tokens, 0);
    cr_expect_str_eq(take(), "one\nframe|two|abc||defg|");
    cr_expect_eq(rig.tokens, 2);
    cr_expect_eq(rig.resolved, 9);
    struct chute_buf large = long_frame(1000000);
    forget();
    chute_stream_frame(rig.stream, chute_buf_str(&large), NULL);
    take();
    cr_assert_eq(rig.got.len, 1000001);
    cr_expect_eq(memcmp(rig.got.at, large.at, large.len), 0);
    chute_buf_finish(&large);
    close_rig();
}

/* ------------------------------------------------------------------ memory */

Test(stream, unfinished_frames_of_all_streams_are_bounded) {
    limit = 20 * 1024 * 1024;
    open_rig(&lines_plugin, &loop_input);
    struct chute_stream *first = rig.stream, *streams[4];
    struct chute_buf frame = long_frame(10 * 1000 * 1000);
    for (size_t i = 0; i < 4; i++) { /* 40 MB are over the budget of 32 MiB */
        streams[i] = chute_stream_create(&rig.input, rig.origin, NULL);
        chute_stream_feed(streams[i], chute_buf_str(&frame), NULL);
    }
    size_t total = 0;
    for (size_t i = 0; i < 4; i++) {
        total += chute_stream_unfinished(streams[i]);
    }
    cr_expect_lt(total, (size_t)33 * 1024 * 1024, "%zu bytes are kept", total);
    take();
    cr_expect_eq(rig.frames, 1, "the last one was cut");
    cr_expect(chute_str_ends_with(chute_buf_str(&rig.got), CHUTE_STR("~|")));
    chute_stream_feed(first, CHUTE_STR("small"), NULL);
    chute_stream_feed(first, CHUTE_STR(" ones pass\n"), NULL);
    take();
    cr_expect(chute_str_ends_with(chute_buf_str(&rig.got), CHUTE_STR("~|small ones pass|")));
    for (size_t i = 0; i < 4; i++) {
        chute_stream_destroy(streams[i]);
    }
    forget();
    chute_stream_feed(first, chute_buf_str(&frame), NULL);
    cr_expect_eq(chute_stream_unfinished(first), frame.len, "and then there is room again");
    chute_buf_finish(&frame);
    close_rig();
}

Test(stream, a_full_queue_says_stop) {
    limit = 1000;
    open_rig(&lines_plugin, &loop_input);
    rig.pipeline.queue.max_bytes = 1000;
    cr_expect(read_bytes(CHUTE_STR("a\n"), 0));
    chute_reader_flush(rig.input.reader);
    cr_expect_eq(rig.pauses, 0);
    for (int i = 0; i < 20; i++) {
        read_bytes(CHUTE_STR("a line\n"), 0);
        chute_reader_flush(rig.input.reader);
    }
    cr_expect_eq(rig.pauses, 1, "told once: %d", rig.pauses);
    cr_expect_not(read_bytes(CHUTE_STR("b\n"), 0), "and the bytes are taken all the same");
    take();
    cr_expect_eq(rig.frames, 22);
    close_rig();
}

/* libuv takes a room of no bytes for an error: there is some whatever the queue holds. */
Test(stream, there_is_room_to_read_while_the_queue_is_full) {
    limit = 10000;
    open_rig(&lines_plugin, &loop_input);
    rig.pipeline.queue.max_bytes = 1000;
    struct chute_buf line = long_frame(999);
    chute_buf_add_char(&line, '\n');
    for (int i = 0; i < 3000; i++) { /* several buffers full */
        size_t size = 0;
        cr_assert_not_null(chute_stream_buffer(rig.stream, &size));
        cr_assert_geq(size, 4096, "%zu bytes after %d lines", size, i);
        read_bytes(chute_buf_str(&line), 0);
        chute_reader_flush(rig.input.reader);
    }
    take();
    cr_expect_eq(rig.frames, 3000);
    chute_buf_finish(&line);
    close_rig();
}

Test(stream, an_idle_stream_is_asked_again) {
    open_rig(&whole_plugin, &loop_input);
    chute_stream_idle(rig.stream, 1000000);
    chute_stream_flush(rig.stream, chute_token_create(&rig.input, NULL, 3));
    cr_expect_str_eq(take(), "");
    cr_expect_eq(rig.resolved, 3, "nothing is unfinished");
    read_bytes(CHUTE_STR("all of it"), 0);
    cr_expect_str_eq(take(), "all of it|");
    close_rig();
}
