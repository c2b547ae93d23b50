#include "pipeline/run/stream.h"

#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"
#include "pipeline/run/read_buffer.h"

#define LEAST_ROOM ((size_t)16 * 1024)    /* of a read of a stream */
#define DATAGRAM_ROOM ((size_t)64 * 1024) /* of a read of a datagram */
#define LARGE_FRAME                                                                                \
    ((size_t)64 * 1024) /* an unfinished frame of that size gets a buffer of its own */
#define MOST_PENDING ((size_t)1024 * 1024) /* bytes handed over at once, at the latest */
#define FRAME_LIMIT ((size_t)20 * 1024 * 1024)
/* When unfinished frames of all streams come to that, each may have no more than LARGE_FRAME. */
#define PARTIAL_BUDGET ((size_t)32 * 1024 * 1024)

/* What a thread reads into, and what it has not handed over yet. */
struct chute_reader {
    struct chute_read_buffer *buffer; /* the current one */
    size_t used;
    struct chute_block *first, *last; /* a loop's blocks until the end of its turn */
    size_t pending_bytes;
    uint64_t turn; /* counts flushes */
};

struct chute_stream {
    struct chute_input *input;
    struct chute_reader *reader;
    const struct chute_codec *codec;
    struct chute_origin *origin;
    struct chute_buf partial;        /* the unfinished frame */
    struct chute_read_buffer *large; /* in its place, when it is large: reads go behind it */
    size_t large_len;
    size_t start;             /* of the region in the reader's buffer: partial, then the read */
    void *codec_state;        /* of codecs with state */
    struct chute_block *open; /* takes more frames, in this turn */
    uint64_t open_turn;
    bool is_discarding; /* the rest of a frame that was too long */
};

/* The budget of unfinished frames is the process's. */
static _Atomic size_t partial_total;

struct chute_reader *chute_reader_create(void) {
    return chute_calloc(1, sizeof(struct chute_reader));
}

void chute_reader_destroy(struct chute_reader *reader) {
    if (reader != NULL) {
        if (reader->buffer != NULL) {
            chute_held_unref(&reader->buffer->held);
        }
        chute_free(reader);
    }
}

static void pause_inputs(struct chute_pipeline *pipeline) {
    if (pipeline->is_paused) {
        return;
    }
    pipeline->paused_ns = uv_hrtime();
    pipeline->is_paused = true;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct chute_input *input = pipeline->inputs[i];
        if (input->is_reading && input->plugin->pause != NULL && !input->has_ended) {
            input->plugin->pause(input);
        }
    }
}

void chute_reader_flush(struct chute_reader *reader) {
    struct chute_block *block = reader->first;
    reader->first = NULL;
    reader->last = NULL;
    reader->pending_bytes = 0;
    reader->turn++;
    while (block != NULL) {
        struct chute_pipeline *pipeline = block->input->pipeline;
        struct chute_block *last = block;
        while (last->next != NULL && last->next->input->pipeline == pipeline) {
            last = last->next;
        }
        struct chute_block *rest = last->next;
        last->next = NULL;
        if (!chute_queue_push(&pipeline->queue, block)) {
            pause_inputs(pipeline);
        }
        block = rest;
    }
}

/* Hands a block over: at once from an own thread, at the end of the turn from a loop. */
static bool hand_over(struct chute_stream *stream, struct chute_block *block) {
    struct chute_reader *reader = stream->reader;
    struct chute_pipeline *pipeline = stream->input->pipeline;
    if (stream->input->plugin->thread == CHUTE_OWN_THREAD) {
        return chute_queue_push_wait(&pipeline->queue, block);
    }
    if (reader->last == NULL) {
        reader->first = block;
    } else {
        reader->last->next = block;
    }
    reader->last = block;
    reader->pending_bytes += block->bytes.len;
    if (reader->pending_bytes >= MOST_PENDING) {
        chute_reader_flush(reader);
    }
    return !pipeline->is_paused;
}

/* Takes references to what it is given, but `token`, which it takes itself. */
static struct chute_block *make_block(struct chute_stream *stream, struct chute_held *held,
    struct chute_str bytes, struct chute_token *token) {
    struct chute_block *block = chute_calloc(1, sizeof(*block));
    block->input = stream->input;
    block->codec = stream->codec;
    block->origin = stream->origin;
    chute_held_ref(&stream->origin->held);
    block->held = chute_held_ref(held);
    block->bytes = bytes;
    block->token = token;
    return block;
}

