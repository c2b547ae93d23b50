/* outputs/elasticsearch/elasticsearch.h - what the files of this output share: its settings, the state of an
 * instance, and the memory of a worker.
 *
 * Ownership: settings lie in the configuration's arena; state belongs to the engine.
 * Threads: settings any; state *loop*; worker memory *worker*. */
#ifndef CHUTE_OUTPUTS_ELASTICSEARCH_H
#define CHUTE_OUTPUTS_ELASTICSEARCH_H

#include <uv.h>

#include "conf/template.h"
#include "pipeline/base/json.h"
#include "pipeline/base/log.h"
#include "pipeline/net/hosts.h"
#include "pipeline/net/http_client.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/bulk_answer.h"

#define ES_LOG "outputs.elasticsearch"

enum es_choice { ES_AUTO, ES_TRUE, ES_FALSE };
enum es_script_type { ES_SCRIPT_INLINE, ES_SCRIPT_INDEXED };
enum es_template_api { ES_TEMPLATE_AUTO, ES_TEMPLATE_LEGACY, ES_TEMPLATE_COMPOSABLE };
enum es_verification { ES_VERIFY_FULL, ES_VERIFY_NONE };

/* Flags of an item: why it must not be sent. */
enum es_fault {
    ES_FAULT_NONE,
    ES_FAULT_ACTION,
    ES_FAULT_INDEX,
    ES_FAULT_ID,
    ES_FAULT_VERSION,
    ES_FAULT_UPSERT,
};
#define ES_FAULT_MASK 0x0f

struct es_settings {
    /* --- options */
    struct chute_list hosts;
    struct chute_str cloud_id;
    struct chute_str cloud_auth;
    struct chute_str user;
    struct chute_str password;
    struct chute_str api_key;
    const struct chute_object *auth_type;
    struct chute_str path;
    struct chute_str bulk_path;
    struct chute_str healthcheck_path;
    struct chute_str sniffing_path;
    const struct chute_object *parameters;
    const struct chute_object *custom_headers;
    struct chute_str proxy;
    bool sniffing;
    long long sniffing_delay;
    long long resurrect_delay;
    long long timeout;
    long long retry_initial_interval;
    long long retry_max_interval;
    long long pool_max;
    long long pool_max_per_route;
    long long target_bulk_bytes;
    bool http_compression;
    long long compression_level;
    bool ssl_enabled;
    int ssl_verification_mode;
    bool ssl_certificate_verification;
    struct chute_list ssl_certificate_authorities;
    struct chute_list ca_trusted_fingerprint;
    struct chute_str ssl_certificate;
    struct chute_str ssl_key;
    struct chute_str ssl_key_passphrase;
    struct chute_list ssl_supported_protocols;
    struct chute_list ssl_cipher_suites;
    const struct chute_template *action;
    const struct chute_template *index;
    const struct chute_template *document_id;
    const struct chute_template *routing;
    const struct chute_template *pipeline;
    const struct chute_template *version;
    int version_type;
    const struct chute_template *parent;
    const struct chute_ref *join_field;
    const struct chute_template *upsert;
    bool doc_as_upsert;
    const struct chute_template *script;
    int script_type;
    struct chute_str script_lang;
    struct chute_str script_var_name;
    bool scripted_upsert;
    long long retry_on_conflict;
    int data_stream;
    int data_stream_type;
    struct chute_str data_stream_dataset;
    struct chute_str data_stream_namespace;
    bool data_stream_sync_fields;
    bool data_stream_auto_routing;
    bool manage_template;
    bool legacy_template;
    struct chute_str template_file;
    struct chute_str template_name;
    bool template_overwrite;
    int template_api;
    int ilm_enabled;
    struct chute_str ilm_rollover_alias;
    struct chute_str ilm_pattern;
    struct chute_str ilm_policy;
    struct chute_list dlq_custom_codes;
    bool dlq_on_failed_indexname_interpolation;
    struct chute_list silence_errors_in_log;
    struct chute_list failure_type_logging_whitelist;

