/* codecs/registry.c - the codecs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

const struct chute_codec_plugin *const chute_codecs[] = {
    NULL,
};
