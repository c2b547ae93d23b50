#include "pipeline/check/coverage.h"

#include "pipeline/base/alloc.h"
#include "pipeline/run/steps.h"

#define LONGEST_TEXT 100

/* A branch is one side of a split of the section's program. */
struct branch {
    struct chute_position position;
    size_t split;
    bool is_else;
};

struct section {
    struct branch *branches;
    size_t count, room;
    uint64_t (*taken)[2]; /* by split */
    size_t splits;
    bool is_attached;
};

struct pattern {
    struct chute_place place; /* its file is ours */
    char *file, *filter, *name;
    size_t filter_index, index;
};

struct chute_coverage {
    struct section filters, outputs;
    uint64_t **hits; /* by filter */
    size_t filter_count;
    struct pattern *patterns;
    size_t pattern_count, pattern_room;
};

/* ------------------------------------------------------------------ branches */

static void add_branch(struct section *section, struct branch branch) {
    if (section->count == section->room) {
        section->room = section->room == 0 ? 16 : section->room * 2;
        section->branches =
            chute_realloc(section->branches, sizeof(*section->branches) * section->room);
    }
    section->branches[section->count++] = branch;
}

/* Numbers the splits as the loader makes them: each before what is in its branch. */
static void add_block(struct section *section, const struct chute_ast_block *block) {
    for (size_t i = 0; i < block->count; i++) {
        const struct chute_ast_if *choice = block->nodes[i].choice;
        size_t split = 0;
        for (size_t b = 0; choice != NULL && b < choice->count; b++) {
            const struct chute_ast_branch *branch = &choice->branches[b];
            bool is_else = branch->condition == NULL;
            split = is_else ? split : section->splits++;
            add_branch(section, (struct branch){ branch->position, split, is_else });
            add_block(section, &branch->block);
        }
    }
}

static void open_section(struct section *section, const struct chute_ast_block *block) {
    add_block(section, block);
    section->taken = chute_calloc(section->splits + 1, sizeof(*section->taken));
}

struct chute_coverage *chute_coverage_create(const struct chute_ast *ast) {
    struct chute_coverage *coverage = chute_calloc(1, sizeof(*coverage));
    open_section(&coverage->filters, &ast->filters);
    open_section(&coverage->outputs, &ast->outputs);
    return coverage;
}

void chute_coverage_destroy(struct chute_coverage *coverage) {
    if (coverage == NULL) {
        return;
    }
    for (size_t i = 0; i < coverage->pattern_count; i++) {
        chute_free(coverage->patterns[i].file);
        chute_free(coverage->patterns[i].filter);
        chute_free(coverage->patterns[i].name);
    }
    for (size_t i = 0; i < coverage->filter_count; i++) {
        chute_free(coverage->hits[i]);
    }
    chute_free(coverage->patterns);
    chute_free(coverage->hits);
    chute_free(coverage->filters.branches);
    chute_free(coverage->filters.taken);
    chute_free(coverage->outputs.branches);
    chute_free(coverage->outputs.taken);
    chute_free(coverage);
}

/* ------------------------------------------------------------------ counting */

static void attach_section(struct section *section, const struct chute_steps *steps) {
    size_t split = 0;
    for (uint32_t i = 0; i < steps->count; i++) {
        if (steps->items[i].kind == CHUTE_STEP_SPLIT) {
            chute_assert(split < section->splits);
            steps->items[i].taken = section->taken[split++];
        }
    }
    section->is_attached = true;
}

