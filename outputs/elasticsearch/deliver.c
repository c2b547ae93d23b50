/* outputs/elasticsearch/deliver.c - parcels as bulk requests, and what the cluster answers to each item.
 *
 * A parcel usually is one request. It becomes several where items in between must not be sent, and where the cluster
 * refuses a whole request for one bad item: halves then find that one. */
#include <libdeflate.h>
#include <stdio.h>

#include "outputs/elasticsearch/elasticsearch.h"
#include "pipeline/base/alloc.h"

#define COMPRESS_FROM 512 /* bytes */
#define LOG_EVERY_MS 10000
#define GROW_AFTER_LEAST 16u /* requests that a busy cluster took */
#define GROW_AFTER_MOST 1024u
#define BUSY_LIMIT_MOST 32768u /* items; above it there is no limit */

struct range {
    uint32_t first;
    uint32_t count;
};

/* Text of a failed item, among the bytes of `failures`. */
struct failure {
    uint32_t index;
    uint16_t type_len;
    uint16_t reason_len;
};

struct es_delivery {
    struct chute_http_request request;
    uv_work_t work;
    struct es_state *state;
    struct chute_parcel *parcel;
    struct chute_node *node;
    struct es_delivery *next;
    struct es_delivery *previous;
    struct range *ranges; /* still to be sent; the last one first */
    size_t range_count;
    size_t range_capacity;
    struct range range; /* being sent */
    unsigned tries;     /* nodes asked for it */
    struct chute_bulk_answer answer;
    uint16_t *statuses; /* of the range's items, as far as they came */
    uint32_t status_capacity;
    struct chute_buf failures;
    struct chute_buf gzip;
    struct libdeflate_compressor *compressor;
    struct chute_buf url;
    char count_header[48];
    char size_header[64];
    bool is_compressing;
    bool is_given_up;
};

/* How many items had one fate, and the first of them, for the log. */
struct tally {
    uint32_t count;
    int status;
    struct chute_str where, type, reason;
};

static void send_next(struct es_delivery *delivery);

static struct chute_str item_of(const struct chute_parcel *parcel, uint32_t index) {
    const struct chute_item *item = &parcel->items[index];
    return (struct chute_str){ parcel->bytes.at + item->offset, item->len };
}

/* ------------------------------------------------------------------ the delivery itself */

static struct es_delivery *take_delivery(struct es_state *state, struct chute_parcel *parcel) {
    struct es_delivery *delivery = state->spare;
    if (delivery != NULL) {
        state->spare = delivery->next;
    } else {
        delivery = chute_calloc(1, sizeof(*delivery));
    }
    delivery->state = state;
    delivery->parcel = parcel;
    delivery->range_count = 0;
    delivery->is_given_up = false;
    delivery->next = state->deliveries;
    delivery->previous = NULL;
    if (state->deliveries != NULL) {
        state->deliveries->previous = delivery;
    }
    state->deliveries = delivery;
    parcel->delivery = delivery;
    return delivery;
}

static void give_node_back(struct es_delivery *delivery) {
    if (delivery->node != NULL) {
        chute_node_give_back(delivery->node);
        delivery->node = NULL;
    }
}

/* The parcel goes back to the engine, which may call deliver at once. */
static void finish(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    struct chute_parcel *parcel = delivery->parcel;
    give_node_back(delivery);
    chute_bulk_answer_finish(&delivery->answer);
    chute_buf_finish(&delivery->failures);
    chute_buf_finish(&delivery->gzip);
    if (delivery->previous != NULL) {
        delivery->previous->next = delivery->next;
    } else {
        state->deliveries = delivery->next;
    }
    if (delivery->next != NULL) {
        delivery->next->previous = delivery->previous;
    }
    delivery->next = state->spare;
    state->spare = delivery;
    parcel->delivery = NULL;
    chute_output_finish(state->output, parcel);
    if (state->is_stopping) {
        chute_elasticsearch_close(state);
    }
}

static void retry_rest(struct chute_parcel *parcel, uint32_t after_ms) {
    for (uint32_t i = 0; i < parcel->count; i++) {
        if (parcel->items[i].outcome == CHUTE_UNANSWERED) {
            chute_output_retry(parcel, i, after_ms);
        }
    }
}

