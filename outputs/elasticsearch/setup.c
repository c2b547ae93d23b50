/* outputs/elasticsearch/setup.c - what is done once, before the first document: the version is asked for, and the
 * index template, the lifecycle policy and the rollover alias are made where they are wanted.
 *
 * None of it is needed to deliver: where the cluster, or a proxy before it, refuses a call (4xx), the log says so
 * once and the next step follows. Where nobody answers, or the cluster is busy (429, 5xx), all of it is tried again. */
#include <stdio.h>

#include "outputs/elasticsearch/elasticsearch.h"

#define ANSWER_MAX (1u << 20)
#define FAILURES_MAX                                                                               \
    10 /* then delivery begins without; a cluster that comes up later gets it still */

enum step {
    STEP_VERSION,
    STEP_TEMPLATE_HAS,
    STEP_TEMPLATE_PUT,
    STEP_POLICY_HAS,
    STEP_POLICY_PUT,
    STEP_ALIAS_HAS,
    STEP_ALIAS_PUT,
    STEP_END,
};

static const char default_policy[] =
    "{\"policy\":{\"phases\":{\"hot\":{\"actions\":{\"rollover\":{\"max_size\":\"25gb\","
    "\"max_age\":\"30d\"}}}}}}";

static void go(struct es_state *state, enum step step);

static bool is_composable(const struct es_state *state) {
    switch ((enum es_template_api)state->settings->template_api) {
    case ES_TEMPLATE_LEGACY:
        return false;
    case ES_TEMPLATE_COMPOSABLE:
        return true;
    default:
        return state->says_opensearch || state->major == 0 || state->major >= 8;
    }
}

static void add_escaped(struct chute_buf *url, struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || (c != '\0' && strchr("-_.~", c) != NULL);
        if (is_plain) {
            chute_buf_add_char(url, (char)c);
        } else {
            chute_buf_printf(url, "%%%02X", c);
        }
    }
}

/* The path of a step, behind `path`. */
static void add_target(const struct es_state *state, enum step step, struct chute_buf *target) {
    const struct es_settings *settings = state->settings;
    struct chute_str path = settings->path.at != NULL ? settings->path : CHUTE_STR("");
    path = chute_str_trim(path);
    while (path.len > 0 && path.at[path.len - 1] == '/') {
        path.len--;
    }
    if (path.len > 0 && path.at[0] != '/') {
        chute_buf_add_char(target, '/');
    }
    chute_buf_add_str(target, path);
    switch (step) {
    case STEP_TEMPLATE_HAS:
    case STEP_TEMPLATE_PUT:
        chute_buf_add_str(target,
            is_composable(state) ? CHUTE_STR("/_index_template/") : CHUTE_STR("/_template/"));
        add_escaped(target, settings->template_called);
        break;
    case STEP_POLICY_HAS:
    case STEP_POLICY_PUT:
        chute_buf_add_str(target, CHUTE_STR("/_ilm/policy/"));
        add_escaped(target, settings->ilm_policy);
        break;
    case STEP_ALIAS_HAS:
        chute_buf_add_char(target, '/');
        add_escaped(target, settings->ilm_rollover_alias);
        break;
    case STEP_ALIAS_PUT: {
        struct chute_buf name = { 0 };
        chute_buf_printf(&name, "<%.*s-%.*s>", CHUTE_STR_ARGS(settings->ilm_rollover_alias),
            CHUTE_STR_ARGS(settings->ilm_pattern));
        chute_buf_add_char(target, '/');
        add_escaped(target, chute_buf_str(&name));
        chute_buf_finish(&name);
        break;
    }
    default:
        chute_buf_add_char(target, '/');
    }
}

static void add_body(const struct es_state *state, enum step step, struct chute_buf *body) {
    if (step == STEP_TEMPLATE_PUT) {
        chute_elasticsearch_template(
            state->settings, is_composable(state), !state->says_opensearch, body);
    } else if (step == STEP_POLICY_PUT) {
        chute_buf_add_str(body, CHUTE_STR(default_policy));
    } else if (step == STEP_ALIAS_PUT) {
        chute_buf_add_str(body, CHUTE_STR("{\"aliases\":{"));
        chute_json_encode_str(body, state->settings->ilm_rollover_alias);
        chute_buf_add_str(body, CHUTE_STR(":{\"is_write_index\":true}}}"));
    }
}

