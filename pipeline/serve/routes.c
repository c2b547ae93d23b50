/* pipeline/serve/routes.c - every path there is. */
#include "pipeline/serve/serve.h"

static const struct chute_route routes[] = {
    { "GET", "/", CHUTE_ROUTE_PAGE, chute_serve_page, .is_for_browsers = true },
    { "GET", "/", CHUTE_ROUTE_USUAL, chute_serve_root },
    { "GET", "/_node", CHUTE_ROUTE_USUAL, chute_serve_node },
    { "GET", "/_node/pipelines/*", CHUTE_ROUTE_USUAL, chute_serve_node_pipeline },
    { "GET", "/_node/plugins", CHUTE_ROUTE_USUAL, chute_serve_plugins },
    { "GET", "/_node/hot_threads", CHUTE_ROUTE_USUAL, chute_serve_hot_threads },
    { "GET", "/_node/logging", CHUTE_ROUTE_USUAL, chute_serve_logging },
    { "PUT", "/_node/logging", CHUTE_ROUTE_GUARDED, chute_serve_set_logging },
    { "PUT", "/_node/logging/reset", CHUTE_ROUTE_GUARDED, chute_serve_reset_logging },
    { "GET", "/_node/stats", CHUTE_ROUTE_USUAL, chute_serve_stats },
    { "GET", "/_node/stats/pipelines/*", CHUTE_ROUTE_USUAL, chute_serve_stats_pipeline },
    { "GET", "/_node/stats/*", CHUTE_ROUTE_USUAL, chute_serve_stats },
    { "GET", "/_health_report", CHUTE_ROUTE_USUAL, chute_serve_health_report },
    { "GET", "/health/live", CHUTE_ROUTE_OPEN, chute_serve_live },
    { "GET", "/health/ready", CHUTE_ROUTE_OPEN, chute_serve_ready },
    { "GET", "/metrics", CHUTE_ROUTE_USUAL, chute_serve_metrics },
    { "GET", "/_logchute/page.css", CHUTE_ROUTE_PAGE, chute_serve_page_css },
    { "GET", "/_logchute/page.js", CHUTE_ROUTE_PAGE, chute_serve_page_js },
    { "GET", "/_logchute/page.json", CHUTE_ROUTE_PAGE, chute_serve_page_json },
    { "GET", "/_logchute/tail", CHUTE_ROUTE_EVENTS, chute_serve_tail },
    { "GET", "/_logchute/search", CHUTE_ROUTE_EVENTS, chute_serve_search },
    { "POST", "/_logchute/redact", CHUTE_ROUTE_PAGE, chute_serve_redact },
    { "GET", "/_node/*", CHUTE_ROUTE_USUAL, chute_serve_node },
};

/* True if `path` is the row's; `rest` gets what its "*" stands for. */
static bool is_path(const char *pattern, struct chute_str path, struct chute_str *rest) {
    size_t len = strlen(pattern);
    bool is_open = pattern[len - 1] == '*';
    struct chute_str fixed = { pattern, is_open ? len - 1 : len };
    if (!is_open) {
        return chute_str_eq(path, fixed);
    }
    if (!chute_str_starts_with(path, fixed) || path.len == fixed.len) {
        return false;
    }
    *rest = (struct chute_str){ path.at + fixed.len, path.len - fixed.len };
    return memchr(rest->at, '/', rest->len) == NULL;
}

const struct chute_route *chute_serve_route(
    const char *method, struct chute_str path, bool is_browser, struct chute_buf *part) {
    method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    if (path.len > 1 && path.at[path.len - 1] == '/') {
        path.len--;
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct chute_str rest = { 0 };
        if (routes[i].is_for_browsers && !is_browser) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0 && is_path(routes[i].path, path, &rest)) {
            chute_http_unescape(part, rest, false);
            return &routes[i];
        }
    }
    return NULL;
}
