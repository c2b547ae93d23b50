/* Sockets of the loopback interface on a loop that the test itself runs. */
#include <criterion/criterion.h>

#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/dial.h"
#include "pipeline/net/listener.h"
#include "pipeline/net/names.h"
#include "pipeline/net/udp.h"
#include "tests/unit/support/connect.h"

struct world {
    uv_loop_t loop;
    struct chute_conns conns;
    struct chute_listener listener;
    int port;
    int opened, ended, left, closed;
    int error; /* of the last end */
    char ip[128], name[64];
    struct chute_buf got;
    char room[64];
    bool pauses_after_read;
};

static void on_open(struct chute_conn *conn) {
    struct world *world = conn->conns->owner;
    world->opened++;
    snprintf(world->ip, sizeof(world->ip), "%s %s", conn->peer.ip, conn->proxy.source_ip);
    snprintf(world->name, sizeof(world->name), "%s", conn->name == NULL ? "-" : conn->name);
}

static char *on_room(struct chute_conn *conn, size_t *size) {
    struct world *world = conn->conns->owner;
    *size = sizeof(world->room);
    return world->room;
}

static void on_bytes(struct chute_conn *conn, struct chute_str bytes) {
    struct world *world = conn->conns->owner;
    chute_buf_add_str(&world->got, bytes);
    if (world->pauses_after_read) {
        chute_conns_pause(conn->conns);
    }
}

static void on_read(struct chute_conn *conn, size_t len) {
    struct world *world = conn->conns->owner;
    on_bytes(conn, (struct chute_str){ world->room, len });
}

static void on_idle(struct chute_conn *conn, long long idle_ms) {
    (void)conn;
    cr_expect_geq(idle_ms, 1000);
}

static void on_end(struct chute_conn *conn, int error) {
    struct world *world = conn->conns->owner;
    world->ended++;
    world->error = error;
}

static void on_leave(struct chute_conn *conn) {
    struct world *world = conn->conns->owner;
    world->left++;
}

static const struct chute_conn_events events = { on_open, on_room, on_read, on_bytes, on_idle,
    on_end, on_leave };

static void on_closed(void *owner) {
    ((struct world *)owner)->closed++;
}

static int port_of(int fd) {
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return chute_address_of((struct sockaddr *)&address).port;
}

static void begin(struct world *world) {
    uv_loop_init(&world->loop);
    world->conns.loop = &world->loop;
    world->conns.events = &events;
    world->conns.owner = world;
    world->conns.module = "test";
    chute_conns_init(&world->conns);
}

static void listen_on(struct world *world, const char *host) {
    int fd = chute_listener_bind("test", host, 0, SOCK_STREAM);
    cr_assert_geq(fd, 0);
    world->port = port_of(fd);
    chute_listener_start(&world->listener, &world->conns, fd);
}

/* Runs the loop until `*counter` is `want`, ten seconds at most. */
static void run_until(struct world *world, const int *counter, int want) {
    uint64_t until = uv_hrtime() + 10ull * 1000 * 1000 * 1000;
    while (*counter < want && uv_hrtime() < until) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
    cr_assert_eq(*counter, want, "%d in place of %d", *counter, want);
}

static void run_until_got(struct world *world, const char *want) {
    uint64_t until = uv_hrtime() + 10ull * 1000 * 1000 * 1000;
    while (world->got.len < strlen(want) && uv_hrtime() < until) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
    cr_assert_str_eq(chute_buf_cstr(&world->got), want);
}

static void say(int fd, struct chute_str bytes) {
    cr_assert_eq(write(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
}

static void finish(struct world *world, bool has_listener) {
    if (has_listener) {
        chute_listener_close(&world->listener, on_closed, world);
    }
    chute_conns_close(&world->conns, on_closed, world);
    run_until(world, &world->closed, has_listener ? 2 : 1);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    cr_expect_eq(world->conns.count, 0);
    cr_assert_eq(uv_loop_close(&world->loop), 0);
    chute_buf_finish(&world->got);
}

Test(net_conn, reads_to_the_end) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int first = test_connect(world.port), second = test_connect(world.port);
    say(first, CHUTE_STR("hello "));
    run_until_got(&world, "hello ");
    say(second, CHUTE_STR("world"));
    run_until_got(&world, "hello world");
    cr_expect_str_eq(world.ip, "127.0.0.1 ");
    close(first);
    close(second);
    run_until(&world, &world.ended, 2);
    cr_expect_eq(world.error, 0);
    finish(&world, true);
}

Test(net_conn, takes_ipv4_on_an_ipv6_socket) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "::");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("x"));
    run_until_got(&world, "x");
    cr_expect_str_eq(world.ip, "127.0.0.1 ");
    close(fd);
    finish(&world, true);
}

