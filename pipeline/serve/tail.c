/* pipeline/serve/tail.c - `/_logchute/tail`: the events that reach the outputs, as server-sent events: lines of JSON, those
 * of a tenth of a second in one message. Who does not take them misses some, and is told how many. */
#include <http_parser.h>

#include "pipeline/base/alloc.h"
#include "pipeline/serve/serve.h"

#define TURN_MS 100
#define MOST_WATCHERS 8
#define MOST_UNREAD ((size_t)512 * 1024) /* of one watcher */
#define QUIET_TURNS 100 /* then something is sent, to see whether they are still there */

struct chute_tail_watcher {
    struct chute_tail_watcher *next;
    struct chute_http_exchange *exchange;
    uint64_t dropped; /* since it was last told */
};

/* ------------------------------------------------------------------ what is sent */

static void tell(struct chute_tail_watcher *watcher, struct chute_str message, uint64_t count) {
    if (chute_http_send(watcher->exchange, CHUTE_STR("")) > MOST_UNREAD) {
        watcher->dropped += count;
        return;
    }
    if (watcher->dropped > 0) {
        struct chute_buf dropped = { 0 };
        chute_buf_printf(
            &dropped, "event: dropped\ndata: %llu\n\n", (unsigned long long)watcher->dropped);
        chute_http_send(watcher->exchange, chute_buf_str(&dropped));
        chute_buf_finish(&dropped);
        watcher->dropped = 0;
    }
    chute_http_send(watcher->exchange, message);
}

static void on_turn(uv_timer_t *timer) {
    struct chute_api *api = timer->data;
    struct chute_tail_watchers *watchers = &api->watchers;
    struct chute_tail_lines *lines = &watchers->lines;
    chute_tail_take(&api->process->tail, lines);
    bool is_quiet = lines->count == 0 && lines->dropped == 0;
    watchers->quiet_turns = is_quiet ? watchers->quiet_turns + 1 : 0;
    if (lines->count > 0) {
        chute_buf_add_char(&lines->text, '\n'); /* the end of a message of so many lines */
    } else if (watchers->quiet_turns == QUIET_TURNS) {
        watchers->quiet_turns = 0;
        is_quiet = false;
        chute_buf_add_str(&lines->text, CHUTE_STR(":\n\n")); /* a comment */
    }
    for (struct chute_tail_watcher *at = watchers->first; at != NULL && !is_quiet; at = at->next) {
        at->dropped += lines->dropped;
        tell(at, chute_buf_str(&lines->text), lines->count);
    }
}

/* ------------------------------------------------------------------ watchers */

void chute_serve_tail(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_tail_watchers *watchers = &api->watchers;
    if (strcmp(exchange->method, "HEAD") == 0) {
        chute_serve_text(exchange, HTTP_STATUS_OK, "text/event-stream", CHUTE_STR(""));
        return;
    }
    if (watchers->count == MOST_WATCHERS) {
        chute_serve_error(exchange, HTTP_STATUS_SERVICE_UNAVAILABLE, "too many watch already");
        return;
    }
    struct chute_tail_watcher *watcher = chute_calloc(1, sizeof(*watcher));
    watcher->exchange = exchange;
    watcher->next = watchers->first;
    watchers->first = watcher;
    if (watchers->count++ == 0) {
        uv_timer_start(&watchers->timer, on_turn, TURN_MS, TURN_MS);
    }
    chute_tail_watch(&api->process->tail, chute_now_ms());
    chute_serve_add_guards(exchange);
    chute_http_begin(exchange, HTTP_STATUS_OK, "text/event-stream");
    chute_http_send(exchange, CHUTE_STR(": from now on\n\n"));
}

void chute_serve_tail_gone(struct chute_api *api, struct chute_http_exchange *exchange) {
    struct chute_tail_watchers *watchers = &api->watchers;
    struct chute_tail_watcher **at = &watchers->first;
    while (*at != NULL && (*at)->exchange != exchange) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        return;
    }
    struct chute_tail_watcher *watcher = *at;
    *at = watcher->next;
    chute_free(watcher);
    chute_tail_unwatch(&api->process->tail);
    if (--watchers->count == 0) {
        uv_timer_stop(&watchers->timer);
        chute_buf_finish(&watchers->lines.text);
    }
}

void chute_serve_start_tail(struct chute_api *api) {
    uv_timer_init(&api->process->input_loop.uv, &api->watchers.timer);
    api->watchers.timer.data = api;
}

void chute_serve_stop_tail(struct chute_api *api, uv_close_cb on_closed) {
    chute_assert(api->watchers.count == 0);
    uv_close((uv_handle_t *)&api->watchers.timer, on_closed);
}
