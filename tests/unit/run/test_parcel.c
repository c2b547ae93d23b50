#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/parcel.h"

static struct chute_input input;
static int settled;
static void on_token(struct chute_input *of, struct chute_token *token, bool is_lost) {
    (void)of;
    (void)token;
    settled += !is_lost;
}
static const struct chute_input_plugin plugin = { .name = "x", .on_token = on_token };

/* A parcel with an item for each word of `words`; an underline stands for an item without bytes. Every item has a
 * token, its number of attempts is its first byte. */
static struct chute_parcel *parcel_of(const char *words) {
    struct chute_parcel *parcel = chute_parcel_create();
    input.plugin = &plugin;
    while (*words != '\0') {
        size_t len = strcspn(words, " "), offset = parcel->bytes.len;
        if (*words != '_') {
            chute_buf_add(&parcel->bytes, words, len);
        }
        chute_parcel_add(parcel, offset, 7, chute_token_create(&input, NULL, 0));
        parcel->items[parcel->count - 1].attempts = (uint16_t)*words;
        words += len + (words[len] == ' ');
    }
    return parcel;
}

static void add_items(struct chute_buf *out, const struct chute_parcel *parcel) {
    size_t end = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        const struct chute_item *item = &parcel->items[i];
        cr_expect_eq(item->offset, end, "items lie one behind the other");
        cr_expect_not_null(item->token);
        cr_expect_eq(item->flags, 7);
        end += item->len;
        cr_assert_leq(end, parcel->bytes.len);
        cr_expect_eq(item->attempts, item->len == 0 ? '_' : parcel->bytes.at[item->offset]);
        chute_buf_add_str(out, i == 0 ? CHUTE_STR("") : CHUTE_STR(" "));
        chute_buf_add(out, item->len == 0 ? "_" : parcel->bytes.at + item->offset,
            item->len == 0 ? 1 : item->len);
    }
    cr_expect_eq(end, parcel->bytes.len);
}

static void settle(struct chute_parcel *parcel) {
    for (uint32_t i = 0; i < parcel->count; i++) {
        chute_token_unref(parcel->items[i].token);
    }
    chute_parcel_destroy(parcel);
}

static const struct {
    const char *says;
    const char *list[4]; /* waiting parcels */
    size_t join_bytes;
    uint32_t join_items;
    const char *want; /* deliveries, a bar between */
    int emptied;
} rows[] = {
    { "one alone", { "a b c" }, 100, 100, "a b c", 0 },
    { "several are joined", { "a b", "c", "d e f" }, 100, 100, "a b c d e f", 2 },
    { "exactly the bytes", { "aa bb", "cc" }, 6, 100, "aa bb cc", 1 },
    { "a byte too many", { "aa bb", "cc" }, 5, 100, "aa bb|cc", 0 },
    { "exactly the items", { "a b", "c" }, 100, 3, "a b c", 1 },
    { "an item too many", { "a b", "c d" }, 100, 3, "a b|c d", 0 },
    { "the next fits, the one behind does not", { "aa", "bb", "cc dd" }, 5, 100, "aa bb|cc dd", 1 },
    { "one too large is split by bytes", { "aa bb cc dd ee" }, 4, 100, "aa bb|cc dd|ee", 0 },
    { "one too large is split by items", { "a b c d e" }, 100, 2, "a b|c d|e", 0 },
    { "the end of a split is joined", { "aa bb cc", "dd ee" }, 4, 100, "aa bb|cc|dd ee", 0 },
    { "the end of a split is joined", { "aa bb cc", "dd" }, 4, 100, "aa bb|cc dd", 1 },
    { "one item too large goes alone", { "aaaaaaaa b", "c" }, 4, 100, "aaaaaaaa|b c", 1 },
    { "and behind others", { "a bbbbbbbb c" }, 4, 100, "a|bbbbbbbb|c", 0 },
    { "a single one too large", { "aaaaaaaa", "b" }, 4, 100, "aaaaaaaa|b", 0 },
    { "items without bytes", { "_ _", "_" }, 100, 100, "_ _ _", 1 },
    { "items without bytes, split", { "_ _ _", "_" }, 100, 2, "_ _|_ _", 1 },
    { "items without bytes among others", { "a _ b", "_ c" }, 2, 100, "a _ b|_ c", 0 },
    { "never less than one", { "a b", "c" }, 0, 0, "a|b|c", 0 },
};

