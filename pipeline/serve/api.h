/* pipeline/serve/api.h - the HTTP API of the process: what Logstash serves on port 9600, /metrics and health.
 *
 * Ownership: create/destroy; pipelines are borrowed from attach to detach.
 * Threads: the controlling thread; requests are answered on the input loop. */
#ifndef CHUTE_SERVE_API_H
#define CHUTE_SERVE_API_H

#include "pipeline/run/pipeline.h"

struct chute_api_settings {
    const char *host;
    int first_port, last_port; /* the first free one is taken */
    const char *username;      /* NULL: clients need not say who they are */
    const char *password;
    bool shows_events; /* also to who does not ask from this machine */
    const char *node_name;
    const char *host_name;
    const char *path_data; /* where the node's id is kept */
};

/* In path.data while the API listens: its address, "127.0.0.1:9600" and a line feed. */
#define CHUTE_API_ADDRESS_FILE "api.address"

/* A worker that is at one batch for longer does not live. */
#define CHUTE_STUCK_WORKER_MS 300000

struct chute_api;

/* Returns new, listening; NULL after saying why not. Texts are copied. */
struct chute_api *chute_api_create(
    struct chute_process *process, const struct chute_api_settings *settings);
/* Closes all connections. Accepts NULL. */
void chute_api_destroy(struct chute_api *api);
/* From now on the API speaks of `pipeline`; until detach it may not be closed. Accept NULL for `api`. */
void chute_api_attach(struct chute_api *api, struct chute_pipeline *pipeline);
void chute_api_detach(struct chute_api *api, struct chute_pipeline *pipeline);
/* Where it listens: "127.0.0.1:9600". NULL for NULL. */
const char *chute_api_address(const struct chute_api *api);

#endif
