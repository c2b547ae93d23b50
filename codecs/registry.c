/* codecs/registry.c - the codecs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

extern const struct chute_codec_plugin chute_codec_dots;
extern const struct chute_codec_plugin chute_codec_json;
extern const struct chute_codec_plugin chute_codec_json_lines;
extern const struct chute_codec_plugin chute_codec_line;
extern const struct chute_codec_plugin chute_codec_multiline;
extern const struct chute_codec_plugin chute_codec_plain;
extern const struct chute_codec_plugin chute_codec_rubydebug;

const struct chute_codec_plugin *const chute_codecs[] = {
    &chute_codec_dots,
    &chute_codec_json,
    &chute_codec_json_lines,
    &chute_codec_line,
    &chute_codec_multiline,
    &chute_codec_plain,
    &chute_codec_rubydebug,
    NULL,
};