    /* --- made by prepare */
    bool is_opensearch;
    bool is_data_stream;
    bool uses_ilm;
    bool installs_template;
    enum chute_ecs ecs;
    bool index_is_default;         /* then [@metadata][_ingest_document][index] may replace it */
    struct chute_str fixed_action; /* `.at == NULL`: each event has its own */
    struct chute_str fixed_index;
    struct chute_str version_type_name;
    /* The action line is `line_head`, the index as a JSON text, `line_tail`, unless an event's @metadata has a say;
     * not so if has_event_parts. */
    bool has_event_parts;
    struct chute_str line_head;
    struct chute_str line_tail;
    struct chute_str fixed_line;    /* all of it, when the index is fixed */
    struct chute_ref ingest_ref;    /* [@metadata][_ingest_document] */
    struct chute_ref target_ref;    /* [@metadata][target_ingest_pipeline] */
    struct chute_ref stream_ref;    /* [data_stream] */
    struct chute_str stream_fields; /* `"data_stream":{…}}`: closes a document that has none */

    const char **node_urls; /* scheme, name, port, path */
    const char **node_queries;
    const char **node_authorizations; /* whole headers, NULL for none */
    size_t node_count;
    const char *bulk_target; /* "/_bulk?…": behind a node's url */
    const char *health_target;
    const char *sniff_target;
    const char *const *extra_headers; /* whole ones, ended by NULL */
    struct chute_http_tls tls;
    struct chute_http_settings http;
    uint64_t rejected_codes[16];    /* dlq_custom_codes, a bit each */
    struct chute_str template_json; /* of the file; `.at == NULL`: ours */
    struct chute_str template_called;
};

/* One worker's memory. */
struct es_worker {
    struct chute_buf scratch;
    struct chute_template_cache index_cache;
    struct chute_buf index;         /* the last one rendered … */
    struct chute_buf line;          /* … and its action line */
    uint8_t line_fault;             /* … which may not be sent */
    struct chute_json_parser *json; /* made when an `upsert` is first rendered */
};

enum es_setup { ES_SETUP_TODO, ES_SETUP_RUNNING, ES_SETUP_DONE };

/* The size of requests for a cluster that refuses them as a whole because it is busy. */
struct es_busy {
    uint32_t limit;      /* items; 0: none */
    unsigned refusals;   /* in a row */
    unsigned taken;      /* requests of that size since the limit changed */
    unsigned grow_after; /* so many */
    bool is_trying;      /* the limit was raised, and nothing of its size taken yet */
};

struct es_delivery;
struct libdeflate_compressor;

struct es_state {
    struct chute_output *output;
    const struct es_settings *settings;
    struct chute_http_client *client;
    struct chute_hosts hosts;
    struct es_delivery *deliveries; /* open ones */
    struct es_delivery *spare;
    struct chute_parcel **waiting; /* for the setup, in order */
    size_t waiting_count;
    size_t waiting_capacity;
    struct libdeflate_compressor *compressors[8];
    int compressor_count;
    struct es_busy busy;

    enum es_setup setup;
    int setup_step;
    unsigned setup_failures; /* in a row */
    bool setup_was_skipped;  /* the cluster did not let us yet: again when it changes */
    int major;               /* version; 0: not known */
    bool says_opensearch;
    struct chute_http_request setup_request;
    struct chute_node *setup_node;
    struct chute_buf setup_body;
    struct chute_buf setup_url;

    uv_timer_t watch; /* probes dead nodes, looks for an abandoned stop; runs while there is need */
    struct chute_http_request probe;
    struct chute_node *probed;
    struct chute_http_request sniff;
    struct chute_node *sniffed;
    struct chute_buf probe_url;
    struct chute_buf sniff_url;
    uint64_t next_sniff_ms;
    bool is_stopping;

    struct chute_log_limiter down_limiter;
    struct chute_log_limiter status_limiter;
    struct chute_log_limiter auth_limiter;
    struct chute_log_limiter answer_limiter;
    struct chute_log_limiter reject_limiter;
    struct chute_log_limiter conflict_limiter;
    struct chute_log_limiter retry_limiter;
};

/* options.c */
extern const struct chute_option chute_elasticsearch_options[];

