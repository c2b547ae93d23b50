/* outputs/elasticsearch/nodes.c - which nodes answer, and which there are: probes, sniffing, what requests have in
 * common. */
#include "outputs/elasticsearch/elasticsearch.h"

#define TICK_MS 200
#define BACK_OFF_MAX 12 /* times resurrect_delay, where other nodes can take over */
#define SNIFF_ANSWER_MAX (16u << 20)

uint64_t chute_elasticsearch_now(const struct es_state *state) {
    return uv_now(chute_output_loop(state->output));
}

uint64_t chute_elasticsearch_choice_time(const struct es_state *state) {
    return chute_output_is_stopping(state->output) ? UINT64_MAX : chute_elasticsearch_now(state);
}

size_t chute_elasticsearch_headers(const struct es_settings *settings,
    const struct chute_node *node, struct chute_http_request *request) {
    size_t count = 0;
    request->headers[count++] = "Content-Type: application/json";
    if (node->authorization != NULL) {
        request->headers[count++] = node->authorization;
    }
    for (size_t i = 0; settings->extra_headers[i] != NULL; i++) {
        request->headers[count++] = settings->extra_headers[i];
    }
    request->headers[count] = NULL;
    return count;
}

void chute_elasticsearch_url(
    struct chute_buf *url, const struct chute_node *node, const char *target) {
    chute_buf_add_str(url, chute_str_of(node->url));
    chute_buf_add_str(url, chute_str_of(target));
    if (node->query[0] != '\0') {
        chute_buf_add_char(url, strchr(target, '?') != NULL ? '&' : '?');
        chute_buf_add_str(url, chute_str_of(node->query));
    }
}

void chute_elasticsearch_heard(
    struct es_state *state, struct chute_node *node, const struct chute_http_request *request) {
    const char *id = chute_output_id(state->output);
    if (request->status > 0) {
        if (chute_node_answered(node)) {
            chute_log(CHUTE_LOG_INFO, ES_LOG, "the node answers again", "output", id, "node",
                node->url, NULL);
        }
        return;
    }
    uint64_t delay = (uint64_t)state->settings->resurrect_delay;
    uint64_t longest = state->hosts.count > 1 ? delay * BACK_OFF_MAX : delay;
    bool is_news = chute_node_failed(node, chute_elasticsearch_now(state), delay, longest);
    uint64_t suppressed = 0;
    if (is_news || chute_log_limit(&state->down_limiter, 60000, &suppressed)) {
        chute_log(CHUTE_LOG_WARN, ES_LOG, "the node does not answer", "output", id, "node",
            node->url, "failure", request->error, NULL);
    }
}

static void begin_request(struct es_state *state, struct chute_http_request *request,
    struct chute_buf *url, const struct chute_node *node, const char *target) {
    url->len = 0;
    chute_elasticsearch_url(url, node, target);
    request->url = chute_buf_cstr(url);
    request->ctx = state;
    chute_elasticsearch_headers(state->settings, node, request);
    chute_http_client_send(state->client, request);
}

/* ------------------------------------------------------------------ probing */

static void on_probed(struct chute_http_request *request) {
    struct es_state *state = request->ctx;
    struct chute_node *node = state->probed;
    state->probed = NULL;
    /* A proxy's 502 to 504 say that nobody is behind it; any other answer will do. */
    bool is_gone = request->status >= 502 && request->status <= 504;
    if (is_gone) {
        request->status = 0;
    }
    chute_elasticsearch_heard(state, node, request);
    chute_node_give_back(node);
}

/* Asks one dead node, where another one works meanwhile; a single node is asked by the next delivery itself. */
static void probe(struct es_state *state) {
    uint64_t now = chute_elasticsearch_now(state);
    for (size_t i = 0; state->hosts.count > 1 && i < state->hosts.count; i++) {
        struct chute_node *node = state->hosts.nodes[i];
        if (state->probed == NULL && node->is_dead && node->open == 0 && node->retry_at_ms <= now) {
            node->open++;
            node->references++;
            state->probed = node;
            state->probe.method = "HEAD";
            state->probe.on_done = on_probed;
            begin_request(
                state, &state->probe, &state->probe_url, node, state->settings->health_target);
        }
    }
}

