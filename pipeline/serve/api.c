#include "pipeline/serve/api.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/serve/process.h"
#include "pipeline/serve/serve.h"
#include "pipeline/text/redact/find.h"

#define MODULE "api"
#define STUCK_LOOP_MS 60000

static const struct chute_http_limits limits = {
    .head_bytes = (size_t)16 * 1024,
    .body_bytes = (size_t)64 * 1024,
    .connections = 128,
    .request_ms = 10000,
    .idle_ms = 75000, /* longer than a scrape's interval usually is */
    .stall_ms = 10000,
};

static void on_request(void *owner, struct chute_http_exchange *exchange) {
    struct chute_api *api = owner;
    struct chute_buf part = { 0 };
    bool is_browser =
        chute_str_find(chute_http_header(exchange, "Accept"), CHUTE_STR("text/html")) >= 0;
    const struct chute_route *route =
        chute_serve_route(exchange->method, exchange->path, is_browser, &part);
    int refusal = chute_serve_refusal(api, exchange, route);
    if (refusal == 401) {
        chute_http_add_header(exchange, "WWW-Authenticate", "Basic realm=\"logstash-api\"");
    }
    if (refusal == 403) { /* a person may read it */
        chute_serve_error(exchange, refusal,
            "Forbidden: ask by an address or localhost, from no page elsewhere; docs/api.md, "
            "Settings");
    } else if (refusal != 0) {
        chute_serve_error(exchange, refusal, NULL);
    } else {
        chute_http_server_lend(&api->server, true);
        route->answer(api, exchange, chute_buf_cstr(&part));
        chute_http_server_lend(&api->server, false);
    }
    chute_buf_finish(&part);
}

static void on_gone(void *owner, struct chute_http_exchange *exchange) {
    chute_serve_tail_gone(owner, exchange);
    chute_serve_search_gone(owner, exchange);
}

/* ------------------------------------------------------------------ who we are */

static bool is_id(const char *text) {
    return strlen(text) == 36 && strspn(text, "0123456789abcdef-") == 36;
}

