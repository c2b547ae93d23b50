/* sink.c - a counting Elasticsearch for the bench: takes _bulk requests on the loopback and does as
 * little as it may.
 *
 *     sink PORT [NAME]
 *
 * It counts documents (a bulk action and its document are two lines), answers every action as
 * created, and says so with the answer that Elasticsearch 8.19 gives; GET / tells that version,
 * HEAD and PUT of templates and the like are answered 200. GET /_count tells
 * {"docs","requests","bytes","first_ms","last_ms"}; SIGTERM prints the same. Keep-alive, Expect:
 * 100-continue, Content-Length and chunked bodies, and gzip are understood. One thread, epoll. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { HEAD_MAX = 64 * 1024, READ_SIZE = 512 * 1024, ITEMS_MAX = 400000 };

/* One connection: its head, then a body that is only counted while it streams by. */
struct peer {
    int fd;
    char head[HEAD_MAX + 1];
    size_t head_len;
    bool in_body, is_chunked, is_gzip, is_bulk, closes;
    bool is_create;  /* the first action of this body */
    bool is_brief;   /* filter_path asks for errors and statuses only, as Logstash does */
    uint64_t left;   /* bytes left of the body or of the chunk */
    int chunk_state; /* see take_chunked */
    char size_line[32];
    size_t size_len;
    uint64_t lines; /* of this body */
    char last;      /* its last byte: a body may lack the final newline */
    bool saw_start;
    z_stream inflater;
    bool has_inflater;
};

static uint64_t docs, requests, body_bytes;
static double first_ms, last_ms;
static volatile sig_atomic_t is_over;
static char
    *items[4]; /* ITEMS_MAX answers for index, create, and both briefly; each ended by a comma */
static size_t item_len[4];

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void on_term(int number) {
    (void)number;
    is_over = 1;
}

static int format_count(char *out, size_t size) {
    return snprintf(out, size,
        "{\"docs\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"bytes\":%" PRIu64
        ",\"first_ms\":%.3f,\"last_ms\":%.3f}",
        docs, requests, body_bytes, first_ms, last_ms);
}

/* Writes all of it; the peer reads its answers, so that a blocking wait here cannot last. */
static void write_all(int fd, struct iovec *parts, int count) {
    while (count > 0) {
        ssize_t wrote = writev(fd, parts, count);
        if (wrote < 0 && (errno == EAGAIN || errno == EINTR)) {
            struct timespec pause = { 0, 200000 };
            nanosleep(&pause, NULL);
            continue;
        }
        if (wrote < 0) {
            return;
        }
        while (count > 0 && (size_t)wrote >= parts->iov_len) {
            wrote -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + wrote;
            parts->iov_len -= (size_t)wrote;
        }
    }
}

static void answer(struct peer *peer, const char *body, size_t len, bool is_head) {
    char head[256];
    int head_len = snprintf(head, sizeof(head),
        "HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\ncontent-type: application/json\r\n"
        "content-length: %zu\r\n\r\n",
        len);
    struct iovec parts[2] = { { head, (size_t)head_len },
        { (void *)(uintptr_t)body, is_head ? 0 : len } };
    write_all(peer->fd, parts, 2);
}

static void answer_bulk(struct peer *peer, uint64_t count) {
    static const char start[] = "{\"took\":1,\"errors\":false,\"items\":[";
    static const char end[] = "]}";
    char head[256];
    int kind = (peer->is_create ? 1 : 0) + (peer->is_brief ? 2 : 0);
    if (count > ITEMS_MAX) {
        fprintf(stderr, "sink: a request of %" PRIu64 " actions\n", count);
        exit(1);
    }
    size_t len = count == 0 ? 0 : count * item_len[kind] - 1;
    int head_len = snprintf(head, sizeof(head),
        "HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\ncontent-type: application/json\r\n"
        "content-length: %zu\r\n\r\n%s",
        sizeof(start) - 1 + len + sizeof(end) - 1, start);
    struct iovec parts[3] = { { head, (size_t)head_len }, { items[kind], len },
        { (void *)(uintptr_t)end, 2 } };
    write_all(peer->fd, parts, 3);
}

static void count_lines(struct peer *peer, const char *at, size_t len) {
    if (len == 0) {
        return;
    }
    if (!peer->saw_start) {
        peer->saw_start = true;
        peer->is_create = len > 3 && memcmp(at, "{\"c", 3) == 0;
    }
    peer->last = at[len - 1];
    const char *end = at + len;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        peer->lines++;
        at++;
    }
}