/* What has no answer yet is tried again; 0: after the engine's back-off. */
static void finish_with_retry(struct es_delivery *delivery, uint32_t after_ms) {
    retry_rest(delivery->parcel, after_ms);
    chute_output_count(delivery->state->output, "bulk_requests_failed", 1);
    finish(delivery);
}

static void push_range(struct es_delivery *delivery, uint32_t first, uint32_t count) {
    if (delivery->range_count == delivery->range_capacity) {
        delivery->range_capacity = delivery->range_capacity * 2 + 8;
        delivery->ranges =
            chute_realloc(delivery->ranges, delivery->range_capacity * sizeof(struct range));
    }
    delivery->ranges[delivery->range_count++] = (struct range){ first, count };
}

/* Refuses what must not be sent; the rest in stretches, the first one on top. */
static void cut_ranges(struct es_delivery *delivery) {
    struct chute_parcel *parcel = delivery->parcel;
    uint32_t count = 0;
    for (uint32_t i = parcel->count; i-- > 0;) {
        const struct chute_item *item = &parcel->items[i];
        enum es_fault fault = (enum es_fault)(item->flags & ES_FAULT_MASK);
        if (fault != ES_FAULT_NONE) {
            struct chute_buf where = { 0 };
            chute_buf_add_str(&where, chute_elasticsearch_index_of(item_of(parcel, i)));
            chute_output_reject(delivery->state->output, parcel, i, chute_buf_cstr(&where),
                chute_elasticsearch_fault(fault), NULL);
            chute_buf_finish(&where);
        }
        bool joins = fault == ES_FAULT_NONE && count > 0 &&
                     item->offset + item->len == parcel->items[i + 1].offset;
        if (!joins && count > 0) {
            push_range(delivery, i + 1, count);
            count = 0;
        }
        count += fault == ES_FAULT_NONE;
    }
    if (count > 0) {
        push_range(delivery, 0, count);
    }
}

/* ------------------------------------------------------------------ items */

static void on_item(void *ctx, const struct chute_bulk_item *item) {
    struct es_delivery *delivery = ctx;
    if (item->index >= delivery->range.count) {
        return;
    }
    delivery->statuses[item->index] = (uint16_t)item->status;
    if (item->status >= 200 && item->status < 300) {
        return;
    }
    struct failure failure = { item->index, (uint16_t)item->type.len, (uint16_t)item->reason.len };
    chute_buf_add(&delivery->failures, &failure, sizeof(failure));
    chute_buf_add_str(&delivery->failures, item->type);
    chute_buf_add_str(&delivery->failures, item->reason);
}

static void count_one(struct tally *tally, int status, struct chute_str where,
    struct chute_str type, struct chute_str reason) {
    if (tally->count++ == 0) {
        *tally = (struct tally){ 1, status, where, type, reason };
    }
}

static void log_tally(const struct es_delivery *delivery, const struct tally *tally,
    enum chute_log_level level, const char *message, struct chute_log_limiter *limiter) {
    uint64_t suppressed = 0;
    if (tally->count == 0 || !chute_elasticsearch_logs(delivery->state->settings, tally->type) ||
        !chute_log_limit(limiter, LOG_EVERY_MS, &suppressed)) {
        return;
    }
    struct chute_buf where = { 0 }, type = { 0 }, reason = { 0 };
    chute_buf_add_str(&where, tally->where);
    chute_buf_add_str(&type, tally->type);
    chute_elasticsearch_loggable(&reason, tally->type, tally->reason);
    char items[16], status[16], quiet[32];
    snprintf(items, sizeof(items), "%u", tally->count);
    snprintf(status, sizeof(status), "%d", tally->status);
    snprintf(quiet, sizeof(quiet), "%llu", (unsigned long long)suppressed);
    chute_log(level, ES_LOG, message, "output", chute_output_id(delivery->state->output), "items",
        items, "first_index", chute_buf_cstr(&where), "status", status, "type",
        type.len > 0 ? chute_buf_cstr(&type) : NULL, "reason",
        reason.len > 0 ? chute_buf_cstr(&reason) : NULL, "lines_held_back",
        suppressed > 0 ? quiet : NULL, NULL);
    chute_buf_finish(&where);
    chute_buf_finish(&type);
    chute_buf_finish(&reason);
}

