/* What `logchute top` shows of given answers of the API. */
#include <criterion/criterion.h>

#include <string.h>

#include "pipeline/cli/top_frame.h"

/* Two looks, ten seconds apart. */
#define STATS(uptime, cpu, events, engine, hide)                                                   \
    "{\"host\":\"web-1\",\"http_address\":\"127.0.0.1:9600\",\"status\":\"yellow\",\"jvm\":"       \
    "{\"uptime_in_millis\":" uptime                                                                \
    ",\"threads\":{\"count\":6},\"mem\":{\"heap_used_in_bytes\":3145728,"                          \
    "\"non_heap_used_in_bytes\":1572864}},\"process\":{\"open_file_descriptors\":23,\"cpu\":{"     \
    "\"total_in_millis\":" cpu "}},\"pipelines\":{\"main\":{\"events\":" events                    \
    ",\"queue\":{\"queue_size_in_bytes\":7340032,\"max_queue_size_in_bytes\":8388608,"             \
    "\"oldest_age_in_millis\":1500},\"plugins\":{\"inputs\":[{\"id\":\"from_tcp\",\"name\":"       \
    "\"tcp\",\"events\":" events "}],\"filters\":[{\"id\":\"hide\",\"name\":\"redact\",\"events\"" \
    ":" events ",\"latency_micros\":" hide                                                         \
    "}],\"outputs\":[{\"id\":\"engine\",\"name\":\"elasticsearch\",\"events\":" engine             \
    ",\"latency_micros\":[0,0,1]}]}}}}"
#define FIRST                                                                                      \
    STATS("5000", "100", "{\"in\":1000,\"out\":900,\"in_flight\":100}",                            \
        "{\"in\":1000,\"out\":900}", "[900]")
#define SECOND                                                                                     \
    STATS("15000", "5100",                                                                         \
        "{\"in\":1235670,\"out\":1000,\"in_flight\":1234567,\"dropped\":3,\"lost\":1}",            \
        "{\"in\":1001,\"out\":950,\"dead_lettered\":4,\"lost\":1,\"retried\":30}",                 \
        "[900,0,0,0,0,0,0,0,0,0,98,2]")

static const char report[] =
    "{\"indicators\":{\"pipelines\":{\"indicators\":{\"main\":{\"status\":\"yellow\",\"diagnosis\":"
    "[{\"cause\":\"engine: takes \\u001b[31mnothing\",\"action\":\"look there\"}]}}}}}";
static const char page[] =
    "{\"errors\":[{\"at_ms\":1795687969423,\"level\":\"warn\",\"module\":\"engine\",\"message\":"
    "\"refused\",\"file\":\"/etc/a.conf\",\"line\":12},{\"level\":\"error\",\"module\":\"m\","
    "\"message\":\"x\"}]}";

static struct chute_top_look first, second;
static struct chute_buf frame;

static void set_up(void) {
    cr_assert(chute_top_look_read(&first, CHUTE_STR(FIRST), CHUTE_STR(""), CHUTE_STR("")));
    cr_assert(
        chute_top_look_read(&second, CHUTE_STR(SECOND), chute_str_of(report), chute_str_of(page)));
}
static void tear_down(void) {
    chute_top_look_finish(&first);
    chute_top_look_finish(&second);
    chute_buf_finish(&frame);
}
TestSuite(top, .init = set_up, .fini = tear_down);

static const char *draw(const struct chute_top_look *now, const struct chute_top_look *before,
    struct chute_top_screen screen) {
    frame.len = 0;
    chute_top_frame(&frame, now, before, before, &screen);
    return chute_buf_cstr(&frame);
}

