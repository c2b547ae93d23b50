/* pipeline/net/hosts.c - the list of nodes and its choices. */
#include "pipeline/net/hosts.h"

#include "pipeline/base/alloc.h"

static void node_unref(struct chute_node *node) {
    if (--node->references > 0) {
        return;
    }
    chute_free(node->url);
    chute_free(node->query);
    chute_free(node->authorization);
    chute_free(node);
}

static struct chute_node *find(const struct chute_hosts *hosts, struct chute_str url) {
    for (size_t i = 0; i < hosts->count; i++) {
        if (chute_str_eq(chute_str_of(hosts->nodes[i]->url), url)) {
            return hosts->nodes[i];
        }
    }
    return NULL;
}

static void add(
    struct chute_hosts *hosts, struct chute_str url, const char *query, const char *authorization) {
    struct chute_node *node = chute_calloc(1, sizeof(*node));
    node->url = chute_strndup(url.at, url.len);
    node->query = chute_strdup(query != NULL ? query : "");
    node->authorization = chute_strdup(authorization);
    node->references = 1;
    hosts->nodes = chute_realloc(hosts->nodes, (hosts->count + 1) * sizeof(struct chute_node *));
    hosts->nodes[hosts->count++] = node;
}

void chute_hosts_add(
    struct chute_hosts *hosts, const char *url, const char *query, const char *authorization) {
    struct chute_str text = chute_str_of(url);
    if (find(hosts, text) == NULL) {
        add(hosts, text, query, authorization);
    }
}

static bool is_better(const struct chute_node *node, const struct chute_node *than) {
    if (than == NULL || node->is_dead != than->is_dead) {
        return than == NULL || !node->is_dead;
    }
    return node->is_dead ? node->retry_at_ms < than->retry_at_ms : node->open < than->open;
}

struct chute_node *chute_hosts_take(struct chute_hosts *hosts, uint64_t now_ms) {
    struct chute_node *best = NULL;
    size_t at = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        size_t index = (hosts->next + i) % hosts->count;
        struct chute_node *node = hosts->nodes[index];
        if ((!node->is_dead || node->retry_at_ms <= now_ms) && is_better(node, best)) {
            best = node;
            at = index;
        }
    }
    if (best != NULL) {
        hosts->next = (at + 1) % hosts->count;
        best->open++;
        best->references++;
    }
    return best;
}

void chute_node_give_back(struct chute_node *node) {
    node->open--;
    node_unref(node);
}

bool chute_node_failed(
    struct chute_node *node, uint64_t now_ms, uint64_t delay_ms, uint64_t max_ms) {
    bool was_alive = !node->is_dead;
    uint64_t delay = delay_ms;
    for (unsigned i = 0; i < node->failures && delay < max_ms; i++) {
        delay *= 2;
    }
    node->failures++;
    node->is_dead = true;
    node->retry_at_ms = now_ms + (delay < max_ms ? delay : max_ms);
    return was_alive;
}

bool chute_node_answered(struct chute_node *node) {
    bool was_dead = node->is_dead;
    node->is_dead = false;
    node->failures = 0;
    return was_dead;
}

uint64_t chute_hosts_wait_ms(const struct chute_hosts *hosts, uint64_t now_ms) {
    uint64_t wait = UINT64_MAX;
    for (size_t i = 0; i < hosts->count; i++) {
        const struct chute_node *node = hosts->nodes[i];
        if (!node->is_dead || node->retry_at_ms <= now_ms) {
            return 0;
        }
        if (node->retry_at_ms - now_ms < wait) {
            wait = node->retry_at_ms - now_ms;
        }
    }
    return wait == UINT64_MAX ? 0 : wait;
}

static bool is_listed(const struct chute_str *urls, size_t count, struct chute_str url) {
    for (size_t i = 0; i < count; i++) {
        if (chute_str_eq(urls[i], url)) {
            return true;
        }
    }
    return false;
}

bool chute_hosts_replace(struct chute_hosts *hosts, const struct chute_str *urls, size_t count,
    const char *query, const char *authorization) {
    bool is_changed = false;
    size_t kept = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        struct chute_node *node = hosts->nodes[i];
        if (is_listed(urls, count, chute_str_of(node->url))) {
            hosts->nodes[kept++] = node;
        } else {
            node->is_removed = true;
            node_unref(node);
            is_changed = true;
        }
    }
    hosts->count = kept;
    for (size_t i = 0; i < count; i++) {
        if (find(hosts, urls[i]) == NULL) {
            add(hosts, urls[i], query, authorization);
            is_changed = true;
        }
    }
    hosts->next = 0;
    return is_changed;
}

void chute_hosts_finish(struct chute_hosts *hosts) {
    for (size_t i = 0; i < hosts->count; i++) {
        node_unref(hosts->nodes[i]);
    }
    chute_free(hosts->nodes);
    *hosts = (struct chute_hosts){ 0 };
}

static bool is_master_only(const struct chute_object *info) {
    const struct chute_value *roles = chute_object_get(info, CHUTE_STR("roles"));
    if (roles == NULL || roles->type != CHUTE_ARRAY || roles->as.array->count != 1) {
        return false;
    }
    const struct chute_value *role = &roles->as.array->items[0];
    return role->type == CHUTE_STRING &&
           (chute_str_eq(chute_value_str(role), CHUTE_STR("master")) ||
               chute_str_eq(chute_value_str(role), CHUTE_STR("cluster_manager")));
}

/* The address that a node publishes. It may come as "name/10.0.0.1:9200"; the name with the port is taken
 * then, so that TLS can check it. */
static struct chute_str address_of(struct chute_arena *arena, const struct chute_object *info) {
    const struct chute_value *http = chute_object_get(info, CHUTE_STR("http"));
    const struct chute_value *published =
        http != NULL && http->type == CHUTE_OBJECT
            ? chute_object_get(http->as.object, CHUTE_STR("publish_address"))
            : NULL;
    if (published == NULL || published->type != CHUTE_STRING) {
        return (struct chute_str){ 0 };
    }
    struct chute_str text = chute_value_str(published);
    ptrdiff_t slash = chute_str_find(text, CHUTE_STR("/"));
    if (slash <= 0) {
        return text;
    }
    size_t port = text.len;
    while (port > (size_t)slash && text.at[port - 1] != ':') {
        port--;
    }
    if (port == (size_t)slash) {
        return (struct chute_str){ 0 };
    }
    return chute_arena_printf(
        arena, "%.*s:%.*s", (int)slash, text.at, (int)(text.len - port), text.at + port);
}

size_t chute_hosts_sniffed(
    struct chute_arena *arena, const struct chute_value *answer, struct chute_str **addresses) {
    if (answer->type != CHUTE_OBJECT) {
        return 0;
    }
    const struct chute_value *nodes = chute_object_get(answer->as.object, CHUTE_STR("nodes"));
    if (nodes == NULL || nodes->type != CHUTE_OBJECT || nodes->as.object->count == 0) {
        return 0;
    }
    const struct chute_object *all = nodes->as.object;
    struct chute_str *found = chute_arena_get(arena, all->count * sizeof(*found));
    size_t count = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct chute_value *info = &all->members[i].value;
        if (info->type != CHUTE_OBJECT || is_master_only(info->as.object)) {
            continue;
        }
        struct chute_str address = address_of(arena, info->as.object);
        if (address.len > 0) {
            found[count++] = address;
        }
    }
    *addresses = found;
    return count;
}
