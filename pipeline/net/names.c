#include "pipeline/net/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/address.h"

#define SLOTS 256 /* addresses remembered; two of the same slot push each other out */
#define FRESH_MS 300000
#define MOST_AT_ONCE 64 /* look-ups under way; beyond, an address is its own name */

struct known {
    char ip[INET6_ADDRSTRLEN];
    char *name;
    uint64_t until_ms;
};

struct question {
    uv_getnameinfo_t req;
    struct chute_names *names;
    struct question *next;
    char ip[INET6_ADDRSTRLEN];
    void (*on_name)(void *asker, const char *name);
    void *asker; /* NULL: forgotten */
};

struct chute_names {
    uv_loop_t *loop;
    struct question *questions;
    size_t count;
    bool is_closing;
    struct known known[SLOTS];
};

struct chute_names *chute_names_create(uv_loop_t *loop) {
    struct chute_names *names = chute_calloc(1, sizeof(*names));
    names->loop = loop;
    return names;
}

static struct known *slot_of(struct chute_names *names, const char *ip) {
    unsigned hash = 5381;
    for (const char *at = ip; *at != '\0'; at++) {
        hash = hash * 33 + (unsigned char)*at;
    }
    return &names->known[hash % SLOTS];
}

static void destroy(struct chute_names *names) {
    for (size_t i = 0; i < SLOTS; i++) {
        chute_free(names->known[i].name);
    }
    chute_free(names);
}

static void on_answer(uv_getnameinfo_t *req, int status, const char *host, const char *service) {
    (void)service;
    struct question *question = req->data;
    struct chute_names *names = question->names;
    struct question **link = &names->questions;
    while (*link != question) {
        link = &(*link)->next;
    }
    *link = question->next;
    names->count--;
    struct known *known = slot_of(names, question->ip);
    chute_free(known->name);
    memcpy(known->ip, question->ip, sizeof(known->ip));
    known->name = chute_strdup(status == 0 && host != NULL ? host : question->ip);
    known->until_ms = uv_now(names->loop) + FRESH_MS;
    if (question->asker != NULL) {
        question->on_name(question->asker, known->name);
    }
    chute_free(question);
    if (names->is_closing && names->count == 0) {
        destroy(names);
    }
}

void chute_names_ask(struct chute_names *names, const struct sockaddr *address,
    void (*on_name)(void *asker, const char *name), void *asker) {
    struct chute_address text = chute_address_of(address);
    struct known *known = slot_of(names, text.ip);
    if (known->name != NULL && strcmp(known->ip, text.ip) == 0 &&
        uv_now(names->loop) < known->until_ms) {
        on_name(asker, known->name);
        return;
    }
    struct question *question = chute_calloc(1, sizeof(*question));
    *question = (struct question){ .names = names, .on_name = on_name, .asker = asker };
    question->req.data = question;
    memcpy(question->ip, text.ip, sizeof(question->ip));
    if (names->count >= MOST_AT_ONCE ||
        uv_getnameinfo(names->loop, &question->req, on_answer, address, 0) != 0) {
        chute_free(question);
        on_name(asker, text.ip);
        return;
    }
    question->next = names->questions;
    names->questions = question;
    names->count++;
}

void chute_names_forget(struct chute_names *names, const void *asker) {
    for (struct question *question = names->questions; question != NULL;
         question = question->next) {
        if (question->asker == asker) {
            question->asker = NULL;
        }
    }
}

void chute_names_close(struct chute_names *names) {
    if (names == NULL) {
        return;
    }
    names->is_closing = true;
    if (names->count == 0) {
        destroy(names);
        return;
    }
    for (struct question *question = names->questions; question != NULL;
         question = question->next) {
        question->asker = NULL;
        uv_cancel((uv_req_t *)&question->req);
    }
}