Test(top, a_frame) {
    static const char want[] =
        "logchute  web-1  127.0.0.1:9600  up 15s\n"
        "status   yellow\n"
        "process  memory 4.5 MiB   cpu 50 %   descriptors 23   threads 6\n"
        "\n"
        "pipeline main\n"
        "events   in 123,467/s   out 10/s   in flight 1,234,567\n"
        "all      in 1,235,670   out 1,000   dropped 3   dead-lettered 0   lost 1\n"
        "queue    7.0 MiB of 8.0 MiB (88 %)   oldest 1.5 s\n"
        "                                      in/s       out/s       p99   failed  retried\n"
        "input from_tcp (tcp)                     -          10         -        -        -\n"
        "filter hide (redact)               123,467          10   2.05 ms        -        -\n"
        "output engine (elasticsearch)          0.1         5.0      4 us        5       30\n"
        "\n"
        "yellow   engine: takes ?[31mnothing\n"
        "         look there\n"
        "warn     10:12:49 engine: refused\n"
        "         /etc/a.conf:12\n"
        "error    00:00:00 m: x\n";
    cr_expect_str_eq(
        draw(&second, &first, (struct chute_top_screen){ 0 }), want, "%s", chute_buf_cstr(&frame));
}

Test(top, the_first_look_has_no_rates) {
    const char *got = draw(&second, NULL, (struct chute_top_screen){ 0 });
    cr_expect_not_null(
        strstr(got, "\nevents   in -/s   out -/s   in flight 1,234,567\n"), "%s", got);
    cr_expect_not_null(strstr(got, "cpu -  "), "%s", got);
    cr_expect_not_null(strstr(got, "1.02 ms        -        -\n"), "of all its life: %s", got);
}

Test(top, a_look_at_another_run_is_none) {
    const char *got = draw(&first, &second, (struct chute_top_screen){ 0 });
    cr_expect_not_null(strstr(got, "\nevents   in -/s   out -/s   in flight 100\n"), "%s", got);
    cr_expect_not_null(strstr(got, "  1 us "), "%s", got);
}

Test(top, narrow_and_low_screens_cut) {
    const char *got = draw(&second, &first, (struct chute_top_screen){ .columns = 20, .lines = 7 });
    cr_expect_str_eq(got,
        "logchute  web-1  127\nstatus   yellow\nprocess  memory 4.5\n\npipeline main\nevents   in "
        "123,467/\nall      in 1,235,67\n",
        "%s", got);
}

Test(top, colours) {
    const char *got = draw(&second, &first, (struct chute_top_screen){ .has_colour = true });
    cr_expect_not_null(strstr(got, "\x1b[33mstatus   yellow\x1b[0m\n"), "%s", got);
    cr_expect_not_null(strstr(got, "\x1b[31merror    00:00:00 m: x\x1b[0m\n"), "%s", got);
    cr_expect_not_null(strstr(got, "\x1b[33moutput engine"), "it retries: %s", got);
    cr_expect_null(strstr(got, "\x1b[31mnothing"), "no sequence of somebody else's");
    draw(&second, &first, (struct chute_top_screen){ .columns = 60 });
    cr_expect_null(memchr(frame.at, '\x1b', frame.len));
}

Test(top, what_is_no_answer) {
    static const char *const rows[] = { "", "nonsense", "[]", "{}", "{\"pipelines\":{}}",
        "{\"pipelines\":[1],\"jvm\":2" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_top_look look = { 0 };
        cr_expect_not(
            chute_top_look_read(&look, chute_str_of(rows[i]), CHUTE_STR("[]"), CHUTE_STR("{")),
            "%s", rows[i]);
        chute_top_look_finish(&look);
    }
    struct chute_top_look odd = { 0 };
    cr_expect(chute_top_look_read(&odd,
        CHUTE_STR(
            "{\"jvm\":[],\"pipelines\":{\"a\":5,\"b\":{\"plugins\":{\"inputs\":[1,{\"id\":2}],"
            "\"outputs\":{}}}}}"),
        CHUTE_STR("{\"indicators\":{\"pipelines\":{\"indicators\":[1]}}}"),
        CHUTE_STR("{\"errors\":[1,{}]}")));
    draw(&odd, &odd, (struct chute_top_screen){ .columns = 1 });
    chute_top_look_finish(&odd);
}
