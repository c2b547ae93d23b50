/* pipeline/serve/page.c - the live page's own files. What it shows comes from the API: page_json.c, tail.c. */
#include <http_parser.h>

#include "pipeline/serve/serve.h"

/* Nothing from elsewhere, nothing inline, in nobody's frame. The icon is a data: URL. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for "      \
    "'script'"

static void answer(
    struct chute_http_exchange *exchange, const char *type, const struct chute_page_file *file) {
    chute_http_add_header(exchange, "Content-Security-Policy", POLICY);
    chute_http_add_header(exchange, "Cross-Origin-Resource-Policy", "same-origin");
    chute_http_add_header(exchange, "Cross-Origin-Opener-Policy", "same-origin");
    chute_http_add_header(exchange, "Referrer-Policy", "no-referrer");
    chute_http_add_header(exchange, "X-Frame-Options", "DENY");
    chute_serve_text(
        exchange, HTTP_STATUS_OK, type, (struct chute_str){ (const char *)file->bytes, file->len });
}

void chute_serve_page(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)api;
    (void)part;
    chute_http_add_header(exchange, "Vary", "Accept");
    answer(exchange, "text/html; charset=utf-8", &chute_page_html);
}

void chute_serve_page_css(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)api;
    (void)part;
    answer(exchange, "text/css; charset=utf-8", &chute_page_css);
}

void chute_serve_page_js(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)api;
    (void)part;
    answer(exchange, "text/javascript; charset=utf-8", &chute_page_js);
}
