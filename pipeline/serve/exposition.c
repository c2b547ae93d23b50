#include "pipeline/serve/exposition.h"

#include <math.h>
#include <stdio.h>

void chute_metric_begin(
    struct chute_buf *out, const char *name, const char *type, const char *help) {
    chute_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_name(struct chute_buf *out, struct chute_str name, struct chute_str suffix,
    struct chute_str labels, struct chute_str more) {
    chute_buf_add_str(out, name);
    chute_buf_add_str(out, suffix);
    if (labels.len + more.len > 0) {
        chute_buf_add_char(out, '{');
        chute_buf_add_str(out, labels);
        if (labels.len > 0 && more.len > 0) {
            chute_buf_add_char(out, ',');
        }
        chute_buf_add_str(out, more);
        chute_buf_add_char(out, '}');
    }
    chute_buf_add_char(out, ' ');
}

/* A scrape has thousands of lines: printf would be most of its time. */
static void add_number(struct chute_buf *out, uint64_t number) {
    char digits[24];
    size_t at = sizeof(digits);
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    chute_buf_add(out, digits + at, sizeof(digits) - at);
}

void chute_metric_count(
    struct chute_buf *out, const char *name, struct chute_str labels, uint64_t value) {
    add_name(out, chute_str_of(name), CHUTE_STR(""), labels, CHUTE_STR(""));
    add_number(out, value);
}

void chute_metric_number(
    struct chute_buf *out, const char *name, struct chute_str labels, double value) {
    add_name(out, chute_str_of(name), CHUTE_STR(""), labels, CHUTE_STR(""));
    /* a count has to be exact, however large it is */
    bool is_whole = value == floor(value) && fabs(value) < 9e15;
    chute_buf_printf(out, is_whole ? "%.0f\n" : "%.9g\n", value);
}

/* Every second bucket is shown, from 1 µs in steps of four to a minute: half the lines tell as much. */
#define SHOWN(i) ((i) % 2 == 0)
static const char *const bounds[CHUTE_HISTOGRAM_BUCKETS] = {
    [0] = "le=\"1e-06\"",
    [2] = "le=\"4e-06\"",
    [4] = "le=\"1.6e-05\"",
    [6] = "le=\"6.4e-05\"",
    [8] = "le=\"0.000256\"",
    [10] = "le=\"0.001024\"",
    [12] = "le=\"0.004096\"",
    [14] = "le=\"0.016384\"",
    [16] = "le=\"0.065536\"",
    [18] = "le=\"0.262144\"",
    [20] = "le=\"1.048576\"",
    [22] = "le=\"4.194304\"",
    [24] = "le=\"16.777216\"",
    [26] = "le=\"67.108864\"",
};

void chute_metric_histogram(struct chute_buf *out, const char *name, struct chute_str labels,
    const struct chute_histogram *histogram, double seconds) {
    uint64_t sum = 0;
    struct chute_str text = chute_str_of(name);
    for (size_t i = 0; i < CHUTE_HISTOGRAM_BUCKETS; i++) {
        sum += histogram->buckets[i];
        if (SHOWN(i)) {
            add_name(out, text, CHUTE_STR("_bucket"), labels, chute_str_of(bounds[i]));
            add_number(out, sum);
        }
    }
    add_name(out, text, CHUTE_STR("_bucket"), labels, CHUTE_STR("le=\"+Inf\""));
    add_number(out, sum);
    add_name(out, text, CHUTE_STR("_sum"), labels, CHUTE_STR(""));
    chute_buf_printf(out, "%.9g\n", seconds);
    add_name(out, text, CHUTE_STR("_count"), labels, CHUTE_STR(""));
    add_number(out, sum);
}

void chute_metric_label(struct chute_buf *labels, const char *name, struct chute_str value) {
    chute_buf_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.at[i];
        if (byte == '\n') {
            chute_buf_add_str(labels, CHUTE_STR("\\n"));
        } else {
            if (byte == '"' || byte == '\\') {
                chute_buf_add_char(labels, '\\');
            }
            chute_buf_add_char(labels, byte);
        }
    }
    chute_buf_add_char(labels, '"');
}
