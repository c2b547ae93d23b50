/* outputs/elasticsearch/decide.c - what becomes of one item, by the status that the cluster gave it. */
#include "outputs/elasticsearch/elasticsearch.h"

static bool is_action(struct chute_str item, struct chute_str action) {
    return item.len > action.len + 3 && item.at[0] == '{' && item.at[1] == '"' &&
           memcmp(item.at + 2, action.at, action.len) == 0 && item.at[2 + action.len] == '"';
}

enum es_decision chute_elasticsearch_decide(
    const struct es_settings *settings, struct chute_str item, int status) {
    if (status >= 200 && status < 300) {
        return ES_DONE;
    }
    if (status == 409) {
        /* The document is there; often an earlier attempt made it, whose answer got lost. */
        return is_action(item, CHUTE_STR("create")) ? ES_DONE : ES_CONFLICT;
    }
    if (status == 404 && is_action(item, CHUTE_STR("delete"))) {
        return ES_DONE;
    }
    bool is_rejected = status == 400 || status == 404 ||
                       (status > 0 && status < 1000 &&
                           (settings->rejected_codes[status / 64] >> (status % 64) & 1) != 0);
    return is_rejected ? ES_REJECT : ES_RETRY;
}

const char *chute_elasticsearch_fault(enum es_fault fault) {
    switch (fault) {
    case ES_FAULT_ACTION:
        return "the event's action is none of index, create, update and delete";
    case ES_FAULT_INDEX:
        return "the index's name is empty, or the event lacks a field of it";
    case ES_FAULT_ID:
        return "the document's id is longer than 512 bytes, or missing where it is needed";
    case ES_FAULT_VERSION:
        return "the document's version is no whole number";
    default:
        return "upsert does not render to a JSON object";
    }
}

static bool lists(const struct chute_list *list, struct chute_str text) {
    for (size_t i = 0; i < list->count; i++) {
        if (chute_str_eq(list->items[i], text)) {
            return true;
        }
    }
    return false;
}

bool chute_elasticsearch_logs(const struct es_settings *settings, struct chute_str type) {
    return !lists(&settings->silence_errors_in_log, type) &&
           !lists(&settings->failure_type_logging_whitelist, type);
}
