/* pipeline/run/counters.c - the counters as JSON, for the last log line and the API. */
#include <inttypes.h>

#include "pipeline/base/json.h"
#include "pipeline/run/pipeline.h"

static void add_counters(struct chute_buf *out, const struct chute_counters *counters) {
    chute_buf_printf(out,
        "\"in\":%" PRIu64 ",\"created\":%" PRIu64 ",\"out\":%" PRIu64 ",\"dropped\":%" PRIu64
        ",\"dead_lettered\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"unkept_dead_letters\":%" PRIu64
        ",\"retried\":%" PRIu64 ",\"in_flight\":%" PRId64,
        counters->in, counters->created, counters->out, counters->dropped, counters->dead_lettered,
        counters->lost, counters->unkept, counters->retried, counters->in_flight);
}

static void add_instance(
    struct chute_buf *out, const struct chute_instance *instance, bool is_first) {
    chute_buf_add_str(out, is_first ? CHUTE_STR("{\"id\":") : CHUTE_STR(",{\"id\":"));
    chute_json_encode_str(out, chute_str_of(instance->id));
    chute_buf_printf(out, ",\"kind\":\"%s\",\"name\":\"%s\",", instance->kind, instance->name);
    add_counters(out, &instance->counters);
    chute_buf_printf(out, ",\"milliseconds\":%.3f", (double)instance->counters.nanoseconds / 1e6);
    const struct chute_named_counter *named = instance->named;
    for (; named != NULL; named = named->next) {
        chute_buf_add_char(out, ',');
        chute_json_encode_str(out, chute_str_of(named->name));
        chute_buf_printf(out, ":%" PRIu64, named->value);
    }
    chute_buf_add_char(out, '}');
}

void chute_pipeline_counters(const struct chute_pipeline *pipeline, struct chute_buf *out) {
    chute_buf_add_str(out, CHUTE_STR("{\"pipeline\":{"));
    add_counters(out, &pipeline->counters);
    chute_buf_add_str(out, CHUTE_STR("},\"plugins\":["));
    bool is_first = true;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        add_instance(out, &pipeline->inputs[i]->head, is_first);
        is_first = false;
    }
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        add_instance(out, &pipeline->filters[i]->head, is_first);
        is_first = false;
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        add_instance(out, &pipeline->outputs[i]->head, is_first);
        is_first = false;
    }
    chute_buf_add_str(out, CHUTE_STR("]}"));
}
