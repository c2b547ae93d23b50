/* codecs/rubydebug.c - writes events for people to read, as Logstash's rubydebug codec does. */
#include "pipeline/run/plugin.h"
#include "pipeline/text/rubydebug.h"

struct rubydebug {
    bool metadata;
};

static const struct chute_option options[] = {
    { .name = "metadata",
        CHUTE_BOOLEAN(struct rubydebug, metadata),
        .fallback = "false",
        .doc = "Writes [@metadata], too." },
    { 0 },
};

static void encode(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    const struct rubydebug *self = codec->settings;
    if (self->metadata) {
        chute_event_metadata(event); /* fills in what the input left for the asking */
    }
    chute_rubydebug_encode_event(out, event, self->metadata);
    chute_buf_add_char(out, '\n');
}

const struct chute_codec_plugin chute_codec_rubydebug = {
    .name = "rubydebug",
    .summary = "Writes events for people to read.",
    .settings_size = sizeof(struct rubydebug),
    .options = options,
    .encode = encode,
};
