/* What whoever watches the tail gets to see, and that it is bounded. */
#include <criterion/criterion.h>

#include "pipeline/run/tail.h"

static struct chute_tail tail;
static struct chute_batch batch;
static struct chute_tail_batch shown;
static struct chute_tail_lines lines;

static void begin(void) {
    chute_tail_init(&tail);
    chute_batch_reset(&batch);
}

static void finish(void) {
    chute_buf_finish(&lines.text);
    chute_tail_batch_finish(&shown);
    chute_batch_finish(&batch);
    chute_tail_finish(&tail);
}

TestSuite(tail, .init = begin, .fini = finish, .timeout = 60);

static void show_all(const struct chute_selection *events, uint64_t now_ms) {
    chute_tail_begin(&shown, &tail, "main", events, now_ms);
    chute_tail_end(&shown, events);
}

/* Offers so many events, of which each has this message. */
static void offer(size_t count, struct chute_str message, uint64_t now_ms) {
    chute_batch_reset(&batch);
    for (size_t i = 0; i < count; i++) {
        struct chute_event *event = chute_batch_add_bare(&batch);
        chute_event_set_field(event, CHUTE_STR("message"), chute_string(message));
    }
    struct chute_selection events = { batch.events, batch.count };
    show_all(&events, now_ms);
}

static const char *take(void) {
    chute_tail_take(&tail, &lines);
    return chute_buf_cstr(&lines.text);
}

Test(tail, nobody_watches_at_first) {
    cr_expect_not(chute_tail_is_watched(&tail));
    chute_tail_watch(&tail, 1);
    chute_tail_watch(&tail, 1);
    chute_tail_unwatch(&tail);
    cr_expect(chute_tail_is_watched(&tail));
    chute_tail_unwatch(&tail);
    cr_expect_not(chute_tail_is_watched(&tail));
}

Test(tail, a_line_an_event) {
    chute_tail_watch(&tail, 1);
    offer(2, CHUTE_STR("a \"b\"\n"), 1);
    cr_expect_str_eq(take(),
        "data: {\"pipeline\":\"main\",\"event\":{\"message\":\"a \\\"b\\\"\\n\"}}\n"
        "data: {\"pipeline\":\"main\",\"event\":{\"message\":\"a \\\"b\\\"\\n\"}}\n");
    cr_expect_eq(lines.count, 2);
    cr_expect_eq(lines.dropped, 0);
    cr_expect_str_eq(take(), "");
}

Test(tail, a_dropped_event_does_not_show) {
    chute_tail_watch(&tail, 1);
    chute_batch_add_bare(&batch)->is_cancelled = true;
    struct chute_selection events = { batch.events, batch.count };
    show_all(&events, 1);
    cr_expect_str_eq(take(), "");
    cr_expect_eq(lines.dropped, 0);
}

Test(tail, what_an_output_wrote_is_not_encoded_again) {
    chute_tail_watch(&tail, 1);
    struct chute_event *first = chute_batch_add_bare(&batch);
    chute_batch_add_bare(&batch);
    struct chute_selection events = { batch.events, batch.count };
    chute_tail_begin(&shown, &tail, "main", &events, 1);
    cr_assert(first->is_picked);
    chute_tail_show(&shown, first, CHUTE_STR("{\"as\":\"written\"}"));
    cr_expect_not(first->is_picked);
    chute_tail_end(&shown, &events);
    cr_expect_str_eq(take(), "data: {\"pipeline\":\"main\",\"event\":{\"as\":\"written\"}}\n"
                             "data: {\"pipeline\":\"main\",\"event\":{}}\n");
    cr_expect_eq(lines.count, 2);
}

Test(tail, so_many_a_second) {
    chute_tail_watch(&tail, 1000);
    offer(CHUTE_TAIL_EVENTS_PER_SECOND + 7, CHUTE_STR("x"), 1000);
    offer(5, CHUTE_STR("x"), 1000);
    take();
    cr_expect_eq(lines.count, CHUTE_TAIL_EVENTS_PER_SECOND);
    cr_expect_eq(lines.dropped, 12);
    offer(500, CHUTE_STR("x"), 1100);
    take();
    cr_expect_eq(lines.count, CHUTE_TAIL_EVENTS_PER_SECOND / 10);
    cr_expect_eq(lines.dropped, 500 - CHUTE_TAIL_EVENTS_PER_SECOND / 10);
    offer(5000, CHUTE_STR("x"), 3600 * 1000);
    take();
    cr_expect_eq(lines.count, CHUTE_TAIL_EVENTS_PER_SECOND, "an hour does not save up more");
    offer(5, CHUTE_STR("x"), 1000);
    take();
    cr_expect_eq(lines.count, 0, "nor does a clock that another thread looked at earlier");
}

Test(tail, what_nobody_takes_is_bounded) {
    char text[8000];
    memset(text, 'x', sizeof(text));
    chute_tail_watch(&tail, 1);
    offer(400, (struct chute_str){ text, sizeof(text) }, 1);
    take();
    cr_expect_leq(lines.text.len, CHUTE_TAIL_WAITING_BYTES);
    cr_expect_gt(lines.text.len, CHUTE_TAIL_WAITING_BYTES - 10000);
    cr_expect_eq(lines.count + lines.dropped, 400);
    offer(1, CHUTE_STR("x"), 1);
    take();
    cr_expect_eq(lines.count, 1, "there is room again");
}

Test(tail, a_long_event_is_cut_between_characters_and_counts_by_its_bytes) {
    size_t len = (size_t)3 * 1024 * 1024;
    char *text = malloc(len);
    for (size_t i = 0; i < len; i += 2) {
        memcpy(text + i, "\xC3\xA4", 2);
    }
    chute_tail_watch(&tail, 1);
    offer(5, (struct chute_str){ text, len }, 1);
    const char *line = take();
    cr_expect_eq(lines.count, 2, "4 MiB a second are encoded, and the last one to its end");
    cr_expect_eq(lines.dropped, 3);
    cr_expect_eq(
        strncmp(line, "data: {\"pipeline\":\"main\",\"cut\":\"{\\\"message\\\":\\\"\xC3\xA4", 45),
        0);
    cr_expect_lt(lines.text.len, 2 * CHUTE_TAIL_EVENT_BYTES);
    const char *end = strchr(line, '\n');
    cr_expect_eq(memcmp(end - 4, "\xC3\xA4\"}", 4), 0);
    free(text);
}

Test(tail, after_the_last_watcher_nothing_is_left) {
    chute_tail_watch(&tail, 1);
    offer(2, CHUTE_STR("x"), 1);
    chute_tail_unwatch(&tail);
    offer(2, CHUTE_STR("y"), 1); /* a batch that was under way */
    cr_expect_eq(tail.waiting.len, 0);
    chute_tail_watch(&tail, 2);
    take();
    cr_expect_eq(lines.count, 0);
    cr_expect_eq(lines.dropped, 0);
}