Test(net_conn, refuses_tls) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"));
    int is_over = 0;
    char byte;
    while (!is_over) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
        is_over = recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
    }
    cr_expect_eq(world.opened, 0);
    close(fd);
    finish(&world, true);
}

Test(net_conn, reads_a_proxy_header_that_comes_in_pieces) {
    struct world world = { .conns.has_proxy = true };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("PROXY TCP4 1.2.3.4 5.6."));
    for (int i = 0; i < 100; i++) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(world.opened, 0);
    say(fd, CHUTE_STR("7.8 1234 5678\r\nhello"));
    run_until_got(&world, "hello");
    cr_expect_str_eq(world.ip, "127.0.0.1 1.2.3.4");
    say(fd, CHUTE_STR(" again"));
    run_until_got(&world, "hello again");
    int other = test_connect(world.port);
    say(other, CHUTE_STR("hello\n"));
    char byte;
    while (recv(other, &byte, 1, MSG_DONTWAIT) != 0) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(world.opened, 1);
    close(fd);
    close(other);
    finish(&world, true);
}

Test(net_conn, reads_nothing_while_paused) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    chute_conns_pause(&world.conns);
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("hello"));
    for (int i = 0; i < 100; i++) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(world.got.len, 0);
    cr_expect_eq(world.conns.count, 1);
    chute_conns_resume(&world.conns);
    run_until_got(&world, "hello");
    close(fd);
    finish(&world, true);
}

/* A queue becomes full in the middle of a read: libuv must not go on to the next one, though more bytes are there. */
Test(net_conn, a_pause_holds_from_the_read_that_asks_for_it) {
    struct world world = { 0 };
    char bytes[1000];
    memset(bytes, 'x', sizeof(bytes));
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int first = test_connect(world.port), second = test_connect(world.port);
    say(first, CHUTE_STR("x"));
    say(second, CHUTE_STR("x"));
    run_until_got(&world, "xx");
    world.pauses_after_read = true;
    say(first, CHUTE_STR("x"));
    for (int reads = 1; reads <= 16; reads++) {
        const struct chute_buf *got = &world.got;
        size_t before = got->len;
        uint64_t until = uv_hrtime() + 10ull * 1000 * 1000 * 1000;
        while (got->len == before && uv_hrtime() < until) {
            uv_run(&world.loop, UV_RUN_NOWAIT);
        }
        say(first, (struct chute_str){ bytes, sizeof(bytes) });
        say(second, (struct chute_str){ bytes, sizeof(bytes) });
        for (int i = 0; i < 20; i++) {
            uv_run(&world.loop, UV_RUN_NOWAIT);
        }
        cr_expect(got->len > before && got->len <= before + sizeof(world.room),
            "read %d: %zu bytes at once", reads, got->len - before);
        chute_conns_resume(&world.conns);
    }
    world.pauses_after_read = false;
    chute_conns_resume(&world.conns);
    close(first);
    close(second);
    run_until(&world, &world.ended, 2);
    cr_expect_eq(world.got.len, 3 + 2 * 16 * sizeof(bytes));
    finish(&world, true);
}

Test(net_conn, a_stop_reads_what_is_on_its_way) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("hello"));
    run_until_got(&world, "hello");
    say(fd,
        CHUTE_STR(" and more than one buffer of the sixty-four bytes that the test has room for"));
    chute_listener_close(&world.listener, on_closed, &world);
    chute_conns_close(&world.conns, on_closed, &world);
    run_until(&world, &world.closed, 2);
    cr_expect_eq(world.got.len, 5 + 76);
    cr_expect_eq(world.ended, 1);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&world.loop), 0);
    chute_buf_finish(&world.got);
    close(fd);
}

static void be_busy(void) {
    uint64_t until = uv_hrtime() + 150ull * 1000 * 1000;
    while (uv_hrtime() < until) {
    }
}

/* The loop comes to its connections late, and its timers are due before. */
Test(net_conn, a_stop_reads_what_is_on_its_way_to_a_busy_loop) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("hello"));
    run_until_got(&world, "hello");
    say(fd, CHUTE_STR(" and more"));
    be_busy();
    chute_listener_close(&world.listener, on_closed, &world);
    chute_conns_close(&world.conns, on_closed, &world);
    be_busy();
    run_until(&world, &world.closed, 2);
    cr_expect_str_eq(chute_buf_cstr(&world.got), "hello and more");
    uv_run(&world.loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&world.loop), 0);
    chute_buf_finish(&world.got);
    close(fd);
}

