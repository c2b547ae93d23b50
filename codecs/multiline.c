/* codecs/multiline.c - joins lines that belong together into one event.
 *
 * A line belongs to its neighbour when the pattern matches it (or, negated, does not). Lines are joined where
 * the stream lives; workers only make the event. */
#include "pipeline/base/alloc.h"
#include "pipeline/base/charset.h"
#include "pipeline/base/regex.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/line.h"

#define LINE_LIMIT                                                                                 \
    ((size_t)20 * 1024 * 1024) /* a line that has not ended by then is taken as one */

enum belongs_to {
    TO_PREVIOUS,
    TO_NEXT,
};

/* Flags of a frame: what the event is tagged with. */
#define IS_JOINED 1u
#define HAS_MAX_BYTES 2u
#define HAS_MAX_LINES 4u

struct multiline {
    struct chute_str pattern;
    int what;
    bool is_negated;
    struct chute_str charset;
    struct chute_str tag;
    long long max_lines;
    long long max_bytes;
    long long auto_flush_ms;
    struct chute_regex *regex;
    const struct chute_ref *original; /* in ECS mode, else NULL */
};

struct multiline_stream {
    struct chute_buf partial; /* a line that has not ended */
    struct chute_buf text;    /* lines so far, joined */
    long long lines;          /* in text */
    size_t line_bytes;        /* of text without the line feeds between */
    size_t raw_bytes;         /* that the lines of text came from */
    struct chute_line_charset charset;
};

static const char *const what_choices[] = { "previous", "next", NULL };

static const struct chute_option options[] = {
    { .name = "pattern",
        CHUTE_TEXT(struct multiline, pattern),
        .is_required = true,
        .doc = "Regular expression: a line that it matches belongs to another line." },
    { .name = "what",
        CHUTE_CHOICE(struct multiline, what),
        .is_required = true,
        .choices = what_choices,
        .doc = "Which line it belongs to." },
    { .name = "negate",
        CHUTE_BOOLEAN(struct multiline, is_negated),
        .fallback = "false",
        .doc = "Lines that the pattern does not match are those that belong to another." },
    { .name = "patterns_dir",
        .state = CHUTE_OPTION_UNSUPPORTED,
        .hint = "write the pattern as a plain regular expression",
        .doc = "Folders with files of grok patterns." },
    { .name = "charset",
        CHUTE_TEXT(struct multiline, charset),
        .fallback = "UTF-8",
        .doc = "Character set of what comes in." },
    { .name = "multiline_tag",
        CHUTE_TEXT(struct multiline, tag),
        .fallback = "multiline",
        .doc = "Tag of events of more than one line; empty: none." },
    { .name = "max_lines",
        CHUTE_INTEGER(struct multiline, max_lines),
        .fallback = "500",
        .doc = "An event of more lines than that is given on as it is, and tagged "
               "multiline_codec_max_lines_reached." },
    { .name = "max_bytes",
        CHUTE_SIZE(struct multiline, max_bytes),
        .fallback = "\"10 MiB\"",
        .doc = "An event of so many bytes is given on as it is, and tagged "
               "multiline_codec_max_bytes_reached." },
    { .name = "auto_flush_interval",
        CHUTE_SECONDS(struct multiline, auto_flush_ms),
        .doc = "Seconds after which lines are given on though no other line came; without it they "
               "wait." },
    { 0 },
};

