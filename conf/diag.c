#include "conf/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "conf/conceal.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/user_info.h"

#define LONGEST_NAME 64
#define LONGEST_SHOWN 120 /* characters of a source line */

struct item {
    struct chute_diag_item shown;
    size_t source_number;
    size_t number; /* in the order of noting: the last word in sorting */
};

struct source_node {
    struct chute_source source;
    size_t number;
    struct source_node *next;
};

struct chute_diag {
    struct chute_arena arena;
    struct chute_buf items; /* of struct item */
    struct chute_buf shown; /* of struct chute_diag_item */
    struct source_node *sources;
    size_t source_count;
    size_t error_count;
    size_t warning_count;
};

struct chute_diag *chute_diag_create(void) {
    return chute_calloc(1, sizeof(struct chute_diag));
}

void chute_diag_destroy(struct chute_diag *diag) {
    if (diag == NULL) {
        return;
    }
    chute_arena_finish(&diag->arena);
    chute_buf_finish(&diag->items);
    chute_buf_finish(&diag->shown);
    chute_free(diag);
}

const struct chute_source *chute_diag_add_source(
    struct chute_diag *diag, const char *name, struct chute_str text) {
    struct source_node *node = chute_arena_get(&diag->arena, sizeof(*node));
    node->source.name = chute_arena_copy(&diag->arena, chute_str_of(name)).at;
    node->source.text = chute_arena_copy(&diag->arena, text);
    node->number = ++diag->source_count;
    node->next = diag->sources;
    diag->sources = node;
    return &node->source;
}

struct chute_position chute_position_at(
    const struct chute_source *source, uint32_t line, uint32_t column, size_t len) {
    struct chute_str text = source->text;
    size_t offset = 0;
    for (uint32_t at = 1; at < line && offset < text.len; offset++) {
        at += text.at[offset] == '\n';
    }
    for (uint32_t at = 1; at < column && offset < text.len && text.at[offset] != '\n'; at++) {
        offset++;
        while (offset < text.len && ((unsigned char)text.at[offset] & 0xc0) == 0x80) {
            offset++;
        }
    }
    return (struct chute_position){
        .source = source, .offset = offset, .len = len, .line = line, .column = column
    };
}

static size_t number_of(const struct chute_diag *diag, const struct chute_source *source) {
    for (const struct source_node *node = diag->sources; node != NULL; node = node->next) {
        if (&node->source == source) {
            return node->number;
        }
    }
    return 0;
}

__attribute__((format(printf, 3, 0), nonnull(3))) static void note(
    struct chute_diag *diag, struct chute_diag_item shown, const char *format, va_list args) {
    struct chute_buf text = { 0 };
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    chute_assert(len >= 0);
    vsnprintf(chute_buf_reserve(&text, (size_t)len + 1), (size_t)len + 1, format, again);
    va_end(again);
    text.len = (size_t)len;
    chute_user_info_hide(text.at, text.len); /* of an URL that is quoted as wrong */
    shown.message = chute_arena_copy(&diag->arena, chute_buf_str(&text)).at;
    chute_buf_finish(&text);
    if (shown.hint != NULL) {
        shown.hint = chute_arena_copy(&diag->arena, chute_str_of(shown.hint)).at;
    }
    struct item item = { shown, number_of(diag, shown.position.source),
        diag->error_count + diag->warning_count };
    chute_buf_add(&diag->items, &item, sizeof(item));
}

void chute_diag_error(struct chute_diag *diag, enum chute_diag_kind kind,
    struct chute_position position, const char *hint, const char *format, ...) {
    va_list args;
    va_start(args, format);
    note(diag, (struct chute_diag_item){ .kind = kind, .position = position, .hint = hint }, format,
        args);
    va_end(args);
    diag->error_count++;
}

/* True if the last item says at its place what another one said. */
static bool is_repeated(const struct chute_diag *diag) {
    const struct item *items = (const struct item *)diag->items.at;
    size_t last = diag->items.len / sizeof(*items) - 1;
    const struct chute_diag_item *item = &items[last].shown;
    for (size_t i = 0; i < last; i++) {
        if (items[i].shown.position.source == item->position.source &&
            items[i].shown.position.offset == item->position.offset &&
            strcmp(items[i].shown.message, item->message) == 0) {
            return true;
        }
    }
    return false;
}

void chute_diag_warn(struct chute_diag *diag, struct chute_position position, const char *hint,
    const char *format, ...) {
    va_list args;
    va_start(args, format);
    note(diag,
        (struct chute_diag_item){
            .is_warning = true, .kind = CHUTE_DIAG_CONFIG, .position = position, .hint = hint },
        format, args);
    va_end(args);
    if (is_repeated(diag)) { /* the text was parsed again */
        diag->items.len -= sizeof(struct item);
    } else {
        diag->warning_count++;
    }
}

const char *chute_diag_did_you_mean(struct chute_diag *diag, const char *nearest) {
    return nearest == NULL ? NULL
                           : chute_arena_printf(&diag->arena, "did you mean \"%s\"?", nearest).at;
}

size_t chute_diag_error_count(const struct chute_diag *diag) {
    return diag->error_count;
}

