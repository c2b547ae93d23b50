/* codecs/dots.c - writes a dot for each event: shows that something flows. */
#include "pipeline/run/plugin.h"

static const struct chute_option options[] = {
    { 0 },
};

static void encode(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    (void)codec;
    (void)event;
    chute_buf_add_char(out, '.');
}

const struct chute_codec_plugin chute_codec_dots = {
    .name = "dots",
    .summary = "Writes a dot for each event.",
    .options = options,
    .encode = encode,
};
