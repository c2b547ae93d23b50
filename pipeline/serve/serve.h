/* pipeline/serve/serve.h - what the parts of the API share: its state, its table of routes, its answers.
 *
 * A path is one row of routes.c; what it answers is a function of one of the other files.
 *
 * Ownership: the API owns all of it.
 * Threads: the input loop. */
#ifndef CHUTE_SERVE_SERVE_H
#define CHUTE_SERVE_SERVE_H

#include "pipeline/base/json_writer.h"
#include "pipeline/net/http_server.h"
#include "pipeline/serve/api.h"
#include "pipeline/serve/flow.h"
#include "pipeline/serve/watch.h"

/* Whose API this is: clients decide by it what they may ask. */
#define CHUTE_LOGSTASH_VERSION "8.19.0"

/* Who watches the tail. tail.c */
struct chute_tail_watchers {
    uv_timer_t timer; /* runs while there is one */
    struct chute_tail_watcher *first;
    unsigned count;
    unsigned quiet_turns; /* since something was sent */
    struct chute_tail_lines lines;
};

/* Of a request, and what is made of it. */
struct chute_api {
    struct chute_process *process;
    struct chute_api_settings settings;
    struct chute_arena arena;
    struct chute_http_server server;
    int status; /* of the start */
    const char *address;
    char id[37], ephemeral_id[37];
    uint64_t started_ms;      /* of the clock that only goes forward */
    int64_t started_epoch_ms; /* since 1970 */
    double process_started;   /* the same, in seconds; looked at once, as the clock may be set */
    int first_log_level;
    bool has_auth;
    bool is_on_loopback; /* nobody elsewhere can ask */
    unsigned char auth_hash[32];
    struct chute_pipeline **pipelines;
    struct chute_flow **flows;    /* of each of the pipelines */
    struct chute_watch **watches; /* the same */
    size_t pipeline_count;

    uint64_t stuck_loop_ms, stuck_worker_ms; /* from then on it does not live */
    _Atomic uint64_t ping_sent_ms; /* to the output loop, without an answer so far; 0: none */
    uv_timer_t tick;
    uint64_t most_threads, most_descriptors; /* as far as it was looked at */
    struct {
        uint64_t at_ms;
        double seconds;
    } cpu[2]; /* of the latest two ticks, the older one first */
    struct chute_tail_watchers watchers;
    struct chute_page_search *search;      /* search.c; NULL: none is under way */
    struct chute_redact_plan *redact_plan; /* redact.c; NULL: nobody has asked yet */
    uv_sem_t closed;
};

/* Who may ask for a path. */
enum chute_route_access {
    CHUTE_ROUTE_USUAL,   /* whoever reaches the port, with auth if that is asked for */
    CHUTE_ROUTE_OPEN,    /* also without auth: it tells nothing but "up" or "down" */
    CHUTE_ROUTE_GUARDED, /* it changes something: from loopback or with auth; these and all below:
                            for no page of another origin */
    CHUTE_ROUTE_PAGE,    /* the live page and what it asks for */
    CHUTE_ROUTE_EVENTS,  /* it shows the text of events: at this machine only, or with api.tail */
};

struct chute_route {
    const char *method; /* "GET" serves HEAD too */
    const char *path;   /* "*" at its end stands for one more part, which is not empty */
    enum chute_route_access access;
    /* `part` is what the "*" stands for, decoded; NUL-terminated. */
    void (*answer)(struct chute_api *api, struct chute_http_exchange *exchange, const char *part);
    bool is_for_browsers; /* only for who asks for HTML */
};

/* routes.c: the row for a request, and what its "*" stands for, appended to `part`. NULL: there is none. */
const struct chute_route *chute_serve_route(
    const char *method, struct chute_str path, bool is_browser, struct chute_buf *part);

/* What a request says of who asks; `.at` NULL: nothing. */
struct chute_asker {
    const char *peer;
    struct chute_str host, origin;
    struct chute_str site, mode; /* Sec-Fetch-Site, Sec-Fetch-Mode */
    struct chute_str authorization;
    bool is_forwarded; /* by a proxy */
};
/* guard.c: 0 if `asker` may have what `access` is for; else the status to refuse it with. */
int chute_serve_refusal_of(
    const struct chute_api *api, const struct chute_asker *asker, enum chute_route_access access);
/* The same of a request for `route`; 404 for NULL. */
int chute_serve_refusal(const struct chute_api *api, const struct chute_http_exchange *exchange,
    const struct chute_route *route);
bool chute_serve_may_see_events(
    const struct chute_api *api, const struct chute_http_exchange *exchange);
/* Sets what clients have to say from the settings. */
void chute_serve_set_auth(struct chute_api *api);

/* answer.c: */
/* Begins the object that every answer is, with who answers: "host", "version", … */
void chute_serve_begin(
    const struct chute_api *api, struct chute_json_writer *writer, struct chute_buf *out);
/* Ends it, and answers with it. */
void chute_serve_end(
    struct chute_http_exchange *exchange, int status, struct chute_json_writer *writer);