Test(parcel, takes_what_fits_into_one_delivery) {
    struct chute_buf got = { 0 };
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct chute_parcel *first = NULL, *last = NULL, *emptied = NULL;
        for (size_t i = 0; i < 4 && rows[row].list[i] != NULL; i++) {
            struct chute_parcel *parcel = parcel_of(rows[row].list[i]);
            *(first == NULL ? &first : &last->next) = parcel;
            last = parcel;
        }
        got.len = 0;
        while (first != NULL) {
            struct chute_parcel *into = chute_parcel_create();
            struct chute_parcel *taken = chute_parcel_take(
                &first, &last, rows[row].join_bytes, rows[row].join_items, into, &emptied);
            cr_assert_not_null(taken);
            cr_assert_gt(taken->count, 0, "%s", rows[row].says);
            cr_expect_null(taken->next);
            chute_buf_add_str(&got, got.len == 0 ? CHUTE_STR("") : CHUTE_STR("|"));
            add_items(&got, taken);
            if (taken != into) {
                cr_expect_eq(into->count, 0, "%s: left alone", rows[row].says);
                chute_parcel_destroy(into);
            }
            settle(taken);
        }
        cr_expect_null(last, "%s", rows[row].says);
        cr_expect_str_eq(chute_buf_cstr(&got), rows[row].want, "%s: %s", rows[row].says, got.at);
        int count = 0;
        while (emptied != NULL) {
            struct chute_parcel *next = emptied->next;
            cr_expect_eq(emptied->count, 0);
            cr_expect_eq(emptied->bytes.len, 0);
            chute_parcel_destroy(emptied);
            emptied = next;
            count++;
        }
        cr_expect_eq(count, rows[row].emptied, "%s: %d", rows[row].says, count);
    }
    chute_buf_finish(&got);
}

Test(parcel, an_empty_list_gives_nothing) {
    struct chute_parcel *first = NULL, *last = NULL, *emptied = NULL;
    cr_expect_null(chute_parcel_take(&first, &last, 1, 1, NULL, &emptied));
}

Test(parcel, a_retry_takes_single_items) {
    struct chute_parcel *from = parcel_of("one two _ three"), *to = parcel_of("zero");
    chute_parcel_move_item(to, from, 1);
    chute_parcel_move_item(to, from, 3);
    struct chute_buf got = { 0 };
    add_items(&got, to);
    cr_expect_str_eq(chute_buf_cstr(&got), "zero two three");
    chute_token_unref(from->items[0].token);
    chute_token_unref(from->items[2].token);
    chute_parcel_destroy(from); /* the others' tokens moved */
    settled = 0;
    settle(to);
    cr_expect_eq(settled, 3);
    chute_buf_finish(&got);
}

Test(parcel, cleared_it_keeps_its_memory) {
    struct chute_parcel *parcel = parcel_of("one two");
    cr_expect_geq(chute_parcel_weight(parcel), 6 + 2 * sizeof(struct chute_item));
    for (uint32_t i = 0; i < parcel->count; i++) {
        chute_token_unref(parcel->items[i].token);
    }
    parcel->not_before_ms = 5;
    const char *bytes = parcel->bytes.at;
    const struct chute_item *items = parcel->items;
    chute_parcel_clear(parcel);
    cr_expect_eq(chute_parcel_weight(parcel), 0);
    cr_expect_eq(parcel->not_before_ms, 0);
    chute_buf_add(&parcel->bytes, "new", 3);
    chute_parcel_add(parcel, 0, 0, NULL);
    cr_expect_eq(parcel->bytes.at, bytes);
    cr_expect_eq(parcel->items, items);
    cr_expect_eq(parcel->items[0].len, 3);
    cr_expect_eq(parcel->items[0].attempts, 0);
    chute_parcel_destroy(parcel);
    chute_parcel_destroy(NULL);
}

Test(parcel, holds_many_items) {
    struct chute_parcel *parcel = chute_parcel_create();
    for (uint32_t i = 0; i < 100000; i++) {
        size_t offset = parcel->bytes.len;
        chute_buf_printf(&parcel->bytes, "%u", i);
        chute_parcel_add(parcel, offset, 0, NULL);
    }
    size_t wrong = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        char text[16] = { 0 };
        memcpy(text, parcel->bytes.at + parcel->items[i].offset, parcel->items[i].len);
        wrong += (uint32_t)atoi(text) != i;
    }
    cr_expect_eq(parcel->count, 100000);
    cr_expect_eq(wrong, 0);
    chute_parcel_destroy(parcel);
}
