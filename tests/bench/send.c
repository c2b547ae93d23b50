/* send.c - pushes a file of lines over N TCP connections as fast as they are taken, then closes.
 *
 *     send PORT CONNECTIONS FILE
 *
 * The file is cut at line ends into N equal parts, one connection each. Prints {"bytes","seconds"}.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PARTS_MAX = 256, PIECE = 256 * 1024 };

struct part {
    const char *at, *end;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int connect_to(const char *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in addr = { .sin_family = AF_INET,
        .sin_port = htons((unsigned short)strtoul(port, NULL, 10)) };
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        perror("send: connect");
        exit(1);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Cuts `size` bytes into `count` parts that end at a line's end. */
static void cut(const char *text, size_t size, struct part *parts, unsigned count) {
    const char *at = text, *end = text + size;
    for (unsigned i = 0; i < count; i++) {
        const char *to = i + 1 == count ? end : text + size / count * (i + 1);
        if (to < at) {
            to = at;
        }
        const char *line_end = to < end ? memchr(to, '\n', (size_t)(end - to)) : NULL;
        to = line_end == NULL ? end : line_end + 1;
        parts[i] = (struct part){ at, to };
        at = to;
    }
}

static void push(struct pollfd *fds, struct part *parts, unsigned count) {
    unsigned open = count;
    while (open > 0) {
        poll(fds, count, -1);
        for (unsigned i = 0; i < count; i++) {
            if (fds[i].fd < 0 || fds[i].revents == 0) {
                continue;
            }
            size_t left = (size_t)(parts[i].end - parts[i].at);
            ssize_t wrote =
                left == 0 ? 0 : write(fds[i].fd, parts[i].at, left < PIECE ? left : PIECE);
            if (wrote < 0 && (fds[i].revents & (POLLERR | POLLHUP)) != 0) {
                fprintf(stderr, "send: connection lost\n");
                exit(1);
            }
            parts[i].at += wrote > 0 ? wrote : 0;
            if (parts[i].at == parts[i].end) {
                close(fds[i].fd);
                fds[i].fd = -1;
                open--;
            }
        }
    }
}

int main(int argc, char **argv) {
    unsigned count = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    int file = argc == 4 ? open(argv[3], O_RDONLY) : -1;
    struct stat info;
    if (count == 0 || count > PARTS_MAX || file < 0 || fstat(file, &info) != 0 ||
        info.st_size == 0) {
        fprintf(stderr, "usage: send PORT CONNECTIONS FILE\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    const char *text =
        mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (text == MAP_FAILED) {
        perror("send: mmap");
        return 1;
    }
    struct part parts[PARTS_MAX];
    struct pollfd fds[PARTS_MAX];
    cut(text, (size_t)info.st_size, parts, count);
    for (unsigned i = 0; i < count; i++) {
        fds[i] = (struct pollfd){ .fd = connect_to(argv[1]), .events = POLLOUT };
    }
    double start = now();
    push(fds, parts, count);
    printf("{\"bytes\":%lld,\"seconds\":%.3f}\n", (long long)info.st_size, now() - start);
    return 0;
}
