/* pipeline/text/bulk_answer.c - the states of a bulk answer, driven by yajl's callbacks.
 *
 * Depths: 1 the answer, 2 `items` or `error`, 3 one item, 4 what its action holds, 5 its error. */
#include "pipeline/text/bulk_answer.h"

#include <yajl/yajl_parse.h>

#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

#define DEPTH_MAX 1000
#define NAME_MAX_BYTES 256

enum key {
    KEY_OTHER,
    KEY_ERRORS,
    KEY_ITEMS,
    KEY_ERROR,
    KEY_STATUS,
    KEY_INDEX,
    KEY_TYPE,
    KEY_REASON,
};

static const struct {
    struct chute_str name;
    enum key key;
} keys[] = {
    { { "errors", 6 }, KEY_ERRORS },
    { { "items", 5 }, KEY_ITEMS },
    { { "error", 5 }, KEY_ERROR },
    { { "status", 6 }, KEY_STATUS },
    { { "_index", 6 }, KEY_INDEX },
    { { "type", 4 }, KEY_TYPE },
    { { "reason", 6 }, KEY_REASON },
};

/* What stands before a quoted value; the rest of the reason goes with it. */
static const struct chute_str quotes[] = {
    { "Preview of field's value: ", 26 },
    { "For input string: ", 18 },
    { "immense term is: ", 17 },
    { "failed to parse date field [", 28 },
    { "Failed to parse value [", 23 },
    { "Cannot parse value [", 20 },
    { "Unrecognized token '", 20 },
    { "Text '", 6 },
};

static enum key key_of(struct chute_str name) {
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (chute_str_eq(keys[i].name, name)) {
            return keys[i].key;
        }
    }
    return KEY_OTHER;
}

/* Cuts `text` to whole characters within `limit`. */
static struct chute_str clip(struct chute_str text, size_t limit) {
    struct chute_str cut = { text.at, text.len < limit ? text.len : limit };
    cut.len = chute_utf8_valid_prefix(cut);
    return cut;
}

void chute_bulk_reason_mask(struct chute_buf *out, struct chute_str reason) {
    size_t keep = reason.len;
    bool is_cut = false;
    for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
        ptrdiff_t at = chute_str_find(reason, quotes[i]);
        if (at >= 0 && (size_t)at + quotes[i].len <= keep) {
            keep = (size_t)at + quotes[i].len;
            is_cut = true;
        }
    }
    struct chute_str kept = clip((struct chute_str){ reason.at, keep }, CHUTE_BULK_REASON_MAX);
    chute_buf_add_str(out, kept);
    if (is_cut && kept.len == keep) {
        chute_buf_add_str(out, CHUTE_STR("(not shown)"));
    }
}

static bool is_in_action(const struct chute_bulk_answer *answer) {
    return answer->is_in_items && answer->depth == 4;
}

static int on_open(struct chute_bulk_answer *answer, bool is_array) {
    if (++answer->depth > DEPTH_MAX) {
        return 0;
    }
    if (answer->depth == 2) {
        answer->is_in_items = is_array && answer->root_key == KEY_ITEMS;
        answer->error_depth = !is_array && answer->root_key == KEY_ERROR ? 2 : 0;
    } else if (answer->is_in_items && answer->depth == 3) {
        answer->item_status = 0;
        answer->item_where.len = 0;
        answer->item_type.len = 0;
        answer->item_reason.len = 0;
    } else if (answer->is_in_items && answer->depth == 5 && answer->item_key == KEY_ERROR) {
        answer->error_depth = is_array ? 0 : 5;
    }
    return 1;
}

static int on_close(struct chute_bulk_answer *answer) {
    if (answer->depth == answer->error_depth) {
        answer->error_depth = 0;
    }
    if (answer->is_in_items && answer->depth == 3) {
        struct chute_bulk_item item = {
            .index = answer->items++,
            .status = answer->item_status,
            .where = chute_buf_str(&answer->item_where),
            .type = chute_buf_str(&answer->item_type),
            .reason = chute_buf_str(&answer->item_reason),
        };
        answer->on_item(answer->ctx, &item);
    }
    if (answer->depth == 2) {
        answer->is_in_items = false;
    }
    answer->depth--;
    return 1;
}

static int on_start_map(void *ctx) {
    return on_open(ctx, false);
}

static int on_start_array(void *ctx) {
    return on_open(ctx, true);
}

static int on_end(void *ctx) {
    return on_close(ctx);
}

static int on_map_key(void *ctx, const unsigned char *at, size_t len) {
    struct chute_bulk_answer *answer = ctx;
    enum key key = key_of((struct chute_str){ (const char *)at, len });
    if (answer->depth == 1) {
        answer->root_key = (int)key;
    } else if (is_in_action(answer)) {
        answer->item_key = (int)key;
    }
    if (answer->depth == answer->error_depth) {
        answer->error_key = (int)key;
    }
    return 1;
}

static void set_name(struct chute_buf *buf, struct chute_str text) {
    buf->len = 0;
    chute_buf_add_str(buf, clip(text, NAME_MAX_BYTES));
}

