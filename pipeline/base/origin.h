/* pipeline/base/origin.h - where frames come from (a connection, a file, a peer) and the fields that
 * says: they are set on every event made from its frames.
 *
 * Fields of @metadata are filled in only when something asks for @metadata, so that they cost nothing
 * where nothing does.
 *
 * Ownership: counted by `held`; immutable once events refer to it.
 * Threads: any, once immutable. */
#ifndef CHUTE_BASE_ORIGIN_H
#define CHUTE_BASE_ORIGIN_H

#include "pipeline/base/batch.h"
#include "pipeline/base/event.h"

struct chute_origin_field {
    struct chute_ref ref;
    struct chute_value value;
    bool replaces; /* also what the event brought itself */
};

struct chute_origin {
    struct chute_held held;
    struct chute_arena arena; /* references and values live here */
    struct chute_origin_field *fields;
    uint32_t count;
    uint32_t capacity;
    bool has_metadata;
};

/* With one reference, the caller's, given back by chute_held_unref(&origin->held). */
struct chute_origin *chute_origin_create(void);
/* `ref` as in a configuration, and legal; `value` is copied with its text, of which bytes that are no UTF-8 become
 * U+FFFD. */
void chute_origin_add(
    struct chute_origin *origin, const char *ref, struct chute_value value, bool replaces);
/* Sets the fields on `event`, whose batch holds `origin`; those of @metadata when they are asked for. */
void chute_origin_apply(const struct chute_origin *origin, struct chute_event *event);
/* Sets the fields of @metadata now: chute_event_metadata does it. */
void chute_origin_apply_metadata(const struct chute_origin *origin, struct chute_event *event);

#endif
