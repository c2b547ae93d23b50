/* filters/redact/tally.c - counters by what was found and in which field. Their names come from the events, so their
 * number is bounded. */
#include "filters/redact/redact.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/hash.h"

static uint64_t hash_of(struct chute_str finding, struct chute_str field) {
    return chute_hash(chute_hash(CHUTE_HASH_START, finding), field);
}

static struct redact_place *find(struct redact_tally *tally, uint64_t hash) {
    size_t slots = sizeof(tally->places) / sizeof(tally->places[0]);
    size_t slot = hash % slots;
    while (tally->places[slot].name != NULL && tally->places[slot].hash != hash) {
        slot = (slot + 1) % slots;
    }
    return &tally->places[slot];
}

void redact_tally_add(
    struct redact_tally *tally, struct chute_str finding, struct chute_str field) {
    struct redact_place *place = find(tally, hash_of(finding, field));
    if (place->name == NULL && tally->place_count >= TALLY_PLACES) {
        field = CHUTE_STR("other"); /* one a finding beyond the bound: there are few findings */
        place = find(tally, hash_of(finding, field));
        if (tally->place_count >= 2 * TALLY_PLACES - 1 && place->name == NULL) {
            return;
        }
    }
    if (place->name == NULL) {
        struct chute_buf name = { 0 };
        chute_buf_printf(
            &name, "redacted/%.*s/%.*s", CHUTE_STR_ARGS(finding), CHUTE_STR_ARGS(field));
        place->name = chute_strndup(name.at, name.len);
        place->hash = hash_of(finding, field);
        tally->place_count++;
        chute_buf_finish(&name);
    }
    place->count++;
    tally->has_counts = true;
}

void redact_tally_flush(struct redact_tally *tally, struct chute_run *run) {
    if (!tally->has_counts) {
        return;
    }
    for (size_t i = 0; i < sizeof(tally->places) / sizeof(tally->places[0]); i++) {
        if (tally->places[i].count > 0) {
            chute_run_count(run, tally->places[i].name, tally->places[i].count);
            tally->places[i].count = 0;
        }
    }
    tally->has_counts = false;
}

void redact_tally_finish(struct redact_tally *tally) {
    for (size_t i = 0; i < sizeof(tally->places) / sizeof(tally->places[0]); i++) {
        chute_free(tally->places[i].name);
    }
}