static bool compile_pattern(struct multiline *self, const struct chute_prepare *prepare) {
    if (chute_str_find(self->pattern, CHUTE_STR("%{")) >= 0) {
        chute_prepare_refuse(prepare, "pattern",
            "grok patterns (%%{NAME}) in the pattern come with grok: write a plain regular "
            "expression");
        return false;
    }
    struct chute_regex_error error;
    self->regex = chute_regex_compile(self->pattern, NULL, &error);
    if (self->regex == NULL) {
        chute_prepare_refuse(prepare, "pattern",
            "the pattern is no regular expression: %s (at %zu)", error.text, error.offset);
    }
    return self->regex != NULL;
}

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct multiline *self = settings;
    bool is_good = chute_prepare_charset(prepare, self->charset);
    is_good &= compile_pattern(self, prepare);
    if (prepare->ecs != CHUTE_ECS_DISABLED) {
        struct chute_ref *original = chute_arena_get(prepare->arena, sizeof(*original));
        chute_ref_compile(
            prepare->arena, CHUTE_STR("[event][original]"), prepare->escape_style, original);
        self->original = original;
    }
    return is_good;
}

static void finish(void *settings) {
    struct multiline *self = settings;
    chute_regex_destroy(self->regex);
}

/* What one call works with. */
struct joining {
    const struct multiline *settings;
    struct multiline_stream *stream;
    struct chute_frames *frames;
    struct chute_regex_scratch *scratch;
    struct chute_arena arena;
};

static bool has_max_bytes(const struct joining *with) {
    return with->stream->line_bytes >= (size_t)with->settings->max_bytes;
}

static bool has_max_lines(const struct joining *with) {
    return with->stream->lines > with->settings->max_lines;
}

static void give(struct joining *with) {
    struct multiline_stream *stream = with->stream;
    if (stream->lines == 0) {
        return;
    }
    unsigned flags = (stream->lines > 1 ? IS_JOINED : 0) |
                     (has_max_bytes(with) ? HAS_MAX_BYTES : 0) |
                     (has_max_lines(with) ? HAS_MAX_LINES : 0);
    chute_frames_add(with->frames, chute_buf_str(&stream->text), flags);
    stream->text.len = 0;
    stream->lines = 0;
    stream->line_bytes = 0;
    stream->raw_bytes = 0;
}

static void keep(struct joining *with, struct chute_str line, size_t raw_bytes) {
    struct multiline_stream *stream = with->stream;
    if (stream->lines > 0) {
        chute_buf_add_char(&stream->text, '\n');
    }
    chute_buf_add_str(&stream->text, line);
    stream->lines++;
    stream->line_bytes += line.len;
    stream->raw_bytes += raw_bytes;
}

/* `raw_bytes`: what the line took in the stream, with its line feed. */
static void take_line(struct joining *with, struct chute_str raw, size_t raw_bytes) {
    const struct multiline *self = with->settings;
    chute_arena_reset(&with->arena, 64 * 1024);
    struct chute_str line =
        chute_line_decode(&with->stream->charset, self->charset, &with->arena, raw);
    /* What a limit left undecided is no match, as if the pattern were a wrong one. */
    bool is_match = chute_regex_test(self->regex, with->scratch, line) > 0;
    bool belongs = is_match != self->is_negated;
    bool is_over = has_max_bytes(with) || has_max_lines(with);
    if (self->what == TO_PREVIOUS) {
        if (!belongs || is_over) {
            give(with);
        }
        keep(with, line, raw_bytes);
        return;
    }
    keep(with, line, raw_bytes);
    if (!belongs || has_max_bytes(with) || has_max_lines(with)) {
        give(with);
    }
}

/* Takes the line that began in earlier bytes and ends with `end`. */
static void take_partial(struct joining *with, struct chute_str end, size_t line_feeds) {
    struct chute_buf *partial = &with->stream->partial;
    chute_buf_add_str(partial, end);
    struct chute_str line = chute_buf_str(partial);
    partial->len = 0; /* its bytes stay until the next change */
    take_line(with, line, line.len + line_feeds);
}

static void begin(struct joining *with) {
    with->scratch = chute_regex_scratch_create(); /* thousands of idle streams need none */
}

static void end(struct joining *with) {
    chute_regex_scratch_destroy(with->scratch);
    chute_arena_finish(&with->arena);
}

