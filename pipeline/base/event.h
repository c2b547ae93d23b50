/* pipeline/base/event.h - one log event: a tree of fields, among them @timestamp, tags and the @metadata
 * that is never output.
 *
 * Ownership: an event and every value inside live in the arena of its batch and die with it; a view
 * read from an event is valid until the batch ends or that field changes.
 * Threads: a batch belongs to one thread at a time. */
#ifndef CHUTE_BASE_EVENT_H
#define CHUTE_BASE_EVENT_H

#include "pipeline/base/ref.h"
#include "pipeline/base/value.h"

struct chute_batch;
struct chute_origin;
struct chute_token;

struct chute_event {
    struct chute_value fields;   /* always an OBJECT */
    struct chute_value metadata; /* always an OBJECT; read it by chute_event_metadata */
    struct chute_batch *batch;
    struct chute_token *token; /* acknowledges the frame it was made from; NULL: nobody waits */
    const struct chute_origin *deferred; /* whose @metadata is still to be filled in */
    struct chute_event *emitted;         /* the engine's: what a filter emitted behind this event */
    struct chute_event *next_emitted;
    uint32_t
        position;    /* the engine's: which event of the batch it descends from, keeps the order */
    uint16_t routes; /* the engine's: outputs that take it */
    bool is_cancelled;
    bool is_pending; /* the engine's: chute_run_complete is still to come */
    bool is_picked;  /* the engine's: the live tail is to show it */
    uint8_t verdict; /* the engine's: what chute_run_complete said */
};

/* The arena of the event's batch. */
struct chute_arena *chute_event_arena(const struct chute_event *event);

/* All of @metadata: always an OBJECT. */
struct chute_value *chute_event_metadata(struct chute_event *event);

/* The value at `ref`, or NULL if there is none. */
struct chute_value *chute_event_get(const struct chute_event *event, const struct chute_ref *ref);
/* Reads a string as a view. False, and `out` as it was, if absent or not a string. */
bool chute_event_get_str(
    const struct chute_event *event, const struct chute_ref *ref, struct chute_str *out);
/* Sets `ref`; makes the parents it lacks. The value's text is borrowed as long as the batch lives.
 * False, and nothing changed, where a parent is neither object nor array, an array's index is no
 * number, [@timestamp] would get something else than a time, or [tags] anything but a text, an array of
 * texts or null; nothing below these two can be set. */
bool chute_event_set(
    struct chute_event *event, const struct chute_ref *ref, struct chute_value value);
/* chute_event_set of a string. */
bool chute_event_set_str(
    struct chute_event *event, const struct chute_ref *ref, struct chute_str text);
/* Removes `ref`; its value goes to `removed` when that is not NULL. False if it was not there. */
bool chute_event_remove(
    struct chute_event *event, const struct chute_ref *ref, struct chute_value *removed);

/* A top-level field by name, for what has no compiled reference (startup and tests, rare paths). */
struct chute_value *chute_event_field(const struct chute_event *event, struct chute_str name);
void chute_event_set_field(
    struct chute_event *event, struct chute_str name, struct chute_value value);

/* @timestamp. False if it was removed. */
bool chute_event_time(const struct chute_event *event, struct chute_time *out);
void chute_event_set_time(struct chute_event *event, struct chute_time time);

/* Adds a tag if it is not among `tags`; a `tags` of plain text becomes an array of it and `tag`. */
void chute_event_tag(struct chute_event *event, struct chute_str tag);
/* True if `tags` is or holds `tag`. */
bool chute_event_has_tag(const struct chute_event *event, struct chute_str tag);
/* Removes every such tag. */
void chute_event_untag(struct chute_event *event, struct chute_str tag);
/* What Logstash does with an event made from data: a `@timestamp` that is text becomes a time, or moves to
 * `_@timestamp` with tag `_timestampparsefailure`; a `tags` that is neither text nor array of texts moves to
 * `_tags` with tag `_tagsparsefailure`; `@metadata` given as an object becomes the event's metadata; what is
 * missing of `@timestamp` (the batch's now) and `@version` is added. */
void chute_event_adopt(struct chute_event *event);

#endif
