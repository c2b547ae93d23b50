#include "pipeline/base/json_writer.h"

#include <inttypes.h>
#include <math.h>

#include "pipeline/base/json.h"

static struct chute_buf *begin(struct chute_json_writer *writer, const char *key) {
    if (writer->needs_comma) {
        chute_buf_add_char(writer->out, ',');
    }
    if (key != NULL) {
        chute_json_encode_str(writer->out, chute_str_of(key));
        chute_buf_add_char(writer->out, ':');
    }
    writer->needs_comma = true;
    return writer->out;
}

void chute_write_open(struct chute_json_writer *writer, const char *key, char bracket) {
    chute_buf_add_char(begin(writer, key), bracket);
    writer->needs_comma = false;
}

void chute_write_close(struct chute_json_writer *writer, char bracket) {
    chute_buf_add_char(writer->out, bracket);
    writer->needs_comma = true;
}

void chute_write_str(struct chute_json_writer *writer, const char *key, struct chute_str text) {
    chute_json_encode_str(begin(writer, key), text);
}

void chute_write_text(struct chute_json_writer *writer, const char *key, const char *text) {
    if (text == NULL) {
        chute_write_null(writer, key);
    } else {
        chute_write_str(writer, key, chute_str_of(text));
    }
}

void chute_write_int(struct chute_json_writer *writer, const char *key, int64_t number) {
    chute_buf_printf(begin(writer, key), "%" PRId64, number);
}

void chute_write_rate(struct chute_json_writer *writer, const char *key, double number) {
    if (!isfinite(number)) {
        return;
    }
    int power = number == 0 ? 0 : (int)floor(log10(fabs(number)));
    double unit = pow(10, power - 3);
    double rounded = power > 3 ? round(number / unit) * unit : number;
    chute_buf_printf(begin(writer, key), "%.*f",
        power > 1     ? 1
        : power < -12 ? 15
                      : 3 - power,
        rounded);
}

void chute_write_bool(struct chute_json_writer *writer, const char *key, bool truth) {
    chute_buf_add_str(begin(writer, key), truth ? CHUTE_STR("true") : CHUTE_STR("false"));
}

void chute_write_null(struct chute_json_writer *writer, const char *key) {
    chute_buf_add_str(begin(writer, key), CHUTE_STR("null"));
}

/* ------------------------------------------------------------------ for people */

static void add_line(struct chute_buf *out, size_t depth) {
    chute_buf_add_char(out, '\n');
    for (size_t i = 0; i < depth; i++) {
        chute_buf_add_str(out, CHUTE_STR("  "));
    }
}

/* The offset behind the string that begins at `at`. */
static size_t end_of_string(struct chute_str json, size_t at) {
    for (at++; at < json.len && json.at[at] != '"'; at++) {
        at += json.at[at] == '\\';
    }
    return at < json.len ? at + 1 : json.len;
}

/* In a list, elements follow each other on a line; in an object, each member has its own. */
void chute_json_pretty(struct chute_buf *out, struct chute_str json) {
    size_t depth = 0; /* of objects */
    struct chute_buf open = { 0 };
    for (size_t i = 0; i < json.len;) {
        char byte = json.at[i];
        bool is_empty = i + 1 < json.len && (json.at[i + 1] == '}' || json.at[i + 1] == ']');
        if (byte == '"') {
            size_t end = end_of_string(json, i);
            chute_buf_add(out, json.at + i, end - i);
            i = end;
            continue;
        }
        if ((byte == '{' || byte == '[') && is_empty) {
            chute_buf_add_str(out, byte == '{' ? CHUTE_STR("{ }") : CHUTE_STR("[ ]"));
            i += 2;
            continue;
        }
        if (byte == '{' || byte == '[') {
            chute_buf_add_char(&open, byte);
            chute_buf_add_char(out, byte);
            depth += byte == '{';
            byte == '{' ? add_line(out, depth) : chute_buf_add_char(out, ' ');
        } else if (byte == '}' || byte == ']') {
            open.len -= open.len > 0;
            depth -= byte == '}' && depth > 0;
            byte == '}' ? add_line(out, depth) : chute_buf_add_char(out, ' ');
            chute_buf_add_char(out, byte);
        } else if (byte == ',') {
            bool is_list = open.len > 0 && open.at[open.len - 1] == '[';
            chute_buf_add_char(out, ',');
            is_list ? chute_buf_add_char(out, ' ') : add_line(out, depth);
        } else if (byte == ':') {
            chute_buf_add_str(out, CHUTE_STR(" : "));
        } else {
            chute_buf_add_char(out, byte);
        }
        i++;
    }
    chute_buf_finish(&open);
}