static void feed(const struct chute_codec *codec, void *arg, struct chute_str bytes,
    struct chute_frames *frames) {
    struct multiline_stream *stream = arg;
    struct joining with = { .settings = codec->settings, .stream = stream, .frames = frames };
    begin(&with);
    const char *line_feed;
    while (bytes.len > 0 && (line_feed = memchr(bytes.at, '\n', bytes.len)) != NULL) {
        struct chute_str line = { bytes.at, (size_t)(line_feed - bytes.at) };
        if (stream->partial.len > 0) {
            take_partial(&with, line, 1);
        } else {
            take_line(&with, line, line.len + 1);
        }
        bytes.at += line.len + 1;
        bytes.len -= line.len + 1;
    }
    chute_buf_add_str(&stream->partial, bytes);
    if (stream->partial.len >= LINE_LIMIT) {
        take_partial(&with, (struct chute_str){ 0 }, 0);
    }
    if (stream->partial.len == 0) {
        chute_buf_finish(&stream->partial);
    }
    end(&with);
}

static void flush(
    const struct chute_codec *codec, void *arg, struct chute_frames *frames, bool is_end) {
    struct multiline_stream *stream = arg;
    struct joining with = { .settings = codec->settings, .stream = stream, .frames = frames };
    if (is_end && stream->partial.len > 0) {
        begin(&with);
        take_partial(&with, (struct chute_str){ 0 }, 0);
        end(&with);
    }
    give(&with);
    chute_buf_finish(&stream->text);
}

/* Lines were decoded already, so those of other character sets cannot be read again. */
static void leave(const struct chute_codec *codec, void *arg, struct chute_frames *frames,
    struct chute_buf *rest) {
    const struct multiline *self = codec->settings;
    struct multiline_stream *stream = arg;
    if (stream->lines > 0 && chute_str_eq(self->charset, CHUTE_STR("UTF-8"))) {
        chute_buf_add_str(rest, chute_buf_str(&stream->text));
        chute_buf_add_char(rest, '\n');
    } else {
        flush(codec, arg, frames, false);
    }
    chute_buf_add_str(rest, chute_buf_str(&stream->partial));
}

static size_t held(const struct chute_codec *codec, const void *arg) {
    const struct multiline_stream *stream = arg;
    (void)codec;
    return stream->raw_bytes + stream->partial.len;
}

static void stream_finish(void *arg) {
    struct multiline_stream *stream = arg;
    chute_buf_finish(&stream->partial);
    chute_buf_finish(&stream->text);
    chute_line_charset_finish(&stream->charset);
}

static void decode_frame(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str frame, unsigned flags) {
    const struct multiline *self = codec->settings;
    struct chute_event *event = chute_decoder_add(decoder);
    chute_line_fill(event, self->original, frame);
    if ((flags & IS_JOINED) != 0 && self->tag.len > 0) {
        chute_event_tag(event, self->tag);
    }
    if ((flags & HAS_MAX_BYTES) != 0) {
        chute_event_tag(event, CHUTE_STR("multiline_codec_max_bytes_reached"));
    }
    if ((flags & HAS_MAX_LINES) != 0) {
        chute_event_tag(event, CHUTE_STR("multiline_codec_max_lines_reached"));
    }
    chute_event_adopt(event);
}

static struct chute_str frame_end(const struct chute_codec *codec) {
    (void)codec;
    return CHUTE_STR("\n");
}

static long long idle_ms(const struct chute_codec *codec) {
    const struct multiline *self = codec->settings;
    return self->auto_flush_ms;
}

const struct chute_codec_plugin chute_codec_multiline = {
    .name = "multiline",
    .summary = "Joins lines that belong together into one event.",
    .settings_size = sizeof(struct multiline),
    .options = options,
    .prepare = prepare,
    .finish = finish,
    .stream_size = sizeof(struct multiline_stream),
    .feed = feed,
    .flush = flush,
    .leave = leave,
    .held = held,
    .stream_finish = stream_finish,
    .decode_frame = decode_frame,
    .idle_ms = idle_ms,
    .frame_end = frame_end,
};