static void set_reason(struct chute_buf *buf, struct chute_str text) {
    buf->len = 0;
    chute_bulk_reason_mask(buf, text);
}

static int on_string(void *ctx, const unsigned char *at, size_t len) {
    struct chute_bulk_answer *answer = ctx;
    struct chute_str text = { (const char *)at, len };
    if (answer->error_depth != 0 && answer->depth == answer->error_depth) {
        bool is_item = answer->error_depth == 5;
        if (answer->error_key == KEY_TYPE) {
            set_name(is_item ? &answer->item_type : &answer->type, text);
        } else if (answer->error_key == KEY_REASON) {
            set_reason(is_item ? &answer->item_reason : &answer->reason, text);
        }
    } else if (is_in_action(answer) && answer->item_key == KEY_INDEX) {
        set_name(&answer->item_where, text);
    } else if (is_in_action(answer) && answer->item_key == KEY_ERROR) {
        set_reason(&answer->item_reason, text);
    } else if (answer->depth == 1 && answer->root_key == KEY_ERROR) {
        set_reason(&answer->reason, text);
    }
    return 1;
}

static int on_number(void *ctx, const char *at, size_t len) {
    struct chute_bulk_answer *answer = ctx;
    int64_t value = 0;
    if (!chute_number_parse_int((struct chute_str){ at, len }, &value) || value < 0 ||
        value > 999) {
        return 1;
    }
    if (answer->depth == 1 && answer->root_key == KEY_STATUS) {
        answer->status = (int)value;
    } else if (is_in_action(answer) && answer->item_key == KEY_STATUS) {
        answer->item_status = (int)value;
    }
    return 1;
}

static int on_boolean(void *ctx, int value) {
    struct chute_bulk_answer *answer = ctx;
    if (answer->depth == 1 && answer->root_key == KEY_ERRORS) {
        answer->says_errors = true;
        answer->has_errors = value != 0;
        /* Nothing failed, and no item was told of yet: what follows has no news. */
        answer->is_settled = value == 0 && answer->items == 0;
    }
    return !answer->is_settled;
}

static const yajl_callbacks callbacks = {
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

void chute_bulk_answer_init(
    struct chute_bulk_answer *answer, chute_bulk_item_fn on_item, void *ctx) {
    *answer = (struct chute_bulk_answer){ .on_item = on_item, .ctx = ctx };
    answer->parser = yajl_alloc(&callbacks, NULL, answer);
    yajl_config(answer->parser, yajl_dont_validate_strings, 1);
}

/* Every item has one status. */
static uint32_t count_statuses(struct chute_str bytes) {
    struct chute_str word = CHUTE_STR("\"status\":");
    uint32_t count = 0;
    const char *at = bytes.at;
    const char *end = bytes.at + bytes.len;
    while ((at = memmem(at, (size_t)(end - at), word.at, word.len)) != NULL) {
        at += word.len;
        count++;
    }
    return count;
}

/* Counts on over `bytes`, with a word that the last bytes began. */
static void count_items(struct chute_bulk_answer *answer, struct chute_str bytes) {
    size_t keep = sizeof("\"status\":") - 2;
    char seam[2 * sizeof(answer->tail)];
    size_t head = bytes.len < keep ? bytes.len : keep;
    memcpy(seam, answer->tail, answer->tail_len);
    memcpy(seam + answer->tail_len, bytes.at, head);
    struct chute_str joined = { seam, answer->tail_len + head };
    if (bytes.len <= keep) {
        answer->items += count_statuses(joined);
        size_t rest = joined.len < keep ? joined.len : keep;
        memmove(answer->tail, seam + joined.len - rest, rest);
        answer->tail_len = rest;
        return;
    }
    answer->items += count_statuses(joined) + count_statuses(bytes);
    memcpy(answer->tail, bytes.at + bytes.len - keep, keep);
    answer->tail_len = keep;
}

bool chute_bulk_answer_feed(struct chute_bulk_answer *answer, struct chute_str bytes) {
    if (answer->is_settled) {
        count_items(answer, bytes);
    } else if (!answer->is_broken) {
        yajl_status status = yajl_parse(answer->parser, (const unsigned char *)bytes.at, bytes.len);
        answer->is_broken = status != yajl_status_ok && !answer->is_settled;
        if (answer->is_settled) {
            size_t used = yajl_get_bytes_consumed(answer->parser);
            count_items(answer, (struct chute_str){ bytes.at + used, bytes.len - used });
        }
    }
    return !answer->is_broken;
}

bool chute_bulk_answer_end(struct chute_bulk_answer *answer) {
    if (!answer->is_broken && !answer->is_settled) {
        answer->is_broken = yajl_complete_parse(answer->parser) != yajl_status_ok;
    }
    return !answer->is_broken;
}

void chute_bulk_answer_finish(struct chute_bulk_answer *answer) {
    if (answer->parser != NULL) {
        yajl_free(answer->parser);
    }
    chute_buf_finish(&answer->type);
    chute_buf_finish(&answer->reason);
    chute_buf_finish(&answer->item_where);
    chute_buf_finish(&answer->item_type);
    chute_buf_finish(&answer->item_reason);
    *answer = (struct chute_bulk_answer){ 0 };
}