static void end_request(struct es_state *state) {
    if (state->setup_node != NULL) {
        chute_node_give_back(state->setup_node);
        state->setup_node = NULL;
    }
    chute_buf_finish(&state->setup_request.answer);
}

/* Nobody answered, or the cluster is busy. */
static void fail(struct es_state *state, bool is_down) {
    end_request(state);
    state->setup = ES_SETUP_TODO;
    if (!is_down && ++state->setup_failures >= FAILURES_MAX) {
        if (!state->setup_was_skipped) {
            chute_log(CHUTE_LOG_WARN, ES_LOG,
                "delivery begins although the cluster could not be set up", "output",
                chute_output_id(state->output), NULL);
        }
        state->setup_was_skipped = true;
        state->setup = ES_SETUP_DONE;
        chute_elasticsearch_release(state);
        return;
    }
    uint64_t wait = chute_hosts_wait_ms(&state->hosts, chute_elasticsearch_choice_time(state));
    chute_elasticsearch_postpone(state, is_down ? (uint32_t)wait : 0);
}

static void read_version(struct es_state *state, struct chute_str text) {
    struct chute_arena arena = { 0 };
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value answer = chute_null();
    const struct chute_value *version = NULL;
    if (chute_json_decode(json, &arena, text, &answer) == CHUTE_JSON_OK &&
        answer.type == CHUTE_OBJECT) {
        version = chute_object_get(answer.as.object, CHUTE_STR("version"));
    }
    if (version != NULL && version->type == CHUTE_OBJECT) {
        const struct chute_value *number =
            chute_object_get(version->as.object, CHUTE_STR("number"));
        const struct chute_value *kind =
            chute_object_get(version->as.object, CHUTE_STR("distribution"));
        state->says_opensearch = kind != NULL && kind->type == CHUTE_STRING &&
                                 chute_str_eq(chute_value_str(kind), CHUTE_STR("opensearch"));
        for (uint32_t i = 0; number != NULL && number->type == CHUTE_STRING && i < number->len &&
                             number->as.text[i] >= '0' && number->as.text[i] <= '9' && i < 4;
             i++) {
            state->major = i == 0 ? 0 : state->major;
            state->major = state->major * 10 + number->as.text[i] - '0';
        }
        chute_logf(CHUTE_LOG_INFO, ES_LOG, "connected to %s %d",
            state->says_opensearch ? "OpenSearch" : "Elasticsearch", state->major);
    }
    chute_json_parser_destroy(json);
    chute_arena_finish(&arena);
}

static void log_refused(struct es_state *state, enum step step, int status) {
    static const char *const what[] = {
        [STEP_VERSION] = "the version of the cluster",
        [STEP_TEMPLATE_HAS] = "looking for the index template",
        [STEP_TEMPLATE_PUT] = "installing the index template",
        [STEP_POLICY_HAS] = "looking for the lifecycle policy",
        [STEP_POLICY_PUT] = "installing the lifecycle policy",
        [STEP_ALIAS_HAS] = "looking for the rollover alias",
        [STEP_ALIAS_PUT] = "making the rollover alias",
    };
    struct chute_bulk_answer error = { 0 };
    chute_bulk_answer_init(&error, NULL, NULL);
    chute_bulk_answer_feed(&error, chute_buf_str(&state->setup_request.answer));
    char text[16];
    snprintf(text, sizeof(text), "%d", status);
    chute_log(CHUTE_LOG_WARN, ES_LOG, "the cluster refuses a call; delivery goes on without",
        "output", chute_output_id(state->output), "call", what[step], "status", text, "type",
        error.type.len > 0 ? chute_buf_cstr(&error.type) : NULL, "reason",
        error.reason.len > 0 ? chute_buf_cstr(&error.reason) : NULL, NULL);
    chute_bulk_answer_finish(&error);
}

static bool has_own_policy(const struct es_settings *settings) {
    return !chute_str_eq(settings->ilm_policy, CHUTE_STR("logstash-policy"));
}

