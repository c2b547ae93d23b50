#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/fake_http.h"
#include "pipeline/net/http_client.h"

struct scene {
    uv_loop_t loop;
    struct test_http http;
    struct chute_http_client *client;
    struct chute_http_request request;
    char url[64];
    int done;
    bool is_silent; /* the server keeps quiet */
    int status;     /* of its answers; 0: 200 */
    const char *body;
    struct chute_str wanted; /* a request's body */
    struct chute_buf seen;
};

static void answer(
    struct test_http *http, const struct test_http_request *request, struct chute_buf *out) {
    struct scene *scene = http->ctx;
    chute_buf_printf(&scene->seen, "%.*s %.*s %zu\n", CHUTE_STR_ARGS(request->method),
        CHUTE_STR_ARGS(request->target), request->body.len);
    struct chute_str own = test_http_header(request, "x-own");
    chute_buf_add_str(&scene->seen, own);
    chute_buf_add_str(&scene->seen, test_http_header(request, "expect"));
    if (scene->wanted.len > 0) {
        cr_expect(chute_str_eq(request->body, scene->wanted), "another body arrived");
    }
    if (scene->is_silent) {
        chute_buf_add_str(out, CHUTE_STR("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf"));
        return;
    }
    test_http_reply(
        out, scene->status != 0 ? scene->status : 200, scene->body != NULL ? scene->body : "fine");
}

static void on_done(struct chute_http_request *request) {
    struct scene *scene = request->ctx;
    scene->done++;
}

static const struct chute_http_settings settings = {
    .user_agent = "test",
    .timeout_ms = 5000,
    .connect_timeout_ms = 1000,
    .max_connections = 10,
    .max_per_host = 2,
};
static const struct chute_http_settings impatient = {
    .user_agent = "test",
    .timeout_ms = 50,
    .connect_timeout_ms = 50,
    .max_connections = 10,
    .max_per_host = 2,
};

static void open_scene(struct scene *scene, const struct chute_http_settings *how) {
    uv_loop_init(&scene->loop);
    scene->http.ctx = scene;
    scene->http.answer = answer;
    test_http_start(&scene->http, &scene->loop);
    snprintf(scene->url, sizeof(scene->url), "http://127.0.0.1:%d/x?y=1", scene->http.port);
    scene->client = chute_http_client_create(&scene->loop, how);
    scene->request = (struct chute_http_request){
        .method = "GET",
        .url = scene->url,
        .on_done = on_done,
        .ctx = scene,
        .answer_limit = 1000,
    };
}

static void run(struct scene *scene) {
    int before = scene->done;
    chute_http_client_send(scene->client, &scene->request);
    while (scene->done == before) {
        uv_run(&scene->loop, UV_RUN_ONCE);
    }
}

static void on_closed(void *ctx) {
    *(bool *)ctx = true;
}

static void close_scene(struct scene *scene) {
    bool is_closed = false;
    chute_http_client_close(scene->client, on_closed, &is_closed);
    test_http_stop(&scene->http);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    cr_expect(is_closed);
    cr_expect_eq(uv_loop_close(&scene->loop), 0, "something is left in the loop");
    chute_buf_finish(&scene->request.answer);
    chute_buf_finish(&scene->seen);
}

Test(net_http_client, methods_share_a_connection) {
    struct scene scene = { 0 };
    open_scene(&scene, &settings);
    run(&scene);
    cr_expect_eq(scene.request.status, 200);
    cr_expect_str_eq(chute_buf_cstr(&scene.request.answer), "fine");
    scene.request.method = "POST";
    scene.request.headers[0] = "X-Own: me";
    scene.request.body = CHUTE_STR("12345");
    run(&scene);
    scene.request.method = "PUT";
    scene.request.headers[0] = NULL;
    run(&scene);
    cr_expect_str_eq(chute_buf_cstr(&scene.seen), "GET /x?y=1 0\nPOST /x?y=1 5\nmePUT /x?y=1 5\n",
        "got %s", chute_buf_cstr(&scene.seen));
    cr_expect_eq(scene.http.connections, 1);
    close_scene(&scene);
}

/* More than the buffers of the sockets on both sides hold. */
#define LARGE 20000000

/* No two stretches of it are alike. */
static void set_large_body(struct scene *scene, struct chute_buf *body) {
    char *at = chute_buf_reserve(body, LARGE);
    for (uint64_t i = 0; i < LARGE / sizeof(i); i++) {
        uint64_t letters = (i * 0x9E3779B97F4A7C15u & 0x0F0F0F0F0F0F0F0Fu) + 0x6161616161616161u;
        memcpy(at + i * sizeof(i), &letters, sizeof(i));
    }
    body->len = LARGE;
    chute_buf_cstr(body); /* it does not move any more */
    scene->request.method = "POST";
    scene->request.body = chute_buf_str(body);
}

