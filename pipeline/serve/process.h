/* pipeline/serve/process.h - what the system says of this process.
 *
 * Ownership: plain values. Threads: any. */
#ifndef CHUTE_SERVE_PROCESS_H
#define CHUTE_SERVE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chute_process_facts {
    uint64_t resident_bytes;
    uint64_t anonymous_bytes; /* of those, what is no file */
    uint64_t virtual_bytes;
    uint64_t machine_bytes; /* of memory, all of it */
    uint64_t threads;
    double cpu_seconds;
    uint64_t open_descriptors;
    uint64_t most_descriptors;
};
struct chute_process_facts chute_process_facts(void);
/* Seconds since 1970. */
double chute_process_start_time(void);
/* Reads a file under /proc or /sys as a text, as far as `size` has room; "" if it cannot be read. */
void chute_process_read(const char *path, char *text, size_t size);

/* What the process's control group says (version 2). False: there is none, or it does not limit the processor. */
struct chute_cgroup_facts {
    char path[256];
    uint64_t usage_ns;
    int64_t period_us, quota_us; /* -1: no limit */
    uint64_t periods, throttled, throttled_ns;
};
bool chute_cgroup_facts(struct chute_cgroup_facts *out);

#endif
