/* Who may ask for what: tables of what a request says of who asks. */
#include <criterion/criterion.h>

#include "pipeline/serve/serve.h"

#define USUAL CHUTE_ROUTE_USUAL
#define OPEN CHUTE_ROUTE_OPEN
#define GUARDED CHUTE_ROUTE_GUARDED
#define PAGE CHUTE_ROUTE_PAGE
#define EVENTS CHUTE_ROUTE_EVENTS

/* Where it listens, and with what settings. */
enum place { HERE, BEYOND, BEYOND_TAIL };

struct row {
    const char *says;
    enum place place;
    enum chute_route_access access;
    int want;
    const char *peer, *host, *origin, *site, *mode;
    bool is_forwarded;
};

static const struct row rows[] = {
    { "the page by its address", HERE, PAGE, 0, "127.0.0.1", "127.0.0.1:9600" },
    { "the page by localhost", HERE, PAGE, 0, "127.0.0.1", "localhost:9600" },
    { "the page by IPv6", HERE, PAGE, 0, "::1", "[::1]:9600" },
    { "a name that was pointed at us", HERE, PAGE, 403, "127.0.0.1", "evil.example:9600" },
    { "the same, for numbers too", HERE, USUAL, 403, "127.0.0.1", "evil.example:9600" },
    { "a name that begins like an address", HERE, PAGE, 403, "127.0.0.1",
        "127.0.0.1.evil.example" },
    { "its own origin", HERE, EVENTS, 0, "127.0.0.1", "127.0.0.1:9600", "http://127.0.0.1:9600" },
    { "another origin", HERE, EVENTS, 403, "127.0.0.1", "127.0.0.1:9600", "http://evil.example" },
    { "another port is another origin", HERE, PAGE, 403, "127.0.0.1", "127.0.0.1:9600",
        "http://127.0.0.1:8080" },
    { "no origin worth a name", HERE, PAGE, 403, "127.0.0.1", "127.0.0.1:9600", "null" },
    { "a script tag of another page", HERE, PAGE, 403, "127.0.0.1", "127.0.0.1:9600", NULL,
        "cross-site", "no-cors" },
    { "of another port of this machine", HERE, EVENTS, 403, "127.0.0.1", "127.0.0.1:9600", NULL,
        "same-site", "no-cors" },
    { "a link of another page", HERE, PAGE, 0, "127.0.0.1", "127.0.0.1:9600", NULL, "cross-site",
        "navigate" },
    { "what the page itself asks", HERE, PAGE, 0, "127.0.0.1", "127.0.0.1:9600", NULL,
        "same-origin", "cors" },
    { "the address bar", HERE, PAGE, 0, "127.0.0.1", "127.0.0.1:9600", NULL, "none", "navigate" },
    { "a scraper does not care", HERE, USUAL, 0, "127.0.0.1", "127.0.0.1:9600",
        "http://evil.example", "cross-site", "no-cors" },
    { "no browser at all", HERE, EVENTS, 0, "127.0.0.1" },

    { "metrics by any name", BEYOND, USUAL, 0, "10.0.0.9", "logs.example:9600" },
    { "health by any name", BEYOND, OPEN, 0, "10.0.0.9", "logs.example:9600" },
    { "the page by its address from elsewhere", BEYOND, PAGE, 0, "10.0.0.9", "10.0.0.1:9600" },
    { "the page by a name", BEYOND, PAGE, 403, "10.0.0.9", "logs.example:9600" },
    { "no text of events for others", BEYOND, EVENTS, 403, "10.0.0.9", "10.0.0.1:9600" },
    { "nor with a header that says localhost", BEYOND, EVENTS, 403, "10.0.0.9", "localhost:9600" },
    { "but on this machine", BEYOND, EVENTS, 0, "127.0.0.1", "127.0.0.1:9600" },
    { "not through a proxy on this machine", BEYOND, EVENTS, 403, "127.0.0.1", "10.0.0.1:9600" },
    { "nor one that says it is one", BEYOND, EVENTS, 403, "127.0.0.1", "localhost",
        .is_forwarded = true },
    { "a change only from here", BEYOND, GUARDED, 403, "10.0.0.9", "10.0.0.1:9600" },
    { "with api.tail", BEYOND_TAIL, EVENTS, 0, "10.0.0.9", "10.0.0.1:9600" },
    { "with api.tail, still no other page", BEYOND_TAIL, EVENTS, 403, "10.0.0.9", "10.0.0.1:9600",
        "http://evil.example" },
    { "with api.tail, still no other name", BEYOND_TAIL, EVENTS, 403, "10.0.0.9", "evil.example" },
};

static struct chute_str str(const char *text) {
    return chute_str_of(text);
}

static struct chute_api api_at(enum place place) {
    struct chute_api api = { .is_on_loopback = place == HERE };
    api.settings.host = place == HERE ? "127.0.0.1" : "0.0.0.0";
    api.settings.shows_events = place == BEYOND_TAIL;
    return api;
}

Test(guard, who_may_ask) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct chute_api api = api_at(row->place);
        struct chute_asker asker = { row->peer, str(row->host), str(row->origin), str(row->site),
            str(row->mode), str(NULL), row->is_forwarded };
        cr_expect_eq(chute_serve_refusal_of(&api, &asker, row->access), row->want, "%s: %d",
            row->says, chute_serve_refusal_of(&api, &asker, row->access));
    }
}

Test(guard, with_a_password) {
    struct chute_api api = api_at(BEYOND);
    api.settings.username = "ann";
    api.settings.password = "secret";
    chute_serve_set_auth(&api);
    struct chute_asker asker = { .peer = "10.0.0.9", .host = CHUTE_STR("logs.example") };
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, PAGE), 401);
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, EVENTS), 401);
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, OPEN), 0);
    asker.authorization = CHUTE_STR("Basic YW5uOnNlY3JldA==");
    cr_expect_eq(
        chute_serve_refusal_of(&api, &asker, PAGE), 0, "by any name: no browser gives it away");
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, GUARDED), 0);
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, EVENTS), 403, "a password is not enough");
    api.settings.shows_events = true;
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, EVENTS), 0);
    asker.origin = CHUTE_STR("http://evil.example");
    cr_expect_eq(chute_serve_refusal_of(&api, &asker, PAGE), 403);
}

Test(guard, a_browser_gets_the_page) {
    struct chute_buf part = { 0 };
    const struct chute_route *route = chute_serve_route("GET", CHUTE_STR("/"), true, &part);
    cr_assert_not_null(route);
    cr_expect_eq(route->answer, chute_serve_page);
    cr_expect_eq(route->access, PAGE);
    cr_expect_eq(chute_serve_route("HEAD", CHUTE_STR("/"), true, &part)->answer, chute_serve_page);
    cr_expect_eq(chute_serve_route("GET", CHUTE_STR("/"), false, &part)->answer, chute_serve_root);
    cr_expect_eq(
        chute_serve_route("GET", CHUTE_STR("/_node"), true, &part)->answer, chute_serve_node);
    cr_expect_eq(
        chute_serve_route("GET", CHUTE_STR("/_logchute/tail"), true, &part)->access, EVENTS);
    chute_buf_finish(&part);
}
