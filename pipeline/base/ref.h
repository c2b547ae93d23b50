/* pipeline/base/ref.h - a field reference, compiled: `message`, `[http][status]`, `[@metadata][x]`, `[list][-1]`.
 *
 * The grammar is Logstash's strict one: a bare name without brackets, or a run of bracketed names; a
 * bracketed run may itself stand in brackets (`[[a][b]][c]`) and is then flattened. The empty text is the
 * field whose name is empty.
 *
 * Ownership: a compiled reference lives in the arena it was compiled into; immutable.
 * Threads: any. */
#ifndef CHUTE_BASE_REF_H
#define CHUTE_BASE_REF_H

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"

/* config.field_reference.escape_style: how a name may hold brackets. */
enum chute_escape_style {
    CHUTE_ESCAPE_NONE,
    CHUTE_ESCAPE_PERCENT,   /* %5B and %5D */
    CHUTE_ESCAPE_AMPERSAND, /* &#91; and &#93; */
};

struct chute_ref_step {
    struct chute_str name;
    uint32_t head; /* chute_key_head(name) */
    bool is_index; /* the name is a decimal integer: an array's index */
    int64_t index; /* counts from the end if negative */
};

struct chute_ref {
    const struct chute_ref_step *steps; /* after `@metadata`, when in_metadata */
    uint32_t count;                     /* 0: all of @metadata */
    bool in_metadata;
    bool is_timestamp;     /* [@timestamp] */
    bool is_tags;          /* [tags] */
    struct chute_str text; /* as written */
};

/* Several references, as an option of type "references" holds them. */
struct chute_refs {
    const struct chute_ref *items;
    size_t count;
};

/* Compiles `text` into `ref`; copies what it needs into `arena`. False, with `ref` untouched, if illegal. */
bool chute_ref_compile(struct chute_arena *arena, struct chute_str text,
    enum chute_escape_style style, struct chute_ref *ref);

#endif