/* The server knows nothing of "100 Continue": without an empty Expect header a second would pass. */
Test(net_http_client, a_large_body_arrives_whole_and_at_once) {
    struct scene scene = { 0 };
    struct chute_buf body = { 0 };
    open_scene(&scene, &settings);
    set_large_body(&scene, &body);
    scene.wanted = scene.request.body;
    run(&scene);
    cr_expect_eq(scene.request.status, 200, "%s", scene.request.error);
    cr_expect_str_eq(chute_buf_cstr(&scene.seen), "POST /x?y=1 20000000\n");
    close_scene(&scene);
    chute_buf_finish(&body);
}

/* As a search engine answers what is too large or too much for it: it has read the head, and no more. */
Test(net_http_client, an_answer_may_come_before_the_body_is_sent, .timeout = 60) {
    static const int statuses[] = { 200, 413, 429, 503 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct scene scene = { .status = statuses[i] };
        struct chute_buf body = { 0 };
        open_scene(&scene, &settings);
        scene.http.answers_early = true;
        set_large_body(&scene, &body);
        run(&scene);
        cr_expect_eq(scene.request.status, statuses[i], "%s", scene.request.error);
        cr_expect(!scene.request.is_cut, "%s", scene.request.error);
        cr_expect_str_eq(chute_buf_cstr(&scene.request.answer), "fine");
        chute_buf_finish(&body);
        scene.request.method = "GET";
        scene.request.body = CHUTE_STR("");
        run(&scene);
        cr_expect_eq(scene.request.status, statuses[i], "%s", scene.request.error);
        close_scene(&scene);
    }
}

