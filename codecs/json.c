/* codecs/json.c - `json_lines`: JSON objects in a stream, one a line; and `json`: JSON that comes in whole
 * messages, which a stream of bytes takes as `json_lines`. */
#include "pipeline/base/charset.h"
#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/line.h"

struct json_codec {
    struct chute_str charset;
    struct chute_str delimiter;        /* of json_lines only */
    long long decode_size_limit_bytes; /* of json_lines only */
    const struct chute_ref *target;
    bool is_foreign;                  /* the character set is not UTF-8 */
    const struct chute_ref *original; /* [event][original], of json in ECS mode, else NULL */
};

#define IDLE_MS 1000 /* an object without a line end is taken when nothing followed for so long */

#define CHARSET_ROW                                                                                \
    {                                                                                              \
        .name = "charset", CHUTE_TEXT(struct json_codec, charset), .fallback = "UTF-8",            \
        .sample = "\"ISO-8859-1\"",                                                                \
        .doc = "Character set of what comes in. In UTF-8, bytes that are not valid become U+FFFD." \
    }
#define TARGET_ROW                                                                                 \
    {                                                                                              \
        .name = "target", CHUTE_REF(struct json_codec, target),                                    \
        .doc = "Field that gets what was decoded; without it, the event itself does."              \
    }

static const struct chute_option json_options[] = {
    CHARSET_ROW,
    TARGET_ROW,
    { 0 },
};
static const struct chute_option json_lines_options[] = {
    CHARSET_ROW,
    { .name = "decode_size_limit_bytes",
        CHUTE_SIZE(struct json_codec, decode_size_limit_bytes),
        .fallback = "20971520",
        .has_bounds = true,
        .min = 1,
        .max = INT32_MAX,
        .doc =
            "Longest line; a longer one is cut there and tagged _linetoolong. Logstash's default, "
            "512 MiB, would let one sender take all memory." },
    { .name = "delimiter",
        CHUTE_TEXT(struct json_codec, delimiter),
        .fallback = "\"\n\"",
        .doc = "What ends a line. The end of an object does, too, when another follows." },
    TARGET_ROW,
    { 0 },
};

static bool prepare_json_lines(void *settings, const struct chute_prepare *prepare) {
    struct json_codec *self = settings;
    if (!chute_prepare_charset(prepare, self->charset)) {
        return false;
    }
    self->is_foreign = !chute_str_eq_nocase(self->charset, CHUTE_STR("UTF-8"));
    if (prepare->ast != NULL && self->delimiter.at != NULL && self->delimiter.len == 0) {
        chute_prepare_refuse(prepare, "delimiter", "the delimiter may not be empty");
        return false;
    }
    return true;
}

