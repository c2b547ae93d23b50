#include "pipeline/cli/reference.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "conf/common_options.h"
#include "conf/option_value.h"

static const struct {
    const char *kind, *title;
    const struct chute_option *common;
} kinds[] = {
    { "input", "Inputs", chute_common_inputs },
    { "codec", "Codecs", chute_common_codecs },
    { "filter", "Filters", chute_common_filters },
    { "output", "Outputs", chute_common_outputs },
};

#define TAKE_HEAD(plugin, number)                                                                  \
    *out = (struct chute_reference_plugin) {                                                       \
        .kind = kinds[number].kind, .name = (plugin)->name, .summary = (plugin)->summary,          \
        .alias_of = (plugin)->alias_of, .settings_size = (plugin)->settings_size,                  \
        .options = (plugin)->options, .common = kinds[number].common,                              \
        .add_notes = (plugin)->add_notes,                                                          \
    }

bool chute_reference_plugin(size_t index, struct chute_reference_plugin *out) {
    size_t i;
    for (i = 0; chute_inputs[i] != NULL; i++) {
        if (index-- == 0) {
            TAKE_HEAD(chute_inputs[i], 0);
            out->default_codec = chute_inputs[i]->default_codec;
            return true;
        }
    }
    for (i = 0; chute_codecs[i] != NULL; i++) {
        if (index-- == 0) {
            TAKE_HEAD(chute_codecs[i], 1);
            return true;
        }
    }
    for (i = 0; chute_filters[i] != NULL; i++) {
        if (index-- == 0) {
            TAKE_HEAD(chute_filters[i], 2);
            return true;
        }
    }
    for (i = 0; chute_outputs[i] != NULL; i++) {
        if (index-- == 0) {
            TAKE_HEAD(chute_outputs[i], 3);
            out->default_codec = chute_outputs[i]->default_codec;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ Markdown */

/* Text inside a cell of a table. */
static void add_cell(struct chute_buf *out, const char *text) {
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '|') {
            chute_buf_add_char(out, '\\');
        }
        chute_buf_add_char(out, *text == '\n' ? ' ' : *text);
    }
}

/* As code; what holds a backtick is put between two. A line feed is shown as the configuration writes it. */
static void add_code(struct chute_buf *out, const char *text) {
    const char *mark = strchr(text, '`') == NULL ? "`" : "``";
    const char *pad = mark[1] == '\0' ? "" : " ";
    struct chute_buf shown = { 0 };
    for (const char *at = text[0] == '\0' ? "\"\"" : text; *at != '\0'; at++) {
        if (*at == '\n') {
            chute_buf_printf(&shown, "\\n");
        } else {
            chute_buf_add_char(&shown, *at);
        }
    }
    chute_buf_printf(out, "%s%s", mark, pad);
    add_cell(out, chute_buf_cstr(&shown));
    chute_buf_printf(out, "%s%s", pad, mark);
    chute_buf_finish(&shown);
}

static void add_bounds(struct chute_buf *out, const struct chute_option *row) {
    if (row->min == row->max) {
        chute_buf_printf(out, " Always %.15g.", row->min);
    } else if (row->max >= INT32_MAX) {
        chute_buf_printf(out, " At least %.15g.", row->min);
    } else {
        chute_buf_printf(out, " From %.15g to %.15g.", row->min, row->max);
    }
}

static void add_description(struct chute_buf *out, const struct chute_option *row) {
    if (row->alias_of != NULL) {
        chute_buf_printf(out, "Another name of `%s`.", row->alias_of);
    } else {
        add_cell(out, row->doc);
    }
    if (row->choices != NULL) {
        chute_buf_printf(out, " One of ");
        for (size_t i = 0; row->choices[i] != NULL; i++) {
            chute_buf_printf(out, "%s", i == 0 ? "" : ", ");
            add_code(out, row->choices[i]);
        }
        chute_buf_add_char(out, '.');
    }
    if (row->has_bounds) {
        add_bounds(out, row);
    }
    if (row->is_file) {
        chute_buf_printf(out, " The file has to be there.");
    }
    if (row->is_secret) {
        chute_buf_printf(out, " Never shown.");
    }
    if (row->state == CHUTE_OPTION_DEPRECATED) {
        chute_buf_printf(out, " **Deprecated**: ");
        add_cell(out, row->hint);
        chute_buf_add_char(out, '.');
    }
}

static bool is_live(const struct chute_option *row) {
    return row->state == CHUTE_OPTION_OK || row->state == CHUTE_OPTION_DEPRECATED;
}

/* The row itself, or the one that it is another name of. */
static const struct chute_option *meant_by(
    const struct chute_option *rows, const struct chute_option *row) {
    const struct chute_option *meant =
        row->alias_of == NULL ? row : chute_option_find(rows, chute_str_of(row->alias_of));
    return meant == NULL ? row : meant;
}

static void add_table(
    struct chute_buf *out, const struct chute_option *rows, const char *default_codec) {
    bool is_first = true;
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        if (!is_live(row)) {
            continue;
        }
        if (is_first) {
            chute_buf_printf(out, "| Option | Takes | Default | |\n|---|---|---|---|\n");
            is_first = false;
        }
        const struct chute_option *meant = meant_by(rows, row);
        chute_buf_printf(out, "| `%s` | ", row->name);
        add_cell(out, chute_option_type_phrase(meant->type));
        chute_buf_printf(out, " | ");
        const char *fallback = meant->fallback;
        if (fallback == NULL && meant->type == CHUTE_OPT_CODEC) {
            fallback = default_codec;
        }
        if (row->is_required) {
            chute_buf_printf(out, "*required*");
        } else if (fallback != NULL && row->alias_of == NULL) {
            add_code(out, fallback);
        }
        chute_buf_printf(out, " | ");
        add_description(out, row);
        chute_buf_printf(out, " |\n");
    }
    if (is_first) {
        chute_buf_printf(out, "None.\n");
    }
}

