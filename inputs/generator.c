/* inputs/generator.c - makes events of fixed texts: to try a pipeline, and to measure one. */
#include <poll.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/origin.h"
#include "pipeline/base/wake.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/stream.h"

#define BLOCK_BYTES ((size_t)64 * 1024) /* about what is handed over at once */
#define BLOCK_FRAMES 1000

struct generator {
    struct chute_str message;
    struct chute_list lines;
    long long count;
    long long threads;
    struct chute_ref sequence;
    bool is_joined; /* the codec keeps lines back and joins them */
};

struct generator_state {
    struct chute_wake wake; /* by stop */
};

static const struct chute_option options[] = {
    { .name = "message",
        CHUTE_TEXT(struct generator, message),
        .fallback = "\"Hello world!\"",
        .doc = "Text of every event; \"stdin\" takes one line from standard input." },
    { .name = "lines",
        CHUTE_LIST(struct generator, lines),
        .doc = "Texts to go through, in place of message; count says how many times." },
    { .name = "count",
        CHUTE_INTEGER(struct generator, count),
        .fallback = "0",
        .doc = "How many times; 0 goes on for ever." },
    { .name = "threads",
        CHUTE_INTEGER(struct generator, threads),
        .fallback = "1",
        .has_bounds = true,
        .min = 1,
        .max = 1024,
        .doc = "So many times count is made." },
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct generator *self = settings;
    struct chute_str name =
        prepare->ecs == CHUTE_ECS_DISABLED ? CHUTE_STR("sequence") : CHUTE_STR("[event][sequence]");
    chute_ref_compile(prepare->arena, name, prepare->escape_style, &self->sequence);
    self->is_joined = prepare->codec->plugin->stream_size > 0;
    if (self->lines.count == 0) {
        self->lines = (struct chute_list){ .items = &self->message, .count = 1 };
    }
    return true;
}

static int start(struct chute_input *input) {
    struct generator_state *state = chute_input_state(input);
    return chute_wake_open(&state->wake, chute_input_id(input));
}

static void stop(struct chute_input *input) {
    const struct generator_state *state = chute_input_state(input);
    chute_wake_signal(&state->wake);
}

static void state_finish(void *arg) {
    struct generator_state *state = arg;
    chute_wake_finish(&state->wake);
}

/* One line of standard input with its line feed. False if there is none, or at a stop. */
static bool read_line(struct chute_input *input, struct chute_buf *line) {
    const struct generator_state *state = chute_input_state(input);
    struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = state->wake.fd, .events = POLLIN } };
    while (line->len == 0 || line->at[line->len - 1] != '\n') {
        char byte;
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
            return false;
        }
        ssize_t len = read(STDIN_FILENO, &byte, 1); /* no more: the rest is not ours */
        if (len <= 0) {
            break;
        }
        chute_buf_add_char(line, byte);
    }
    return line->len > 0;
}

/* Some passes through the lines, as they are handed over. */
struct repeated {
    struct chute_buf bytes;
    uint32_t *lens;
    size_t lines;      /* a pass */
    size_t pass_bytes; /* likewise */
    long long passes;
};

/* A codec that joins lines gets each pass for itself: what it gives on then is of that pass. */
static void repeat_lines(
    struct repeated *out, const struct chute_str *lines, size_t count, bool is_joined) {
    out->lines = count;
    size_t most = is_joined ? 1 : BLOCK_FRAMES / count + 1;
    out->lens = chute_alloc(sizeof(*out->lens) * most * count);
    do {
        for (size_t i = 0; i < count; i++) {
            chute_buf_add_str(&out->bytes, lines[i]);
            out->lens[(size_t)out->passes * count + i] = (uint32_t)lines[i].len;
        }
        out->passes++;
        out->pass_bytes = out->bytes.len / (size_t)out->passes;
    } while ((size_t)out->passes < most && out->bytes.len + out->pass_bytes <= BLOCK_BYTES);
}

/* `count` passes, 0: for ever. */
static void generate(struct chute_input *input, struct chute_stream *stream,
    const struct repeated *repeated, long long count) {
    bool is_taken = true;
    for (long long done = 0; is_taken && (count <= 0 || done < count);) {
        if (chute_input_is_stopping(input)) {
            return;
        }
        long long passes = repeated->passes;
        if (count > 0 && count - done < passes) {
            passes = count - done;
        }
        struct chute_str bytes = { repeated->bytes.at, repeated->pass_bytes * (size_t)passes };
        /* Its source is the number of the first line, for decorate. */
        uint64_t number = (uint64_t)done * repeated->lines;
        struct chute_token *token = chute_token_create(input, (void *)(uintptr_t)number, 0);
        is_taken = chute_stream_frames(
            stream, bytes, repeated->lens, repeated->lines * (size_t)passes, token);
        done += passes;
    }
}

static struct chute_stream *open_stream(struct chute_input *input) {
    struct chute_origin *origin = chute_origin_create();
    const char *host = chute_input_ecs(input) == CHUTE_ECS_DISABLED ? "host" : "[host][name]";
    chute_origin_add(origin, host, chute_string(chute_str_of(chute_input_host_name(input))), false);
    struct chute_stream *stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    return stream;
}

static void run(struct chute_input *input) {
    const struct generator *self = chute_input_settings(input);
    struct chute_list lines = self->lines;
    struct chute_buf line = { 0 };
    struct chute_str from_stdin;
    bool is_from_stdin =
        lines.items == &self->message && chute_str_eq(self->message, CHUTE_STR("stdin"));
    if (is_from_stdin && !read_line(input, &line)) {
        chute_log(CHUTE_LOG_WARN, chute_input_id(input), "standard input gave no line", NULL);
        chute_buf_finish(&line);
        return;
    }
    if (is_from_stdin) {
        from_stdin = chute_buf_str(&line);
        lines.items = &from_stdin;
    }
    struct chute_stream *stream = open_stream(input);
    struct repeated repeated = { 0 };
    repeat_lines(&repeated, lines.items, lines.count, self->is_joined);
    for (long long i = 0; i < self->threads; i++) {
        generate(input, stream, &repeated, self->count);
    }
    chute_stream_end(stream, NULL);
    chute_stream_destroy(stream);
    chute_free(repeated.lens);
    chute_buf_finish(&repeated.bytes);
    chute_buf_finish(&line);
}

/* The number of the pass, also of events that share a line. What the codec still had at the end has none. */
static void decorate(
    const void *settings, struct chute_event *event, struct chute_decoder *decoder) {
    const struct generator *self = settings;
    if (decoder->token == NULL) {
        return;
    }
    uint64_t line = (uintptr_t)decoder->token->source + (self->is_joined ? 0 : decoder->frame);
    chute_event_set(event, &self->sequence, chute_int((int64_t)(line / self->lines.count)));
}

const struct chute_input_plugin chute_input_generator = {
    .name = "generator",
    .summary = "Makes events of fixed texts, to try or measure a pipeline.",
    .settings_size = sizeof(struct generator),
    .options = options,
    .prepare = prepare,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "plain",
    .takes_datagrams = true, /* a text is a message, whatever line feeds it holds */
    .state_size = sizeof(struct generator_state),
    .start = start,
    .run = run,
    .stop = stop,
    .state_finish = state_finish,
    .decorate = decorate,
};
