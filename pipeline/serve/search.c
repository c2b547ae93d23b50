/* pipeline/serve/search.c - `/_logchute/search?q=…`: events of the embedded store, where a pipeline writes one. It is the
 * search of `logchute search`, on a thread of libuv's pool: the loop goes on meanwhile. One at a time. */
#include <http_parser.h>

#include "conf/units.h"
#include "pipeline/base/alloc.h"
#include "pipeline/serve/serve.h"
#include "pipeline/text/store.h"

#define MOST_EVENTS 200
#define MOST_EVENT_BYTES ((size_t)64 * 1024) /* of one; a longer one is left out, and counted */
#define MOST_MS 15000                        /* then it is given up */

struct chute_page_search {
    uv_work_t work;
    struct chute_api *api;
    struct chute_http_exchange *exchange; /* NULL: the client has gone; the loop's */
    _Atomic bool is_given_up;
    uint64_t until_ms;
    char *path;
    struct chute_buf words;
    int64_t since_ms;
    struct chute_buf events; /* JSON documents with commas between, the oldest first */
    size_t count, too_long;
    struct chute_buf why; /* what went wrong; empty: nothing */
    int status;           /* to answer with */
    void (*on_ended)(struct chute_api *api);
};

/* ------------------------------------------------------------------ where */

static const char *path_of(const struct chute_output *output) {
    const struct chute_option *option = output->plugin->options;
    while (option->name != NULL && strcmp(option->name, "path") != 0) {
        option++;
    }
    if (option->name == NULL || option->type != CHUTE_OPT_STR) {
        return NULL;
    }
    return ((const struct chute_str *)((const char *)output->head.settings + option->offset))->at;
}

