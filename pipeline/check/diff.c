/* pipeline/check/diff.c - how two texts differ, line by line. */
#include "pipeline/base/alloc.h"
#include "pipeline/check/compare.h"

#define AROUND 3                              /* equal lines shown before and behind what differs */
#define MOST_CELLS ((size_t)16 * 1024 * 1024) /* of the table; what needs more is shown whole */

struct lines {
    struct chute_str *items;
    size_t count;
};

static struct lines split(struct chute_str text) {
    struct lines lines = { 0 };
    size_t room = 1;
    for (size_t i = 0; i < text.len; i++) {
        room += text.at[i] == '\n';
    }
    lines.items = chute_calloc(room, sizeof(*lines.items));
    while (text.len > 0) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.at);
        lines.items[lines.count++] = (struct chute_str){ text.at, len };
        size_t used = len + (end != NULL);
        text.at += used;
        text.len -= used;
    }
    return lines;
}

/* Lines of both sides in the order in which they are shown. */
struct shown {
    char mark; /* ' ', '-' or '+' */
    struct chute_str line;
};

/* common[i][j]: the most lines that both sides have in common from line i and j on. */
static size_t walk(const struct lines *a, const struct lines *b, struct shown *shown) {
    size_t width = b->count + 1, count = 0, i = 0, j = 0;
    bool is_small = (a->count + 1) * width <= MOST_CELLS;
    uint32_t *common = is_small ? chute_calloc((a->count + 1) * width, sizeof(*common)) : NULL;
    for (size_t x = a->count; is_small && x-- > 0;) {
        for (size_t y = b->count; y-- > 0;) {
            uint32_t down = common[(x + 1) * width + y], right = common[x * width + y + 1];
            common[x * width + y] = chute_str_eq(a->items[x], b->items[y])
                                        ? common[(x + 1) * width + y + 1] + 1
                                        : (down > right ? down : right);
        }
    }
    while (i < a->count || j < b->count) {
        bool has_both = i < a->count && j < b->count;
        if (has_both && chute_str_eq(a->items[i], b->items[j])) {
            shown[count++] = (struct shown){ ' ', a->items[i++] };
            j++;
        } else if (j == b->count || (has_both && (!is_small || common[(i + 1) * width + j] >=
                                                                   common[i * width + j + 1]))) {
            shown[count++] = (struct shown){ '-', a->items[i++] };
        } else {
            shown[count++] = (struct shown){ '+', b->items[j++] };
        }
    }
    chute_free(common);
    return count;
}

static bool is_near_change(const struct shown *shown, size_t count, size_t at) {
    size_t from = at < AROUND ? 0 : at - AROUND;
    for (size_t i = from; i < count && i <= at + AROUND; i++) {
        if (shown[i].mark != ' ') {
            return true;
        }
    }
    return false;
}

void chute_compare_lines(
    struct chute_buf *out, struct chute_str expected, struct chute_str actual) {
    struct lines a = split(expected), b = split(actual);
    struct shown *shown = chute_calloc(a.count + b.count + 1, sizeof(*shown));
    size_t count = walk(&a, &b, shown);
    bool is_left_out = false;
    for (size_t i = 0; i < count; i++) {
        if (is_near_change(shown, count, i)) {
            chute_buf_printf(out, "%c %.*s\n", shown[i].mark, CHUTE_STR_ARGS(shown[i].line));
            is_left_out = false;
        } else if (!is_left_out) {
            chute_buf_add_str(out, CHUTE_STR("  ...\n"));
            is_left_out = true;
        }
    }
    chute_free(shown);
    chute_free(a.items);
    chute_free(b.items);
}
