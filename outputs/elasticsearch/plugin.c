/* outputs/elasticsearch/plugin.c - writes events to Elasticsearch 7 to 9 and OpenSearch 1 to 3 by bulk requests. */
#include "outputs/elasticsearch/elasticsearch.h"

#define IN_FLIGHT 4
#define JOIN_ITEMS 50000
#define AHEAD ((size_t)1024 * 1024) /* may wait while the largest request is on its way */

static void limits(const void *self, struct chute_output_limits *limits) {
    const struct es_settings *settings = self;
    limits->join_bytes = (size_t)settings->target_bulk_bytes;
    limits->join_items = JOIN_ITEMS;
    limits->in_flight = IN_FLIGHT;
    limits->waiting_bytes = limits->join_bytes + AHEAD;
    limits->retry_initial_ms = (unsigned)settings->retry_initial_interval;
    limits->retry_max_ms = (unsigned)settings->retry_max_interval;
}

static int start(struct chute_output *output) {
    struct es_state *state = chute_output_state(output);
    const struct es_settings *settings = chute_output_settings(output);
    uv_loop_t *loop = chute_output_loop(output);
    state->output = output;
    state->settings = settings;
    state->client = chute_http_client_create(loop, &settings->http);
    uv_timer_init(loop, &state->watch);
    state->watch.data = state;
    struct chute_buf text = { 0 };
    chute_buf_add_str(
        &text, settings->is_opensearch ? CHUTE_STR("opensearch") : CHUTE_STR("elasticsearch"));
    for (size_t i = 0; i < settings->node_count; i++) {
        chute_hosts_add(&state->hosts, settings->node_urls[i], settings->node_queries[i],
            settings->node_authorizations[i]);
        chute_buf_printf(&text, " %s", settings->node_urls[i]);
    }
    chute_output_describe(output, chute_buf_cstr(&text));
    chute_buf_finish(&text);
    if (settings->installs_template || settings->uses_ilm) {
        chute_elasticsearch_setup(state);
    } else {
        state->setup = ES_SETUP_DONE;
    }
    if (settings->sniffing) {
        chute_elasticsearch_watch(state);
    }
    return 0;
}

static void on_client_closed(void *ctx) {
    struct es_state *state = ctx;
    chute_output_closed(state->output);
}

static void on_watch_closed(uv_handle_t *handle) {
    struct es_state *state = handle->data;
    chute_http_client_close(state->client, on_client_closed, state);
}

void chute_elasticsearch_close(struct es_state *state) {
    if (!chute_elasticsearch_is_busy(state) && !uv_is_closing((uv_handle_t *)&state->watch)) {
        uv_close((uv_handle_t *)&state->watch, on_watch_closed);
    }
}

static void stop(struct chute_output *output) {
    struct es_state *state = chute_output_state(output);
    state->is_stopping = true;
    chute_elasticsearch_stop_watch(state);
    chute_elasticsearch_give_up(state);
    chute_elasticsearch_close(state);
}

static void state_finish(void *self) {
    struct es_state *state = self;
    chute_elasticsearch_free_spare(state);
    chute_hosts_finish(&state->hosts);
    chute_buf_finish(&state->setup_body);
    chute_buf_finish(&state->setup_url);
    chute_buf_finish(&state->probe_url);
    chute_buf_finish(&state->sniff_url);
}

const struct chute_output_plugin chute_output_elasticsearch = {
    .name = "elasticsearch",
    .summary = "Writes events to Elasticsearch or OpenSearch.",
    .settings_size = sizeof(struct es_settings),
    .options = chute_elasticsearch_options,
    .prepare = chute_elasticsearch_prepare,
    .thread = CHUTE_ON_LOOP,
    .state_size = sizeof(struct es_state),
    .worker_size = sizeof(struct es_worker),
    .worker_finish = chute_elasticsearch_worker_finish,
    .encode = chute_elasticsearch_encode,
    .start = start,
    .deliver = chute_elasticsearch_deliver,
    .is_being_answered = chute_elasticsearch_is_being_answered,
    .stop = stop,
    .state_finish = state_finish,
    .document = chute_elasticsearch_document,
    .limits = limits,
};

const struct chute_output_plugin chute_output_opensearch = {
    .name = "opensearch",
    .summary = "Writes events to OpenSearch or Elasticsearch.",
    .alias_of = "elasticsearch",
    .settings_size = sizeof(struct es_settings),
    .options = chute_elasticsearch_options,
    .prepare = chute_elasticsearch_prepare_opensearch,
    .thread = CHUTE_ON_LOOP,
    .state_size = sizeof(struct es_state),
    .worker_size = sizeof(struct es_worker),
    .worker_finish = chute_elasticsearch_worker_finish,
    .encode = chute_elasticsearch_encode,
    .start = start,
    .deliver = chute_elasticsearch_deliver,
    .is_being_answered = chute_elasticsearch_is_being_answered,
    .stop = stop,
    .state_finish = state_finish,
    .document = chute_elasticsearch_document,
    .limits = limits,
};