/* A pipeline's queue; empty where it does not run. stats.c */
struct chute_queue_state chute_serve_queue(struct chute_pipeline *pipeline);
/* `"key": […]`: how often a pass or a delivery took up to 2^i microseconds, and longer than 2^(i-1); without the zeros at the
 * end. stats.c */
void chute_serve_write_latency(
    struct chute_json_writer *writer, const char *key, const struct chute_histogram *histogram);

/* A part of an answer that has several: /_node/os, /_node/stats/jvm,process. */
struct chute_serve_part {
    const char *name;
    void (*add)(const struct chute_api *api, struct chute_json_writer *writer,
        const struct chute_http_exchange *exchange);
};
/* Answers with the parts that `wanted` names, parted by commas, or with all if it is empty; with 404 if there is none of
 * them. `parts` is ended by { 0 }. */
void chute_serve_parts(const struct chute_api *api, struct chute_http_exchange *exchange,
    const struct chute_serve_part *parts, const char *wanted);
/* Answers with a text that is JSON already. */
void chute_serve_json(struct chute_http_exchange *exchange, int status, struct chute_str json);
/* Adds the headers that every answer has, where it comes in pieces. */
void chute_serve_add_guards(struct chute_http_exchange *exchange);
/* Answers with any other text. */
void chute_serve_text(
    struct chute_http_exchange *exchange, int status, const char *type, struct chute_str text);
/* Answers as Logstash does: {"path":…,"status":…,"error":{"message":…}}; `message` NULL: the status's own words. */
void chute_serve_error(struct chute_http_exchange *exchange, int status, const char *message);
/* True if `name` is a parameter of the query, and not false. */
bool chute_serve_is_asked(const struct chute_http_exchange *exchange, const char *name);
/* A new random identifier. */
void chute_serve_new_id(char id[37]);
/* health.c: why it does not live or is not ready, in a few words that tell nothing else; NULL: it does, it is. */
const char *chute_serve_why_not_live(const struct chute_api *api);
const char *chute_serve_why_not_ready(const struct chute_api *api);
/* "green", "yellow", "red": the worst of the pipelines. */
const char *chute_serve_status(const struct chute_api *api);

/* ticks.c: what is looked at every few seconds. */
void chute_serve_start_ticks(struct chute_api *api);
void chute_serve_tick(struct chute_api *api);
void chute_serve_stop_ticks(struct chute_api *api, uv_close_cb on_closed);
/* How much of all processors the process used lately; `cpu_seconds` is what it used in all. */
int chute_serve_cpu_percent(const struct chute_api *api, double cpu_seconds);

/* The index of the attached pipeline of that id. False, answered with 404, if there is none. */
bool chute_serve_find_pipeline(const struct chute_api *api, struct chute_http_exchange *exchange,
    const char *id, size_t *index);

/* tail.c: before the first request; after the last connection is closed; and when a client went away. */
void chute_serve_start_tail(struct chute_api *api);
void chute_serve_stop_tail(struct chute_api *api, uv_close_cb on_closed);
void chute_serve_tail_gone(struct chute_api *api, struct chute_http_exchange *exchange);

/* search.c: the store that one of the pipelines writes; NULL: none does. */
const char *chute_serve_store_path(const struct chute_api *api);
/* The client went away: its search is given up. */
void chute_serve_search_gone(struct chute_api *api, struct chute_http_exchange *exchange);
/* Calls `on_ended` once no search is under way; all connections are closed. */
void chute_serve_stop_search(struct chute_api *api, void (*on_ended)(struct chute_api *api));

/* A file of the page, compiled in. */
struct chute_page_file {
    const unsigned char *bytes;
    size_t len;
};
extern const struct chute_page_file chute_page_html, chute_page_css, chute_page_js;

/* graph.c: the pipeline as vertices and edges. Adds member "vertices": what they are, or (`has_counts`) what came through
 * them; and, of what they are, "edges". */
void chute_serve_graph(
    struct chute_json_writer *writer, const struct chute_pipeline *pipeline, bool has_counts);

/* The answers. */
typedef void chute_serve_answer(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part);
chute_serve_answer chute_serve_root, chute_serve_node, chute_serve_node_pipeline;  /* node.c */
chute_serve_answer chute_serve_plugins;                                            /* node.c */
chute_serve_answer chute_serve_stats, chute_serve_stats_pipeline;                  /* stats.c */
chute_serve_answer chute_serve_live, chute_serve_ready, chute_serve_health_report; /* health.c */
chute_serve_answer chute_serve_metrics;                                            /* metrics.c */
chute_serve_answer chute_serve_hot_threads;                                        /* threads.c */
chute_serve_answer chute_serve_page, chute_serve_page_css, chute_serve_page_js;    /* page.c */
chute_serve_answer chute_serve_page_json;                                          /* page_json.c */
chute_serve_answer chute_serve_tail;                                               /* tail.c */
chute_serve_answer chute_serve_search;                                             /* search.c */
chute_serve_answer chute_serve_redact;                                             /* redact.c */
chute_serve_answer chute_serve_logging, chute_serve_set_logging,
    chute_serve_reset_logging; /* logging.c */

#endif