static void reject(struct es_delivery *delivery, uint32_t index, int status, struct chute_str type,
    struct chute_str reason) {
    struct chute_buf where = { 0 }, why = { 0 }, detail = { 0 };
    chute_buf_add_str(&where, chute_elasticsearch_index_of(item_of(delivery->parcel, index)));
    chute_buf_printf(&why, "status %d, %.*s", status, CHUTE_STR_ARGS(type));
    chute_buf_add_str(&detail, reason);
    chute_output_reject(delivery->state->output, delivery->parcel, index, chute_buf_cstr(&where),
        chute_buf_cstr(&why), chute_buf_cstr(&detail));
    chute_buf_finish(&where);
    chute_buf_finish(&why);
    chute_buf_finish(&detail);
}

/* Answers the items that failed, and tells the log of them. */
static void answer_failures(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    struct chute_parcel *parcel = delivery->parcel;
    struct tally conflicts = { 0 }, retries = { 0 }, rejects = { 0 };
    struct failure failure;
    for (size_t at = 0; at < delivery->failures.len;
         at += sizeof(failure) + failure.type_len + failure.reason_len) {
        const char *record = delivery->failures.at + at;
        memcpy(&failure, record, sizeof(failure));
        struct chute_str type = { record + sizeof(failure), failure.type_len };
        struct chute_str reason = { type.at + type.len, failure.reason_len };
        uint32_t index = delivery->range.first + failure.index;
        struct chute_str item = item_of(parcel, index);
        int status = delivery->statuses[failure.index];
        struct chute_str where = chute_elasticsearch_index_of(item);
        switch (chute_elasticsearch_decide(state->settings, item, status)) {
        case ES_CONFLICT:
            count_one(&conflicts, status, where, type, reason);
            chute_output_done(parcel, index);
            break;
        case ES_REJECT:
            count_one(&rejects, status, where, type, reason);
            reject(delivery, index, status, type, reason);
            break;
        case ES_RETRY:
            count_one(&retries, status, where, type, reason);
            chute_output_retry(parcel, index, 0);
            break;
        default:
            chute_output_done(parcel, index);
        }
    }
    if (conflicts.count > 0) {
        chute_output_count(state->output, "version_conflicts", conflicts.count);
    }
    log_tally(delivery, &conflicts, CHUTE_LOG_WARN,
        "a newer document is there; these were left out", &state->conflict_limiter);
    log_tally(delivery, &rejects, CHUTE_LOG_WARN, "the cluster refuses documents",
        &state->reject_limiter);
    log_tally(delivery, &retries, retries.status == 429 ? CHUTE_LOG_INFO : CHUTE_LOG_WARN,
        "documents will be sent again", &state->retry_limiter);
}

/* Answers what the cluster told of the range; `is_whole`: of all of it. */
static void answer_items(struct es_delivery *delivery, bool is_whole) {
    bool all_good = is_whole && (delivery->answer.items == 0 || delivery->answer.is_settled);
    for (uint32_t i = 0; i < delivery->range.count; i++) {
        if (all_good || (delivery->statuses[i] >= 200 && delivery->statuses[i] < 300)) {
            chute_output_done(delivery->parcel, delivery->range.first + i);
        }
    }
    answer_failures(delivery);
}

/* ------------------------------------------------------------------ whole answers */