size_t chute_diag_warning_count(const struct chute_diag *diag) {
    return diag->warning_count;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_items(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    int order = ORDER(a->source_number, b->source_number);
    if (order == 0) {
        order = ORDER(a->shown.position.offset, b->shown.position.offset);
    }
    return order != 0 ? order : ORDER(a->number, b->number);
}

const struct chute_diag_item *chute_diag_items(struct chute_diag *diag, size_t *count) {
    *count = diag->items.len / sizeof(struct item);
    if (*count > 0) {
        qsort(diag->items.at, *count, sizeof(struct item), compare_items);
    }
    diag->shown.len = 0;
    const struct item *items = (const struct item *)diag->items.at;
    for (size_t i = 0; i < *count; i++) {
        chute_buf_add(&diag->shown, &items[i].shown, sizeof(items[i].shown));
    }
    return (const struct chute_diag_item *)diag->shown.at;
}

/* How many bytes the character at `at` takes; one for what is not UTF-8. */
static size_t character_len(const char *at, const char *end) {
    size_t len = 1;
    while (at + len < end && ((unsigned char)at[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
}

/* Writes up to `most` characters from `at`, safe for a terminal. */
static void show_text(FILE *out, const char *at, const char *end, size_t most) {
    for (size_t shown = 0; at < end && shown < most; shown++) {
        size_t len = character_len(at, end);
        if (len == 1 && ((unsigned char)*at < ' ' || *at == 0x7f) && *at != '\t') {
            fputc('?', out);
        } else {
            fwrite(at, 1, len, out);
        }
        at += len;
    }
    fputc('\n', out);
}

/* Blanks up to `mark` (tabs stay tabs, so that both lines align), then ^~~~ up to `mark_end`. */
static void show_marks(FILE *out, const char *at, const char *mark, const char *mark_end) {
    for (; at < mark; at += character_len(at, mark)) {
        fputc(*at == '\t' ? '\t' : ' ', out);
    }
    fputc('^', out);
    at = mark < mark_end ? mark + character_len(mark, mark_end) : mark;
    for (int shown = 1; at < mark_end && shown < LONGEST_SHOWN; shown++) {
        fputc('~', out);
        at += character_len(at, mark_end);
    }
    fputc('\n', out);
}

static void show_source(FILE *out, const struct chute_position *position) {
    struct chute_str text = position->source->text;
    size_t offset = position->offset < text.len ? position->offset : text.len;
    const char *mark = text.at + offset;
    const char *start = mark, *end = mark;
    while (start > text.at && start[-1] != '\n') {
        start--;
    }
    while (end < text.at + text.len && *end != '\n' && *end != '\r') {
        end++;
    }
    /* What is shown is a copy without secrets. */
    char *shown = chute_strndup(start, (size_t)(end - start));
    bool is_first = start == text.at;
    chute_conceal(shown, (size_t)(end - start));
    mark = shown + (mark - start);
    end = shown + (end - start);
    start = shown;
    if (is_first && text.len >= 3 && mark >= start + 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
    }
    /* A long line is shown from a little before the place. */
    if (mark - start > LONGEST_SHOWN * 2 / 3) {
        start = mark - LONGEST_SHOWN / 3;
        while (start < mark && ((unsigned char)*start & 0xc0) == 0x80) {
            start++;
        }
    }
    const char *mark_end = position->len < (size_t)(end - mark) ? mark + position->len : end;
    int width = fprintf(out, "%5u | ", position->line);
    show_text(out, start, end, LONGEST_SHOWN);
    fprintf(out, "%*s | ", width - 3, "");
    show_marks(out, start, mark, mark_end);
    chute_free(shown);
}

static void print_item(const struct chute_diag_item *item, FILE *out) {
    const struct chute_position *position = &item->position;
    const char *kind = item->kind == CHUTE_DIAG_SYNTAX ? "syntax error" : "config error";
    fputs(item->is_warning ? "warning" : kind, out);
    if (position->source != NULL) {
        fprintf(out, ": %s", position->source->name);
        if (position->line > 0) {
            fprintf(out, ":%u:%u", position->line, position->column);
        }
    }
    fputs(": ", out);
    show_text(out, item->message, item->message + strlen(item->message), SIZE_MAX);
    if (position->source != NULL && position->line > 0) {
        show_source(out, position);
    }
    if (item->hint != NULL) {
        fputs("   hint: ", out);
        show_text(out, item->hint, item->hint + strlen(item->hint), SIZE_MAX);
    }
}

void chute_diag_print(struct chute_diag *diag, FILE *out) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    for (size_t i = 0; i < count; i++) {
        print_item(&items[i], out);
    }
}

static char folded(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter;
}

/* Edit distance with exchanged neighbours as one edit; letters of either case are alike. */
static size_t distance_of(struct chute_str a, struct chute_str b) {
    size_t rows[3][LONGEST_NAME + 1];
    size_t *above2 = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = folded(a.at[i - 1]), y = folded(b.at[j - 1]);
            size_t least = above[j - 1] + (x != y);
            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && x == folded(b.at[j - 2]) && folded(a.at[i - 2]) == y &&
                above2[j - 2] + 1 < least) {
                least = above2[j - 2] + 1;
            }
            row[j] = least;
        }
        size_t *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

void chute_nearest_offer(struct chute_nearest *nearest, const char *candidate) {
    struct chute_str other = chute_str_of(candidate);
    if (nearest->name.len == 0 || nearest->name.len > LONGEST_NAME || other.len > LONGEST_NAME) {
        return;
    }
    size_t distance = distance_of(nearest->name, other);
    bool is_near = distance <= (nearest->name.len + 1) / 3 && distance < other.len;
    if (is_near && (nearest->best == NULL || distance < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

const char *chute_nearest_of(struct chute_str name, const char *const *candidates, size_t count) {
    struct chute_nearest nearest = { .name = name };
    for (size_t i = 0; i < count; i++) {
        chute_nearest_offer(&nearest, candidates[i]);
    }
    return nearest.best;
}