/* The server reads the body only when its answer is out: if the client did not read it meanwhile, both would wait. */
Test(net_http_client, an_answer_is_read_while_the_body_is_sent, .timeout = 60) {
    struct scene scene = { 0 };
    struct chute_buf body = { 0 };
    open_scene(&scene, &settings);
    set_large_body(&scene, &body);
    scene.http.answers_early = true;
    scene.http.reads_too_late = true;
    scene.body = chute_buf_cstr(&body);
    scene.request.answer_limit = LARGE;
    run(&scene);
    cr_expect_eq(scene.request.status, 200, "%s", scene.request.error);
    cr_expect(chute_str_eq(chute_buf_str(&scene.request.answer), chute_buf_str(&body)));
    while (scene.http.thrown_away < LARGE) { /* the last bytes are on their way */
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    close_scene(&scene);
    chute_buf_finish(&body);
}

Test(net_http_client, patience_ends_with_a_body_that_nobody_reads, .timeout = 60) {
    struct scene scene = { 0 };
    struct chute_buf body = { 0 };
    open_scene(&scene, &impatient);
    set_large_body(&scene, &body);
    scene.http.reads_nothing = true;
    run(&scene);
    cr_expect_eq(scene.request.status, 0);
    cr_expect(strstr(scene.request.error, "timed out") != NULL, "got %s", scene.request.error);
    chute_buf_finish(&body);
    close_scene(&scene);
}

Test(net_http_client, a_long_answer_is_refused) {
    struct scene scene = { 0 };
    open_scene(&scene, &settings);
    scene.body = "0123456789";
    scene.request.answer_limit = 9;
    run(&scene);
    cr_expect(scene.request.is_cut);
    scene.request.answer_limit = 10;
    run(&scene);
    cr_expect(!scene.request.is_cut);
    cr_expect_str_eq(chute_buf_cstr(&scene.request.answer), "0123456789");
    close_scene(&scene);
}

Test(net_http_client, patience_ends) {
    struct scene scene = { 0 };
    open_scene(&scene, &impatient);
    scene.is_silent = true;
    run(&scene);
    cr_expect_eq(scene.request.status, 200);
    cr_expect(scene.request.is_cut);
    cr_expect(strstr(scene.request.error, "timed out") != NULL, "got %s", scene.request.error);
    close_scene(&scene);
}

Test(net_http_client, nobody_there) {
    struct scene scene = { 0 };
    open_scene(&scene, &settings);
    scene.request.url = "http://127.0.0.1:1/";
    run(&scene);
    cr_expect_eq(scene.request.status, 0);
    cr_expect(scene.request.error[0] != '\0');
    close_scene(&scene);
}

Test(net_http_client, what_is_cancelled_is_never_done) {
    struct scene scene = { 0 };
    open_scene(&scene, &settings);
    chute_http_client_send(scene.client, &scene.request);
    uv_run(&scene.loop, UV_RUN_NOWAIT);
    chute_http_client_cancel(&scene.request);
    chute_http_client_cancel(&scene.request);
    close_scene(&scene);
    cr_expect_eq(scene.done, 0);
}

/* libcurl keeps the pointer to the body, so a request that was cancelled half-way must not be read from any more: the
 * sanitizer's build would tell. */
Test(net_http_client, the_body_of_a_cancelled_request_may_go) {
    struct scene scene = { 0 };
    struct chute_buf body = { 0 };
    open_scene(&scene, &settings);
    set_large_body(&scene, &body);
    chute_http_client_send(scene.client, &scene.request);
    while (scene.http.connections == 0) { /* it is being sent */
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    chute_http_client_cancel(&scene.request);
    chute_buf_finish(&body);
    scene.request = (struct chute_http_request){
        .method = "GET", .url = scene.url, .on_done = on_done, .ctx = &scene, .answer_limit = 1000
    };
    run(&scene);
    cr_expect_eq(scene.request.status, 200);
    cr_expect_eq(scene.done, 1);
    close_scene(&scene);
}

static struct chute_buf large_body(void) {
    struct chute_buf body = { 0 };
    memset(chute_buf_reserve(&body, 20000000), 'x', 20000000);
    body.len = 20000000;
    return body;
}

Test(net_http_client, a_request_is_taken_when_all_of_it_came) {
    struct scene scene = { .is_silent = true };
    struct chute_buf body = large_body();
    open_scene(&scene, &settings);
    for (int i = 0; i < 2; i++) { /* with a new connection, and a known one */
        scene.request.method = "POST";
        scene.request.body = i == 0 ? chute_buf_str(&body) : CHUTE_STR("small");
        cr_expect_not(chute_http_client_is_taken(&scene.request), "not sent");
        chute_http_client_send(scene.client, &scene.request);
        scene.seen.len = 0;
        while (scene.seen.len == 0) {
            uv_run(&scene.loop, UV_RUN_ONCE);
        }
        while (!chute_http_client_is_taken(&scene.request)) {
            uv_run(&scene.loop, UV_RUN_NOWAIT);
        }
        chute_http_client_cancel(&scene.request);
        cr_expect_not(chute_http_client_is_taken(&scene.request), "given up");
        scene.is_silent = false;
        run(&scene);
        cr_expect_not(chute_http_client_is_taken(&scene.request), "answered");
        scene.is_silent = true;
    }
    chute_buf_finish(&body);
    close_scene(&scene);
}

Test(net_http_client, a_request_that_nobody_reads_is_not_taken) {
    struct scene scene = { 0 };
    struct chute_buf body = large_body();
    open_scene(&scene, &impatient);
    struct sockaddr_in address = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 1) == 0 &&
              getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(scene.url, sizeof(scene.url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    scene.request.method = "POST";
    scene.request.body = chute_buf_str(&body);
    chute_http_client_send(scene.client, &scene.request);
    while (scene.done == 0) { /* its time runs out */
        cr_expect_not(chute_http_client_is_taken(&scene.request));
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    close(fd);
    chute_buf_finish(&body);
    close_scene(&scene);
}

Test(net_http_client, more_requests_than_connections_wait_their_turn) {
    struct scene scene = { 0 };
    open_scene(&scene, &settings);
    struct chute_http_request requests[9];
    for (int i = 0; i < 9; i++) {
        requests[i] = scene.request;
        chute_http_client_send(scene.client, &requests[i]);
    }
    while (scene.done < 9) {
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < 9; i++) {
        cr_expect_eq(requests[i].status, 200);
        chute_buf_finish(&requests[i].answer);
    }
    cr_expect_leq(scene.http.connections, 2);
    close_scene(&scene);
}

Test(net_http_client, names_of_cipher_suites) {
    bool is_13 = false;
    cr_expect_str_eq(chute_http_cipher("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", &is_13),
        "ECDHE-RSA-AES128-GCM-SHA256");
    cr_expect(!is_13);
    cr_expect_str_eq(chute_http_cipher("TLS_AES_128_GCM_SHA256", &is_13), "TLS_AES_128_GCM_SHA256");
    cr_expect(is_13);
    cr_expect_str_eq(
        chute_http_cipher("ECDHE-RSA-AES128-GCM-SHA256", &is_13), "ECDHE-RSA-AES128-GCM-SHA256");
    cr_expect_null(chute_http_cipher("TLS_NO_SUCH", &is_13));
}