static void log_answer(struct es_delivery *delivery, enum chute_log_level level,
    const char *message, struct chute_log_limiter *limiter) {
    uint64_t suppressed = 0;
    if (!chute_log_limit(limiter, LOG_EVERY_MS, &suppressed)) {
        return;
    }
    char status[16];
    snprintf(status, sizeof(status), "%d", delivery->request.status);
    bool has_error = delivery->answer.type.len + delivery->answer.reason.len > 0;
    struct chute_buf reason = { 0 };
    chute_elasticsearch_loggable(
        &reason, chute_buf_str(&delivery->answer.type), chute_buf_str(&delivery->answer.reason));
    chute_log(level, ES_LOG, message, "output", chute_output_id(delivery->state->output), "node",
        delivery->node->url, "status", status, "type",
        has_error ? chute_buf_cstr(&delivery->answer.type) : NULL, "reason",
        has_error ? chute_buf_cstr(&reason) : NULL, "failure",
        delivery->request.is_cut ? delivery->request.error : NULL, NULL);
    chute_buf_finish(&reason);
}

/* True if the cluster itself, and no proxy before it, finds fault with what the request holds. */
static bool is_bad_content(const struct es_delivery *delivery) {
    static const char *const types[] = { "action_request_validation_exception",
        "illegal_argument_exception", "x_content_parse_exception", "x_content_e_o_f_exception",
        "parse_exception", "parsing_exception", "json_parse_exception", "mapper_parsing_exception",
        "document_parsing_exception" };
    struct chute_str type = chute_buf_str(&delivery->answer.type);
    for (size_t i = 0; delivery->request.status == 400 && i < sizeof(types) / sizeof(types[0]);
         i++) {
        if (chute_str_eq(type, chute_str_of(types[i]))) {
            return true;
        }
    }
    return false;
}

/* The range is refused as a whole for what some item holds: its halves tell which. */
static void split(struct es_delivery *delivery) {
    struct range range = delivery->range;
    if (range.count == 1) {
        reject(delivery, range.first, delivery->request.status,
            chute_buf_str(&delivery->answer.type), chute_buf_str(&delivery->answer.reason));
    } else {
        push_range(delivery, range.first + range.count / 2, range.count - range.count / 2);
        push_range(delivery, range.first, range.count / 2);
    }
    send_next(delivery);
}

static void on_too_large(struct es_delivery *delivery) {
    log_answer(delivery, CHUTE_LOG_INFO,
        "requests are too large for the cluster; smaller ones follow",
        &delivery->state->answer_limiter);
    if (delivery->range.count < delivery->parcel->count) {
        split(delivery);
        return;
    }
    chute_output_shrink(delivery->state->output, delivery->parcel);
    finish(delivery);
}

/* A request was taken: after enough of the limit's size a larger one is tried. */
static void on_taken(struct es_busy *busy, uint32_t count) {
    busy->refusals = 0;
    if (busy->limit == 0 || count < busy->limit) {
        return;
    }
    busy->is_trying = false;
    if (++busy->taken < busy->grow_after) {
        return;
    }
    busy->taken = 0;
    busy->limit *= 2;
    busy->is_trying = true;
    if (busy->limit > BUSY_LIMIT_MOST) {
        *busy = (struct es_busy){ 0 };
    }
}

/* Refused as a whole for being busy: that may pass, so the first time the same comes again; but a cluster may never
 * take one of that size, so then it is halved. True: the delivery goes on at once, in the size known to do. */
static bool on_busy(struct es_delivery *delivery) {
    struct es_busy *busy = &delivery->state->busy;
    struct range range = delivery->range;
    if (busy->is_trying && range.count > busy->limit / 2) {
        busy->limit /= 2;
        busy->is_trying = false;
        busy->grow_after *= busy->grow_after < GROW_AFTER_MOST ? 2 : 1;
        push_range(delivery, range.first, range.count);
        send_next(delivery);
        return true;
    }
    bool was_refused = delivery->parcel->items[range.first].attempts > 0;
    uint32_t half = range.count > 1 ? range.count / 2 : 1;
    if (++busy->refusals >= 2 && was_refused && (busy->limit == 0 || half < busy->limit)) {
        *busy = (struct es_busy){ .limit = half, .grow_after = GROW_AFTER_LEAST };
    }
    log_answer(delivery, CHUTE_LOG_INFO, "the cluster is busy; sent again later",
        &delivery->state->status_limiter);
    return false;
}

