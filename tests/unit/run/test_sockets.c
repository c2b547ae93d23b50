/* Sockets that outlive the pipeline which opened them, with the real inputs. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "conf/parser.h"
#include "pipeline/net/listener.h"
#include "pipeline/run/loader.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t has_more;
    struct chute_buf got; /* "message|" each */
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER, .has_more = PTHREAD_COND_INITIALIZER };

static bool collect_encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    (void)settings;
    (void)flags;
    (void)worker;
    chute_buf_add_str(bytes, chute_value_str(chute_event_field(event, CHUTE_STR("message"))));
    chute_buf_add_char(bytes, '|');
    return true;
}

static void collect_deliver(struct chute_output *output, struct chute_parcel *parcel) {
    pthread_mutex_lock(&seen.lock);
    chute_buf_add_str(&seen.got, chute_buf_str(&parcel->bytes));
    pthread_cond_signal(&seen.has_more);
    pthread_mutex_unlock(&seen.lock);
    chute_output_answer_all(parcel, CHUTE_DONE);
    chute_output_finish(output, parcel);
}

static const struct chute_option no_options[] = { { 0 } };
static const struct chute_output_plugin collect = {
    .name = "collect",
    .summary = "Keeps messages.",
    .options = no_options,
    .thread = CHUTE_OWN_THREAD,
    .encode = collect_encode,
    .deliver = collect_deliver,
};
const struct chute_output_plugin *const chute_outputs[] = { &collect, NULL };

/* Waits until all that was delivered is `want`, ten seconds at most, and forgets it. */
static void expect_messages(const char *says, const char *want) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&seen.lock);
    int rc = 0;
    while (seen.got.len < strlen(want) && rc == 0) {
        rc = pthread_cond_timedwait(&seen.has_more, &seen.lock, &until);
    }
    cr_expect_str_eq(chute_buf_cstr(&seen.got), want, "%s: %s in place of %s", says,
        chute_buf_cstr(&seen.got), want);
    chute_buf_finish(&seen.got);
    pthread_mutex_unlock(&seen.lock);
}

/* A pipeline of that input. */
static struct chute_pipeline *load(
    struct chute_process *process, const char *input, const char *options, int port) {
    struct chute_buf config = { 0 };
    chute_buf_printf(&config,
        "input { %s { host => \"127.0.0.1\" port => %d %s %s } } output { collect { } }", input,
        port, strcmp(input, "tcp") == 0 ? "dns_reverse_lookup_enabled => false" : "", options);
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *source =
        chute_diag_add_source(diag, "test", chute_str_of(chute_buf_cstr(&config)));
    struct chute_ast *ast = chute_parse(diag, &source, 1, false);
    struct chute_pipeline_settings settings = { .id = "test",
        .path_data = "/nonexistent",
        .host_name = "host",
        .workers = 1,
        .batch_size = 100,
        .is_ordered = true,
        .queue_bytes = 64 * 1024 };
    struct chute_pipeline *pipeline = chute_pipeline_load(process, &settings, ast, diag, false);
    if (pipeline == NULL) {
        chute_diag_print(diag, stderr);
    }
    cr_assert_not_null(pipeline);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
    chute_buf_finish(&config);
    return pipeline;
}

static void drain_and_destroy(struct chute_pipeline *pipeline) {
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_pipeline_destroy(pipeline);
}

static int free_port(void) {
    int fd = chute_listener_bind("test", "127.0.0.1", 0, SOCK_STREAM);
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return chute_address_of((struct sockaddr *)&address).port;
}

