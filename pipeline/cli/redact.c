/* pipeline/cli/redact.c - `logchute redact`: what the redact filter would find in files, for a person or for a check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/text/redact/find.h"

#define KEY_LINES 400 /* a private key has fewer; they are looked at together */

struct asked {
    struct chute_redact_plan *plan;
    uint32_t kinds;
    bool is_json, is_check, is_quiet, is_revealing, is_help;
    bool has_colour;
};

struct tally {
    unsigned long long findings[CHUTE_REDACT_KINDS];
    unsigned long long lines[CHUTE_REDACT_KINDS];
    unsigned long long total, read;
};

/* What a file is looked at with. */
struct reader {
    const struct asked *asked;
    struct tally *tally;
    const char *name;
    unsigned long long line; /* number of the first one of `text` */
    struct chute_buf text;   /* one line, or the lines of a key */
    struct chute_redact_finder finder;
    struct chute_regex_scratch *scratch;
    struct chute_arena arena;
};

static const char help[] =
    "logchute redact [FLAGS] FILE ... - shows what the redact filter would hide in files (- is "
    "standard input)\n\n"
    "  --check             exit code 1 if anything is found, for the checks of other projects\n"
    "  --quiet             only the table at the end\n"
    "  --json              one JSON object a finding: file, line, column, kind, length\n"
    "  --detectors LIST    kinds or groups with commas between, a minus takes one out:\n"
    "                      secrets,credit_card or all,-phone [all]\n"
    "  --reveal            show what was found; without it only where and of which kind\n"
    "  --color WHEN        always, never or auto [auto: on a terminal, unless NO_COLOR is set]\n"
    "  --help\n\n"
    "A line of JSON is looked at as a text: names and values in it are told apart like in any "
    "other.\n"
    "`logchute docs filter redact` lists the detectors.\n";

/* ------------------------------------------------------------------ the flags */

static bool take_detectors(void *to, const char *list) {
    struct asked *asked = to;
    bool is_first = true;
    asked->kinds = 0;
    while (*list != '\0') {
        char error[CHUTE_REDACT_ERROR_SIZE];
        struct chute_str name = { list, strcspn(list, ",") };
        list += name.len + (list[name.len] == ',');
        if (!chute_redact_kinds_take(&asked->kinds, name, is_first, error)) {
            fprintf(stderr, "logchute redact: %s\n", error);
            return false;
        }
        is_first = false;
    }
    return true;
}

static bool take_colour(void *to, const char *when) {
    struct asked *asked = to;
    return chute_cli_take_colour("redact", when, &asked->has_colour);
}

/* Moves the files to the start of argv, behind argv[0]; how many there are, negative for a wrong flag. */
static int take_arguments(struct asked *asked, int argc, char **argv) {
    const struct chute_cli_flag rows[] = {
        { "--check", .on = &asked->is_check },
        { "--quiet", .on = &asked->is_quiet },
        { "--json", .on = &asked->is_json },
        { "--reveal", .on = &asked->is_revealing },
        { "--help", 'h', .on = &asked->is_help },
        { "--detectors", .take = take_detectors },
        { "--color", .take = take_colour },
        { 0 },
    };
    const struct chute_cli_flags flags = { "redact", rows, asked };
    int files = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[++files] = argv[i];
        } else if (!chute_cli_flag_take(&flags, argc, argv, &i)) {
            return -1;
        }
    }
    return files;
}

/* ------------------------------------------------------------------ a line */

static void show_json(const struct reader *reader, const struct chute_redact_span *span,
    unsigned long long line, size_t column) {
    struct chute_buf out = { 0 };
    chute_buf_add_str(&out, CHUTE_STR("{\"file\":"));
    chute_json_encode_str(&out, chute_str_of(reader->name));
    chute_buf_printf(&out, ",\"line\":%llu,\"column\":%zu,\"kind\":\"%s\",\"length\":%zu}\n", line,
        column, chute_redact_kinds[span->kind].name, span->end - span->start);
    fwrite(out.at, 1, out.len, stdout);
    chute_buf_finish(&out);
}

/* The text with marks in place of what was found. */
static void show_text(const struct reader *reader, struct chute_str text, size_t count) {
    const struct asked *asked = reader->asked;
    const char *on = asked->has_colour ? "\033[1;31m" : "",
               *off = asked->has_colour ? "\033[0m" : "";
    const char *dim = asked->has_colour ? "\033[36m" : "";
    printf("%s%s:%llu:%s ", dim, reader->name, reader->line, off);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &reader->finder.spans[i];
        fwrite(text.at + at, 1, span->start - at, stdout);
        printf("%s[%s", on, chute_redact_kinds[span->kind].name);
        if (asked->is_revealing) {
            printf(": %.*s", (int)(span->end - span->start), text.at + span->start);
        }
        printf("]%s", off);
        at = span->end;
    }
    fwrite(text.at + at, 1, text.len - at, stdout);
    putchar('\n');
}

