/* micro_json [EVENTS]: CPU time of reading and writing the events of the timetable, in microseconds each. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pipeline/base/json.h"

static double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void make_event(struct chute_buf *buf, unsigned i) {
    chute_buf_printf(buf,
        "{\"@timestamp\":\"2026-11-23T10:%02u:%02u.%03uZ\",\"host\":{\"name\":\"web-%02u.example."
        "org\","
        "\"ip\":\"10.1.%u.%u\"},\"service\":\"checkout\",\"level\":\"info\",\"status\":%u,"
        "\"took_ms\":%u.%02u,\"message\":\"user %u logged in from 192.0.2.%u%s\","
        "\"http\":{\"method\":\"GET\",\"path\":\"/api/v1/orders/%08u/items\",\"bytes\":%u},"
        "\"trace\":{\"id\":\"%016x\",\"span\":\"%08x\"},\"ok\":true}",
        i / 60 % 60, i % 60, i % 1000, i % 40, i % 250, i % 199, 200 + i % 5, i % 900, i % 100, i,
        i % 255, i % 10 == 0 ? " with \\\"quotes\\\"" : "", i, i * 37 % 65536, i * 2654435761u,
        i * 40503u);
}

int main(int argc, char **argv) {
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    struct chute_buf lines = { 0 }, body = { 0 };
    size_t *ends = calloc(count, sizeof(*ends));
    for (unsigned i = 0; i < count; i++) {
        make_event(&lines, i);
        chute_buf_add_char(&lines, '\n');
        ends[i] = lines.len;
    }
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_value *values = calloc(count, sizeof(*values));
    struct chute_arena arena = { 0 };
    double best_decode = 1e9, best_encode = 1e9;
    for (int round = 0; round < 20; round++) {
        double decode = 0, encode = 0;
        for (unsigned i = 0; i < count;) { /* in batches, as a worker does */
            unsigned from = i;
            double start = now_us();
            for (; i < count && i < from + 700; i++) {
                size_t at = i == 0 ? 0 : ends[i - 1];
                struct chute_str line = { lines.at + at, ends[i] - at };
                if (chute_json_decode(parser, &arena, line, &values[i]) != CHUTE_JSON_OK) {
                    return 1;
                }
            }
            double middle = now_us();
            body.len = 0;
            for (unsigned k = from; k < i; k++) {
                chute_json_encode(&body, &values[k]);
                chute_buf_add_char(&body, '\n');
            }
            encode += now_us() - middle;
            decode += middle - start;
            chute_arena_reset(&arena, 1024 * 1024);
        }
        best_decode = decode / count < best_decode ? decode / count : best_decode;
        best_encode = encode / count < best_encode ? encode / count : best_encode;
    }
    printf("bytes %.0f  decode %.3f us  encode %.3f us\n", (double)lines.len / count, best_decode,
        best_encode);
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
    chute_buf_finish(&lines);
    chute_buf_finish(&body);
    free(values);
    free(ends);
    return 0;
}
