#include "pipeline/check/report.h"

#include "pipeline/base/json.h"

/* ------------------------------------------------------------------ names and texts */

/* What stands for a case: "case 2: a broken line". Line ends become blanks. */
static void add_name(struct chute_buf *out, const struct chute_report_file *file, size_t index) {
    struct chute_str description = file->file->cases[index].description;
    chute_buf_printf(out, "case %zu", index + 1);
    chute_buf_add_str(out, description.len > 0 ? CHUTE_STR(": ") : CHUTE_STR(""));
    for (size_t i = 0; i < description.len; i++) {
        unsigned char byte = (unsigned char)description.at[i];
        chute_buf_add_char(out, byte < ' ' || byte == 0x7f ? ' ' : (char)byte);
    }
}

/* The next line of `text`, without its end; false at the end. */
static bool next_line(struct chute_str *text, struct chute_str *line) {
    if (text->len == 0) {
        return false;
    }
    const char *end = memchr(text->at, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->at);
    *line = (struct chute_str){ text->at, len };
    text->at += len + (end != NULL);
    text->len -= len + (end != NULL);
    return true;
}

/* Control characters could do things to a terminal. */
static void write_safely(FILE *out, struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        fputc((byte < ' ' && byte != '\t') || byte == 0x7f ? '?' : byte, out);
    }
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

/* ------------------------------------------------------------------ for a person */

#define RED "\033[31m"
#define GREEN "\033[32m"
#define BOLD "\033[1m"
#define OFF "\033[0m"

static void show_failure(
    FILE *out, const struct chute_report_file *file, size_t index, bool has_colour) {
    struct chute_buf name = { 0 };
    add_name(&name, file, index);
    fprintf(out, "%sFAIL%s  %s:%u: ", has_colour ? RED : "", has_colour ? OFF : "",
        file->file->path, file->file->cases[index].position.line);
    write_safely(out, chute_buf_str(&name));
    fputc('\n', out);
    chute_buf_finish(&name);
    struct chute_str text = chute_buf_str(&file->judgements[index].text), line;
    while (next_line(&text, &line)) {
        char mark = line.len > 0 ? line.at[0] : ' ';
        const char *colour = mark == '-' ? RED : mark == '+' ? GREEN : "";
        bool is_coloured = has_colour && colour[0] != '\0';
        fprintf(out, "      %s", is_coloured ? colour : "");
        write_safely(out, line);
        fprintf(out, "%s\n", is_coloured ? OFF : "");
    }
}

void chute_report_person(FILE *out, const struct chute_report_file *file, bool has_colour) {
    size_t count = file->file->count;
    if (file->failed == 0) {
        fprintf(out, "%sok%s    %s: %zu case%s\n", has_colour ? GREEN : "", has_colour ? OFF : "",
            file->file->path, count, plural(count));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!file->judgements[i].has_passed) {
            show_failure(out, file, i, has_colour);
        }
    }
}

void chute_report_person_end(FILE *out, const struct chute_report_sum *sum, bool has_colour) {
    const char *colour = sum->failed > 0 ? BOLD RED : BOLD GREEN;
    fprintf(out, "%s%zu case%s in %zu file%s: %zu passed, %zu failed%s (%.2f s)\n",
        has_colour ? colour : "", sum->cases, plural(sum->cases), sum->files, plural(sum->files),
        sum->cases - sum->failed, sum->failed, has_colour ? OFF : "", sum->seconds);
}

/* ------------------------------------------------------------------ TAP */

void chute_report_tap_begin(FILE *out, size_t cases) {
    fprintf(out, "TAP version 13\n1..%zu\n", cases);
}

/* A number sign begins a directive, so it is escaped. */
static void write_tap_name(FILE *out, struct chute_str name) {
    for (size_t i = 0; i < name.len; i++) {
        fputs(name.at[i] == '#' || name.at[i] == '\\' ? "\\" : "", out);
        fputc(name.at[i], out);
    }
}

static void write_tap_details(FILE *out, const struct chute_report_file *file, size_t index) {
    struct chute_buf path = { 0 };
    chute_json_encode_str(&path, chute_str_of(file->file->path));
    fprintf(out, "  ---\n  file: %s\n  line: %u\n  difference: |\n", chute_buf_cstr(&path),
        file->file->cases[index].position.line);
    struct chute_str text = chute_buf_str(&file->judgements[index].text), line;
    while (next_line(&text, &line)) {
        fputs("    ", out);
        write_safely(out, line);
        fputc('\n', out);
    }
    fputs("  ...\n", out);
    chute_buf_finish(&path);
}

void chute_report_tap(FILE *out, const struct chute_report_file *file, size_t *number) {
    for (size_t i = 0; i < file->file->count; i++) {
        struct chute_buf name = { 0 };
        chute_buf_printf(&name, "%s: ", file->file->path);
        add_name(&name, file, i);
        bool has_passed = file->judgements[i].has_passed;
        fprintf(out, "%s %zu - ", has_passed ? "ok" : "not ok", ++*number);
        write_tap_name(out, chute_buf_str(&name));
        fputc('\n', out);
        if (!has_passed) {
            write_tap_details(out, file, i);
        }
        chute_buf_finish(&name);
    }
}