static void count_findings(struct reader *reader, struct chute_str text, size_t count) {
    uint32_t seen = 0;
    unsigned long long line = reader->line;
    size_t counted = 0, line_start = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &reader->finder.spans[i];
        for (; counted < span->start; counted++) {
            if (text.at[counted] == '\n') {
                line++;
                line_start = counted + 1;
            }
        }
        reader->tally->findings[span->kind]++;
        reader->tally->lines[span->kind] += (seen >> span->kind & 1) == 0;
        seen |= CHUTE_REDACT_BIT(span->kind);
        if (reader->asked->is_json) {
            show_json(reader, span, line, span->start - line_start + 1);
        }
    }
    reader->tally->total += count;
}

/* Looks at what has been read. */
static void look(struct reader *reader) {
    struct chute_str text = chute_utf8_replace(&reader->arena, chute_buf_str(&reader->text));
    size_t count = text.len == 0 ? 0
                                 : chute_redact_find(
                                       reader->asked->plan, &reader->finder, reader->scratch, text);
    if (count > 0) {
        count_findings(reader, text, count);
        if (!reader->asked->is_quiet && !reader->asked->is_json) {
            show_text(reader, text, count);
        }
    }
    chute_arena_reset(&reader->arena, 65536);
    reader->text.len = 0;
}

static bool is_in_key(const struct reader *reader) {
    struct chute_str text = chute_buf_str(&reader->text);
    return chute_str_find(text, CHUTE_STR("-----BEGIN ")) >= 0 &&
           chute_str_find(text, CHUTE_STR("PRIVATE KEY")) >= 0 &&
           chute_str_find(text, CHUTE_STR("-----END ")) < 0;
}

static bool read_file(struct reader *reader, FILE *file) {
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    unsigned long long number = 0;
    while ((len = getline(&line, &room, file)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            len--;
        }
        number++;
        reader->tally->read++;
        if (reader->text.len > 0) {
            chute_buf_add_char(&reader->text, '\n');
        } else {
            reader->line = number;
        }
        chute_buf_add(&reader->text, line, (size_t)len);
        if (!is_in_key(reader) || number - reader->line >= KEY_LINES) {
            look(reader);
        }
    }
    look(reader);
    free(line);
    return ferror(file) == 0;
}

/* ------------------------------------------------------------------ all of it */

static void show_table(const struct asked *asked, const struct tally *tally) {
    const char *bold = asked->has_colour ? "\033[1m" : "",
               *off = asked->has_colour ? "\033[0m" : "";
    if (asked->is_json) {
        return;
    }
    if (tally->total == 0) {
        printf("%llu lines, nothing found\n", tally->read);
        return;
    }
    printf("%s%s%-18s %10s %10s%s\n", asked->is_quiet ? "" : "\n", bold, "kind", "findings",
        "lines", off);
    for (size_t i = 0; i < CHUTE_REDACT_KINDS; i++) {
        if (tally->findings[i] > 0) {
            printf("%-18s %10llu %10llu\n", chute_redact_kinds[i].name, tally->findings[i],
                tally->lines[i]);
        }
    }
    printf("%s%-18s %10llu%s in %llu lines\n", bold, "all", tally->total, off, tally->read);
}

static bool look_at_file(struct reader *reader, const char *name) {
    bool is_stdin = strcmp(name, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(name, "r");
    reader->name = is_stdin ? "(standard input)" : name;
    errno = file == NULL ? errno : 0;
    bool is_good = file != NULL && read_file(reader, file);
    if (!is_good) {
        fprintf(stderr, "logchute redact: %s cannot be read: %s\n", name, strerror(errno));
    }
    if (file != NULL && !is_stdin) {
        fclose(file);
    }
    return is_good;
}

int chute_cli_redact(int argc, char **argv) {
    struct asked asked = { .kinds = chute_redact_kinds_named(CHUTE_STR("all")),
        .has_colour = chute_cli_has_colour() };
    struct tally tally = { 0 };
    int files = take_arguments(&asked, argc, argv);
    if (files < 0) {
        return 2;
    }
    if (asked.is_help || files == 0) {
        fputs(help, asked.is_help ? stdout : stderr);
        return asked.is_help ? 0 : 2;
    }
    asked.plan = chute_redact_plan_create(asked.kinds & ~CHUTE_REDACT_BIT(CHUTE_REDACT_FIELD));
    struct reader reader = {
        .asked = &asked, .tally = &tally, .scratch = chute_regex_scratch_create()
    };
    bool is_good = true;
    for (int i = 1; i <= files; i++) {
        is_good = look_at_file(&reader, argv[i]) && is_good;
    }
    show_table(&asked, &tally);
    chute_buf_finish(&reader.text);
    chute_arena_finish(&reader.arena);
    chute_redact_finder_finish(&reader.finder);
    chute_regex_scratch_destroy(reader.scratch);
    chute_redact_plan_destroy(asked.plan);
    is_good = fflush(stdout) == 0 && is_good;
    return !is_good ? 2 : asked.is_check && tally.total > 0 ? 1 : 0;
}
