/* pipeline/serve/graph.c - a pipeline as vertices and edges, made of its flat program of steps. What leaves a list of
 * events are its tails: the last plugin that each of its events came through. */
#include "pipeline/base/alloc.h"
#include "pipeline/run/steps.h"
#include "pipeline/serve/serve.h"

enum edge_kind { EDGE_PLAIN, EDGE_TRUE, EDGE_FALSE };

struct tail {
    const char *id;
    enum edge_kind kind;
};

struct tails {
    struct tail *items;
    size_t count;
};

struct edge {
    struct tail from;
    const char *to;
};

struct walk {
    struct chute_arena arena;
    struct edge *edges;
    size_t edge_count, edge_capacity;
};

static void add_edge(struct walk *walk, struct tail from, const char *to) {
    if (walk->edge_count == walk->edge_capacity) {
        walk->edge_capacity = walk->edge_capacity * 2 + 16;
        walk->edges = chute_realloc(walk->edges, sizeof(*walk->edges) * walk->edge_capacity);
    }
    walk->edges[walk->edge_count++] = (struct edge){ from, to };
}

static void link_all(struct walk *walk, const struct tails *from, const char *to) {
    for (size_t i = 0; i < from->count; i++) {
        add_edge(walk, from->items[i], to);
    }
}

static struct tails one_tail(struct walk *walk, const char *id, enum edge_kind kind) {
    struct tails tails = { chute_arena_get(&walk->arena, sizeof(struct tail)), 1 };
    tails.items[0] = (struct tail){ id, kind };
    return tails;
}

static struct tails both(struct walk *walk, struct tails a, struct tails b) {
    struct tails tails = { chute_arena_get(
                               &walk->arena, sizeof(struct tail) * (a.count + b.count + 1)),
        a.count + b.count };
    memcpy(tails.items, a.items, sizeof(struct tail) * a.count);
    memcpy(tails.items + a.count, b.items, sizeof(struct tail) * b.count);
    return tails;
}

static const char *id_of_if(struct walk *walk, const struct chute_step *step) {
    return chute_arena_printf(
        &walk->arena, "if_%u_%u", (unsigned)step->place.line, (unsigned)step->place.column)
        .at;
}

/* Goes through `steps`, which `in` leads to. Returns the tails of what leaves them. */
static struct tails walk_steps(
    struct walk *walk, const struct chute_steps *steps, struct tails in) {
    struct tails *lists = chute_arena_zeroed(&walk->arena, sizeof(*lists) * steps->list_count);
    lists[0] = in;
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct chute_step *step = &steps->items[i];
        const char *id;
        switch (step->kind) {
        case CHUTE_STEP_FILTER:
            link_all(walk, &lists[step->list], step->filter->head.id);
            lists[step->list] = one_tail(walk, step->filter->head.id, EDGE_PLAIN);
            break;
        case CHUTE_STEP_SPLIT:
            id = id_of_if(walk, step);
            link_all(walk, &lists[step->list], id);
            lists[step->yes] = one_tail(walk, id, EDGE_TRUE);
            lists[step->no] = one_tail(walk, id, EDGE_FALSE);
            break;
        case CHUTE_STEP_JOIN:
            lists[step->list] = both(walk, lists[step->yes], lists[step->no]);
            break;
        case CHUTE_STEP_OUTPUT:
            link_all(walk, &lists[step->list], step->output->head.id);
            break;
        }
    }
    return lists[0];
}

/* ------------------------------------------------------------------ as JSON */

static void add_place(struct chute_json_writer *writer, const struct chute_place *place) {
    if (place->file == NULL) {
        chute_write_null(writer, "meta");
        return;
    }
    chute_write_open(writer, "meta", '{');
    chute_write_open(writer, "source", '{');
    chute_write_text(writer, "protocol", "file");
    chute_write_text(writer, "id", place->file);
    chute_write_int(writer, "line", place->line);
    chute_write_int(writer, "column", place->column);
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
}