/* The kernel takes connections and their bytes in our name: a client that sent and went away counts on it. */
Test(net_conn, a_stop_reads_what_nobody_has_accepted_yet) {
    struct world world = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    for (int i = 0; i < 200; i++) {
        int fd = test_connect(world.port);
        say(fd, CHUTE_STR("hello"));
        close(fd);
    }
    chute_listener_close(&world.listener, on_closed, &world);
    chute_conns_close(&world.conns, on_closed, &world);
    run_until(&world, &world.closed, 2);
    cr_expect_eq(world.got.len, 200 * 5, "%zu bytes", world.got.len);
    cr_expect_eq(world.ended, 200);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&world.loop), 0);
    chute_buf_finish(&world.got);
}

/* A client that goes on until it sees our end; accepted before the stop or not. */
Test(net_conn, a_stop_tells_those_who_go_on_sending) {
    for (int is_accepted = 0; is_accepted < 2; is_accepted++) {
        struct world world = { 0 };
        begin(&world);
        listen_on(&world, "127.0.0.1");
        int fd = test_connect(world.port);
        say(fd, CHUTE_STR("hello"));
        if (is_accepted) {
            run_until_got(&world, "hello");
        }
        chute_listener_close(&world.listener, on_closed, &world);
        chute_conns_close(&world.conns, on_closed, &world);
        size_t sent = 5;
        char byte;
        while (recv(fd, &byte, 1, MSG_DONTWAIT) != 0) {
            say(fd, CHUTE_STR("x"));
            sent++;
            uv_run(&world.loop, UV_RUN_NOWAIT);
        }
        close(fd);
        run_until(&world, &world.closed, 2);
        cr_expect_eq(world.got.len, sent, "%zu of %zu bytes", world.got.len, sent);
        uv_run(&world.loop, UV_RUN_DEFAULT);
        cr_assert_eq(uv_loop_close(&world.loop), 0);
        chute_buf_finish(&world.got);
    }
}

Test(net_conn, looks_names_up) {
    struct world world = { 0 };
    begin(&world);
    struct chute_names *names = chute_names_create(&world.loop);
    world.conns.names = names;
    listen_on(&world, "127.0.0.1");
    int fd = test_connect(world.port);
    say(fd, CHUTE_STR("x"));
    run_until(&world, &world.opened, 1);
    cr_expect_neq(world.name[0], '-');
    close(fd);
    run_until(&world, &world.ended, 1);
    finish(&world, true);
    chute_names_close(names);
}