/* prepare.c, prepare_net.c */
bool chute_elasticsearch_prepare(void *settings, const struct chute_prepare *prepare);
bool chute_elasticsearch_prepare_opensearch(void *settings, const struct chute_prepare *prepare);
/* Nodes, credentials, paths, TLS. */
bool chute_elasticsearch_prepare_net(
    struct es_settings *settings, const struct chute_prepare *prepare);
/* True if `option` was written under one of its names. */
bool chute_elasticsearch_is_set(const struct chute_prepare *prepare, const char *option);

/* encode.c: *worker*. */
bool chute_elasticsearch_encode(const void *settings, struct chute_event *event,
    struct chute_buf *bytes, uint8_t *flags, void *worker);
void chute_elasticsearch_worker_finish(void *worker);
struct chute_str chute_elasticsearch_document(const void *settings, struct chute_str item);
/* Precomputes the parts of the action line that no event changes. */
void chute_elasticsearch_prepare_line(struct es_settings *settings, struct chute_arena *arena);
/* The index in an item's action line, as it is written there. */
struct chute_str chute_elasticsearch_index_of(struct chute_str item);

/* decide.c: what an item's status means. */
enum es_decision { ES_DONE, ES_CONFLICT, ES_RETRY, ES_REJECT };
enum es_decision chute_elasticsearch_decide(
    const struct es_settings *settings, struct chute_str item, int status);
/* Why an item with that fault is refused. */
const char *chute_elasticsearch_fault(enum es_fault fault);
/* False for types of errors that are not to be logged. */
bool chute_elasticsearch_logs(const struct es_settings *settings, struct chute_str type);

/* deliver.c */
void chute_elasticsearch_deliver(struct chute_output *output, struct chute_parcel *parcel);
/* The setup is over: what waited for it is sent. */
void chute_elasticsearch_release(struct es_state *state);
/* The cluster does not answer: what waits is to be tried again in `after_ms`. */
void chute_elasticsearch_postpone(struct es_state *state, uint32_t after_ms);
/* Answers all that is open with a retry. */
void chute_elasticsearch_give_up(struct es_state *state);
void chute_elasticsearch_free_spare(struct es_state *state);

/* True while a delivery is open or waits. */
bool chute_elasticsearch_is_busy(const struct es_state *state);
/* True while the cluster has taken a request and only has to answer it. */
bool chute_elasticsearch_is_being_answered(struct chute_output *output);
/* A stop that waited for the last delivery goes on. */
void chute_elasticsearch_close(struct es_state *state);

/* nodes.c */
/* Starts the timer of nodes, if it does not run. */
void chute_elasticsearch_watch(struct es_state *state);
void chute_elasticsearch_stop_watch(struct es_state *state);
uint64_t chute_elasticsearch_now(const struct es_state *state);
/* The time to choose a node by: when the pipeline stops, a dead one is not left alone any more. */
uint64_t chute_elasticsearch_choice_time(const struct es_state *state);
/* Fills the headers that every request to `node` has; returns how many. */
size_t chute_elasticsearch_headers(const struct es_settings *settings,
    const struct chute_node *node, struct chute_http_request *request);
/* Tells the list of nodes how a request to `node` ended, and the log when that is news. */
void chute_elasticsearch_heard(
    struct es_state *state, struct chute_node *node, const struct chute_http_request *request);
/* Appends `node`'s address of `target`, with the node's query. */
void chute_elasticsearch_url(
    struct chute_buf *url, const struct chute_node *node, const char *target);

/* setup.c */
/* Begins, or begins again, unless it runs. */
void chute_elasticsearch_setup(struct es_state *state);
void chute_elasticsearch_setup_cancel(struct es_state *state);

/* template.c: appends the index template that is installed, composable or legacy; `has_policies`: the cluster knows
 * lifecycle policies. */
void chute_elasticsearch_template(const struct es_settings *settings, bool is_composable,
    bool has_policies, struct chute_buf *out);

/* reason.c: */
/* Appends what our own log may say of a cluster's reason: all of it where it speaks of the cluster, else the field's name
 * at most, as errors of a document quote its values and its id. Any thread. */
void chute_elasticsearch_loggable(
    struct chute_buf *out, struct chute_str type, struct chute_str reason);

#endif