static void add_frame(struct chute_block *block, size_t offset, size_t len, unsigned flags) {
    if (block->frame_count == block->frame_capacity) {
        block->frame_capacity = block->frame_capacity == 0 ? 8 : block->frame_capacity * 2;
        block->frames =
            chute_realloc(block->frames, sizeof(*block->frames) * block->frame_capacity);
    }
    block->frames[block->frame_count++] =
        (struct chute_frame){ .offset = (uint32_t)offset, .len = (uint32_t)len, .flags = flags };
}

struct chute_stream *chute_stream_create(
    struct chute_input *input, struct chute_origin *origin, const struct chute_codec *codec) {
    struct chute_stream *stream = chute_calloc(1, sizeof(*stream));
    stream->input = input;
    stream->reader = input->reader;
    stream->codec = codec == NULL ? input->codec : codec;
    stream->origin = origin;
    chute_held_ref(&origin->held);
    if (stream->codec->plugin->stream_size > 0) {
        stream->codec_state = chute_calloc(1, stream->codec->plugin->stream_size);
    }
    return stream;
}

static void forget_partial(struct chute_stream *stream) {
    partial_total -= stream->partial.len + stream->large_len;
    stream->partial.len = 0;
    if (stream->large != NULL) {
        chute_held_unref(&stream->large->held);
        stream->large = NULL;
        stream->large_len = 0;
    }
}

void chute_stream_destroy(struct chute_stream *stream) {
    if (stream == NULL) {
        return;
    }
    forget_partial(stream);
    chute_buf_finish(&stream->partial);
    if (stream->codec_state != NULL) {
        if (stream->codec->plugin->stream_finish != NULL) {
            stream->codec->plugin->stream_finish(stream->codec_state);
        }
        chute_free(stream->codec_state);
    }
    chute_held_unref(&stream->origin->held);
    chute_free(stream);
}

size_t chute_stream_unfinished(const struct chute_stream *stream) {
    if (stream->codec_state != NULL) {
        return stream->codec->plugin->held(stream->codec, stream->codec_state);
    }
    return stream->partial.len + stream->large_len;
}

static size_t limit_of(const struct chute_stream *stream) {
    const struct chute_codec_plugin *plugin = stream->codec->plugin;
    size_t limit =
        plugin->frame_limit == NULL ? FRAME_LIMIT : (size_t)plugin->frame_limit(stream->codec);
    return partial_total > PARTIAL_BUDGET && limit > LARGE_FRAME ? LARGE_FRAME : limit;
}

static void grow_large(struct chute_stream *stream) {
    struct chute_read_buffer *old = stream->large;
    if (old->size - stream->large_len >= LARGE_FRAME) {
        return;
    }
    stream->large = chute_read_buffer_get(old->size * 2);
    memcpy(stream->large->bytes, old->bytes, stream->large_len);
    chute_held_unref(&old->held);
}

/* Makes room in the reader's buffer for `len` bytes. */
static void make_room(struct chute_reader *reader, size_t len) {
    if (reader->buffer != NULL && reader->buffer->size - reader->used >= len) {
        return;
    }
    if (reader->buffer != NULL) {
        chute_held_unref(&reader->buffer->held);
    }
    reader->buffer = chute_read_buffer_get(len);
    reader->used = 0;
}

char *chute_stream_buffer(struct chute_stream *stream, size_t *size) {
    if (stream->large != NULL) {
        grow_large(stream);
        *size = stream->large->size - stream->large_len;
        return stream->large->bytes + stream->large_len;
    }
    struct chute_reader *reader = stream->reader;
    bool is_datagrams = stream->input->plugin->takes_datagrams;
    make_room(reader, stream->partial.len + (is_datagrams ? DATAGRAM_ROOM : LEAST_ROOM));
    stream->start = reader->used;
    char *at = reader->buffer->bytes + reader->used;
    if (stream->partial.len > 0) {
        memcpy(at, stream->partial.at, stream->partial.len);
    }
    *size = reader->buffer->size - reader->used - stream->partial.len;
    return at + stream->partial.len;
}

