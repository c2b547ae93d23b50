#include "pipeline/cli/top_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/base/utf8.h"

#define PLUGIN_COLUMN 30 /* characters of a plugin's kind, id and name */
#define MOST_COLUMN 60

static const char bold[] = "\x1b[1m", dim[] = "\x1b[2m", red[] = "\x1b[31m", green[] = "\x1b[32m",
                  yellow[] = "\x1b[33m", plain[] = "\x1b[0m";

/* A frame as it grows. */
struct frame {
    struct chute_buf *out;
    const struct chute_top_screen *screen;
    const struct chute_top_look *now, *before, *long_before;
    size_t lines;
    double seconds; /* since `before`; 0: there is none */
};

/* ------------------------------------------------------------------ lines */

/* Appends a line of at most so many columns, in a colour (NULL: none). Every code point is taken for a column. */
static void put(struct frame *frame, const char *colour, struct chute_str line) {
    const struct chute_top_screen *screen = frame->screen;
    if (screen->lines > 0 && frame->lines >= screen->lines) {
        return;
    }
    size_t len = 0, columns = 0;
    while (len < line.len && (screen->columns == 0 || columns < screen->columns)) {
        uint32_t point;
        size_t step =
            chute_utf8_decode((struct chute_str){ line.at + len, line.len - len }, &point);
        len += step == 0 ? 1 : step;
        columns++;
    }
    while (len > 0 && line.at[len - 1] == ' ') {
        len--;
    }
    bool has_colour = screen->has_colour && colour != NULL;
    chute_buf_printf(frame->out, "%s%.*s%s\n", has_colour ? colour : "", (int)len, line.at,
        has_colour ? plain : "");
    frame->lines++;
}

__attribute__((format(printf, 3, 4))) static void putf(
    struct frame *frame, const char *colour, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put(frame, colour, chute_str_of(text));
}

/* ------------------------------------------------------------------ numbers as people read them */

struct shown {
    char text[32];
};

/* 12345678 as 12,345,678. */
static struct shown grouped(double value) {
    char digits[32];
    struct shown shown = { "" };
    snprintf(digits, sizeof(digits), "%.0f", value > 0 ? value : 0);
    size_t len = strlen(digits), at = 0;
    for (size_t i = 0; i < len && at + 2 < sizeof(shown.text); i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            shown.text[at++] = ',';
        }
        shown.text[at++] = digits[i];
    }
    shown.text[at] = '\0';
    return shown;
}

static struct shown rate(const struct frame *frame, double now, double before) {
    struct shown shown = { "-" };
    double each = frame->seconds > 0 ? (now - before) / frame->seconds : -1;
    if (each > 0 && each < 9.95) {
        snprintf(shown.text, sizeof(shown.text), "%.1f", each);
    } else if (each >= 0) {
        shown = grouped(each);
    }
    return shown;
}

static struct shown size_of(double bytes) {
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    struct shown shown;
    size_t unit = 0;
    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    snprintf(shown.text, sizeof(shown.text), "%.*f %s", unit == 0 ? 0 : 1, bytes, units[unit]);
    return shown;
}

static struct shown micros(double value) {
    struct shown shown;
    if (value < 1000) {
        snprintf(shown.text, sizeof(shown.text), "%.0f us", value);
    } else if (value < 1e6) {
        snprintf(shown.text, sizeof(shown.text), "%.3g ms", value / 1e3);
    } else {
        snprintf(shown.text, sizeof(shown.text), "%.3g s", value / 1e6);
    }
    return shown;
}

static struct shown duration(double ms) {
    struct shown shown;
    long long seconds = (long long)(ms / 1000);
    if (seconds < 60) {
        snprintf(shown.text, sizeof(shown.text), "%llds", seconds);
    } else if (seconds < 3600) {
        snprintf(shown.text, sizeof(shown.text), "%lldm %02llds", seconds / 60, seconds % 60);
    } else if (seconds < 86400) {
        snprintf(
            shown.text, sizeof(shown.text), "%lldh %02lldm", seconds / 3600, seconds / 60 % 60);
    } else {
        snprintf(
            shown.text, sizeof(shown.text), "%lldd %02lldh", seconds / 86400, seconds / 3600 % 24);
    }
    return shown;
}

/* ------------------------------------------------------------------ percentiles */

static double sum_of(const double *buckets) {
    double sum = 0;
    for (size_t i = 0; i < CHUTE_TOP_BUCKETS; i++) {
        sum += buckets[i];
    }
    return sum;
}