/* Counts an answer by its status, and whether some of its items failed. */
static void count_answer(struct es_delivery *delivery) {
    char name[32];
    snprintf(name, sizeof(name), "bulk_responses/%d", delivery->request.status);
    chute_output_count(delivery->state->output, name, 1);
    if (delivery->failures.len > 0) {
        chute_output_count(delivery->state->output, "bulk_requests_with_errors", 1);
    }
}

static void on_success(struct es_delivery *delivery) {
    bool is_whole = !delivery->request.is_cut && chute_bulk_answer_end(&delivery->answer);
    uint32_t items = delivery->answer.items;
    bool says_all_good = items == 0 && delivery->answer.says_errors && !delivery->answer.has_errors;
    if (is_whole && (items == delivery->range.count || says_all_good)) {
        on_taken(&delivery->state->busy, delivery->range.count);
        answer_items(delivery, true);
        send_next(delivery);
        return;
    }
    if (is_whole || items == 0 || items > delivery->range.count) {
        log_answer(delivery, CHUTE_LOG_WARN,
            items > 0 ? "the answer tells of other items than were sent; they are sent again"
                      : "this is no answer to a bulk request; it is sent again",
            &delivery->state->answer_limiter);
    } else {
        log_answer(delivery, CHUTE_LOG_WARN,
            "an answer broke off; what it does not tell of is sent again",
            &delivery->state->answer_limiter);
        answer_items(delivery, false);
    }
    finish_with_retry(delivery, 0);
}

static void on_refusal(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    int status = delivery->request.status;
    chute_bulk_answer_end(&delivery->answer);
    if (is_bad_content(delivery)) {
        split(delivery);
        return;
    }
    if (status == 413) {
        on_too_large(delivery);
        return;
    }
    if (status == 401 || status == 403) {
        log_answer(delivery, CHUTE_LOG_ERROR,
            "the cluster does not let us write: check credentials and rights; sent again later",
            &state->auth_limiter);
    } else if (status == 429) {
        if (on_busy(delivery)) {
            return;
        }
    } else {
        log_answer(delivery, CHUTE_LOG_ERROR, "a bulk request failed; sent again later",
            &state->status_limiter);
    }
    if (status >= 500 && state->setup_was_skipped) {
        state->setup = ES_SETUP_TODO;
    }
    finish_with_retry(delivery, 0);
}

static uint32_t wait_for_node(struct es_state *state) {
    uint64_t wait = chute_hosts_wait_ms(&state->hosts, chute_elasticsearch_choice_time(state));
    return wait < UINT32_MAX / 2 ? (uint32_t)wait : UINT32_MAX / 2;
}

static void on_no_answer(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    give_node_back(delivery);
    bool is_other_there = wait_for_node(state) == 0;
    if (is_other_there && ++delivery->tries < state->hosts.count) {
        push_range(delivery, delivery->range.first, delivery->range.count);
        send_next(delivery);
        return;
    }
    finish_with_retry(delivery, wait_for_node(state));
}

static void on_done(struct chute_http_request *request) {
    struct es_delivery *delivery = request->ctx;
    struct es_state *state = delivery->state;
    chute_elasticsearch_heard(state, delivery->node, request);
    if (request->status == 0) {
        on_no_answer(delivery);
    } else if (request->status >= 200 && request->status < 300) {
        state->setup_was_skipped = false;
        count_answer(delivery);
        on_success(delivery);
    } else {
        count_answer(delivery);
        on_refusal(delivery);
    }
}

static bool on_bytes(struct chute_http_request *request, struct chute_str bytes) {
    struct es_delivery *delivery = request->ctx;
    chute_bulk_answer_feed(&delivery->answer, bytes);
    return true;
}

/* ------------------------------------------------------------------ requests */

static struct chute_str body_of(const struct es_delivery *delivery) {
    const struct chute_parcel *parcel = delivery->parcel;
    const struct chute_item *first = &parcel->items[delivery->range.first];
    const struct chute_item *last = first + delivery->range.count - 1;
    return (struct chute_str){ parcel->bytes.at + first->offset,
        last->offset + last->len - first->offset };
}