/* Keeps `rest` (which lies in `held`) as the unfinished frame. */
static void keep_partial(struct chute_stream *stream, struct chute_str rest) {
    if (rest.len < LARGE_FRAME) {
        stream->partial.len = 0;
        chute_buf_add_str(&stream->partial, rest);
        if (stream->large != NULL) {
            chute_held_unref(&stream->large->held);
            stream->large = NULL;
            stream->large_len = 0;
        }
    } else {
        struct chute_read_buffer *large = chute_read_buffer_get(rest.len * 2);
        memcpy(large->bytes, rest.at, rest.len);
        if (stream->large != NULL) {
            chute_held_unref(&stream->large->held);
        }
        stream->large = large;
        stream->large_len = rest.len;
        chute_buf_finish(&stream->partial);
    }
}

void chute_frames_add(struct chute_frames *frames, struct chute_str bytes, unsigned flags) {
    add_frame(&frames->block, frames->bytes.len, bytes.len, flags);
    chute_buf_add_str(&frames->bytes, bytes);
}

/* Counts `count` more frames of an input with a bound; true if it has to wait for a resume. A worker may be done with some
 * in between: who takes the flag back decides. Before they are handed over, or that worker would count them first. */
static bool is_held_back(struct chute_input *input, uint32_t count) {
    if (input->most_frames == 0 ||
        atomic_fetch_add(&input->waiting_frames, count) + count < input->most_frames) {
        return false;
    }
    input->is_held_back = true;
    return input->waiting_frames > input->most_frames / 2 ||
           !atomic_exchange(&input->is_held_back, false);
}

static bool hand_over_frames(
    struct chute_stream *stream, struct chute_frames *frames, struct chute_token *token) {
    uint32_t count = frames->block.frame_count;
    if (count == 0) {
        chute_token_unref(token);
        return true;
    }
    struct chute_read_buffer *copy = chute_read_buffer_get(frames->bytes.len);
    memcpy(copy->bytes, frames->bytes.at, frames->bytes.len);
    struct chute_block *block = make_block(
        stream, &copy->held, (struct chute_str){ copy->bytes, frames->bytes.len }, token);
    chute_held_unref(&copy->held);
    block->is_stateful = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct chute_frame *frame = &frames->block.frames[i];
        add_frame(block, frame->offset, frame->len, frame->flags);
    }
    bool has_to_wait = is_held_back(stream->input, count);
    return hand_over(stream, block) && !has_to_wait;
}

/* Gives on what the codec made of bytes or of a flush. */
static bool hand_over_stateful(
    struct chute_stream *stream, struct chute_frames *frames, struct chute_token *token) {
    if (token != NULL) {
        token->position -= chute_stream_unfinished(stream);
    }
    bool is_ready = hand_over_frames(stream, frames, token);
    chute_buf_finish(&frames->bytes);
    chute_free(frames->block.frames);
    return is_ready;
}

/* Bytes for a codec that keeps state. */
static bool read_stateful(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token) {
    struct chute_frames frames = { 0 };
    stream->codec->plugin->feed(stream->codec, stream->codec_state, bytes, &frames);
    return hand_over_stateful(stream, &frames, token);
}

static struct chute_str frame_end(const struct chute_stream *stream) {
    const struct chute_codec_plugin *plugin = stream->codec->plugin;
    return plugin->frame_end == NULL ? CHUTE_STR("\n") : plugin->frame_end(stream->codec);
}

/* Whole frames, one behind the other, for a codec that keeps state: where it looks for their ends, it finds them. */
static bool read_stateful_frames(struct chute_stream *stream, struct chute_origin *origin,
    struct chute_str bytes, const uint32_t *lens, size_t count, struct chute_token *token) {
    const struct chute_codec *codec = stream->codec;
    struct chute_str end = codec->plugin->frame_end == NULL ? CHUTE_STR("") : frame_end(stream);
    struct chute_frames frames = { 0 };
    struct chute_buf ended = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct chute_str frame = { bytes.at, lens[i] };
        chute_buf_add_str(&ended, frame);
        chute_buf_add_str(&ended, chute_str_ends_with(frame, end) ? CHUTE_STR("") : end);
        bytes.at += lens[i];
    }
    codec->plugin->feed(codec, stream->codec_state, chute_buf_str(&ended), &frames);
    chute_buf_finish(&ended);
    struct chute_origin *own = stream->origin;
    stream->origin = origin;
    bool is_ready = hand_over_stateful(stream, &frames, token);
    stream->origin = own;
    return is_ready;
}

static void flush_stateful(struct chute_stream *stream, bool is_end, struct chute_token *token) {
    struct chute_frames frames = { 0 };
    stream->codec->plugin->flush(stream->codec, stream->codec_state, &frames, is_end);
    hand_over_stateful(stream, &frames, token);
}

