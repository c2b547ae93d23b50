/* least.c - the least work that the bench's pipeline can be done with, and the yardstick of a noisy
 * machine.
 *
 *     least PORT SINK_PORT
 *
 * Reads lines from TCP, parses each with yajl's SAX interface (the callbacks only note where
 * `message` is), matches three patterns by PCRE2-JIT against it, copies the line behind an action
 * into one body, and posts the body to the sink when it is full. No tree, no events, no batches, no
 * retries. Ends when all connections have closed, after at least one. Its CPU is read from outside.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

enum { BODY_MAX = 5 * 1024 * 1024, READ_SIZE = 256 * 1024, LINE_MAX_BYTES = 64 * 1024 };

struct message {
    bool is_next;
    const unsigned char *at;
    size_t len;
};

/* A connection: what follows the last newline waits in front of the next read. */
struct source {
    int fd;
    size_t tail;
    char buffer[LINE_MAX_BYTES + READ_SIZE];
};

static const char *const patterns[] = { "password=\\S+", "[Bb]earer \\S+",
    "\\b\\d{4}[ -]\\d{4}[ -]\\d{4}[ -]\\d{4}\\b" };
static pcre2_code *codes[3];
static pcre2_match_data *matches;
static pcre2_match_context *context;
static char *body;
static size_t body_len;
static int sink;
static uint64_t hits;

static int on_any(void *self) {
    (void)self;
    return 1;
}

static int on_bool(void *self, int value) {
    (void)self;
    (void)value;
    return 1;
}

static int on_number(void *self, const char *at, size_t len) {
    (void)self;
    (void)at;
    (void)len;
    return 1;
}

static int on_string(void *self, const unsigned char *at, size_t len) {
    struct message *message = self;
    if (message->is_next) {
        message->at = at;
        message->len = len;
        message->is_next = false;
    }
    return 1;
}

static int on_key(void *self, const unsigned char *at, size_t len) {
    struct message *message = self;
    message->is_next = len == 7 && memcmp(at, "message", 7) == 0;
    return 1;
}

static const yajl_callbacks callbacks = { on_any, on_bool, NULL, NULL, on_number, on_string, on_any,
    on_key, on_any, on_any, on_any };

static int tcp_socket(const char *port, bool is_listener) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    struct sockaddr_in addr = { .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int failed = is_listener ? bind(fd, (struct sockaddr *)&addr, sizeof(addr)) | listen(fd, 128)
                             : connect(fd, (struct sockaddr *)&addr, sizeof(addr));
    if (failed != 0) {
        perror("least");
        exit(1);
    }
    return fd;
}

static void write_all(const char *at, size_t len) {
    while (len > 0) {
        ssize_t wrote = write(sink, at, len);
        if (wrote <= 0) {
            perror("least: write");
            exit(1);
        }
        at += wrote;
        len -= (size_t)wrote;
    }
}

/* Posts the body and waits for the whole answer, of which only the length is looked at. */
static void post(void) {
    static char answer[READ_SIZE];
    char head[160];
    int head_len = snprintf(head, sizeof(head),
        "POST /_bulk HTTP/1.1\r\nhost: sink\r\ncontent-type: "
        "application/x-ndjson\r\ncontent-length: %zu\r\n\r\n",
        body_len);
    write_all(head, (size_t)head_len);
    write_all(body, body_len);
    body_len = 0;
    ssize_t got = read(sink, answer, sizeof(answer) - 1);
    if (got <= 0) {
        fprintf(stderr, "least: the sink went away\n");
        exit(1);
    }
    answer[got] = '\0';
    const char *length = strstr(answer, "content-length: ");
    const char *end = strstr(answer, "\r\n\r\n");
    if (length == NULL || end == NULL) {
        fprintf(stderr, "least: not an answer\n");
        exit(1);
    }
    long long left = strtoll(length + 16, NULL, 10) - (answer + got - (end + 4));
    while (left > 0 && (got = read(sink, answer, sizeof(answer))) > 0) {
        left -= got;
    }
}

static void take_line(yajl_handle parser, struct message *message, const char *at, size_t len) {
    static const char action[] = "{\"create\":{}}\n";
    message->at = NULL;
    if (yajl_parse(parser, (const unsigned char *)at, len) != yajl_status_ok) {
        fprintf(stderr, "least: not JSON: %.*s", (int)len, at);
        exit(1);
    }
    for (int i = 0; i < 3 && message->at != NULL; i++) {
        hits += pcre2_jit_match(codes[i], message->at, message->len, 0, 0, matches, context) > 0;
    }
    if (body_len + sizeof(action) + len > BODY_MAX) {
        post();
    }
    memcpy(body + body_len, action, sizeof(action) - 1);
    memcpy(body + body_len + sizeof(action) - 1, at, len);
    body_len += sizeof(action) - 1 + len;
}

/* Reads once from `source`; false at its end. */
static bool drain(struct source *source, yajl_handle parser, struct message *message) {
    ssize_t got = read(source->fd, source->buffer + source->tail, READ_SIZE);
    if (got <= 0) {
        return false;
    }
    const char *at = source->buffer, *end = source->buffer + source->tail + got, *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        take_line(parser, message, at, (size_t)(newline + 1 - at));
        at = newline + 1;
    }
    source->tail = (size_t)(end - at);
    if (source->tail > LINE_MAX_BYTES) {
        fprintf(stderr, "least: a line of more than 64 KiB\n");
        exit(1);
    }
    memmove(source->buffer, at, source->tail);
    return true;
}

static void compile_patterns(void) {
    for (int i = 0; i < 3; i++) {
        int code;
        PCRE2_SIZE offset;
        codes[i] =
            pcre2_compile((PCRE2_SPTR)patterns[i], PCRE2_ZERO_TERMINATED, 0, &code, &offset, NULL);
        if (codes[i] == NULL || pcre2_jit_compile(codes[i], PCRE2_JIT_COMPLETE) != 0) {
            fprintf(stderr, "least: pattern %d\n", i);
            exit(1);
        }
    }
    matches = pcre2_match_data_create(16, NULL);
    context = pcre2_match_context_create(NULL);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: least PORT SINK_PORT\n");
        return 1;
    }
    compile_patterns();
    body = malloc(BODY_MAX);
    sink = tcp_socket(argv[2], false);
    int listener = tcp_socket(argv[1], true), poller = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    struct message message = { 0 };
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &message);
    yajl_config(parser, yajl_allow_multiple_values, 1);
    yajl_config(parser, yajl_dont_validate_strings, 1);
    unsigned open = 0;
    do {
        if (epoll_wait(poller, &event, 1, -1) < 1) {
            continue;
        }
        struct source *source = event.data.ptr;
        if (source == NULL) {
            source = calloc(1, sizeof(*source));
            source->fd = accept(listener, NULL, NULL);
            event = (struct epoll_event){ .events = EPOLLIN, .data.ptr = source };
            epoll_ctl(poller, EPOLL_CTL_ADD, source->fd, &event);
            open++;
        } else if (!drain(source, parser, &message)) {
            close(source->fd);
            free(source);
            open--;
        }
    } while (open > 0);
    if (body_len > 0) {
        post();
    }
    printf("{\"hits\":%llu}\n", (unsigned long long)hits);
    return 0;
}