static bool prepare_json(void *settings, const struct chute_prepare *prepare) {
    struct json_codec *self = settings;
    if (!prepare_json_lines(settings, prepare)) {
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

static struct chute_event *add_object(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_value object) {
    struct chute_event *event = chute_decoder_add(decoder);
    if (self->target == NULL) {
        event->fields = object;
    } else {
        chute_event_set(event, self->target, object);
    }
    chute_event_adopt(event);
    return event;
}

static void add_failure(struct chute_decoder *decoder, struct chute_str text) {
    struct chute_event *event = chute_decoder_add(decoder);
    chute_line_fill(event, NULL, text);
    chute_event_adopt(event);
    chute_event_tag(event, CHUTE_STR("_jsonparsefailure"));
}

static bool holds_objects_only(const struct chute_array *array) {
    for (uint32_t i = 0; i < array->count; i++) {
        if (array->items[i].type != CHUTE_OBJECT) {
            return false;
        }
    }
    return true;
}

/* Makes the events of one value. False if it is neither an object nor an array of objects. */
static bool add_value(const struct json_codec *self, struct chute_decoder *decoder,
    const struct chute_value *value, struct chute_str text) {
    struct chute_event *event = NULL;
    uint32_t count = 1;
    if (value->type == CHUTE_OBJECT) {
        event = add_object(self, decoder, *value);
    } else if (value->type == CHUTE_ARRAY && holds_objects_only(value->as.array)) {
        count = value->as.array->count;
        for (uint32_t i = 0; i < count; i++) {
            event = add_object(self, decoder, value->as.array->items[i]);
        }
    } else {
        return false;
    }
    if (self->original != NULL && count == 1 && chute_event_get(event, self->original) == NULL) {
        chute_event_set_str(event, self->original, text);
    }
    return true;
}

/* Valid UTF-8 made of `bytes`, where that is not known to be the case. */
static struct chute_str to_text(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_str bytes) {
    struct chute_arena *arena = &decoder->batch->arena;
    return self->is_foreign ? chute_line_decode(decoder->worker, self->charset, arena, bytes)
                            : chute_utf8_replace(arena, bytes);
}

/* Makes an event of what is longer than a line may be. False if `text` is not. */
static bool add_long(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_str text) {
    size_t limit = (size_t)self->decode_size_limit_bytes;
    if (limit == 0 || text.len <= limit) {
        return false;
    }
    text.len = limit;
    size_t count = decoder->batch->count;
    add_failure(decoder, chute_utf8_replace(&decoder->batch->arena, text));
    chute_event_tag(decoder->batch->events[count], CHUTE_STR("_linetoolong"));
    return true;
}

/* Makes the events of each value in `text`; of what is no JSON, one with the text. An object that is none does not take
 * those behind it along: had it come in a read of its own, they would be events too. */
static void add_values(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_str text) {
    struct chute_arena *arena = &decoder->batch->arena;
    size_t offset = 0;
    for (;;) {
        size_t start = offset;
        struct chute_value value;
        enum chute_json_status status =
            chute_json_next(decoder->json, arena, text, &offset, &value);
        if (status == CHUTE_JSON_END) {
            return;
        }
        struct chute_str rest = { text.at + start, text.len - start };
        if (status == CHUTE_JSON_NOT_UTF8) {
            text = chute_utf8_replace(arena, rest);
            offset = 0;
            continue;
        }
        bool is_bad = status != CHUTE_JSON_OK;
        struct chute_str own = { rest.at, is_bad ? chute_line_first_object(rest) : offset - start };
        bool is_long = add_long(self, decoder, own);
        if (is_bad) {
            if (!is_long) {
                add_failure(decoder, chute_utf8_replace(arena, own));
            }
            text = (struct chute_str){ rest.at + own.len, rest.len - own.len };
            offset = 0;
        } else if (!is_long && !add_value(self, decoder, &value, own)) {
            add_failure(decoder, chute_utf8_replace(arena, rest));
            return;
        }
    }
}

/* Makes the events of each line of a datagram. */
static void add_lines(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_str text) {
    struct chute_str line;
    while (chute_line_next(&text, CHUTE_STR("\n"), &line)) {
        add_values(self, decoder, line);
    }
}

/* Makes the events of values one behind the other, which may take several lines each. From the first on that is none, a
 * line is a message: those behind it are none the worse. */
static void add_messages(
    const struct json_codec *self, struct chute_decoder *decoder, struct chute_str text) {
    struct chute_arena *arena = &decoder->batch->arena;
    size_t offset = 0;
    for (;;) {
        size_t start = offset;
        struct chute_value value;
        enum chute_json_status status =
            chute_json_next(decoder->json, arena, text, &offset, &value);
        if (status == CHUTE_JSON_END) {
            return;
        }
        struct chute_str own = { text.at + start, offset - start };
        if (status != CHUTE_JSON_OK || !add_value(self, decoder, &value, chute_str_trim(own))) {
            add_lines(self, decoder, (struct chute_str){ text.at + start, text.len - start });
            return;
        }
    }
}

static size_t decode_json(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    const struct json_codec *self = codec->settings;
    (void)most;
    struct chute_str text = to_text(self, decoder, bytes);
    struct chute_value value;
    enum chute_json_status status =
        chute_json_decode(decoder->json, &decoder->batch->arena, text, &value);
    if (status != CHUTE_JSON_END &&
        (status != CHUTE_JSON_OK || !add_value(self, decoder, &value, text))) {
        add_messages(self, decoder, text);
    }
    return bytes.len;
}

static size_t cut_lines(const struct chute_codec *codec, struct chute_str bytes, size_t seen) {
    const struct json_codec *self = codec->settings;
    size_t lines = chute_line_cut(bytes, self->delimiter, seen);
    struct chute_str rest = { bytes.at + lines, bytes.len - lines };
    bool is_idle = seen == bytes.len; /* asked again, and nothing new has come */
    return lines + chute_line_cut_objects(rest, lines > 0 ? 0 : seen, is_idle);
}

static size_t decode_lines(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    const struct json_codec *self = codec->settings;
    struct chute_str rest = bytes, line;
    size_t last = decoder->batch->count + most;
    while (decoder->batch->count < last && chute_line_next(&rest, self->delimiter, &line)) {
        add_values(self, decoder, self->is_foreign ? to_text(self, decoder, line) : line);
    }
    return bytes.len - rest.len;
}

static void encode_json(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    (void)codec;
    chute_json_encode_event(out, event);
}

static void encode_line(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    const struct json_codec *self = codec->settings;
    chute_json_encode_event(out, event);
    chute_buf_add_str(out, self->delimiter);
}

static long long idle_ms(const struct chute_codec *codec) {
    (void)codec;
    return IDLE_MS;
}

static long long frame_limit(const struct chute_codec *codec) {
    const struct json_codec *self = codec->settings;
    return self->decode_size_limit_bytes;
}

static struct chute_str frame_end(const struct chute_codec *codec) {
    const struct json_codec *self = codec->settings;
    return self->delimiter;
}

static void worker_finish(void *worker) {
    chute_line_charset_finish(worker);
}

const struct chute_codec_plugin chute_codec_json = {
    .name = "json",
    .summary = "JSON: an event for each message, or for each object of an array.",
    .settings_size = sizeof(struct json_codec),
    .options = json_options,
    .prepare = prepare_json,
    .stream_codec = "json_lines",
    .decode = decode_json,
    .encode = encode_json,
    .worker_size = sizeof(struct chute_line_charset),
    .worker_finish = worker_finish,
};

const struct chute_codec_plugin chute_codec_json_lines = {
    .name = "json_lines",
    .summary = "JSON: an event for each object in a stream, one a line.",
    .settings_size = sizeof(struct json_codec),
    .options = json_lines_options,
    .prepare = prepare_json_lines,
    .cut = cut_lines,
    .decode = decode_lines,
    .encode = encode_line,
    .idle_ms = idle_ms,
    .frame_limit = frame_limit,
    .frame_end = frame_end,
    .worker_size = sizeof(struct chute_line_charset),
    .worker_finish = worker_finish,
};