static bool hand_over_cut(struct chute_stream *stream, struct chute_held *held,
    struct chute_str bytes, struct chute_token *token) {
    struct chute_block *block = make_block(stream, held, bytes, token);
    add_frame(block, 0, bytes.len, 0);
    block->is_cut = true;
    chute_input_count(stream->input, "frames_cut", 1);
    return hand_over(stream, block);
}

/* Cuts what is too long: its start goes on, tagged, the rest up to the next line feed is forgotten. */
static bool cut_long_frame(struct chute_stream *stream, struct chute_held *held,
    struct chute_str rest, struct chute_token *token) {
    stream->is_discarding = true;
    return hand_over_cut(stream, held, rest, token);
}

/* The last bytes of `bytes`, which a frame's end may have begun with. */
static struct chute_str begun_end(const struct chute_stream *stream, struct chute_str bytes) {
    size_t most = frame_end(stream).len - 1;
    size_t len = bytes.len < most ? bytes.len : most;
    return (struct chute_str){ bytes.at + bytes.len - len, len };
}

/* While discarding: what follows the end of the frame that was too long. While that has not come, nothing
 * but what it may have begun with, in `tail`. */
static struct chute_str after_discarded(
    struct chute_stream *stream, struct chute_str region, struct chute_str *tail) {
    struct chute_str end = frame_end(stream);
    const char *hit = memmem(region.at, region.len, end.at, end.len);
    const char *region_end = region.at + region.len;
    if (hit != NULL) {
        stream->is_discarding = false;
        hit += end.len;
        return (struct chute_str){ hit, (size_t)(region_end - hit) };
    }
    *tail = begun_end(stream, region);
    return (struct chute_str){ region_end, 0 };
}

/* Cuts `region`, of which `seen` bytes were there before; gives the whole frames on and keeps the rest.
 * Returns how many bytes at the start of the region stay in use. */
static size_t read_region(struct chute_stream *stream, struct chute_held *held,
    struct chute_str region, size_t seen, struct chute_token *token, bool *is_ready) {
    struct chute_str rest = region, tail = { 0 };
    if (stream->is_discarding) {
        rest = after_discarded(stream, region, &tail);
        seen = 0;
    }
    const struct chute_codec_plugin *plugin = stream->codec->plugin;
    size_t whole = rest.len == 0         ? 0
                   : plugin->cut == NULL ? rest.len
                                         : plugin->cut(stream->codec, rest, seen);
    struct chute_str frames = { rest.at, whole };
    rest.at += whole;
    rest.len -= whole;
    rest = tail.len > 0 ? tail : rest;
    size_t limit = limit_of(stream);
    bool is_too_long = rest.len > limit && !stream->is_discarding;
    if (token != NULL) {
        token->position -= is_too_long ? 0 : rest.len;
    }
    partial_total -= stream->partial.len + stream->large_len;
    if (whole > 0) {
        struct chute_token *shared = is_too_long ? chute_token_ref(token) : token;
        *is_ready &= hand_over(stream, make_block(stream, held, frames, shared));
    }
    if (is_too_long) {
        tail = begun_end(stream, rest);
        rest.len = limit;
        *is_ready &= cut_long_frame(stream, held, rest, token);
        keep_partial(stream, tail);
        partial_total += stream->partial.len;
        return (size_t)(rest.at - region.at) + limit;
    }
    if (whole == 0) {
        chute_token_unref(token);
    }
    if (stream->large == NULL || whole > 0 || rest.len == 0 || rest.at != region.at) {
        keep_partial(stream, rest);
    } else {
        stream->large_len = rest.len; /* grew in place */
    }
    partial_total += stream->partial.len + stream->large_len;
    return (size_t)(frames.at + frames.len - region.at) * (whole > 0);
}

bool chute_stream_read(struct chute_stream *stream, size_t len, struct chute_token *token) {
    struct chute_reader *reader = stream->reader;
    bool is_ready = true;
    stream->open = NULL;
    if (stream->codec_state != NULL) {
        struct chute_str bytes = { reader->buffer->bytes + stream->start, len };
        return read_stateful(stream, bytes, token);
    }
    if (stream->large != NULL) {
        struct chute_read_buffer *large = stream->large;
        size_t seen = stream->large_len;
        chute_held_ref(&large->held);
        struct chute_str region = { large->bytes, seen + len };
        read_region(stream, &large->held, region, seen, token, &is_ready);
        chute_held_unref(&large->held);
        return is_ready;
    }
    size_t seen = stream->partial.len;
    struct chute_str region = { reader->buffer->bytes + stream->start, seen + len };
    size_t in_use = read_region(stream, &reader->buffer->held, region, seen, token, &is_ready);
    reader->used = stream->start + in_use;
    return is_ready;
}