static void add_refused(struct chute_buf *out, const struct chute_option *rows) {
    static const char *const words[] = {
        [CHUTE_OPTION_OBSOLETE] = "refused, as in Logstash",
        [CHUTE_OPTION_UNSUPPORTED] = "not supported",
        [CHUTE_OPTION_IGNORED] = "accepted without effect",
    };
    bool is_first = true;
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        if (is_live(row)) {
            continue;
        }
        if (is_first) {
            chute_buf_printf(out, "\nOf Logstash's options these are not taken up:\n\n");
            is_first = false;
        }
        chute_buf_printf(out, "- `%s`: %s; %s\n", row->name, words[row->state], row->hint);
    }
}

void chute_reference_page(struct chute_buf *out, const struct chute_reference_plugin *plugin) {
    chute_buf_printf(out, "# %s %s\n\n%s\n\n", plugin->name, plugin->kind, plugin->summary);
    if (plugin->alias_of != NULL) {
        chute_buf_printf(out, "Another name of [%s](%s-%s.md).\n\n", plugin->alias_of, plugin->kind,
            plugin->alias_of);
    }
    chute_buf_printf(out, "## Options\n\n");
    add_table(out, plugin->options, plugin->default_codec);
    add_refused(out, plugin->options);
    chute_buf_printf(out, "\nBeside these: [the options of every %s](common.md#%ss).", plugin->kind,
        plugin->kind);
    if (plugin->default_codec != NULL) {
        chute_buf_printf(out, " The codec, where none is written, is `%s`.", plugin->default_codec);
    }
    chute_buf_add_char(out, '\n');
    if (plugin->add_notes != NULL) {
        chute_buf_add_char(out, '\n');
        plugin->add_notes(out);
    }
}

void chute_reference_common(struct chute_buf *out) {
    chute_buf_printf(out, "# Common options\n");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        chute_buf_printf(out, "\n## %s\n\n", kinds[i].title);
        add_table(out, kinds[i].common, NULL);
        add_refused(out, kinds[i].common);
    }
}

void chute_reference_index(struct chute_buf *out) {
    struct chute_reference_plugin plugin;
    chute_buf_printf(out, "# Plugins\n\nThese pages are written by `logchute docs docs/plugins`. "
                          "[Common options](common.md) belong to every plugin of a kind.\n");
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        chute_buf_printf(out, "\n## %s\n\n| Name | |\n|---|---|\n", kinds[k].title);
        for (size_t i = 0; chute_reference_plugin(i, &plugin); i++) {
            if (strcmp(plugin.kind, kinds[k].kind) == 0) {
                chute_buf_printf(out, "| [%s](%s-%s.md) | ", plugin.name, plugin.kind, plugin.name);
                add_cell(out, plugin.summary);
                chute_buf_printf(out, " |\n");
            }
        }
    }
}

static int write_page(const char *folder, const char *name, struct chute_buf *page) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/%s.md", folder, name);
    FILE *file = fopen(chute_buf_cstr(&path), "w");
    bool is_good = file != NULL && fwrite(page->at, 1, page->len, file) == page->len;
    is_good = file != NULL && fclose(file) == 0 && is_good;
    int code = is_good ? 0 : errno == 0 ? -EIO : -errno;
    page->len = 0;
    chute_buf_finish(&path);
    return code;
}

int chute_reference_write(const char *folder) {
    struct chute_reference_plugin plugin;
    struct chute_buf page = { 0 };
    struct chute_buf name = { 0 };
    if (mkdir(folder, 0777) < 0 && errno != EEXIST) {
        return -errno;
    }
    chute_reference_index(&page);
    int code = write_page(folder, "README", &page);
    if (code == 0) {
        chute_reference_common(&page);
        code = write_page(folder, "common", &page);
    }
    for (size_t i = 0; code == 0 && chute_reference_plugin(i, &plugin); i++) {
        name.len = 0;
        chute_buf_printf(&name, "%s-%s", plugin.kind, plugin.name);
        chute_reference_page(&page, &plugin);
        code = write_page(folder, chute_buf_cstr(&name), &page);
    }
    chute_buf_finish(&name);
    chute_buf_finish(&page);
    return code;
}