/* ------------------------------------------------------------------ sniffing */

static void take_sniffed(struct es_state *state, struct chute_str text) {
    const struct es_settings *settings = state->settings;
    struct chute_arena arena = { 0 };
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value answer = chute_null();
    struct chute_str *addresses = NULL;
    size_t count = 0;
    if (chute_json_decode(json, &arena, text, &answer) == CHUTE_JSON_OK) {
        count = chute_hosts_sniffed(&arena, &answer, &addresses);
    }
    /* Scheme and path are those of the first node that was written. */
    const char *model = settings->node_urls[0];
    const char *path = strchr(strstr(model, "://") + 3, '/');
    for (size_t i = 0; i < count; i++) {
        addresses[i] =
            chute_arena_printf(&arena, "%.*s%.*s%s", (int)(strstr(model, "://") + 3 - model), model,
                CHUTE_STR_ARGS(addresses[i]), path != NULL ? path : "");
    }
    if (count == 0) {
        chute_log(CHUTE_LOG_WARN, ES_LOG, "sniffing found no nodes; they stay as they are",
            "output", chute_output_id(state->output), NULL);
    } else if (chute_hosts_replace(&state->hosts, addresses, count, settings->node_queries[0],
                   settings->node_authorizations[0])) {
        chute_logf(CHUTE_LOG_INFO, ES_LOG, "the cluster has %zu nodes now", count);
    }
    chute_json_parser_destroy(json);
    chute_arena_finish(&arena);
}

static void on_sniffed(struct chute_http_request *request) {
    struct es_state *state = request->ctx;
    struct chute_node *node = state->sniffed;
    state->sniffed = NULL;
    chute_elasticsearch_heard(state, node, request);
    chute_node_give_back(node);
    if (request->status == 200 && !request->is_cut) {
        take_sniffed(state, chute_buf_str(&request->answer));
    }
    chute_buf_finish(&request->answer);
}

static void sniff(struct es_state *state) {
    uint64_t now = chute_elasticsearch_now(state);
    if (!state->settings->sniffing || state->sniffed != NULL || now < state->next_sniff_ms) {
        return;
    }
    state->next_sniff_ms = now + (uint64_t)state->settings->sniffing_delay;
    struct chute_node *node = chute_hosts_take(&state->hosts, now);
    if (node == NULL) {
        return;
    }
    state->sniffed = node;
    state->sniff.method = "GET";
    state->sniff.answer_limit = SNIFF_ANSWER_MAX;
    state->sniff.on_done = on_sniffed;
    begin_request(state, &state->sniff, &state->sniff_url, node, state->settings->sniff_target);
}

/* ------------------------------------------------------------------ the timer */

static bool has_dead(const struct es_state *state) {
    for (size_t i = 0; i < state->hosts.count; i++) {
        if (state->hosts.nodes[i]->is_dead) {
            return true;
        }
    }
    return false;
}

static void on_tick(uv_timer_t *timer) {
    struct es_state *state = timer->data;
    if (chute_output_is_abandoned(state->output)) {
        chute_elasticsearch_give_up(state);
    } else {
        probe(state);
        sniff(state);
    }
    bool is_needed = chute_elasticsearch_is_busy(state) || state->settings->sniffing ||
                     (state->hosts.count > 1 && has_dead(state));
    if (!is_needed) {
        uv_timer_stop(timer);
    }
}

void chute_elasticsearch_watch(struct es_state *state) {
    if (!uv_is_active((uv_handle_t *)&state->watch)) {
        uv_timer_start(&state->watch, on_tick, TICK_MS, TICK_MS);
    }
}

static void cancel(struct chute_http_request *request, struct chute_node **node) {
    chute_http_client_cancel(request);
    if (*node != NULL) {
        chute_node_give_back(*node);
        *node = NULL;
    }
    chute_buf_finish(&request->answer);
}

void chute_elasticsearch_stop_watch(struct es_state *state) {
    uv_timer_stop(&state->watch);
    cancel(&state->probe, &state->probed);
    cancel(&state->sniff, &state->sniffed);
}