bool chute_stream_feed(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token) {
    bool is_ready = true;
    do {
        size_t size;
        char *at = chute_stream_buffer(stream, &size);
        size_t len = bytes.len < size ? bytes.len : size;
        memcpy(at, bytes.at, len);
        bytes.at += len;
        bytes.len -= len;
        if (bytes.len == 0) {
            return chute_stream_read(stream, len, token) && is_ready;
        }
        if (token !=
            NULL) { /* a token of its own for each part, or the last one's position would come early */
            struct chute_token *part =
                chute_token_create(token->input, token->source, token->position - bytes.len);
            is_ready &= chute_stream_read(stream, len, part);
        } else {
            is_ready &= chute_stream_read(stream, len, NULL);
        }
    } while (true);
}

/* The block that takes one more frame, whose bytes start at `at` in the reader's buffer. */
static struct chute_block *open_block(struct chute_stream *stream, struct chute_origin *origin,
    const char *at, struct chute_token *token) {
    struct chute_reader *reader = stream->reader;
    struct chute_block *open = stream->open;
    if (open != NULL && stream->open_turn == reader->turn && open->origin == origin &&
        open->held == &reader->buffer->held && open->token == token) {
        return open;
    }
    stream->open = NULL; /* it may be gone, and its memory become the new block's */
    struct chute_origin *own = stream->origin;
    stream->origin = origin;
    open = make_block(stream, &reader->buffer->held, (struct chute_str){ at, 0 }, token);
    stream->origin = own;
    return open;
}

static bool add_whole_frame(struct chute_stream *stream, struct chute_origin *origin,
    const char *at, size_t len, struct chute_token *token) {
    struct chute_reader *reader = stream->reader;
    struct chute_block *block = open_block(stream, origin, at, token);
    size_t offset = (size_t)(at - block->bytes.at);
    add_frame(block, offset, len, 0);
    block->bytes.len = offset + len;
    reader->used = (size_t)(at - reader->buffer->bytes) + len;
    if (block == stream->open) {
        chute_token_unref(token); /* the block has one already */
        reader->pending_bytes += len;
        if (reader->pending_bytes >= MOST_PENDING) {
            chute_reader_flush(reader);
        }
        return !stream->input->pipeline->is_paused;
    }
    bool is_ready = hand_over(stream, block);
    bool is_loop = stream->input->plugin->thread == CHUTE_ON_LOOP;
    stream->open = is_loop && reader->last == block ? block : NULL;
    stream->open_turn = reader->turn;
    return is_ready;
}

bool chute_stream_datagram(struct chute_stream *stream, size_t len, struct chute_origin *origin) {
    struct chute_reader *reader = stream->reader;
    const char *at = reader->buffer->bytes + stream->start;
    if (len == 0) {
        return !stream->input->pipeline->is_paused;
    }
    if (stream->codec_state != NULL) {
        uint32_t whole = (uint32_t)len;
        chute_held_ref(&origin->held); /* what stays unfinished is this sender's */
        chute_held_unref(&stream->origin->held);
        stream->origin = origin;
        return read_stateful_frames(stream, origin, (struct chute_str){ at, len }, &whole, 1, NULL);
    }
    bool has_to_wait = is_held_back(stream->input, 1);
    return add_whole_frame(stream, origin, at, len, NULL) && !has_to_wait;
}

bool chute_stream_frame(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token) {
    if (stream->codec_state != NULL) {
        uint32_t whole = (uint32_t)bytes.len;
        return read_stateful_frames(stream, stream->origin, bytes, &whole, 1, token);
    }
    make_room(stream->reader, bytes.len);
    char *at = stream->reader->buffer->bytes + stream->reader->used;
    memcpy(at, bytes.at, bytes.len);
    return add_whole_frame(stream, stream->origin, at, bytes.len, token);
}

