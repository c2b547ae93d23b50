/* pipeline/check/document.h - a file in JSON or YAML as a tree of values that knows where its keys stand.
 *
 * What YAML has without quotes may be a text or something else, as whoever reads it needs: it is a STRING with the flag
 * CHUTE_DOCUMENT_PLAIN, and chute_document_resolve makes numbers, booleans and null of it, as YAML 1.1 does.
 *
 * Ownership: the document owns its values; their texts may be views of the source, which is the diag's.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_DOCUMENT_H
#define CHUTE_CHECK_DOCUMENT_H

#include "conf/diag.h"
#include "pipeline/base/value.h"

#define CHUTE_DOCUMENT_PLAIN 0x80 /* flag of a STRING beside CHUTE_CLEAN */

struct chute_document;

/* Reads a file whose name ends in .json, .yml or .yaml; returns new. NULL after noting what is wrong. */
struct chute_document *chute_document_read(const char *path, struct chute_diag *diag);
/* The same of a text, which is copied; `name` tells what it is. */
struct chute_document *chute_document_parse(
    const char *name, struct chute_str text, struct chute_diag *diag);
/* Accepts NULL. */
void chute_document_destroy(struct chute_document *document);

/* The value of the file; an empty YAML file has null. */
const struct chute_value *chute_document_root(const struct chute_document *document);
/* Where values that are made of it may live. */
struct chute_arena *chute_document_arena(struct chute_document *document);
/* The file as a whole. */
struct chute_position chute_document_file(const struct chute_document *document);
/* Where a member's key stands, a member that the document itself has; the file as a whole, if its name was written with escapes. */
struct chute_position chute_document_place(
    const struct chute_document *document, const struct chute_member *member);
/* Where the first key in `value` stands; `fallback` if it has none. */
struct chute_position chute_document_place_in(const struct chute_document *document,
    const struct chute_value *value, struct chute_position fallback);

/* True for null, also as YAML writes it. */
bool chute_document_is_null(const struct chute_value *value);
/* A copy with plain texts resolved, at any depth. */
struct chute_value chute_document_resolve(
    struct chute_document *document, const struct chute_value *value);

#endif