/* The step that follows `step` after an answer of `status`. */
static enum step step_after(struct es_state *state, enum step step, int status) {
    const struct es_settings *settings = state->settings;
    bool is_there = status >= 200 && status < 300;
    switch (step) {
    case STEP_VERSION:
        return settings->installs_template ? STEP_TEMPLATE_HAS : STEP_POLICY_HAS;
    case STEP_TEMPLATE_HAS:
        return status == 404 || (is_there && settings->template_overwrite) ? STEP_TEMPLATE_PUT
                                                                           : STEP_POLICY_HAS;
    case STEP_TEMPLATE_PUT:
        return STEP_POLICY_HAS;
    case STEP_POLICY_HAS:
        if (status == 404 && has_own_policy(settings)) {
            chute_log(CHUTE_LOG_ERROR, ES_LOG, "the lifecycle policy is not in the cluster",
                "output", chute_output_id(state->output), "policy", settings->ilm_policy.at, NULL);
        }
        return status == 404 && !has_own_policy(settings) ? STEP_POLICY_PUT : STEP_ALIAS_HAS;
    case STEP_POLICY_PUT:
        return STEP_ALIAS_HAS;
    case STEP_ALIAS_HAS:
        return status == 404 ? STEP_ALIAS_PUT : STEP_END;
    default:
        return STEP_END;
    }
}

static bool is_question(enum step step) {
    return step == STEP_TEMPLATE_HAS || step == STEP_POLICY_HAS || step == STEP_ALIAS_HAS;
}

static void on_done(struct chute_http_request *request) {
    struct es_state *state = request->ctx;
    enum step step = (enum step)state->setup_step;
    chute_elasticsearch_heard(state, state->setup_node, request);
    if (request->status == 0 || request->is_cut || request->status == 429 ||
        request->status >= 500) {
        fail(state, request->status == 0 || request->is_cut);
        return;
    }
    bool is_good = request->status >= 200 && request->status < 300;
    if (step == STEP_VERSION && is_good) {
        read_version(state, chute_buf_str(&request->answer));
    } else if (!is_good && !(is_question(step) && request->status == 404)) {
        log_refused(state, step, request->status);
    }
    end_request(state);
    go(state, step_after(state, step, request->status));
}

static void go(struct es_state *state, enum step step) {
    if (step == STEP_POLICY_HAS && !state->settings->uses_ilm) {
        step = STEP_END;
    }
    if (step == STEP_POLICY_HAS && state->says_opensearch) {
        chute_log(CHUTE_LOG_WARN, ES_LOG,
            "OpenSearch has no lifecycle policies of this kind: the alias is made, but a policy of "
            "its "
            "index state management has to roll it over",
            "output", chute_output_id(state->output), "alias",
            state->settings->ilm_rollover_alias.at, NULL);
        step = STEP_ALIAS_HAS;
    }
    if (step == STEP_END) {
        state->setup = ES_SETUP_DONE;
        state->setup_failures = 0;
        state->setup_was_skipped = false;
        chute_elasticsearch_release(state);
        return;
    }
    state->setup_node = chute_hosts_take(&state->hosts, chute_elasticsearch_choice_time(state));
    if (state->setup_node == NULL) {
        fail(state, true);
        return;
    }
    struct chute_http_request *request = &state->setup_request;
    bool is_put = step == STEP_TEMPLATE_PUT || step == STEP_POLICY_PUT || step == STEP_ALIAS_PUT;
    struct chute_buf target = { 0 };
    add_target(state, step, &target);
    state->setup_step = (int)step;
    state->setup_url.len = 0;
    chute_elasticsearch_url(&state->setup_url, state->setup_node, chute_buf_cstr(&target));
    chute_buf_finish(&target);
    state->setup_body.len = 0;
    add_body(state, step, &state->setup_body);
    request->method = is_put ? "PUT" : is_question(step) ? "HEAD" : "GET";
    request->url = chute_buf_cstr(&state->setup_url);
    request->body = chute_buf_str(&state->setup_body);
    request->answer_limit = ANSWER_MAX;
    request->on_done = on_done;
    request->ctx = state;
    chute_elasticsearch_headers(state->settings, state->setup_node, request);
    chute_http_client_send(state->client, request);
}

void chute_elasticsearch_setup(struct es_state *state) {
    if (state->setup == ES_SETUP_TODO) {
        state->setup = ES_SETUP_RUNNING;
        go(state, STEP_VERSION);
    }
}

void chute_elasticsearch_setup_cancel(struct es_state *state) {
    if (state->setup == ES_SETUP_RUNNING) {
        chute_http_client_cancel(&state->setup_request);
        end_request(state);
        state->setup = ES_SETUP_TODO;
    }
}