bool chute_stream_cut_frame(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token) {
    chute_assert(stream->codec_state == NULL);
    struct chute_reader *reader = stream->reader;
    make_room(reader, bytes.len);
    char *at = reader->buffer->bytes + reader->used;
    memcpy(at, bytes.at, bytes.len);
    reader->used += bytes.len;
    stream->open = NULL;
    return hand_over_cut(stream, &reader->buffer->held, (struct chute_str){ at, bytes.len }, token);
}

bool chute_stream_frames(struct chute_stream *stream, struct chute_str bytes, const uint32_t *lens,
    size_t count, struct chute_token *token) {
    if (stream->codec_state != NULL) {
        return read_stateful_frames(stream, stream->origin, bytes, lens, count, token);
    }
    struct chute_reader *reader = stream->reader;
    make_room(reader, bytes.len);
    char *at = reader->buffer->bytes + reader->used;
    memcpy(at, bytes.at, bytes.len);
    reader->used += bytes.len;
    struct chute_block *block =
        make_block(stream, &reader->buffer->held, (struct chute_str){ at, bytes.len }, token);
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        add_frame(block, offset, lens[i], 0);
        offset += lens[i];
    }
    stream->open = NULL;
    return hand_over(stream, block);
}

void chute_stream_end(struct chute_stream *stream, struct chute_token *token) {
    stream->open = NULL;
    if (stream->is_discarding) { /* what is kept is a piece of what was cut */
        forget_partial(stream);
        stream->is_discarding = false;
    }
    if (stream->codec_state != NULL) {
        flush_stateful(stream, true, token);
        return;
    }
    size_t len = chute_stream_unfinished(stream);
    if (len == 0) {
        chute_token_unref(token);
        return;
    }
    struct chute_read_buffer *buffer = stream->large;
    if (buffer == NULL) {
        make_room(stream->reader, len);
        buffer = stream->reader->buffer;
        memcpy(buffer->bytes + stream->reader->used, stream->partial.at, len);
    }
    size_t start = stream->large == NULL ? stream->reader->used : 0;
    struct chute_str frame = { buffer->bytes + start, len };
    struct chute_block *block = make_block(stream, &buffer->held, frame, token);
    if (stream->large == NULL) {
        stream->reader->used += len;
    }
    add_frame(block, 0, len, 0);
    forget_partial(stream);
    hand_over(stream, block);
}

void chute_stream_flush(struct chute_stream *stream, struct chute_token *token) {
    if (stream->codec_state != NULL) {
        flush_stateful(stream, false, token);
        return;
    }
    /* The codec is asked again with nothing new: what it cuts now is whole without more behind it. */
    size_t size;
    chute_stream_buffer(stream, &size);
    chute_stream_read(stream, 0, token);
}

/* Another pipeline's codec may be another one: so bytes go on, not the codec's state. */
static void leave_stateful(struct chute_stream *stream, struct chute_buf *rest) {
    const struct chute_codec_plugin *plugin = stream->codec->plugin;
    if (plugin->leave == NULL) {
        flush_stateful(stream, true, NULL);
        return;
    }
    struct chute_frames frames = { 0 };
    plugin->leave(stream->codec, stream->codec_state, &frames, rest);
    hand_over_stateful(stream, &frames, NULL);
}

bool chute_stream_leave(struct chute_stream *stream, struct chute_buf *rest) {
    bool is_skipping = stream->is_discarding;
    stream->open = NULL;
    stream->is_discarding = false;
    if (stream->codec_state != NULL) {
        leave_stateful(stream, rest);
        return is_skipping;
    }
    chute_buf_add_str(rest, chute_buf_str(&stream->partial));
    if (stream->large != NULL) {
        chute_buf_add(rest, stream->large->bytes, stream->large_len);
    }
    forget_partial(stream);
    return is_skipping;
}

void chute_stream_inherit(struct chute_stream *stream, struct chute_str rest, bool is_skipping) {
    stream->is_discarding = is_skipping && stream->codec_state == NULL;
    if (rest.len > 0) {
        chute_stream_feed(stream, rest, NULL);
    }
}

void chute_stream_idle(struct chute_stream *stream, long long idle_for_ms) {
    const struct chute_codec_plugin *plugin = stream->codec->plugin;
    long long after = plugin->idle_ms == NULL ? 0 : plugin->idle_ms(stream->codec);
    if (after > 0 && idle_for_ms >= after && chute_stream_unfinished(stream) > 0) {
        chute_stream_flush(stream, NULL);
    }
}