const char *chute_serve_store_path(const struct chute_api *api) {
    for (size_t i = 0; i < api->pipeline_count; i++) {
        const struct chute_pipeline *pipeline = api->pipelines[i];
        for (size_t n = 0; n < pipeline->output_count; n++) {
            if (strcmp(pipeline->outputs[n]->head.name, "sqlite") == 0) {
                return path_of(pipeline->outputs[n]);
            }
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ on the pool's thread */

static bool is_given_up(void *arg) {
    const struct chute_page_search *search = arg;
    return search->is_given_up || chute_now_ms() > search->until_ms;
}

static void on_event(void *arg, struct chute_str document) {
    struct chute_page_search *search = arg;
    if (document.len > MOST_EVENT_BYTES) {
        search->too_long++;
        return;
    }
    chute_buf_add_str(&search->events, search->count++ > 0 ? CHUTE_STR(",") : CHUTE_STR(""));
    chute_buf_add_str(&search->events, document);
}

static void fail(struct chute_page_search *search, int status, const char *why) {
    search->status = status;
    search->why.len = 0;
    chute_buf_add_str(&search->why, chute_str_of(why));
}

static void look(struct chute_page_search *search, const struct chute_query *query) {
    struct chute_store *store;
    enum chute_store_status status = chute_store_open_reader(&store, search->path, &search->why);
    if (status != CHUTE_STORE_OK) {
        search->status = HTTP_STATUS_SERVICE_UNAVAILABLE;
        if (status == CHUTE_STORE_MISSING) {
            fail(search, HTTP_STATUS_SERVICE_UNAVAILABLE, "there is no store yet");
        }
        return;
    }
    const struct chute_store_search asked = { .query = query,
        .since_ms = search->since_ms,
        .until_ms = INT64_MAX,
        .limit = MOST_EVENTS,
        .is_given_up = is_given_up,
        .arg = search };
    status = chute_store_find(store, &asked, on_event, search);
    if (status != CHUTE_STORE_OK && is_given_up(search)) {
        fail(search, HTTP_STATUS_SERVICE_UNAVAILABLE,
            "that takes too long here: ask for a shorter time, or use logchute search");
    } else if (status != CHUTE_STORE_OK) {
        fail(search, HTTP_STATUS_SERVICE_UNAVAILABLE, chute_store_reason(store));
    }
    chute_store_close(store);
}

static void on_work(uv_work_t *work) {
    struct chute_page_search *search = work->data;
    struct chute_arena arena = { 0 };
    const struct chute_query *query =
        chute_query_parse(&arena, chute_buf_str(&search->words), &search->why);
    if (query == NULL) {
        search->status = HTTP_STATUS_BAD_REQUEST;
    } else {
        look(search, query);
    }
    chute_arena_finish(&arena);
}

/* ------------------------------------------------------------------ on the loop */

static void destroy(struct chute_page_search *search) {
    chute_buf_finish(&search->words);
    chute_buf_finish(&search->events);
    chute_buf_finish(&search->why);
    chute_free(search->path);
    chute_free(search);
}

static void answer(struct chute_page_search *search) {
    struct chute_buf out = { 0 };
    if (search->status != HTTP_STATUS_OK) {
        chute_serve_error(search->exchange, search->status, chute_buf_cstr(&search->why));
        return;
    }
    chute_buf_printf(&out, "{\"count\":%zu,\"too_long\":%zu,\"is_cut\":%s,\"events\":[",
        search->count, search->too_long,
        search->count + search->too_long == MOST_EVENTS ? "true" : "false");
    chute_buf_add_str(&out, chute_buf_str(&search->events));
    chute_buf_add_str(&out, CHUTE_STR("]}"));
    chute_http_add_header(search->exchange, "Cross-Origin-Resource-Policy", "same-origin");
    chute_serve_json(search->exchange, HTTP_STATUS_OK, chute_buf_str(&out));
    chute_buf_finish(&out);
}

static void on_done(uv_work_t *work, int status) {
    struct chute_page_search *search = work->data;
    struct chute_api *api = search->api;
    (void)status; /* nobody cancels it */
    api->search = NULL;
    if (search->exchange != NULL) {
        answer(search);
    }
    if (search->on_ended != NULL) {
        search->on_ended(api);
    }
    destroy(search);
}

/* Since when, from `since=1h`; false for what is none. */
static bool take_since(const struct chute_http_exchange *exchange, int64_t *since_ms) {
    struct chute_buf text = { 0 };
    struct chute_time now = chute_clock_now();
    long long ago;
    bool is_good = true;
    *since_ms = INT64_MIN;
    if (chute_http_parameter(exchange, "since", &text) && text.len > 0) {
        is_good = chute_units_duration(chute_buf_str(&text), &ago);
        *since_ms = is_good ? now.seconds * 1000 + now.nanos / 1000000 - ago : 0;
    }
    chute_buf_finish(&text);
    return is_good;
}

void chute_serve_search(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    const char *path = chute_serve_store_path(api);
    int64_t since_ms;
    if (path == NULL) {
        chute_serve_error(exchange, HTTP_STATUS_NOT_FOUND, "no pipeline has a sqlite output");
    } else if (!take_since(exchange, &since_ms)) {
        chute_serve_error(exchange, HTTP_STATUS_BAD_REQUEST, "since wants a time such as 1h");
    } else if (api->search != NULL) {
        chute_serve_error(exchange, HTTP_STATUS_SERVICE_UNAVAILABLE, "another search is under way");
    } else {
        struct chute_page_search *search = chute_calloc(1, sizeof(*search));
        search->api = api;
        search->exchange = exchange;
        search->status = HTTP_STATUS_OK;
        search->until_ms = chute_now_ms() + MOST_MS;
        search->path = chute_strdup(path);
        search->since_ms = since_ms;
        chute_http_parameter(exchange, "q", &search->words);
        search->work.data = search;
        api->search = search;
        chute_assert(
            uv_queue_work(&api->process->input_loop.uv, &search->work, on_work, on_done) == 0);
    }
}

void chute_serve_search_gone(struct chute_api *api, struct chute_http_exchange *exchange) {
    if (api->search != NULL && api->search->exchange == exchange) {
        api->search->exchange = NULL;
        api->search->is_given_up = true;
    }
}

void chute_serve_stop_search(struct chute_api *api, void (*on_ended)(struct chute_api *api)) {
    if (api->search == NULL) {
        on_ended(api);
    } else {
        api->search->on_ended = on_ended;
    }
}
