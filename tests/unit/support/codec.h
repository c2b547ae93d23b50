/* tests/unit/support/codec.h - one codec, decoding and encoding without an engine around it.
 *
 * Ownership: the rig owns all; a zeroed one may be finished.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_CODEC_H
#define CHUTE_TEST_CODEC_H

#include "compile.h"
#include "pipeline/run/plugin.h"

struct test_codec {
    struct test_compile compile;
    struct chute_codec codec;
    struct chute_decoder decoder;
    struct chute_batch batch;
    struct chute_buf pending; /* what is not cut off yet */
    struct chute_buf out;
};

/* Opens the codec called `name` with options as a configuration writes them. False if they are refused. */
bool test_codec_open(
    struct test_codec *rig, const char *name, const char *options, enum chute_ecs ecs);
/* Bytes of a stream, as they come: events for all frames that are whole now, one JSON object a line, without
 * @version, and without an @timestamp that is the moment of reading; a view. */
const char *test_codec_feed(struct test_codec *rig, struct chute_str bytes);
/* The stream was idle for a while, likewise. */
const char *test_codec_idle(struct test_codec *rig);
/* The stream ended, likewise. */
const char *test_codec_end(struct test_codec *rig);
/* A datagram, likewise. */
const char *test_codec_datagram(struct test_codec *rig, struct chute_str bytes);
/* What an event of that JSON is written as; a view. */
const char *test_codec_encode(struct test_codec *rig, const char *event);
void test_codec_finish(struct test_codec *rig);

#endif
