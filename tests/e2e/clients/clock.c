/* A clock that a test moves: preloaded, it adds to what clock_gettime tells two numbers of nanoseconds that stand in the
 * file CHUTE_TEST_CLOCK: to the time of day, and to the clock that only goes forward. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *moved; /* day, forward */

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CHUTE_TEST_CLOCK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
    moved = at == MAP_FAILED ? NULL : at;
    if (fd >= 0) {
        close(fd);
    }
}

static struct timespec add(struct timespec time, int64_t ns) {
    int64_t nanos = time.tv_nsec + ns % 1000000000;
    time.tv_sec += ns / 1000000000 + (nanos >= 1000000000) - (nanos < 0);
    time.tv_nsec = nanos - 1000000000 * (nanos >= 1000000000) + 1000000000 * (nanos < 0);
    return time;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    int status = (int)syscall(SYS_clock_gettime, clock, out);
    if (status == 0 && moved != NULL) {
        switch (clock) {
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE:
            *out = add(*out, moved[0]);
            break;
        case CLOCK_MONOTONIC:
        case CLOCK_MONOTONIC_COARSE:
            *out = add(*out, moved[1]);
            break;
        }
    }
    return status;
}

/* The kernel waits by its own clock. All of ours wait by the one that only goes forward. */
int pthread_cond_timedwait(
    pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (real == NULL) {
        real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlvsym(
            RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    }
    struct timespec there = add(*until, moved == NULL ? 0 : -moved[1]);
    return real(cond, lock, &there);
}