/* The upper bound of the bucket that 99 of 100 lie in or below. */
static struct shown percentile(
    const struct chute_top_plugin *now, const struct chute_top_plugin *before) {
    double buckets[CHUTE_TOP_BUCKETS], below = 0;
    for (size_t i = 0; i < CHUTE_TOP_BUCKETS; i++) {
        buckets[i] = now->latency[i] - (before == NULL ? 0 : before->latency[i]);
    }
    if (sum_of(buckets) <= 0) {
        memcpy(buckets, now->latency, sizeof(buckets));
    }
    double all = sum_of(buckets);
    for (size_t i = 0; i < CHUTE_TOP_BUCKETS && all > 0; i++) {
        below += buckets[i];
        if (below >= all * 0.99) {
            return micros((double)(1ull << i));
        }
    }
    return (struct shown){ "-" };
}

/* ------------------------------------------------------------------ what was before */

static const struct chute_top_pipeline *pipeline_of(
    const struct chute_top_look *look, struct chute_str id) {
    for (size_t i = 0; look != NULL && i < look->pipeline_count; i++) {
        if (chute_str_eq(look->pipelines[i].id, id)) {
            return &look->pipelines[i];
        }
    }
    return NULL;
}

static const struct chute_top_plugin *plugin_of(
    const struct chute_top_pipeline *pipeline, const struct chute_top_plugin *plugin) {
    for (size_t i = 0; pipeline != NULL && i < pipeline->plugin_count; i++) {
        const struct chute_top_plugin *there = &pipeline->plugins[i];
        if (strcmp(there->kind, plugin->kind) == 0 && chute_str_eq(there->id, plugin->id)) {
            return there;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the parts */

static const char *colour_of(struct chute_str status) {
    bool is_bad = chute_str_eq(status, CHUTE_STR("red")) ||
                  chute_str_eq(status, CHUTE_STR("error")) ||
                  chute_str_eq(status, CHUTE_STR("fatal"));
    return is_bad ? red : chute_str_eq(status, CHUTE_STR("green")) ? green : yellow;
}

static void put_head(struct frame *frame) {
    const struct chute_top_look *now = frame->now;
    putf(frame, bold, "logchute  %.*s  %.*s  up %s", CHUTE_STR_ARGS(now->host),
        CHUTE_STR_ARGS(now->address), duration(now->uptime_ms).text);
    char cpu[32] = "-";
    if (frame->seconds > 0) {
        snprintf(cpu, sizeof(cpu), "%.0f %%",
            (now->cpu_ms - frame->before->cpu_ms) / frame->seconds / 10);
    }
    putf(frame, colour_of(now->status), "status   %.*s", CHUTE_STR_ARGS(now->status));
    putf(frame, NULL, "process  memory %s   cpu %s   descriptors %s   threads %s",
        size_of(now->memory_bytes).text, cpu, grouped(now->descriptors).text,
        grouped(now->threads).text);
}

static void put_pipeline(struct frame *frame, const struct chute_top_pipeline *pipeline,
    const struct chute_top_pipeline *before) {
    const struct chute_top_counts *now = &pipeline->counts;
    struct chute_top_counts then = before == NULL ? *now : before->counts;
    bool is_full =
        pipeline->queue_limit > 0 && pipeline->queue_bytes >= pipeline->queue_limit * 0.75;
    char percent[32] = "";
    if (pipeline->queue_limit > 0) {
        snprintf(percent, sizeof(percent), " (%.0f %%)",
            pipeline->queue_bytes * 100 / pipeline->queue_limit);
    }
    put(frame, NULL, CHUTE_STR(""));
    putf(frame, bold, "pipeline %.*s", CHUTE_STR_ARGS(pipeline->id));
    putf(frame, NULL, "events   in %s/s   out %s/s   in flight %s",
        rate(frame, now->in, then.in).text, rate(frame, now->out, then.out).text,
        grouped(now->in_flight).text);
    putf(frame, now->lost > 0 ? red : NULL,
        "all      in %s   out %s   dropped %s   dead-lettered %s   lost %s", grouped(now->in).text,
        grouped(now->out).text, grouped(now->dropped).text, grouped(now->dead_lettered).text,
        grouped(now->lost).text);
    putf(frame, is_full ? yellow : NULL, "queue    %s of %s%s   oldest %.1f s",
        size_of(pipeline->queue_bytes).text, size_of(pipeline->queue_limit).text, percent,
        pipeline->queue_oldest_ms / 1000);
}

/* "output engine (elasticsearch)", cut or filled up to `width` columns. */
static struct chute_str label_of(
    const struct chute_top_plugin *plugin, size_t width, struct chute_arena *arena) {
    struct chute_str label = chute_arena_printf(arena, "%s %.*s (%.*s)", plugin->kind,
        CHUTE_STR_ARGS(plugin->id), CHUTE_STR_ARGS(plugin->name));
    size_t count = chute_utf8_count(label);
    if (count <= width) {
        return chute_arena_printf(
            arena, "%.*s%*s", CHUTE_STR_ARGS(label), (int)(width - count), "");
    }
    size_t len = 0;
    for (size_t columns = 0; columns + 1 < width; columns++) {
        uint32_t point;
        size_t step =
            chute_utf8_decode((struct chute_str){ label.at + len, label.len - len }, &point);
        len += step == 0 ? 1 : step;
    }
    return chute_arena_printf(arena, "%.*s~", (int)len, label.at);
}

static size_t widest_label(const struct chute_top_look *look) {
    size_t width = PLUGIN_COLUMN;
    for (size_t p = 0; p < look->pipeline_count; p++) {
        for (size_t i = 0; i < look->pipelines[p].plugin_count; i++) {
            const struct chute_top_plugin *plugin = &look->pipelines[p].plugins[i];
            size_t len = strlen(plugin->kind) + plugin->id.len + plugin->name.len + 4;
            width = len > width ? len : width;
        }
    }
    return width > MOST_COLUMN ? MOST_COLUMN : width;
}

static void put_plugins(
    struct frame *frame, const struct chute_top_pipeline *pipeline, size_t width) {
    struct chute_arena arena = { 0 };
    const struct chute_top_pipeline *before = pipeline_of(frame->before, pipeline->id);
    const struct chute_top_pipeline *long_before = pipeline_of(frame->long_before, pipeline->id);
    putf(frame, dim, "%-*s %11s %11s %9s %8s %8s", (int)width, "", "in/s", "out/s", "p99", "failed",
        "retried");
    for (size_t i = 0; i < pipeline->plugin_count; i++) {
        const struct chute_top_plugin *plugin = &pipeline->plugins[i];
        const struct chute_top_plugin *then = plugin_of(before, plugin);
        struct chute_top_counts base = then == NULL ? plugin->counts : then->counts;
        double failed = plugin->counts.dead_lettered + plugin->counts.lost;
        bool is_input = strcmp(plugin->kind, "input") == 0;
        bool is_output = strcmp(plugin->kind, "output") == 0;
        bool is_retrying = plugin->counts.retried > base.retried;
        struct shown in = rate(frame, plugin->counts.in, base.in);
        struct chute_str label = label_of(plugin, width, &arena);
        putf(frame, is_retrying ? yellow : NULL, "%.*s %11s %11s %9s %8s %8s",
            CHUTE_STR_ARGS(label), is_input ? "-" : in.text,
            rate(frame, plugin->counts.out, base.out).text,
            percentile(plugin, plugin_of(long_before, plugin)).text,
            is_output ? grouped(failed).text : "-",
            is_output ? grouped(plugin->counts.retried).text : "-");
    }
    chute_arena_finish(&arena);
}

static void put_troubles(struct frame *frame) {
    const struct chute_top_look *now = frame->now;
    if (now->trouble_count > 0) {
        put(frame, NULL, CHUTE_STR(""));
    }
    for (size_t i = 0; i < now->trouble_count; i++) {
        const struct chute_top_trouble *trouble = &now->troubles[i];
        putf(frame, colour_of(trouble->level), "%-7.*s  %.*s", CHUTE_STR_ARGS(trouble->level),
            CHUTE_STR_ARGS(trouble->text));
        if (trouble->more.len > 0) {
            putf(frame, dim, "         %.*s", CHUTE_STR_ARGS(trouble->more));
        }
    }
}

/* NULL for a look at another run of the same name. */
static const struct chute_top_look *of_this_run(
    const struct chute_top_look *now, const struct chute_top_look *look) {
    return look != NULL && look->uptime_ms < now->uptime_ms ? look : NULL;
}

void chute_top_frame(struct chute_buf *out, const struct chute_top_look *now,
    const struct chute_top_look *before, const struct chute_top_look *long_before,
    const struct chute_top_screen *screen) {
    struct frame frame = { .out = out,
        .screen = screen,
        .now = now,
        .before = of_this_run(now, before),
        .long_before = of_this_run(now, long_before) };
    frame.seconds = frame.before == NULL ? 0 : (now->uptime_ms - frame.before->uptime_ms) / 1000;
    size_t width = widest_label(now);
    put_head(&frame);
    for (size_t i = 0; i < now->pipeline_count; i++) {
        const struct chute_top_pipeline *pipeline = &now->pipelines[i];
        put_pipeline(&frame, pipeline, pipeline_of(frame.before, pipeline->id));
        put_plugins(&frame, pipeline, width);
    }
    put_troubles(&frame);
}
