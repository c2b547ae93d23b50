/* filters/redact/redact.h - the parts of the filter: its settings (plugin.c), its way through an event (walk.c), and its
 * counters by what was found and where (tally.c).
 *
 * Ownership: settings live in the configuration's arena, but for what plugin.c frees; workers own their memory.
 * Threads: settings are immutable: any; a worker's memory belongs to it. */
#ifndef CHUTE_FILTERS_REDACT_H
#define CHUTE_FILTERS_REDACT_H

#include "pipeline/base/regex.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/key_match.h"
#include "pipeline/text/prefilter.h"
#include "pipeline/text/redact/action.h"
#include "pipeline/text/redact/find.h"

/* What may be found: the kinds of detectors first, then these. */
#define FOUND_BY_FIELDS CHUTE_REDACT_KINDS
#define FOUND_BY_PATTERN (CHUTE_REDACT_KINDS + 1) /* + number of the pattern */

/* What one kind of finding is called, and what becomes of it. */
struct redact_finding {
    struct chute_str name;
    enum chute_redact_action action;
    struct chute_str replacement; /* REPLACE: what stands there instead */
    bool is_clean;                /* it holds nothing that JSON escapes */
};

struct redact_pattern {
    struct chute_str name;
    struct chute_regex *regex;
};

struct redact {
    struct chute_list fields;
    struct chute_list detectors;
    struct chute_value written_patterns;
    struct chute_str replacement;
    struct chute_refs source;
    struct chute_value written_action;
    long long keep_last;
    struct chute_str key;
    bool has_audit;

    struct chute_key_rules names; /* of `fields`, those without brackets */
    struct chute_ref *paths;      /* those with */
    size_t path_count;
    struct redact_pattern *patterns;
    size_t pattern_count;
    struct chute_prefilter *prefilter; /* NULL: all patterns are run */
    uint32_t kinds;
    struct chute_redact_plan *plan; /* NULL: no detector looks at texts */
    struct redact_finding *findings;
    size_t finding_count;
};

/* ------------------------------------------------------------------ tally.c */

#define TALLY_PLACES 256 /* more places are counted as "other" */

/* How often what was found in which field, since the last batch. */
struct redact_tally {
    struct redact_place {
        char *name; /* of the counter: redacted/<finding>/<field>; NULL: free */
        uint64_t hash;
        uint64_t count;
    } places[2 * TALLY_PLACES]; /* open addressing */
    size_t place_count;
    bool has_counts;
};

/* Counts a finding in the field of that name ("[user][email]"). */
void redact_tally_add(struct redact_tally *tally, struct chute_str finding, struct chute_str field);
/* Hands the counts over to the instance's counters. */
void redact_tally_flush(struct redact_tally *tally, struct chute_run *run);
void redact_tally_finish(struct redact_tally *tally);

/* ------------------------------------------------------------------ walk.c */

#define DEPTH_SHOWN 8 /* of a field's name in a counter */

struct redact_worker {
    struct chute_key_cache keys;
    struct chute_redact_finder finder;
    struct chute_buf buf;
    struct chute_buf label;
    uint64_t *candidates; /* set of patterns */
    uint32_t *counts;     /* of each finding in the event at hand */
    struct redact_tally tally;
};

void redact_worker_init(const void *settings, void *memory);
void redact_worker_finish(void *memory);
void redact_run_batch(
    const void *settings, const struct chute_selection *selection, struct chute_run *run);

#endif
