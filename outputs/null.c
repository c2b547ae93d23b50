/* outputs/null.c - takes every event and forgets it. */
#include "pipeline/run/plugin.h"

static const struct chute_option options[] = {
    { 0 },
};

static bool encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    (void)settings;
    (void)event;
    (void)bytes;
    (void)flags;
    (void)worker;
    return false; /* no item: done */
}

const struct chute_output_plugin chute_output_null = {
    .name = "null",
    .summary = "Takes every event and forgets it.",
    .options = options,
    .thread = CHUTE_ON_LOOP,
    .default_codec = "plain",
    .encode = encode,
};
