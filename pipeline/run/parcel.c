#include "pipeline/run/parcel.h"

#include "pipeline/base/alloc.h"

struct chute_parcel *chute_parcel_create(void) {
    return chute_calloc(1, sizeof(struct chute_parcel));
}

void chute_parcel_destroy(struct chute_parcel *parcel) {
    if (parcel != NULL) {
        chute_buf_finish(&parcel->bytes);
        chute_free(parcel->items);
        chute_free(parcel);
    }
}

void chute_parcel_clear(struct chute_parcel *parcel) {
    parcel->bytes.len = 0;
    parcel->count = 0;
    parcel->next = NULL;
    parcel->not_before_ms = 0;
    parcel->delivery = NULL;
}

size_t chute_parcel_weight(const struct chute_parcel *parcel) {
    return parcel->bytes.len + parcel->count * sizeof(*parcel->items);
}

static struct chute_item *new_item(struct chute_parcel *parcel) {
    if (parcel->count == parcel->capacity) {
        parcel->capacity = parcel->capacity == 0 ? 128 : parcel->capacity * 2;
        parcel->items = chute_realloc(parcel->items, sizeof(*parcel->items) * parcel->capacity);
    }
    return &parcel->items[parcel->count++];
}

void chute_parcel_add(
    struct chute_parcel *parcel, size_t offset, uint8_t flags, struct chute_token *token) {
    *new_item(parcel) = (struct chute_item){
        .offset = (uint32_t)offset,
        .len = (uint32_t)(parcel->bytes.len - offset),
        .flags = flags,
        .token = token,
    };
}

void chute_parcel_move_item(struct chute_parcel *to, struct chute_parcel *from, uint32_t index) {
    const struct chute_item *item = &from->items[index];
    size_t offset = to->bytes.len;
    chute_buf_add(&to->bytes, from->bytes.at + item->offset, item->len);
    struct chute_item *copy = new_item(to);
    *copy = *item;
    copy->offset = (uint32_t)offset;
}

/* Moves the first `count` items of `from` to `to`; the others stay, and move up. */
static void move_first(struct chute_parcel *to, struct chute_parcel *from, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        chute_parcel_move_item(to, from, i);
    }
    uint32_t rest = from->count - count;
    size_t start = rest == 0 ? from->bytes.len : from->items[count].offset;
    if (from->bytes.len > start) {
        memmove(from->bytes.at, from->bytes.at + start, from->bytes.len - start);
    }
    from->bytes.len -= start;
    memmove(from->items, from->items + count, sizeof(*from->items) * rest);
    from->count = rest;
    for (uint32_t i = 0; i < rest; i++) {
        from->items[i].offset -= (uint32_t)start;
    }
}

/* How many items at the start of `parcel` fit into `bytes` and `items`; at least one. */
static uint32_t fitting(const struct chute_parcel *parcel, size_t bytes, uint32_t items) {
    uint32_t count = 0;
    while (count < parcel->count && count < items &&
           parcel->items[count].offset + (size_t)parcel->items[count].len <= bytes) {
        count++;
    }
    return count == 0 ? 1 : count;
}

static void pop(struct chute_parcel **first, struct chute_parcel **last) {
    *first = (*first)->next;
    if (*first == NULL && last != NULL) {
        *last = NULL;
    }
}

struct chute_parcel *chute_parcel_take(struct chute_parcel **first, struct chute_parcel **last,
    size_t join_bytes, uint32_t join_items, struct chute_parcel *into,
    struct chute_parcel **emptied) {
    struct chute_parcel *head = *first;
    if (head == NULL) {
        return NULL;
    }
    if (head->bytes.len > join_bytes || head->count > join_items) {
        uint32_t count = fitting(head, join_bytes, join_items);
        if (count < head->count) {
            move_first(into, head, count);
            return into;
        }
    }
    /* Room for all at once: growing step by step would double what the largest request takes. */
    size_t bytes = head->bytes.len;
    uint32_t count = head->count, joined = 0;
    for (struct chute_parcel *more = head->next; more != NULL; more = more->next) {
        if (bytes + more->bytes.len > join_bytes || count + more->count > join_items) {
            break;
        }
        bytes += more->bytes.len;
        count += more->count;
        joined++;
    }
    chute_buf_reserve(&head->bytes, bytes - head->bytes.len);
    pop(first, last);
    head->next = NULL;
    for (; joined > 0; joined--) {
        struct chute_parcel *more = *first;
        move_first(head, more, more->count);
        pop(first, last);
        more->next = *emptied;
        *emptied = more;
    }
    return head;
}