static void inflate_and_count(struct peer *peer, const char *at, size_t len) {
    static char plain[256 * 1024];
    if (!peer->has_inflater) {
        memset(&peer->inflater, 0, sizeof(peer->inflater));
        inflateInit2(&peer->inflater, 15 + 32);
        peer->has_inflater = true;
    }
    peer->inflater.next_in = (Bytef *)(uintptr_t)at;
    peer->inflater.avail_in = (uInt)len;
    int state = Z_OK;
    do {
        peer->inflater.next_out = (Bytef *)plain;
        peer->inflater.avail_out = sizeof(plain);
        state = inflate(&peer->inflater, Z_NO_FLUSH);
        count_lines(peer, plain, sizeof(plain) - peer->inflater.avail_out);
    } while (state == Z_OK && (peer->inflater.avail_in > 0 || peer->inflater.avail_out == 0));
}

static void take_body(struct peer *peer, const char *at, size_t len) {
    body_bytes += len;
    if (!peer->is_bulk) {
        return;
    }
    if (peer->is_gzip) {
        inflate_and_count(peer, at, len);
    } else {
        count_lines(peer, at, len);
    }
}

static void finish_request(struct peer *peer) {
    char text[512];
    bool is_head = strncmp(peer->head, "HEAD ", 5) == 0;
    if (peer->has_inflater) {
        inflateEnd(&peer->inflater);
        peer->has_inflater = false;
    }
    if (peer->is_bulk) {
        uint64_t lines = peer->lines + (peer->saw_start && peer->last != '\n');
        docs += lines / 2;
        requests++;
        last_ms = now_ms();
        answer_bulk(peer, lines / 2);
    } else if (strncmp(peer->head, "GET /_count ", 12) == 0) {
        answer(peer, text, (size_t)format_count(text, sizeof(text)), false);
    } else if (strncmp(peer->head, "GET / ", 6) == 0 || strncmp(peer->head, "HEAD / ", 7) == 0) {
        static const char hello[] = "{\"name\":\"sink\",\"cluster_name\":\"bench\",\"cluster_"
                                    "uuid\":\"s1nk\",\"version\":{\"number\":\"8.19.0\","
                                    "\"build_flavor\":\"default\",\"lucene_version\":\"9.12.2\"},"
                                    "\"tagline\":\"You Know, for Search\"}";
        answer(peer, hello, sizeof(hello) - 1, is_head);
    } else {
        answer(peer, "{\"acknowledged\":true}", 21, is_head);
    }
    peer->in_body = false;
    peer->head_len = 0;
}

static bool has_header(const struct peer *peer, const char *name, const char *value) {
    const char *at = strcasestr(peer->head, name);
    const char *end = at == NULL ? NULL : strstr(at + 2, "\r\n");
    const char *found = at == NULL ? NULL : strcasestr(at, value);
    return found != NULL && end != NULL && found < end;
}

static void begin_request(struct peer *peer) {
    const char *length = strcasestr(peer->head, "\r\ncontent-length:");
    const char *path = strchr(peer->head, ' ');
    const char *line_end = strstr(peer->head, "\r\n");
    const char *bulk = path == NULL ? NULL : strstr(path, "_bulk");
    peer->is_bulk = bulk != NULL && bulk < line_end;
    const char *filter = path == NULL ? NULL : strstr(path, "filter_path=");
    peer->is_brief = filter != NULL && filter < line_end;
    peer->is_chunked = has_header(peer, "\r\ntransfer-encoding:", "chunked");
    peer->is_gzip = has_header(peer, "\r\ncontent-encoding:", "gzip");
    peer->left = length == NULL ? 0 : strtoull(length + 17, NULL, 10);
    peer->in_body = true;
    peer->chunk_state = 0;
    peer->size_len = 0;
    peer->lines = 0;
    peer->saw_start = false;
    if (peer->is_bulk && first_ms <= 0) {
        first_ms = now_ms();
    }
    if (has_header(peer, "\r\nexpect:", "100-continue")) {
        struct iovec go = { (void *)(uintptr_t) "HTTP/1.1 100 Continue\r\n\r\n", 25 };
        write_all(peer->fd, &go, 1);
    }
}

/* States: 0 in the size line, 1 in the data, 2 in the newline after it, 3 in the trailer.
 * Returns how much was used; the request is finished when the state is 4. */