Test(net_conn, dials) {
    struct world server = { 0 }, client = { 0 };
    struct chute_dial dial;
    begin(&server);
    listen_on(&server, "127.0.0.1");
    begin(&client);
    chute_dial_start(&dial, &client.conns, "127.0.0.1", server.port);
    const int *count = (const int *)&server.conns.count;
    while (server.conns.count == 0 || client.conns.count == 0) {
        uv_run(&client.loop, UV_RUN_NOWAIT);
        uv_run(&server.loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(*count, 1);
    chute_dial_close(&dial, on_closed);
    run_until(&client, &client.closed, 1);
    client.closed = 0;
    finish(&client, false);
    finish(&server, true);
}

Test(net_conn, stops_dialling_where_nobody_listens) {
    struct world world = { 0 };
    struct chute_dial dial;
    begin(&world);
    int fd = chute_listener_bind("test", "127.0.0.1", 0, SOCK_STREAM);
    int port = port_of(fd);
    close(fd);
    chute_dial_start(&dial, &world.conns, "127.0.0.1", port);
    while (dial.pause_ms == 0) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    chute_dial_close(&dial, on_closed);
    run_until(&world, &world.closed, 1);
    world.closed = 0;
    finish(&world, false);
}

/* A connection that is still in its PROXY header is known to nobody: it goes on where it was. */
Test(net_conn, a_set_goes_to_another_owner) {
    struct world world = { .conns.has_proxy = true };
    struct world next = { 0 };
    begin(&world);
    listen_on(&world, "127.0.0.1");
    int known = test_connect(world.port);
    say(known, CHUTE_STR("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\none "));
    run_until_got(&world, "one ");
    int unknown = test_connect(world.port);
    say(unknown, CHUTE_STR("PROXY TCP4 4.3.2.1 "));
    while (world.conns.count < 2 || world.conns.first->header.len == 0) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    chute_conns_leave(&world.conns);
    cr_expect_eq(world.left, 1);
    say(known, CHUTE_STR("two"));
    uv_run(&world.loop, UV_RUN_NOWAIT);
    cr_expect_str_eq(chute_buf_cstr(&world.got), "one ", "nobody reads");
    struct chute_conns wanted = { .events = &events, .owner = &next, .module = "next" };
    chute_conns_take(&world.conns, &wanted);
    cr_expect_eq(next.opened, 1);
    cr_expect_str_eq(next.ip, "127.0.0.1 1.2.3.4");
    uint64_t until = uv_hrtime() + 10ull * 1000 * 1000 * 1000;
    while (next.got.len < 3 && uv_hrtime() < until) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    say(unknown, CHUTE_STR("5.6.7.8 1 2\r\n!"));
    while (next.got.len < 4 && uv_hrtime() < until) {
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    cr_expect_str_eq(chute_buf_cstr(&next.got), "two!");
    cr_expect_str_eq(next.ip, "127.0.0.1 4.3.2.1");
    close(known);
    close(unknown);
    finish(&world, true);
    cr_expect_eq(next.ended, 2);
    cr_expect_eq(world.ended, 0);
    chute_buf_finish(&next.got);
}

Test(net_conn, says_that_a_port_is_in_use) {
    int fd = chute_listener_bind("test", "127.0.0.1", 0, SOCK_STREAM);
    cr_expect_eq(chute_listener_bind("test", "127.0.0.1", port_of(fd), SOCK_STREAM), UV_EADDRINUSE);
    close(fd);
    fd = chute_listener_bind("test", "127.0.0.1", 0, SOCK_DGRAM);
    cr_expect_eq(chute_listener_bind("test", "127.0.0.1", port_of(fd), SOCK_DGRAM), UV_EADDRINUSE);
    close(fd);
    cr_expect_lt(chute_listener_bind("test", "no.such.host.invalid", 1, SOCK_STREAM), 0);
}

/* ------------------------------------------------------------------ UDP */

struct datagrams {
    struct chute_buf got;
    int count, closed;
    unsigned long long drops;
};

static void on_datagram(void *owner, struct chute_str bytes, const struct sockaddr *from) {
    struct datagrams *datagrams = owner;
    datagrams->count++;
    chute_buf_printf(&datagrams->got, "%s %.*s|", chute_address_of(from).ip, CHUTE_STR_ARGS(bytes));
}

static void on_drops(void *owner, unsigned long long count) {
    ((struct datagrams *)owner)->drops += count;
}

static void on_udp_closed(void *owner) {
    ((struct datagrams *)owner)->closed++;
}

Test(net_udp, reads_datagrams_and_counts_drops) {
    struct datagrams datagrams = { 0 };
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct chute_udp udp = { .loop = &loop,
        .module = "test",
        .owner = &datagrams,
        .most = 5,
        .receive_buffer = 4096,
        .on_datagram = on_datagram,
        .on_drops = on_drops };
    int bound = chute_listener_bind("test", "127.0.0.1", 0, SOCK_DGRAM);
    struct sockaddr_storage address;
    cr_assert_eq(chute_address_resolve("127.0.0.1", port_of(bound), &address), 0);
    chute_udp_start(&udp, bound);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(fd, "one", 3, 0, (struct sockaddr *)&address, chute_address_len(&address));
    sendto(fd, "seven77", 7, 0, (struct sockaddr *)&address, chute_address_len(&address));
    while (datagrams.count < 2) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    cr_expect_str_eq(chute_buf_cstr(&datagrams.got), "127.0.0.1 one|127.0.0.1 seven|");
    chute_udp_pause(&udp);
    int sent = 1000;
    for (int i = 0; i < sent; i++) {
        sendto(fd, "x", 1, 0, (struct sockaddr *)&address, chute_address_len(&address));
    }
    chute_udp_resume(&udp);
    chute_udp_close(&udp, on_udp_closed, &datagrams);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(datagrams.closed, 1);
    cr_expect_gt(datagrams.drops, 0);
    cr_expect_eq(datagrams.count - 2 + (int)datagrams.drops, sent);
    cr_assert_eq(uv_loop_close(&loop), 0);
    chute_buf_finish(&datagrams.got);
    close(fd);
}
