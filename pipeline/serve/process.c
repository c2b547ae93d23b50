#include "pipeline/serve/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void chute_process_read(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "re");
    size_t len = file == NULL ? 0 : fread(text, 1, size - 1, file);
    text[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

/* The number behind `name` at the start of a line; 0 if there is none. */
static uint64_t number_of(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0) {
            return strtoull(line + len, NULL, 10);
        }
    }
    return 0;
}

/* New kernels tell the number as the folder's size; else its entries are counted. */
static uint64_t count_descriptors(void) {
    struct stat about;
    if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0) {
        return (uint64_t)about.st_size;
    }
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

/* Field 22 of /proc/self/stat is in ticks since the machine's start. */
double chute_process_start_time(void) {
    char text[1024];
    unsigned long long ticks = 0;
    struct timespec now, up;
    chute_process_read("/proc/self/stat", text, sizeof(text));
    const char *end = strrchr(text, ')');
    if (end != NULL) {
        sscanf(end + 1,
            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
            &ticks);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    return (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9 +
           (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

struct chute_process_facts chute_process_facts(void) {
    char text[4096];
    struct rusage usage;
    struct rlimit limit;
    chute_process_read("/proc/self/status", text, sizeof(text));
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (struct chute_process_facts){
        .resident_bytes = number_of(text, "VmRSS:") * 1024,
        .anonymous_bytes = number_of(text, "RssAnon:") * 1024,
        .virtual_bytes = number_of(text, "VmSize:") * 1024,
        .machine_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
        .threads = number_of(text, "Threads:"),
        .cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        .open_descriptors = count_descriptors(),
        .most_descriptors = limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur,
    };
}

bool chute_cgroup_facts(struct chute_cgroup_facts *out) {
    char text[4096], path[512], quota[32] = "max";
    *out = (struct chute_cgroup_facts){ .period_us = 100000, .quota_us = -1 };
    chute_process_read("/proc/self/cgroup", text, sizeof(text));
    const char *line = strstr(text, "0::");
    if (line == NULL || sscanf(line + 3, "%255[^\n]", out->path) != 1) {
        return false;
    }
    snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", out->path);
    chute_process_read(path, text, sizeof(text));
    if (sscanf(text, "%31s %" SCNd64, quota, &out->period_us) < 1) {
        /* inside a container the own group is the root of what can be seen */
        chute_process_read("/sys/fs/cgroup/cpu.max", text, sizeof(text));
        if (sscanf(text, "%31s %" SCNd64, quota, &out->period_us) < 1) {
            return false;
        }
        snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu.stat");
    } else {
        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.stat", out->path);
    }
    if (strcmp(quota, "max") != 0) {
        out->quota_us = strtoll(quota, NULL, 10);
    }
    chute_process_read(path, text, sizeof(text));
    out->usage_ns = number_of(text, "usage_usec ") * 1000;
    out->periods = number_of(text, "nr_periods ");
    out->throttled = number_of(text, "nr_throttled ");
    out->throttled_ns = number_of(text, "throttled_usec ") * 1000;
    return true;
}
