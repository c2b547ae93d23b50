/* Requests over the loopback interface to a server on a loop that the test itself runs. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/http_server.h"
#include "tests/unit/support/connect.h"

struct world {
    uv_loop_t loop;
    struct chute_http_server server;
    int port;
    int requests, gone, closed;
    struct chute_http_exchange *kept; /* one whose answer the test gives itself */
    struct chute_buf got;             /* what the client read */
    bool is_over;                     /* the client saw the end */
};

/* Answers with what it saw; "/later" is left to the test, "/empty" has no body. */
static void on_request(void *owner, struct chute_http_exchange *exchange) {
    struct world *world = owner;
    world->requests++;
    if (chute_str_eq(exchange->path, CHUTE_STR("/later"))) {
        world->kept = exchange;
        return;
    }
    if (chute_str_eq(exchange->path, CHUTE_STR("/file"))) {
        chute_http_server_lend(&world->server, true);
        int fd = open("/proc/self/status", O_RDONLY);
        chute_http_answer(exchange, fd < 0 ? 500 : 204, NULL, CHUTE_STR(""));
        close(fd);
        chute_http_server_lend(&world->server, false);
        return;
    }
    if (chute_str_eq(exchange->path, CHUTE_STR("/empty"))) {
        chute_http_answer(exchange, 204, NULL, CHUTE_STR(""));
        return;
    }
    struct chute_buf body = { 0 };
    struct chute_buf value = { 0 };
    bool has_x = chute_http_parameter(exchange, "x", &value);
    struct chute_str host = chute_http_header(exchange, "hOST");
    chute_buf_printf(&body, "%s %.*s host=%.*s x=%s body=%.*s from=%s\n", exchange->method,
        CHUTE_STR_ARGS(exchange->path), CHUTE_STR_ARGS(host), has_x ? chute_buf_cstr(&value) : "-",
        CHUTE_STR_ARGS(exchange->body), exchange->peer);
    chute_http_add_header(exchange, "X-Test", "yes");
    chute_http_answer(exchange, 200, "text/plain", chute_buf_str(&body));
    chute_buf_finish(&value);
    chute_buf_finish(&body);
}

static void on_gone(void *owner, struct chute_http_exchange *exchange) {
    struct world *world = owner;
    cr_assert_eq(world->kept, exchange);
    world->kept = NULL;
    world->gone++;
}

static void begin(struct world *world, struct chute_http_limits limits) {
    uv_loop_init(&world->loop);
    world->server = (struct chute_http_server){ .owner = world,
        .module = "test",
        .limits = limits,
        .on_request = on_request,
        .on_gone = on_gone };
    chute_http_server_init(&world->server, &world->loop);
    world->port = chute_http_server_listen(&world->server, "127.0.0.1", 20000, 32000);
    cr_assert_gt(world->port, 0);
}

static const struct chute_http_limits usual = { .head_bytes = 1024,
    .body_bytes = 100,
    .connections = 4,
    .request_ms = 10000,
    .idle_ms = 10000,
    .stall_ms = 10000 };

static void on_closed(void *arg) {
    ((struct world *)arg)->closed++;
}

static void finish(struct world *world) {
    chute_http_server_close(&world->server, on_closed, world);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    cr_assert_eq(world->closed, 1);
    cr_assert_eq(uv_loop_close(&world->loop), 0);
    chute_buf_finish(&world->got);
}

