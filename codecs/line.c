/* codecs/line.c - `line`: text, one event a line; and `plain`: text that comes in whole messages, which a
 * stream of bytes takes as `line`. */
#include "conf/template.h"
#include "pipeline/base/charset.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/line.h"

struct text_codec {
    struct chute_str charset;
    struct chute_str delimiter; /* of line only */
    const struct chute_template *format;
    const struct chute_ref *original; /* [event][original] in ECS mode, else NULL */
};

#define DEFAULT_FORMAT "%{@timestamp} %{host} %{message}"

#define CHARSET_ROW                                                                                \
    {                                                                                              \
        .name = "charset", CHUTE_TEXT(struct text_codec, charset), .fallback = "UTF-8",            \
        .sample = "\"ISO-8859-1\"",                                                                \
        .doc = "Character set of what comes in. In UTF-8, bytes that are not valid become \\xNN."  \
    }
#define FORMAT_ROW                                                                                 \
    {                                                                                              \
        .name = "format", CHUTE_TEMPLATE(struct text_codec, format),                               \
        .fallback = "\"" DEFAULT_FORMAT "\"", .doc = "What an event is written as."                \
    }

static const struct chute_option plain_options[] = {
    CHARSET_ROW,
    FORMAT_ROW,
    { 0 },
};
static const struct chute_option line_options[] = {
    CHARSET_ROW,
    { .name = "delimiter",
        CHUTE_TEXT(struct text_codec, delimiter),
        .fallback = "\"\n\"",
        .doc = "What ends a line." },
    FORMAT_ROW,
    { 0 },
};

static bool prepare_plain(void *settings, const struct chute_prepare *prepare) {
    struct text_codec *self = settings;
    if (!chute_prepare_charset(prepare, self->charset)) {
        return false;
    }
    if (prepare->ecs != CHUTE_ECS_DISABLED) {
        struct chute_ref *original = chute_arena_get(prepare->arena, sizeof(*original));
        chute_ref_compile(
            prepare->arena, CHUTE_STR("[event][original]"), prepare->escape_style, original);
        self->original = original;
    }
    return true;
}

static bool prepare_line(void *settings, const struct chute_prepare *prepare) {
    const struct text_codec *self = settings;
    if (self->delimiter.len == 0) {
        chute_prepare_refuse(prepare, "delimiter", "the delimiter may not be empty");
        return false;
    }
    return prepare_plain(settings, prepare);
}

static void add_text(
    const struct chute_codec *codec, struct chute_decoder *decoder, struct chute_str bytes) {
    const struct text_codec *self = codec->settings;
    struct chute_str text =
        chute_line_decode(decoder->worker, self->charset, &decoder->batch->arena, bytes);
    struct chute_event *event = chute_decoder_add(decoder);
    chute_line_fill(event, self->original, text);
    chute_event_adopt(event);
}

static size_t decode_plain(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    (void)most; /* a message is one event */
    add_text(codec, decoder, bytes);
    return bytes.len;
}

static size_t cut_lines(const struct chute_codec *codec, struct chute_str bytes, size_t seen) {
    const struct text_codec *self = codec->settings;
    return chute_line_cut(bytes, self->delimiter, seen);
}

static size_t decode_lines(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    const struct text_codec *self = codec->settings;
    struct chute_str rest = bytes, line;
    for (size_t i = 0; i < most && chute_line_next(&rest, self->delimiter, &line); i++) {
        add_text(codec, decoder, line);
    }
    return bytes.len - rest.len;
}

static struct chute_str frame_end(const struct chute_codec *codec) {
    const struct text_codec *self = codec->settings;
    return self->delimiter;
}

static void encode_plain(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    const struct text_codec *self = codec->settings;
    chute_buf_add_str(out, chute_template_render(self->format, event, chute_event_arena(event)));
}

static void encode_line(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    const struct text_codec *self = codec->settings;
    encode_plain(codec, event, out);
    chute_buf_add_str(out, self->delimiter);
}

static void worker_finish(void *worker) {
    chute_line_charset_finish(worker);
}

const struct chute_codec_plugin chute_codec_line = {
    .name = "line",
    .summary = "Text: an event for each line.",
    .settings_size = sizeof(struct text_codec),
    .options = line_options,
    .prepare = prepare_line,
    .cut = cut_lines,
    .decode = decode_lines,
    .encode = encode_line,
    .frame_end = frame_end,
    .worker_size = sizeof(struct chute_line_charset),
    .worker_finish = worker_finish,
};

const struct chute_codec_plugin chute_codec_plain = {
    .name = "plain",
    .summary = "Text: an event for each message; for each line where a stream of bytes comes in.",
    .settings_size = sizeof(struct text_codec),
    .options = plain_options,
    .prepare = prepare_plain,
    .stream_codec = "line",
    .decode = decode_plain,
    .encode = encode_plain,
    .worker_size = sizeof(struct chute_line_charset),
    .worker_finish = worker_finish,
};
