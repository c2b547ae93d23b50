/* The engine, proved by plugins made for it: every capability of plugin.h, and that no event is lost. */
#include "test_plugins.h"

#define LINES(n) "input { lines { count => " #n " } } "

Test(engine, passes_every_event, .timeout = 60) {
    struct chute_counters all = run_config(LINES(5000) "output { collect { } }", 1);
    cr_expect_eq(all.in, 5000);
    cr_expect_eq(all.out, 5000);
    cr_expect_eq(seen.delivered_count, 5000);
    cr_expect_eq(seen.resolved, 5000);
    cr_expect_eq(seen.resolved_prefix, 5000);
    cr_expect(strncmp(seen.delivered.at, "1\n2\n3\n", 6) == 0, "one worker keeps the order");
}

Test(engine, several_workers_lose_nothing, .timeout = 60) {
    struct chute_counters all = run_config(LINES(20000) "output { collect { } }", 4);
    cr_expect_eq(all.out, 20000);
    cr_expect_eq(seen.resolved_prefix, 20000);
}

Test(engine, a_filter_drops_and_keeps_state, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(1000) "filter { drop_every { every => 4 } } output { collect { } }", 2);
    cr_expect_eq(all.dropped, 250);
    cr_expect_eq(all.out, 750);
    cr_expect_eq(seen.resolved, 1000, "dropped events are resolved too");
    cr_expect_eq(seen.workers_seen, 2, "each worker has its state");
}

Test(engine, a_selection_is_what_the_condition_lets_through, .timeout = 60) {
    run_config(
        LINES(1000) "filter { if [message] == \"7\" { whole_batch { } } } output { collect { } }",
        1);
    cr_expect_eq(seen.largest_selection, 1);
    run_config(LINES(5000) "filter { whole_batch { } } output { collect { } }", 1);
    cr_expect_gt(seen.largest_selection, 1);
    cr_expect_leq(seen.largest_selection, 100, "a batch has pipeline.batch.size events");
}

Test(engine, emitted_events_go_on_behind_their_parent, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(300) "filter { copies { } } output { collect { } }", 1);
    cr_expect_eq(all.created, 600);
    cr_expect_eq(all.out, 900);
    cr_expect_eq(seen.resolved, 300, "a token resolves once, after all its events");
    cr_expect(strncmp(seen.delivered.at, "1\n1\n1\n2\n2\n2\n", 12) == 0);
}

Test(engine, branches_join_in_order, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(300) "filter { copies { }"
                              " if [copy] == 2 { drop_every { every => 1 } } else if [message] == "
                              "\"2\" { whole_batch { } }"
                              " else { whole_batch { } } } output { collect { } }",
            1);
    cr_expect_eq(all.dropped, 300);
    cr_expect_eq(all.out, 600);
    cr_expect(strncmp(seen.delivered.at, "1\n1\n2\n2\n3\n3\n", 12) == 0);
}

Test(engine, a_condition_without_answer_drops_the_event, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(10) "filter { if [nope] > 1 { copies { } } } output { collect { } }", 1);
    cr_expect_eq(all.dropped, 10);
    cr_expect_eq(seen.resolved, 10);
}

Test(engine, pending_events_come_back, .timeout = 60) {
    for (int workers = 1; workers <= 3; workers += 2) {
        struct chute_counters all =
            run_config(LINES(3000) "filter { later { add_field => { \"x\" => \"y\" } } copies { } "
                                   "} output { collect { } }",
                workers);
        cr_expect_eq(all.dropped, 300);
        cr_expect_eq(all.out, 2700 * 3);
        cr_expect_eq(seen.resolved_prefix, 3000);
    }
}

Test(engine, a_flush_emits_at_the_end, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(100) "filter { held { } } output { collect { } }", 2);
    cr_expect_eq(all.out, 101);
    cr_expect_eq(seen.final_flushes, 1);
    cr_expect(strstr(chute_buf_cstr(&seen.delivered), "total 100\n") != NULL);
}

/* What a filter emits by the clock goes on through those behind it, though nothing comes in. */
Test(engine, a_flush_emits_while_it_runs, .timeout = 60) {
    forget();
    struct chute_process process;
    chute_process_start(&process);
    struct chute_pipeline *pipeline = load(&process,
        "input { lines { count => 3 endless => true } } filter { ticks { } copies { } } output { "
        "collect { } }",
        2);
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    for (unsigned long delivered = 0; delivered < 18;) { /* three of each line and tick */
        usleep(500);
        pthread_mutex_lock(&seen.lock);
        delivered = seen.delivered_count;
        pthread_mutex_unlock(&seen.lock);
    }
    chute_pipeline_stop(pipeline);
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_pipeline_close(pipeline);
    cr_expect(strstr(chute_buf_cstr(&seen.delivered), "tick\ntick\ntick\n") != NULL);
    cr_expect_eq(pipeline->filters[0]->head.counters.created, 3);
    cr_expect_eq(pipeline->counters.created, 3 + 12);
    cr_expect_eq(pipeline->counters.out, 18);
    cr_expect_eq(seen.resolved, 3);
    chute_pipeline_destroy(pipeline);
    chute_process_finish(&process);
}