static size_t take_chunked(struct peer *peer, const char *at, size_t len) {
    size_t used = 0;
    while (used < len && peer->chunk_state != 4) {
        char byte = at[used];
        if (peer->chunk_state == 1) {
            size_t some = len - used < peer->left ? len - used : (size_t)peer->left;
            take_body(peer, at + used, some);
            used += some;
            peer->left -= some;
            peer->chunk_state = peer->left == 0 ? 2 : 1;
            continue;
        }
        used++;
        if (byte != '\n') {
            if (byte != '\r' && peer->size_len < sizeof(peer->size_line) - 1) {
                peer->size_line[peer->size_len++] = byte;
            }
            continue;
        }
        peer->size_line[peer->size_len] = '\0';
        if (peer->chunk_state == 0) {
            peer->left = strtoull(peer->size_line, NULL, 16);
            peer->chunk_state = peer->left == 0 ? 3 : 1;
        } else if (peer->chunk_state == 2) {
            peer->chunk_state = 0;
        } else if (peer->size_len == 0) {
            peer->chunk_state = 4;
        }
        peer->size_len = 0;
    }
    return used;
}

/* Takes what came; false if the peer talks nonsense. */
static bool take(struct peer *peer, const char *at, size_t len) {
    while (len > 0 || (peer->in_body && !peer->is_chunked && peer->left == 0)) {
        if (!peer->in_body) {
            size_t some = len < HEAD_MAX - peer->head_len ? len : HEAD_MAX - peer->head_len;
            size_t before = peer->head_len;
            memcpy(peer->head + before, at, some);
            peer->head[before + some] = '\0';
            char *end = strstr(peer->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
            if (end == NULL) {
                peer->head_len += some;
                return peer->head_len < HEAD_MAX;
            }
            size_t head_len = (size_t)(end + 4 - peer->head);
            *(end + 4) = '\0';
            at += head_len - before;
            len -= head_len - before;
            begin_request(peer);
        } else if (peer->is_chunked) {
            size_t used = take_chunked(peer, at, len);
            at += used;
            len -= used;
            if (peer->chunk_state == 4) {
                finish_request(peer);
            }
        } else {
            size_t some = len < peer->left ? len : (size_t)peer->left;
            take_body(peer, at, some);
            at += some;
            len -= some;
            peer->left -= some;
            if (peer->left == 0) {
                finish_request(peer);
            }
        }
    }
    return true;
}

static void repeat_item(int kind, const char *one) {
    item_len[kind] = strlen(one);
    items[kind] = malloc(item_len[kind] * ITEMS_MAX);
    if (items[kind] == NULL) {
        abort();
    }
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        memcpy(items[kind] + i * item_len[kind], one, item_len[kind]);
    }
}

static void make_items(const char *name) {
    static const char *const actions[] = { "index", "create" };
    for (int kind = 0; kind < 2; kind++) {
        char one[256];
        snprintf(one, sizeof(one),
            "{\"%s\":{\"_index\":\"%s\",\"_id\":\"Zx3kQ5cBv0mJ2pLrT8wY\",\"_version\":1,\"result\":"
            "\"created\",\"_shards\":{\"total\":2,\"successful\":1,\"failed\":0},\"_seq_no\":1,"
            "\"_primary_term\":1,\"status\":201}},",
            actions[kind], name);
        repeat_item(kind, one);
        snprintf(one, sizeof(one), "{\"%s\":{\"status\":201}},", actions[kind]);
        repeat_item(kind + 2, one);
    }
}

static int listen_on(const char *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in addr = { .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(fd, 128) != 0) {
        perror("sink: listen");
        exit(1);
    }
    return fd;
}

static void accept_one(int listener, int poller) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    struct peer *peer = fd < 0 ? NULL : calloc(1, sizeof(*peer));
    if (peer == NULL) {
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    peer->fd = fd;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: sink PORT [INDEX]\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    struct sigaction term = { .sa_handler = on_term };
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGINT, &term, NULL);
    make_items(argc > 2 ? argv[2] : "bench-2026.09.01");
    int listener = listen_on(argv[1]);
    int poller = epoll_create1(0);
    struct epoll_event ready = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &ready);
    static char buffer[READ_SIZE];
    while (!is_over) {
        struct epoll_event events[64];
        int count = epoll_wait(poller, events, 64, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (peer == NULL) {
                accept_one(listener, poller);
                continue;
            }
            ssize_t len = read(peer->fd, buffer, sizeof(buffer));
            if (len > 0 ? !take(peer, buffer, (size_t)len) : len == 0 || errno != EAGAIN) {
                close(peer->fd);
                free(peer);
            }
        }
    }
    char text[512];
    format_count(text, sizeof(text));
    puts(text);
    return 0;
}
