#include "pipeline/run/plugin_names.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/run/plugin.h"

struct list {
    struct chute_arena *arena;
    struct chute_plugin_name *items; /* NULL: only counted */
    size_t count;
};

static void add(struct list *list, const char *kind, const char *name) {
    if (list->items != NULL) {
        list->items[list->count] = (struct chute_plugin_name){ kind, name,
            chute_arena_printf(list->arena, "logstash-%s-%s", kind, name).at };
    }
    list->count++;
}

static void add_all(struct list *list) {
    list->count = 0;
    for (size_t i = 0; chute_inputs[i] != NULL; i++) {
        add(list, "input", chute_inputs[i]->name);
    }
    for (size_t i = 0; chute_codecs[i] != NULL; i++) {
        add(list, "codec", chute_codecs[i]->name);
    }
    for (size_t i = 0; chute_filters[i] != NULL; i++) {
        add(list, "filter", chute_filters[i]->name);
    }
    for (size_t i = 0; chute_outputs[i] != NULL; i++) {
        add(list, "output", chute_outputs[i]->name);
    }
}

static int compare(const void *a, const void *b) {
    return strcmp(
        ((const struct chute_plugin_name *)a)->full, ((const struct chute_plugin_name *)b)->full);
}

struct chute_plugin_name *chute_plugin_names(struct chute_arena *arena, size_t *count) {
    struct list list = { .arena = arena };
    add_all(&list);
    list.items = chute_arena_get(arena, list.count * sizeof(*list.items));
    add_all(&list);
    qsort(list.items, list.count, sizeof(*list.items), compare);
    *count = list.count;
    return list.items;
}