Test(engine, one_worker_where_a_filter_wants_it, .timeout = 60) {
    run_config(LINES(100) "filter { alone { } } output { collect { } }", 4);
    cr_expect_eq(seen.workers_seen, 1);
}

Test(engine, what_is_refused_for_now_is_tried_again, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(1000) "output { collect { answers => \".r..\" } }", 2);
    cr_expect_eq(all.out, 1000);
    cr_expect_eq(seen.delivered_count, 1000, "each exactly once");
    cr_expect_eq(seen.resolved_prefix, 1000);
}

Test(engine, what_is_refused_for_good_is_counted, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(1000) "output { collect { answers => \"..x..r..\" } }", 2);
    cr_expect_eq(all.dead_lettered, 125);
    cr_expect_eq(all.out, 875);
    cr_expect_eq(seen.resolved_prefix, 1000);
}

Test(engine, a_destination_may_ask_for_smaller_requests, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(3000) "output { collect { shrink_above => 50 } }", 1);
    cr_expect_eq(all.out, 3000);
    cr_expect_gt(seen.deliveries, 200, "requests became small");
}

Test(engine, deliveries_of_the_loop_are_bounded_and_complete, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(20000) "output { collect_on_loop { answers => \"....r\" } }", 3);
    cr_expect_eq(all.out, 20000);
    cr_expect_eq(seen.delivered_count, 20000);
}

Test(engine, an_event_counts_once_for_several_outputs, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(1000) "output { collect { } if [message] == \"7\" {"
                               " collect_on_loop { answers => \"x\" } } collect_on_loop { } }",
            2);
    cr_expect_eq(all.out, 999);
    cr_expect_eq(all.dead_lettered, 1, "the worst fate counts");
    cr_expect_eq(seen.delivered_count, 2000);
    cr_expect_eq(seen.resolved, 1000);
}

Test(engine, events_without_output_are_done, .timeout = 60) {
    struct chute_counters all =
        run_config(LINES(100) "output { if [message] == \"nothing\" { collect { } } }", 1);
    cr_expect_eq(all.out, 100);
    cr_expect_eq(seen.resolved, 100);
}

/* A stop while the destination takes nothing: what is in memory is counted as lost, and no token of it moves the
 * source's position. */
Test(engine, giving_up_counts_what_is_lost, .timeout = 60) {
    forget();
    struct chute_process process;
    chute_process_start(&process);
    struct chute_pipeline *pipeline = load(&process,
        "input { lines { count => 100000 endless => true } } output { collect_on_loop { answers => "
        "\"!\" } }",
        2);
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    while (pipeline->outputs[0]->head.counters.retried == 0) {
        usleep(500);
    }
    chute_pipeline_stop(pipeline);
    cr_expect_not(chute_pipeline_is_drained(pipeline));
    chute_pipeline_abandon(pipeline);
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_pipeline_close(pipeline);
    cr_expect_eq(pipeline->counters.out, 0);
    cr_expect_gt(pipeline->counters.lost, 0);
    cr_expect_eq(pipeline->counters.lost, pipeline->counters.in);
    cr_expect_eq(pipeline->counters.in_flight, 0);
    cr_expect_eq(seen.resolved_prefix, 0);
    chute_pipeline_destroy(pipeline);
    chute_process_finish(&process);
}

/* What is to be tried again in an hour need not be lost when the pipeline stops now. */
Test(engine, a_stop_tries_again_at_once, .timeout = 60) {
    static const char *const outputs[] = { "collect", "collect_on_loop" };
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        forget();
        struct chute_process process;
        chute_process_start(&process);
        char config[200];
        snprintf(config, sizeof(config),
            "input { lines { count => 100 endless => true } } output { %s { answers => \".l\" } }",
            outputs[i]);
        struct chute_pipeline *pipeline = load(&process, config, 1);
        cr_assert_eq(chute_pipeline_start(pipeline), 0);
        while (pipeline->outputs[0]->head.counters.retried == 0) {
            usleep(500);
        }
        chute_pipeline_stop(pipeline);
        while (!chute_pipeline_is_drained(pipeline)) {
            usleep(500);
        }
        chute_pipeline_close(pipeline);
        cr_expect_eq(pipeline->counters.out, 100, "%s", outputs[i]);
        cr_expect_eq(seen.delivered_count, 100, "%s", outputs[i]);
        chute_pipeline_destroy(pipeline);
        chute_process_finish(&process);
    }
}