static void send_body(struct es_delivery *delivery, struct chute_str body, bool is_gzip) {
    struct es_state *state = delivery->state;
    struct chute_http_request *request = &delivery->request;
    size_t count = chute_elasticsearch_headers(state->settings, delivery->node, request);
    request->headers[count++] = delivery->count_header;
    request->headers[count++] = delivery->size_header;
    if (is_gzip) {
        request->headers[count++] = "Content-Encoding: gzip";
    }
    request->headers[count] = NULL;
    snprintf(delivery->count_header, sizeof(delivery->count_header), "X-Elastic-Event-Count: %u",
        delivery->range.count);
    snprintf(delivery->size_header, sizeof(delivery->size_header),
        "X-Elastic-Uncompressed-Request-Length: %zu", body_of(delivery).len);
    delivery->url.len = 0;
    chute_elasticsearch_url(&delivery->url, delivery->node, state->settings->bulk_target);
    request->method = "POST";
    request->url = chute_buf_cstr(&delivery->url);
    request->body = body;
    request->on_bytes = on_bytes;
    request->on_done = on_done;
    request->ctx = delivery;
    chute_output_count(state->output, "bulk_requests", 1);
    chute_output_count(state->output, "bulk_bytes", body_of(delivery).len);
    chute_output_count(state->output, "bulk_wire_bytes", body.len);
    chute_http_client_send(state->client, request);
}

static void compress(uv_work_t *work) {
    struct es_delivery *delivery = work->data;
    struct chute_str body = body_of(delivery);
    size_t bound = libdeflate_gzip_compress_bound(delivery->compressor, body.len);
    delivery->gzip.len = 0;
    delivery->gzip.len = libdeflate_gzip_compress(
        delivery->compressor, body.at, body.len, chute_buf_reserve(&delivery->gzip, bound), bound);
}

static void on_compressed(uv_work_t *work, int status) {
    (void)status;
    struct es_delivery *delivery = work->data;
    struct es_state *state = delivery->state;
    int room = (int)(sizeof(state->compressors) / sizeof(state->compressors[0]));
    delivery->is_compressing = false;
    if (state->compressor_count < room) {
        state->compressors[state->compressor_count++] = delivery->compressor;
    } else {
        libdeflate_free_compressor(delivery->compressor);
    }
    if (delivery->is_given_up) {
        finish_with_retry(delivery, 0);
        return;
    }
    bool is_gzip = delivery->gzip.len > 0;
    send_body(delivery, is_gzip ? chute_buf_str(&delivery->gzip) : body_of(delivery), is_gzip);
}

static void send_range(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    if (delivery->status_capacity < delivery->range.count) {
        delivery->status_capacity = delivery->range.count;
        delivery->statuses =
            chute_realloc(delivery->statuses, delivery->status_capacity * sizeof(uint16_t));
    }
    memset(delivery->statuses, 0, delivery->range.count * sizeof(uint16_t));
    delivery->failures.len = 0;
    chute_bulk_answer_finish(&delivery->answer);
    chute_bulk_answer_init(&delivery->answer, on_item, delivery);
    int level = (int)state->settings->compression_level;
    if (level == 0 || body_of(delivery).len < COMPRESS_FROM) {
        send_body(delivery, body_of(delivery), false);
        return;
    }
    delivery->compressor = state->compressor_count > 0
                               ? state->compressors[--state->compressor_count]
                               : libdeflate_alloc_compressor(level);
    chute_assert(delivery->compressor != NULL);
    delivery->is_compressing = true;
    delivery->work.data = delivery;
    uv_queue_work(chute_output_loop(state->output), &delivery->work, compress, on_compressed);
}

/* Sends the next range, or ends the delivery. */
static void send_next(struct es_delivery *delivery) {
    struct es_state *state = delivery->state;
    if (delivery->range_count == 0) {
        finish(delivery);
        return;
    }
    give_node_back(delivery);
    delivery->node = chute_hosts_take(&state->hosts, chute_elasticsearch_choice_time(state));
    if (delivery->node == NULL) {
        finish_with_retry(delivery, wait_for_node(state));
        return;
    }
    struct range range = delivery->ranges[--delivery->range_count];
    uint32_t limit = state->busy.limit;
    if (limit > 0 && range.count > limit) {
        push_range(delivery, range.first + limit, range.count - limit);
        range.count = limit;
    }
    delivery->range = range;
    send_range(delivery);
}

