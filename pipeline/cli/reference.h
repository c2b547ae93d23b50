/* pipeline/cli/reference.h - the reference of all plugins and options, made from their tables: pages in
 * Markdown, and JSON for editors.
 *
 * Ownership: text goes into the caller's buffer.
 * Threads: one at a time. */
#ifndef CHUTE_CLI_REFERENCE_H
#define CHUTE_CLI_REFERENCE_H

#include "pipeline/base/buf.h"
#include "pipeline/run/plugin.h"

/* The parts of any plugin's declaration that the reference shows. */
struct chute_reference_plugin {
    const char *kind; /* "filter" */
    const char *name;
    const char *summary;
    const char *alias_of;      /* NULL: it is nobody's second name */
    const char *default_codec; /* NULL: none */
    size_t settings_size;
    const struct chute_option *options;
    const struct chute_option *common; /* of its kind */
    void (*add_notes)(struct chute_buf *page);
};

/* Plugin number `index` of all that are built in: inputs, codecs, filters, outputs. False behind the last. */
bool chute_reference_plugin(size_t index, struct chute_reference_plugin *out);

/* Each appends one Markdown page: of a plugin, of the options of all plugins of a kind, of all names. */
void chute_reference_page(struct chute_buf *out, const struct chute_reference_plugin *plugin);
void chute_reference_common(struct chute_buf *out);
void chute_reference_index(struct chute_buf *out);
/* Appends everything as one JSON object. */
void chute_reference_json(struct chute_buf *out);
/* Writes the pages into `folder`, which is made if it is not there: `filter-grok.md`, `common.md`, `README.md`.
 * 0, or a negative errno. */
int chute_reference_write(const char *folder);

#endif