static void say(int fd, struct chute_str bytes) {
    cr_assert_eq(send(fd, bytes.at, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}

/* Runs the loop and reads from `fd` until `is_done(world)`, ten seconds at most. */
static void run_until(struct world *world, int fd, bool (*is_done)(const struct world *world)) {
    uint64_t until = uv_hrtime() + 10ull * 1000 * 1000 * 1000;
    while (!is_done(world)) {
        cr_assert_lt(
            uv_hrtime(), until, "nothing more came; so far: %s", chute_buf_cstr(&world->got));
        uv_run(&world->loop, UV_RUN_NOWAIT);
        ssize_t len = fd < 0 || world->is_over
                          ? -1
                          : recv(fd, chute_buf_reserve(&world->got, 4096), 4096, MSG_DONTWAIT);
        world->got.len += len > 0 ? (size_t)len : 0;
        world->is_over |= len == 0;
    }
}

static bool is_over(const struct world *world) {
    return world->is_over;
}

static bool has_kept(const struct world *world) {
    return world->kept != NULL;
}

static bool is_gone(const struct world *world) {
    return world->gone == 1;
}

/* All that the server says to `request`, to the end of the connection. */
static const char *ask(struct world *world, struct chute_str request) {
    int fd = test_connect(world->port);
    world->got.len = 0;
    world->is_over = false;
    say(fd, request);
    run_until(world, fd, is_over);
    close(fd);
    return chute_buf_cstr(&world->got);
}

#define CLOSE "Connection: close\r\n"
#define PLAIN                                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" CLOSE "X-Test: yes\r\nContent-Length: "
static const struct {
    const char *says, *request, *want;
} rows[] = {
    { "GET with a query, decoded", "GET /a/b?y=1&x=a%20b+c HTTP/1.1\r\nHost: here\r\n" CLOSE "\r\n",
        PLAIN "48\r\n\r\nGET /a/b host=here x=a b c body= from=127.0.0.1\n" },
    { "a body by its length",
        "PUT / HTTP/1.1\r\nhost:  here \r\nContent-Length: 5\r\n" CLOSE "\r\nhello",
        PLAIN "46\r\n\r\nPUT / host=here x=- body=hello from=127.0.0.1\n" },
    { "a body in chunks",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" CLOSE
        "\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        PLAIN "43\r\n\r\nPOST / host= x=- body=hello from=127.0.0.1\n" },
    { "HEAD has the length and no body", "HEAD / HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n",
        PLAIN "39\r\n\r\n" },
    { "HTTP/1.0 ends the connection", "GET / HTTP/1.0\r\n\r\n",
        PLAIN "37\r\n\r\nGET / host= x=- body= from=127.0.0.1\n" },
    { "a target as for a proxy", "GET http://h:1/p?x=2 HTTP/1.0\r\n\r\n",
        PLAIN "38\r\n\r\nGET /p host= x=2 body= from=127.0.0.1\n" },
    { "an answer without a body", "GET /empty HTTP/1.0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n" CLOSE "\r\n" },
    { "an upgrade is ignored",
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n",
        PLAIN "37\r\n\r\nGET / host= x=- body= from=127.0.0.1\n" },
    { "two requests at once, answered in order", "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Test: yes\r\nContent-Length: 38\r\n\r\n"
        "GET /1 host= x=- body= from=127.0.0.1\n" PLAIN
        "38\r\n\r\nGET /2 host= x=- body= from=127.0.0.1\n" },
    { "what is no HTTP", "hello\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 16\r\n\r\n400 Bad Request\n" },
    { "two lengths that differ",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 16\r\n\r\n400 Bad Request\n" },
    { "a length and chunks, of which a proxy before us may believe the other",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 16\r\n\r\n400 Bad Request\n" },
    { "a body that is announced as too large", "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n",
        "HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 22\r\n\r\n413 Payload Too Large\n" },
    { "a body in chunks that becomes too large",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
        "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789x\r\n",
        "HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 22\r\n\r\n413 Payload Too Large\n" },
    { "a tunnel", "CONNECT a:1 HTTP/1.1\r\n\r\n",
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\n" CLOSE
        "Content-Length: 23\r\n\r\n405 Method Not Allowed\n" },
    { "the client is asked to go on",
        "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" CLOSE "\r\nhi",
        "HTTP/1.1 100 Continue\r\n\r\n" PLAIN
        "40\r\n\r\nPOST / host= x=- body=hi from=127.0.0.1\n" },
};

Test(net_http_server, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = { 0 };
        begin(&world, usual);
        const char *got = ask(&world, chute_str_of(rows[i].request));
        cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].says, got);
        finish(&world);
    }
}

Test(net_http_server, a_head_is_bounded) {
    struct world world = { 0 };
    begin(&world, usual);
    struct chute_buf request = { 0 };
    chute_buf_add_str(&request, CHUTE_STR("GET /"));
    while (request.len < 1100) {
        chute_buf_add_char(&request, 'a');
    }
    const char *got = ask(&world, chute_buf_str(&request));
    cr_expect(strncmp(got, "HTTP/1.1 431 ", 13) == 0, "%s", got);
    request.len = 0;
    chute_buf_add_str(&request, CHUTE_STR("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 101; i++) {
        chute_buf_add_str(&request, CHUTE_STR("a:b\r\n"));
    }
    got = ask(&world, chute_buf_str(&request));
    cr_expect(strncmp(got, "HTTP/1.1 431 ", 13) == 0, "%s", got);
    cr_expect_eq(world.requests, 0);
    chute_buf_finish(&request);
    finish(&world);
}

Test(net_http_server, a_slow_request_is_refused_and_an_idle_connection_closed) {
    struct world world = { 0 };
    struct chute_http_limits hasty = usual;
    hasty.request_ms = hasty.idle_ms = 1;
    begin(&world, hasty);
    const char *got = ask(&world, CHUTE_STR("GET / HTTP/1.1\r\nHo"));
    cr_expect(strncmp(got, "HTTP/1.1 408 Request Timeout\r\n", 30) == 0, "%s", got);
    got = ask(&world, CHUTE_STR("GET / HTTP/1.1\r\n\r\n"));
    cr_expect(strncmp(got, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", got);
    got = ask(&world, CHUTE_STR("")); /* it never says anything */
    cr_expect_str_eq(got, "");
    cr_expect_eq(world.requests, 1);
    finish(&world);
}

static bool has_a_few(const struct world *world) {
    return world->server.conns.count == 4;
}

static bool has_none(const struct world *world) {
    return world->server.conns.count == 0;
}

Test(net_http_server, one_connection_too_many_is_closed) {
    struct world world = { 0 };
    begin(&world, usual);
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = test_connect(world.port);
    }
    run_until(&world, -1, has_a_few);
    int fd = test_connect(world.port);
    run_until(&world, fd, is_over);
    cr_expect_eq(world.got.len, 0);
    close(fd);
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
    run_until(&world, -1, has_none);
    const char *got = ask(&world, CHUTE_STR("GET / HTTP/1.0\r\n\r\n"));
    cr_expect(strncmp(got, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", got);
    finish(&world);
}

Test(net_http_server, an_answer_in_pieces) {
    struct world world = { 0 };
    begin(&world, usual);
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("GET /later HTTP/1.1\r\n\r\nGET /empty HTTP/1.0\r\n\r\n"));
    run_until(&world, fd, has_kept);
    chute_http_begin(world.kept, 200, "text/event-stream");
    chute_http_send(world.kept, CHUTE_STR("one"));
    chute_http_send(world.kept, CHUTE_STR(""));
    cr_expect_gt(chute_http_send(world.kept, CHUTE_STR("two, longer")), 0);
    chute_http_end(world.kept);
    run_until(&world, fd, is_over);
    cr_expect_str_eq(chute_buf_cstr(&world.got),
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\none\r\nb\r\ntwo, longer\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n" CLOSE "\r\n");
    cr_expect_eq(world.gone, 0);
    close(fd);
    finish(&world);
}

/* What does not fit into the kernel's buffers waits, and is nobody's but the server's. */
Test(net_http_server, a_large_answer_arrives_whole) {
    struct world world = { 0 };
    begin(&world, usual);
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("GET /later HTTP/1.0\r\n\r\n"));
    run_until(&world, -1, has_kept);
    struct chute_buf body = { 0 }, want = { 0 };
    for (unsigned i = 0; i < 1000000; i++) {
        chute_buf_printf(&want, "%u\n", i);
    }
    chute_buf_add_str(&body, chute_buf_str(&want));
    chute_http_answer(world.kept, 200, "text/plain", chute_buf_str(&body));
    memset(body.at, 'x', body.len);
    chute_buf_finish(&body);
    run_until(&world, fd, is_over);
    cr_expect(chute_str_ends_with(chute_buf_str(&world.got), chute_buf_str(&want)));
    chute_buf_finish(&want);
    close(fd);
    finish(&world);
}

Test(net_http_server, a_client_that_goes_away_before_its_answer) {
    struct world world = { 0 };
    begin(&world, usual);
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("GET /later HTTP/1.1\r\n\r\n"));
    run_until(&world, fd, has_kept);
    chute_http_begin(world.kept, 200, "text/plain");
    close(fd);
    run_until(&world, -1, is_gone);
    finish(&world);
}

Test(net_http_server, a_client_that_takes_nothing_is_cut_off) {
    struct world world = { 0 };
    struct chute_http_limits hasty = usual;
    hasty.stall_ms = 1;
    begin(&world, hasty);
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("GET /later HTTP/1.1\r\n\r\n"));
    run_until(&world, -1, has_kept);
    struct chute_buf flood = { 0 };
    memset(chute_buf_reserve(&flood, 64 << 20), 'x', 64 << 20);
    flood.len = 64 << 20;
    chute_http_begin(world.kept, 200, "text/plain");
    cr_expect_geq(chute_http_send(world.kept, chute_buf_str(&flood)), flood.len);
    run_until(&world, -1, is_gone);
    chute_buf_finish(&flood);
    close(fd);
    finish(&world);
}

Test(net_http_server, many_requests_sent_ahead_are_held_back_and_all_answered) {
    struct world world = { 0 };
    begin(&world, usual);
    int fd = test_connect(world.port);
    struct chute_buf requests = { 0 };
    for (int i = 0; i < 2000; i++) {
        chute_buf_add_str(&requests, CHUTE_STR("GET /empty HTTP/1.1\r\n\r\n"));
    }
    chute_buf_add_str(&requests, CHUTE_STR("GET /empty HTTP/1.0\r\n\r\n"));
    say(fd, chute_buf_str(&requests));
    run_until(&world, fd, is_over);
    cr_expect_eq(world.requests, 2001);
    chute_buf_finish(&requests);
    close(fd);
    finish(&world);
}

Test(net_http_server, listens_on_the_first_free_port) {
    struct world first = { 0 }, second = { 0 }, third = { 0 };
    begin(&first, usual);
    begin(&second, usual);
    cr_expect_gt(second.port, first.port);
    uv_loop_init(&third.loop);
    third.server = (struct chute_http_server){ .owner = &third, .module = "test", .limits = usual };
    chute_http_server_init(&third.server, &third.loop);
    cr_expect_eq(chute_http_server_listen(&third.server, "127.0.0.1", first.port, first.port),
        UV_EADDRINUSE);
    finish(&first);
    finish(&second);
    finish(&third);
}

static bool has_spare(const struct world *world) {
    return world->server.spare.count == CHUTE_SPARE_DESCRIPTORS;
}

/* Somebody else takes all descriptors there are, before each request: what ails the process can still be asked. */
Test(http_server, answers_without_a_free_descriptor) {
    struct world world = { 0 };
    begin(&world, usual);
    int client = test_connect(world.port); /* established by the kernel; nobody has taken it yet */
    int taken[4096], count = 0;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 256;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((taken[count] = dup(0)) >= 0) {
        count++;
    }
    say(client, CHUTE_STR("GET /file HTTP/1.1\r\n\r\nGET /file HTTP/1.1\r\n" CLOSE "\r\n"));
    run_until(&world, client, is_over);
    const char *got = chute_buf_cstr(&world.got);
    cr_expect(strncmp(got, "HTTP/1.1 204 ", 13) == 0, "%s", got);
    cr_expect_not_null(strstr(got + 1, "HTTP/1.1 204 "), "the second one: %s", got);
    close(client);
    cr_assert_geq(taken[count] = dup(0), 0, "its own is free");
    count++;
    run_until(&world, -1, has_spare);
    cr_expect_eq(dup(0), -1, "what it needed is kept again");
    while (count > 0) {
        close(taken[--count]);
    }
    finish(&world);
    cr_expect_eq(world.server.spare.count, 0);
}
