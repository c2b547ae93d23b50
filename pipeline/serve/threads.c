/* pipeline/serve/threads.c - `/_node/hot_threads`: the process's threads, the busiest first. */
#include <dirent.h>
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/serve/process.h"
#include "pipeline/serve/serve.h"

#define MOST_THREADS 512
#define USUAL_COUNT 10

struct thread {
    long id;
    char name[32];
    const char *state;
    double percent; /* of the process's life, on a processor */
};

static const char *state_of(char letter) {
    return letter == 'R'                    ? "runnable"
           : letter == 'D'                  ? "blocked"
           : letter == 'S' || letter == 'I' ? "waiting"
                                            : "unknown";
}

/* Reads /proc/self/task/ID/stat: "ID (name) S …", in which fields 14 and 15 are ticks. */
static bool read_thread(long id, double uptime_s, struct thread *thread) {
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", id);
    chute_process_read(path, text, sizeof(text));
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    char letter = '?';
    if (open == NULL || close == NULL ||
        sscanf(close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &letter, &user,
            &system) != 3) {
        return false;
    }
    snprintf(thread->name, sizeof(thread->name), "%.*s", (int)(close - open - 1), open + 1);
    thread->id = id;
    thread->state = state_of(letter);
    thread->percent = 100 * (double)(user + system) / (double)sysconf(_SC_CLK_TCK) /
                      (uptime_s > 0 ? uptime_s : 1);
    return true;
}

static int by_use(const void *a, const void *b) {
    const struct thread *one = a, *other = b;
    return (one->percent < other->percent) - (one->percent > other->percent);
}

static size_t read_threads(struct thread *threads, double uptime_s) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry;
         folder != NULL && count < MOST_THREADS && (entry = readdir(folder)) != NULL;) {
        long id = strtol(entry->d_name, NULL, 10);
        count += id > 0 && read_thread(id, uptime_s, &threads[count]);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    qsort(threads, count, sizeof(*threads), by_use);
    return count;
}

static size_t wanted_count(const struct chute_http_exchange *exchange) {
    struct chute_buf text = { 0 };
    long count = USUAL_COUNT;
    if (chute_http_parameter(exchange, "threads", &text)) {
        count = strtol(chute_buf_cstr(&text), NULL, 10);
    }
    chute_buf_finish(&text);
    return count < 1 ? USUAL_COUNT : (size_t)count;
}

static void now_text(char text[CHUTE_TIME_TEXT_SIZE]) {
    text[chute_time_format(chute_clock_now(), text)] = '\0';
}

static void answer_people(const struct chute_api *api, struct chute_http_exchange *exchange,
    const struct thread *threads, size_t count) {
    static const char line[] =
        "================================================================================\n";
    char now[CHUTE_TIME_TEXT_SIZE];
    struct chute_buf out = { 0 };
    now_text(now);
    chute_buf_printf(&out, "::: {%s}\nHot threads at %s, busiestThreads=%zu:\n%s",
        api->settings.host_name, now, count, line);
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&out,
            "%.2f %% of cpu usage, state: %s, thread name: '%s', thread id: %ld\n",
            threads[i].percent, threads[i].state, threads[i].name, threads[i].id);
    }
    chute_serve_text(exchange, HTTP_STATUS_OK, "text/plain", chute_buf_str(&out));
    chute_buf_finish(&out);
}

void chute_serve_hot_threads(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct thread threads[MOST_THREADS];
    char now[CHUTE_TIME_TEXT_SIZE];
    double uptime_s = (double)(chute_now_ms() - api->started_ms) / 1000;
    size_t count = read_threads(threads, uptime_s), wanted = wanted_count(exchange);
    count = count < wanted ? count : wanted;
    if (chute_serve_is_asked(exchange, "human")) {
        answer_people(api, exchange, threads, count);
        return;
    }
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    now_text(now);
    chute_serve_begin(api, &writer, &out);
    chute_write_open(&writer, "hot_threads", '{');
    chute_write_text(&writer, "time", now);
    chute_write_int(&writer, "busiest_threads", (int64_t)count);
    chute_write_open(&writer, "threads", '[');
    for (size_t i = 0; i < count; i++) {
        chute_write_open(&writer, NULL, '{');
        chute_write_text(&writer, "name", threads[i].name);
        chute_write_int(&writer, "thread_id", threads[i].id);
        chute_write_rate(&writer, "percent_of_cpu_time", threads[i].percent);
        chute_write_text(&writer, "state", threads[i].state);
        chute_write_open(&writer, "traces", '[');
        chute_write_close(&writer, ']');
        chute_write_close(&writer, '}');
    }
    chute_write_close(&writer, ']');
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}
