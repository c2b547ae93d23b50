/* outputs/elasticsearch/reason.c - what of a cluster's reason our own log may say: an error of a document quotes it. */
#include "outputs/elasticsearch/elasticsearch.h"
#include "pipeline/base/ascii.h"

/* Errors of the cluster's own, whose reasons hold nothing of a document. */
static const char *const own_types[] = { "cluster_block_exception", "index_not_found_exception",
    "index_closed_exception", "es_rejected_execution_exception", "rejected_execution_exception",
    "circuit_breaking_exception", "security_exception", "unavailable_shards_exception",
    "process_cluster_event_timeout_exception", "validation_exception",
    "invalid_index_name_exception", "no_shard_available_action_exception",
    "master_not_discovered_exception", "cluster_manager_not_discovered_exception",
    "timeout_exception", "resource_not_found_exception", "action_request_validation_exception" };

/* Behind these stands the name of a field in brackets. */
static const char *const before_fields[] = { "failed to parse field [", "object mapping for [",
    "mapper [", "tried to parse field [" };

static bool is_name(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!chute_is_alnum(text.at[i]) &&
            (text.at[i] == '\0' || strchr("_-.@", text.at[i]) == NULL)) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 128;
}

void chute_elasticsearch_loggable(
    struct chute_buf *out, struct chute_str type, struct chute_str reason) {
    for (size_t i = 0; i < sizeof(own_types) / sizeof(own_types[0]); i++) {
        if (chute_str_eq(type, chute_str_of(own_types[i]))) {
            chute_buf_add_str(out, reason);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(before_fields) / sizeof(before_fields[0]); i++) {
        struct chute_str before = chute_str_of(before_fields[i]);
        ptrdiff_t at = chute_str_find(reason, before);
        if (at < 0) {
            continue;
        }
        struct chute_str name = { reason.at + at + before.len,
            reason.len - (size_t)at - before.len };
        const char *end = memchr(name.at, ']', name.len);
        name.len = end == NULL ? 0 : (size_t)(end - name.at);
        if (is_name(name)) {
            chute_buf_printf(out, "field [%.*s]", CHUTE_STR_ARGS(name));
            return;
        }
    }
    if (reason.len > 0) {
        chute_buf_printf(out, "%zu bytes, in the dead-letter file", reason.len);
    }
}