/* The node's id is kept in path.data, as Logstash does, so that it is the same after a restart. */
static void load_id(struct chute_api *api) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/uuid", api->settings.path_data);
    int fd = open(chute_buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ssize_t len = fd < 0 ? 0 : read(fd, api->id, sizeof(api->id) - 1);
    api->id[len > 0 ? len : 0] = '\0';
    if (!is_id(api->id)) {
        chute_serve_new_id(api->id);
        if (fd >= 0 && (ftruncate(fd, 0) != 0 || pwrite(fd, api->id, 36, 0) != 36)) {
            chute_log(CHUTE_LOG_WARN, MODULE, "the node's id cannot be kept", "file",
                chute_buf_cstr(&path), NULL);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    chute_buf_finish(&path);
}

/* Tells `logchute healthcheck` which port of a range it is; the lock on path.data makes it ours. */
static void note_address(struct chute_api *api) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/" CHUTE_API_ADDRESS_FILE, api->settings.path_data);
    int fd = open(chute_buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0) {
        dprintf(fd, "%s\n", api->address);
        close(fd);
    }
    chute_buf_finish(&path);
}

static void forget_address(struct chute_api *api) {
    struct chute_buf path = { 0 };
    chute_buf_printf(&path, "%s/" CHUTE_API_ADDRESS_FILE, api->settings.path_data);
    unlink(chute_buf_cstr(&path));
    chute_buf_finish(&path);
}

static const char *copy(struct chute_api *api, const char *text) {
    return text == NULL ? NULL : chute_arena_copy(&api->arena, chute_str_of(text)).at;
}

static void copy_settings(struct chute_api *api, const struct chute_api_settings *settings) {
    api->settings = *settings;
    api->settings.host = copy(api, settings->host);
    api->settings.username = copy(api, settings->username);
    api->settings.password = copy(api, settings->password);
    api->settings.node_name = copy(api, settings->node_name);
    api->settings.host_name = copy(api, settings->host_name);
    api->settings.path_data = copy(api, settings->path_data);
}

/* ------------------------------------------------------------------ start and end */

static void open_on_loop(void *arg) {
    struct chute_api *api = arg;
    api->server = (struct chute_http_server){ .owner = api,
        .module = MODULE,
        .limits = limits,
        .on_request = on_request,
        .on_gone = on_gone };
    chute_http_server_init(&api->server, &api->process->input_loop.uv);
    chute_serve_start_ticks(api);
    chute_serve_start_tail(api);
    api->status = chute_http_server_listen(
        &api->server, api->settings.host, api->settings.first_port, api->settings.last_port);
}

static void on_all_closed(uv_handle_t *timer) {
    struct chute_api *api = timer->data;
    uv_sem_post(&api->closed);
}

static void on_search_ended(struct chute_api *api) {
    chute_serve_stop_tail(api, on_all_closed);
}

/* All connections are closed: nobody watches, nobody waits for what is searched. */
static void on_closed(void *arg) {
    chute_serve_stop_search(arg, on_search_ended);
}

static void on_ticks_stopped(uv_handle_t *tick) {
    struct chute_api *api = tick->data;
    chute_http_server_close(&api->server, on_closed, api);
}

static void close_on_loop(void *arg) {
    chute_serve_stop_ticks(arg, on_ticks_stopped);
}

struct chute_api *chute_api_create(
    struct chute_process *process, const struct chute_api_settings *settings) {
    struct chute_api *api = chute_calloc(1, sizeof(*api));
    struct chute_time now = chute_clock_now();
    struct sockaddr_storage address;
    api->process = process;
    api->started_ms = chute_now_ms();
    api->process_started = chute_process_start_time();
    api->started_epoch_ms = now.seconds * 1000 + now.nanos / 1000000;
    api->stuck_loop_ms = STUCK_LOOP_MS;
    api->stuck_worker_ms = CHUTE_STUCK_WORKER_MS;
    api->first_log_level = chute_log_level();
    copy_settings(api, settings);
    load_id(api);
    chute_serve_new_id(api->ephemeral_id);
    chute_serve_set_auth(api);
    chute_assert(uv_sem_init(&api->closed, 0) == 0);
    chute_loop_call(&process->input_loop, open_on_loop, api);
    if (api->status < 0) {
        chute_log(CHUTE_LOG_FATAL, MODULE, "the HTTP API cannot listen", "hint",
            "set another port with --api.http.port, or --api.enabled false", NULL);
        chute_api_destroy(api);
        return NULL;
    }
    api->address = chute_address_join(&api->arena, api->settings.host, api->status).at;
    api->is_on_loopback = chute_address_resolve(api->settings.host, 0, &address) == 0 &&
                          chute_address_is_loopback(&address);
    note_address(api);
    if (api->settings.shows_events && !api->is_on_loopback && !api->has_auth) {
        chute_log(CHUTE_LOG_WARN, MODULE, "everybody who reaches the port can read events",
            "address", api->address, "hint", "set api.auth.type to basic, or api.tail to false",
            NULL);
    }
    chute_log(CHUTE_LOG_DEBUG, MODULE, "the HTTP API listens", "address", api->address, NULL);
    return api;
}

static void nothing(void *arg) {
    (void)arg;
}

void chute_api_destroy(struct chute_api *api) {
    if (api == NULL) {
        return;
    }
    chute_loop_post(&api->process->input_loop, close_on_loop, api);
    uv_sem_wait(&api->closed);
    chute_loop_call(&api->process->output_loop, nothing, api); /* a ping under way has come */
    forget_address(api);
    uv_sem_destroy(&api->closed);
    chute_assert(api->pipeline_count == 0);
    chute_free(api->pipelines);
    chute_free(api->flows);
    chute_redact_plan_destroy(api->redact_plan);
    chute_free(api->watches);
    chute_arena_finish(&api->arena);
    chute_free(api);
}

const char *chute_api_address(const struct chute_api *api) {
    return api == NULL ? NULL : api->address;
}

/* ------------------------------------------------------------------ pipelines */

struct attaching {
    struct chute_api *api;
    struct chute_pipeline *pipeline;
};

static void attach_on_loop(void *arg) {
    struct attaching *what = arg;
    struct chute_api *api = what->api;
    api->pipelines =
        chute_realloc(api->pipelines, sizeof(struct chute_pipeline *) * (api->pipeline_count + 1));
    api->flows = chute_realloc(api->flows, sizeof(struct chute_flow *) * (api->pipeline_count + 1));
    api->watches =
        chute_realloc(api->watches, sizeof(struct chute_watch *) * (api->pipeline_count + 1));
    api->flows[api->pipeline_count] = chute_flow_create(what->pipeline, uv_hrtime());
    api->watches[api->pipeline_count] = chute_watch_create(what->pipeline, chute_now_ms());
    api->pipelines[api->pipeline_count++] = what->pipeline;
}

static void detach_on_loop(void *arg) {
    struct attaching *what = arg;
    struct chute_api *api = what->api;
    size_t kept = 0;
    for (size_t i = 0; i < api->pipeline_count; i++) {
        if (api->pipelines[i] == what->pipeline) {
            chute_flow_destroy(api->flows[i]);
            chute_watch_destroy(api->watches[i]);
        } else {
            api->flows[kept] = api->flows[i];
            api->watches[kept] = api->watches[i];
            api->pipelines[kept++] = api->pipelines[i];
        }
    }
    api->pipeline_count = kept;
}

void chute_api_attach(struct chute_api *api, struct chute_pipeline *pipeline) {
    struct attaching what = { api, pipeline };
    if (api != NULL) {
        chute_serve_new_id(pipeline->ephemeral_id);
        chute_loop_call(&api->process->input_loop, attach_on_loop, &what);
    }
}

void chute_api_detach(struct chute_api *api, struct chute_pipeline *pipeline) {
    struct attaching what = { api, pipeline };
    if (api != NULL) {
        chute_loop_call(&api->process->input_loop, detach_on_loop, &what);
    }
}