/* ------------------------------------------------------------------ JUnit */

/* What XML has no way to write becomes a question mark. */
static void add_xml(struct chute_buf *out, struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        const char *name = byte == '&'   ? "&amp;"
                           : byte == '<' ? "&lt;"
                           : byte == '>' ? "&gt;"
                           : byte == '"' ? "&quot;"
                                         : NULL;
        if (name != NULL) {
            chute_buf_add_str(out, chute_str_of(name));
        } else {
            bool is_allowed = byte >= ' ' || byte == '\t' || byte == '\n' || byte == '\r';
            chute_buf_add_char(out, is_allowed ? (char)byte : '?');
        }
    }
}

static void add_junit_case(
    struct chute_buf *out, const struct chute_report_file *file, size_t index) {
    struct chute_buf name = { 0 };
    add_name(&name, file, index);
    chute_buf_add_str(out, CHUTE_STR("    <testcase classname=\""));
    add_xml(out, chute_str_of(file->file->path));
    chute_buf_add_str(out, CHUTE_STR("\" name=\""));
    add_xml(out, chute_buf_str(&name));
    chute_buf_add_str(out, CHUTE_STR("\" file=\""));
    add_xml(out, chute_str_of(file->file->path));
    chute_buf_printf(out, "\" line=\"%u\" time=\"%.6f\"", file->file->cases[index].position.line,
        file->seconds / (double)file->file->count);
    chute_buf_finish(&name);
    if (file->judgements[index].has_passed) {
        chute_buf_add_str(out, CHUTE_STR("/>\n"));
        return;
    }
    struct chute_str text = chute_buf_str(&file->judgements[index].text), rest = text, line = { 0 };
    next_line(&rest, &line);
    chute_buf_add_str(out, CHUTE_STR(">\n      <failure type=\"difference\" message=\""));
    add_xml(out, line);
    chute_buf_add_str(out, CHUTE_STR("\">"));
    add_xml(out, text);
    chute_buf_add_str(out, CHUTE_STR("</failure>\n    </testcase>\n"));
}

void chute_report_junit(struct chute_buf *out, const struct chute_report_file *files,
    const struct chute_report_sum *sum) {
    chute_buf_printf(out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"logchute test\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
        "time=\"%.6f\">\n",
        sum->cases, sum->failed, sum->seconds);
    for (size_t i = 0; i < sum->files; i++) {
        const struct chute_report_file *file = &files[i];
        chute_buf_add_str(out, CHUTE_STR("  <testsuite name=\""));
        add_xml(out, chute_str_of(file->file->path));
        chute_buf_printf(out,
            "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.6f\">\n",
            file->file->count, file->failed, file->seconds);
        for (size_t c = 0; c < file->file->count; c++) {
            add_junit_case(out, file, c);
        }
        chute_buf_add_str(out, CHUTE_STR("  </testsuite>\n"));
    }
    chute_buf_add_str(out, CHUTE_STR("</testsuites>\n"));
}

/* ------------------------------------------------------------------ coverage */

/* How many of something there are, and how many of them were reached. */
struct tally {
    size_t all, reached;
};

static void show_unreached(FILE *out, const char *prefix, const struct chute_coverage_item *item) {
    fprintf(out, "%snot reached: %s:%u:%u: ", prefix, item->place.file, item->place.line,
        item->place.column);
    fputs(item->is_pattern ? "pattern \"" : "", out);
    write_safely(out, item->text);
    if (item->is_pattern) {
        fprintf(out, "\" of filter \"%s\"", item->filter);
    }
    fputc('\n', out);
}

bool chute_report_coverage(FILE *out, const struct chute_suite *suite, const char *prefix) {
    struct tally tallies[2] = { 0 }; /* branches, patterns */
    const struct chute_coverage *coverage;
    for (size_t i = 0; (coverage = chute_suite_coverage(suite, i)) != NULL; i++) {
        struct chute_coverage_item item;
        for (size_t n = 0; chute_coverage_item(coverage, n, &item); n++) {
            struct tally *tally = &tallies[item.is_pattern];
            tally->all++;
            tally->reached += item.is_reached;
            if (!item.is_reached) {
                show_unreached(out, prefix, &item);
            }
        }
    }
    fprintf(out, "%scoverage: %zu of %zu branch%s, %zu of %zu pattern%s\n", prefix,
        tallies[0].reached, tallies[0].all, tallies[0].all == 1 ? "" : "es", tallies[1].reached,
        tallies[1].all, plural(tallies[1].all));
    return tallies[0].reached == tallies[0].all && tallies[1].reached == tallies[1].all;
}