static void begin(struct es_state *state, struct chute_parcel *parcel) {
    struct es_delivery *delivery = take_delivery(state, parcel);
    delivery->tries = 0;
    cut_ranges(delivery);
    send_next(delivery);
}

/* ------------------------------------------------------------------ from outside */

void chute_elasticsearch_deliver(struct chute_output *output, struct chute_parcel *parcel) {
    struct es_state *state = chute_output_state(output);
    if (chute_output_is_abandoned(output) || state->is_stopping) {
        retry_rest(parcel, 0);
        chute_output_finish(output, parcel);
        return;
    }
    chute_elasticsearch_watch(state);
    if (state->setup == ES_SETUP_DONE) {
        begin(state, parcel);
        return;
    }
    if (state->waiting_count == state->waiting_capacity) {
        state->waiting_capacity = state->waiting_capacity * 2 + 8;
        state->waiting =
            chute_realloc(state->waiting, state->waiting_capacity * sizeof(struct chute_parcel *));
    }
    state->waiting[state->waiting_count++] = parcel;
    chute_elasticsearch_setup(state);
}

/* Empties the list of those that wait before any of them is touched: they may come back at once. */
static struct chute_parcel **take_waiting(struct es_state *state, size_t *count) {
    struct chute_parcel **waiting = state->waiting;
    *count = state->waiting_count;
    state->waiting = NULL;
    state->waiting_count = 0;
    state->waiting_capacity = 0;
    return waiting;
}

void chute_elasticsearch_release(struct es_state *state) {
    size_t count = 0;
    struct chute_parcel **waiting = take_waiting(state, &count);
    for (size_t i = 0; i < count; i++) {
        begin(state, waiting[i]);
    }
    chute_free(waiting);
}

void chute_elasticsearch_postpone(struct es_state *state, uint32_t after_ms) {
    size_t count = 0;
    struct chute_parcel **waiting = take_waiting(state, &count);
    for (size_t i = 0; i < count; i++) {
        retry_rest(waiting[i], after_ms);
        chute_output_finish(state->output, waiting[i]);
    }
    chute_free(waiting);
}

void chute_elasticsearch_give_up(struct es_state *state) {
    chute_elasticsearch_setup_cancel(state);
    chute_elasticsearch_postpone(state, 0);
    struct es_delivery *delivery = state->deliveries;
    while (delivery != NULL) {
        struct es_delivery *next = delivery->next;
        delivery->is_given_up = true;
        if (!delivery->is_compressing) {
            chute_http_client_cancel(&delivery->request);
            finish_with_retry(delivery, 0);
        }
        delivery = next;
    }
}

bool chute_elasticsearch_is_busy(const struct es_state *state) {
    return state->deliveries != NULL || state->waiting_count > 0;
}

bool chute_elasticsearch_is_being_answered(struct chute_output *output) {
    const struct es_state *state = chute_output_state(output);
    const struct es_delivery *delivery = state->deliveries;
    while (delivery != NULL && !chute_http_client_is_taken(&delivery->request)) {
        delivery = delivery->next;
    }
    return delivery != NULL ||
           (state->waiting_count > 0 && chute_http_client_is_taken(&state->setup_request));
}

void chute_elasticsearch_free_spare(struct es_state *state) {
    while (state->spare != NULL) {
        struct es_delivery *delivery = state->spare;
        state->spare = delivery->next;
        chute_free(delivery->ranges);
        chute_free(delivery->statuses);
        chute_buf_finish(&delivery->failures);
        chute_buf_finish(&delivery->gzip);
        chute_buf_finish(&delivery->url);
        chute_free(delivery);
    }
    for (int i = 0; i < state->compressor_count; i++) {
        libdeflate_free_compressor(state->compressors[i]);
    }
    state->compressor_count = 0;
    chute_free(state->waiting);
    state->waiting = NULL;
}