/* A socket of `type` connected to `port`; -1 if that is refused. */
static int connect_to(int port, int type) {
    int fd = socket(AF_INET, type, 0);
    struct sockaddr_storage address;
    cr_assert_eq(chute_address_resolve("127.0.0.1", port, &address), 0);
    if (connect(fd, (struct sockaddr *)&address, chute_address_len(&address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *text) {
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What is sent to a pipeline, and what the next one makes of the rest. */
static const struct {
    const char *says, *input, *options, *next_options;
    const char *first, *first_gets, *second, *second_gets;
} rows[] = {
    { "half a line", "tcp", "", "", "whole\nhal", "whole|", "f a line\n", "half a line|" },
    { "for another codec", "tcp", "", "codec => json_lines", "whole\n{\"message\":", "whole|",
        "\"x\"}\n", "x|" },
    { "without a whole frame before", "tcp", "", "proxy_protocol => true", "a\nb", "a|", "c\n",
        "bc|" },
    { "the rest of a line that was too long", "tcp",
        "codec => json_lines { decode_size_limit_bytes => 16 }", "codec => json_lines",
        "xxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx|", "xxx\n{\"message\":\"next\"}\n", "next|" },
    { "lines that belong together", "tcp",
        "codec => multiline { pattern => \"^ \" what => previous }",
        "codec => multiline { pattern => \"^ \" what => previous }", "zero\none\n two\n thr",
        "zero|", "ee\nfour\n", "one\n two\n three|" },
    { "half a syslog line", "syslog", "", "", "<13>whole\n<13>hal", "whole|", "f\n", "half|" },
    { "half a counted syslog message", "syslog", "", "", "8 <13>abcd9 <13>ha", "abcd|", "lve",
        "halve|" },
};

Test(sockets, connections_go_on_in_a_successor, .timeout = 60) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_process process;
        chute_process_start(&process);
        int port = free_port();
        struct chute_pipeline *first = load(&process, rows[i].input, rows[i].options, port);
        cr_assert_eq(chute_pipeline_start(first), 0);
        int client = connect_to(port, SOCK_STREAM);
        say(client, rows[i].first);
        expect_messages(rows[i].says, rows[i].first_gets);
        chute_pipeline_stop_for_successor(first);
        drain_and_destroy(first);

        int between = connect_to(port, SOCK_STREAM);
        cr_expect_geq(between, 0, "%s: the port was closed", rows[i].says);
        expect_messages(rows[i].says, "");
        struct chute_pipeline *second = load(&process, rows[i].input, rows[i].next_options, port);
        cr_assert_eq(chute_pipeline_start(second), 0);
        say(client, rows[i].second);
        expect_messages(rows[i].says, rows[i].second_gets);
        cr_expect_eq(second->counters.in, 1, "%s: %lu events", rows[i].says,
            (unsigned long)second->counters.in);
        close(between);
        close(client);
        chute_pipeline_stop(second);
        drain_and_destroy(second);
        chute_buf_finish(&seen.got);
        cr_expect_eq(connect_to(port, SOCK_STREAM), -1, "%s: a stop for good closes", rows[i].says);
        chute_process_finish(&process);
    }
}

Test(sockets, who_came_in_between_is_served, .timeout = 60) {
    struct chute_process process;
    chute_process_start(&process);
    int port = free_port();
    struct chute_pipeline *first = load(&process, "tcp", "", port);
    cr_assert_eq(chute_pipeline_start(first), 0);
    chute_pipeline_stop_for_successor(first);
    drain_and_destroy(first);
    int client = connect_to(port, SOCK_STREAM);
    say(client, "early\n");
    struct chute_pipeline *second = load(&process, "tcp", "", port);
    cr_assert_eq(chute_pipeline_start(second), 0);
    expect_messages("a connection that waited", "early|");
    close(client);
    chute_pipeline_stop(second);
    drain_and_destroy(second);
    chute_process_finish(&process);
}

Test(sockets, datagrams_wait_for_a_successor, .timeout = 60) {
    struct chute_process process;
    chute_process_start(&process);
    int port = free_port();
    struct chute_pipeline *first = load(&process, "udp", "", port);
    cr_assert_eq(chute_pipeline_start(first), 0);
    int client = connect_to(port, SOCK_DGRAM);
    say(client, "one");
    expect_messages("the first", "one|");
    chute_pipeline_stop_for_successor(first);
    drain_and_destroy(first);
    say(client, "two");
    struct chute_pipeline *second = load(&process, "udp", "buffer_size => 1000", port);
    cr_assert_eq(chute_pipeline_start(second), 0);
    expect_messages("one that waited", "two|");
    close(client);
    chute_pipeline_stop(second);
    drain_and_destroy(second);
    chute_process_finish(&process);
}

/* A process may end with sockets that no successor came for; what is connected is cut off. */
Test(sockets, the_end_of_the_process_closes_what_is_left, .timeout = 60) {
    struct chute_process process;
    chute_process_start(&process);
    int port = free_port();
    struct chute_pipeline *first = load(&process, "syslog", "", port);
    cr_assert_eq(chute_pipeline_start(first), 0);
    int client = connect_to(port, SOCK_STREAM);
    say(client, "<13>a\n<13>b");
    expect_messages("the first", "a|");
    chute_pipeline_stop_for_successor(first);
    drain_and_destroy(first);
    chute_process_finish(&process);
    char byte;
    cr_expect_leq(read(client, &byte, 1), 0);
    close(client);
    cr_expect_eq(connect_to(port, SOCK_STREAM), -1);
}

Test(sockets, one_port_is_one_inputs, .timeout = 60) {
    static const struct {
        const char *says, *first, *second;
    } pairs[] = {
        { "two of a kind", "tcp", "tcp" },
        { "two that share a protocol", "syslog", "udp" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        int port = free_port();
        int ends[2];
        cr_assert_eq(pipe(ends), 0);
        chute_log_set_fd(ends[1]);
        struct chute_process process;
        chute_process_start(&process);
        char options[200];
        snprintf(options, sizeof(options),
            "id => \"mine\" } %s { id => \"yours\" host => \"127.0.0.1\" port => %d",
            pairs[i].second, port);
        struct chute_pipeline *pipeline = load(&process, pairs[i].first, options, port);
        cr_expect_eq(chute_pipeline_start(pipeline), UV_EADDRINUSE, "%s", pairs[i].says);
        chute_pipeline_stop(pipeline);
        drain_and_destroy(pipeline);
        chute_process_finish(&process);
        chute_log_set_fd(STDERR_FILENO);
        close(ends[1]);
        char text[4096] = "";
        ssize_t len = read(ends[0], text, sizeof(text) - 1);
        close(ends[0]);
        cr_expect(len > 0 && strchr(text, '\n') == text + len - 1, "%s: not one line: %s",
            pairs[i].says, text);
        cr_expect(strstr(text, "another input has this port") != NULL &&
                      strstr(text, "mine") != NULL && strstr(text, "yours") != NULL,
            "%s: %s", pairs[i].says, text);
    }
}