static void add_counts(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    const struct chute_instance *instance) {
    const struct chute_counters *counters = &instance->counters;
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "id", instance->id);
    chute_write_text(writer, "pipeline_ephemeral_id", pipeline->ephemeral_id);
    if (strcmp(instance->kind, "input") == 0) {
        chute_write_int(writer, "queue_push_duration_in_millis",
            (int64_t)(counters->push_nanoseconds / 1000000));
    } else {
        chute_write_int(writer, "duration_in_millis", (int64_t)(counters->nanoseconds / 1000000));
        chute_write_int(writer, "events_in", (int64_t)counters->in);
    }
    chute_write_int(writer, "events_out", (int64_t)counters->out);
    chute_write_close(writer, '}');
}

static void add_plugin(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    const struct chute_instance *instance, bool has_counts) {
    if (has_counts) {
        add_counts(writer, pipeline, instance);
        return;
    }
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "config_name", instance->name);
    chute_write_text(writer, "plugin_type", instance->kind);
    add_place(writer, &instance->place);
    chute_write_text(writer, "id", instance->id);
    chute_write_bool(writer, "explicit_id", instance->common.id.at != NULL);
    chute_write_text(writer, "type", "plugin");
    chute_write_close(writer, '}');
}

static void add_ifs(
    struct walk *walk, struct chute_json_writer *writer, const struct chute_steps *steps) {
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct chute_step *step = &steps->items[i];
        if (step->kind == CHUTE_STEP_SPLIT) {
            chute_write_open(writer, NULL, '{');
            chute_write_text(writer, "condition", "");
            add_place(writer, &step->place);
            chute_write_text(writer, "id", id_of_if(walk, step));
            chute_write_bool(writer, "explicit_id", false);
            chute_write_text(writer, "type", "if");
            chute_write_close(writer, '}');
        }
    }
}

static void add_vertices(struct walk *walk, struct chute_json_writer *writer,
    const struct chute_pipeline *pipeline, bool has_counts) {
    chute_write_open(writer, "vertices", '[');
    for (size_t i = 0; i < pipeline->input_count; i++) {
        add_plugin(writer, pipeline, &pipeline->inputs[i]->head, has_counts);
    }
    if (!has_counts) {
        chute_write_open(writer, NULL, '{');
        chute_write_text(writer, "id", "__QUEUE__");
        chute_write_bool(writer, "explicit_id", false);
        chute_write_null(writer, "meta");
        chute_write_text(writer, "type", "queue");
        chute_write_close(writer, '}');
        add_ifs(walk, writer, pipeline->filter_steps);
        add_ifs(walk, writer, pipeline->output_steps);
    }
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        add_plugin(writer, pipeline, &pipeline->filters[i]->head, has_counts);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        add_plugin(writer, pipeline, &pipeline->outputs[i]->head, has_counts);
    }
    chute_write_close(writer, ']');
}

static void add_edges(const struct walk *walk, struct chute_json_writer *writer) {
    chute_write_open(writer, "edges", '[');
    for (size_t i = 0; i < walk->edge_count; i++) {
        const struct edge *edge = &walk->edges[i];
        char id[32];
        snprintf(id, sizeof(id), "edge_%zu", i + 1);
        chute_write_open(writer, NULL, '{');
        chute_write_text(writer, "from", edge->from.id);
        chute_write_text(writer, "to", edge->to);
        chute_write_text(writer, "id", id);
        chute_write_text(writer, "type", edge->from.kind == EDGE_PLAIN ? "plain" : "boolean");
        if (edge->from.kind != EDGE_PLAIN) {
            chute_write_bool(writer, "when", edge->from.kind == EDGE_TRUE);
        }
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
}

void chute_serve_graph(
    struct chute_json_writer *writer, const struct chute_pipeline *pipeline, bool has_counts) {
    struct walk walk = { 0 };
    add_vertices(&walk, writer, pipeline, has_counts);
    if (!has_counts) {
        for (size_t i = 0; i < pipeline->input_count; i++) {
            add_edge(&walk, (struct tail){ pipeline->inputs[i]->head.id, EDGE_PLAIN }, "__QUEUE__");
        }
        struct tails tails = one_tail(&walk, "__QUEUE__", EDGE_PLAIN);
        tails = walk_steps(&walk, pipeline->filter_steps, tails);
        walk_steps(&walk, pipeline->output_steps, tails);
        add_edges(&walk, writer);
    }
    chute_free(walk.edges);
    chute_arena_finish(&walk.arena);
}
