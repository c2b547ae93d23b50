#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/queue.h"
#include "tests/unit/support/compile.h"

extern const struct chute_codec_plugin chute_codec_multiline;

struct rig {
    struct test_compile compile;
    void *settings;
    struct chute_codec codec;
    void *stream;
    struct chute_frames frames;
};

static bool rig_start(struct rig *rig, const char *options) {
    *rig = (struct rig){ 0 };
    test_compile_parse(&rig->compile, options);
    rig->settings = chute_calloc(1, chute_codec_multiline.settings_size);
    rig->stream = chute_calloc(1, chute_codec_multiline.stream_size);
    rig->codec = (struct chute_codec){
        .plugin = &chute_codec_multiline,
        .settings = rig->settings,
    };
    struct chute_prepare prepare = {
        .arena = &rig->compile.arena,
        .diag = rig->compile.diag,
        .ast = rig->compile.plugin,
    };
    return chute_options_compile(chute_codec_multiline.options, NULL, rig->compile.plugin,
               rig->settings, NULL, &rig->compile.ctx) &&
           chute_codec_multiline.prepare(rig->settings, &prepare);
}

static void rig_feed(struct rig *rig, const char *bytes) {
    chute_codec_multiline.feed(&rig->codec, rig->stream, chute_str_of(bytes), &rig->frames);
}

static void rig_finish(struct rig *rig) {
    chute_buf_finish(&rig->frames.bytes);
    chute_free(rig->frames.block.frames);
    chute_codec_multiline.stream_finish(rig->stream);
    chute_codec_multiline.finish(rig->settings);
    chute_free(rig->stream);
    chute_free(rig->settings);
    test_compile_finish(&rig->compile);
}

/* All frames so far: the flags, and the text in brackets, line feeds as slashes. */
static const char *rig_frames(const struct rig *rig) {
    static char text[512];
    size_t len = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < rig->frames.block.frame_count; i++) {
        const struct chute_frame *frame = &rig->frames.block.frames[i];
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u[%.*s]", frame->flags,
            (int)frame->len, rig->frames.bytes.at + frame->offset);
    }
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '\n' ? '/' : *at;
    }
    return text;
}

/* `pieces` are fed one after the other; then, if it says so, comes a flush, or the end. */
static const struct {
    const char *says, *options, *pieces[4];
    char then; /* 'f': flush, 'e': end */
    const char *want;
    size_t held;
} rows[] = {
    { "holds the last event, and counts its bytes with their line feeds",
        "pattern => '^\\s' what => 'previous'", { "a\n b\nc\n d\n" }, 0, "1[a/ b]", 5 },
    { "holds a line that has not ended", "pattern => '^\\s' what => 'previous'", { "a\n b" }, 0, "",
        4 },
    { "puts a line together that came in pieces", "pattern => '^\\s' what => 'previous'",
        { "a\n ", "b", "c\nd", "\n" }, 0, "1[a/ bc]", 2 },
    { "a flush gives whole lines only", "pattern => '^\\s' what => 'previous'", { "a\n b\n c" },
        'f', "1[a/ b]", 2 },
    { "the end gives all", "pattern => '^\\s' what => 'previous'", { "a\n b\n c" }, 'e',
        "1[a/ b/ c]", 0 },
    { "the end makes the last line end the event before it", "pattern => '^\\s' what => 'previous'",
        { "a\n b\nc" }, 'e', "1[a/ b]0[c]", 0 },
    { "counts a carriage return and keeps it", "pattern => '^\\s' what => 'previous'",
        { "a\r\n b\r\n" }, 0, "", 7 },
    { "next: the line that does not match ends the event", "pattern => '\\\\$' what => 'next'",
        { "a\\\nb\nc\\\n" }, 0, "1[a\\/b]", 3 },
    { "negated", "pattern => '^\\d' negate => true what => 'previous'", { "1\nx\n2\n" }, 0,
        "1[1/x]", 2 },
    { "empty lines are lines", "pattern => '^$' what => 'previous'", { "a\n\n\nb\n" }, 'f',
        "1[a//]0[b]", 0 },
    { "more than max_lines", "pattern => '^\\s' what => 'previous' max_lines => 2",
        { "a\n b\n c\n d\n e\n" }, 'f', "5[a/ b/ c]1[ d/ e]", 0 },
    { "as many as max_bytes, line feeds not counted",
        "pattern => '^\\s' what => 'previous' max_bytes => 3", { "a\n b\n c\n" }, 'f',
        "3[a/ b]0[ c]", 0 },
    { "next, with max_lines", "pattern => '.' what => 'next' max_lines => 1", { "a\nb\nc\n" }, 0,
        "5[a/b]", 2 },
    { "charset", "pattern => '^\\s' what => 'previous' charset => 'ISO-8859-1'", { "\xe9\n" }, 'f',
        "0[\xc3\xa9]", 0 },
    { "what is not UTF-8 is written out", "pattern => '^\\s' what => 'previous'", { "a\xff\n" },
        'f', "0[a\\xFF]", 0 },
};

Test(codec_multiline, joins) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        cr_assert(rig_start(&rig, rows[i].options), "%s: %s", rows[i].says,
            test_compile_notes(&rig.compile));
        for (size_t k = 0; k < 4 && rows[i].pieces[k] != NULL; k++) {
            rig_feed(&rig, rows[i].pieces[k]);
        }
        if (rows[i].then != 0) {
            chute_codec_multiline.flush(&rig.codec, rig.stream, &rig.frames, rows[i].then == 'e');
        }
        const char *got = rig_frames(&rig);
        cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].says, got);
        size_t held = chute_codec_multiline.held(&rig.codec, rig.stream);
        cr_expect(held == rows[i].held, "%s: holds %zu", rows[i].says, held);
        rig_finish(&rig);
    }
}

static const struct {
    const char *options, *note;
} refused[] = {
    { "pattern => '%{TIMESTAMP_ISO8601} ' what => 'previous'", "come with grok" },
    { "pattern => '(' what => 'previous'", "no regular expression" },
    { "pattern => 'a' what => 'above'", "above" },
    { "pattern => 'a'", "what" },
    { "what => 'next'", "pattern" },
    { "pattern => 'a' what => 'next' charset => 'nope'", "unknown character set" },
    { "pattern => 'a' what => 'next' charset => 'windows-1225'",
        "unknown character set 'windows-1225'; did you mean 'Windows-1252'?" },
    { "pattern => 'a' what => 'next' patterns_dir => ['/etc']", "patterns_dir" },
};

Test(codec_multiline, refuses) {
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct rig rig;
        cr_expect(!rig_start(&rig, refused[i].options), "%s", refused[i].options);
        const char *notes = test_compile_notes(&rig.compile);
        cr_expect(strstr(notes, refused[i].note) != NULL, "%s: %s", refused[i].options, notes);
        rig_finish(&rig);
    }
}