static void add_patterns(struct chute_coverage *coverage, const struct chute_filter *filter) {
    for (size_t i = 0;; i++) {
        struct chute_str name = filter->plugin->pattern(filter->head.settings, i);
        if (name.at == NULL) {
            coverage->hits[filter->index] = chute_calloc(i + 1, sizeof(uint64_t));
            return;
        }
        if (coverage->pattern_count == coverage->pattern_room) {
            coverage->pattern_room = coverage->pattern_room == 0 ? 16 : coverage->pattern_room * 2;
            coverage->patterns = chute_realloc(
                coverage->patterns, sizeof(*coverage->patterns) * coverage->pattern_room);
        }
        struct chute_place place = filter->head.place;
        char *file = chute_strdup(place.file);
        coverage->patterns[coverage->pattern_count++] = (struct pattern){
            .place = { file, place.line, place.column },
            .file = file,
            .filter = chute_strdup(filter->head.name),
            .name = chute_strndup(name.at, name.len),
            .filter_index = filter->index,
            .index = i,
        };
    }
}

void chute_coverage_attach(
    struct chute_coverage *coverage, struct chute_pipeline *pipeline, bool has_outputs) {
    attach_section(&coverage->filters, pipeline->filter_steps);
    if (has_outputs) {
        attach_section(&coverage->outputs, pipeline->output_steps);
    }
    if (coverage->hits == NULL) {
        coverage->filter_count = pipeline->filter_count;
        coverage->hits = chute_calloc(pipeline->filter_count + 1, sizeof(*coverage->hits));
        for (size_t i = 0; i < pipeline->filter_count; i++) {
            if (pipeline->filters[i]->plugin->pattern != NULL) {
                add_patterns(coverage, pipeline->filters[i]);
            }
        }
    }
    chute_assert(pipeline->filter_count == coverage->filter_count);
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        pipeline->filters[i]->hits = coverage->hits[i];
    }
}

/* ------------------------------------------------------------------ what was found */

/* How long a text in quotes, or a regular expression, is that begins at the start of `text`; 1 for anything else. */
static size_t token_len(struct chute_str text) {
    char quote = text.at[0];
    if (quote != '"' && quote != '\'' && quote != '/') {
        return 1;
    }
    for (size_t i = 1; i < text.len && text.at[i] != '\n'; i++) {
        if (text.at[i] == quote) {
            return i + 1;
        }
        i += text.at[i] == '\\';
    }
    return 1;
}

/* What is written from the `if` or `else` up to its brace, on that line. */
static struct chute_str text_at(const struct chute_position *position) {
    struct chute_str text = position->source->text;
    struct chute_str rest = { text.at + position->offset, text.len - position->offset };
    size_t len = 0;
    while (len < rest.len && strchr("\r\n{", rest.at[len]) == NULL) {
        size_t token = token_len((struct chute_str){ rest.at + len, rest.len - len });
        if (len + token > LONGEST_TEXT) {
            break;
        }
        len += token;
    }
    while (len > 0 && len < rest.len && ((unsigned char)rest.at[len] & 0xc0) == 0x80) {
        len--; /* no half of a character */
    }
    return chute_str_trim((struct chute_str){ rest.at, len });
}

static bool branch_item(
    const struct section *section, size_t *index, struct chute_coverage_item *out) {
    size_t count = section->is_attached ? section->count : 0;
    if (*index >= count) {
        *index -= count;
        return false;
    }
    const struct branch *branch = &section->branches[*index];
    const struct chute_position *position = &branch->position;
    *out = (struct chute_coverage_item){
        .place = { position->source->name, position->line, position->column },
        .text = text_at(position),
        .is_reached = section->taken[branch->split][branch->is_else] > 0,
    };
    return true;
}

bool chute_coverage_item(
    const struct chute_coverage *coverage, size_t index, struct chute_coverage_item *out) {
    if (branch_item(&coverage->filters, &index, out) ||
        branch_item(&coverage->outputs, &index, out)) {
        return true;
    }
    if (index >= coverage->pattern_count) {
        return false;
    }
    const struct pattern *pattern = &coverage->patterns[index];
    *out = (struct chute_coverage_item){
        .is_pattern = true,
        .place = pattern->place,
        .text = chute_str_of(pattern->name),
        .filter = pattern->filter,
        .is_reached = coverage->hits[pattern->filter_index][pattern->index] > 0,
    };
    return true;
}
