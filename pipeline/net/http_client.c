/* pipeline/net/http_client.c - curl tells which sockets and timer it waits for; libuv waits for them. */
#include "pipeline/net/http_client.h"

#include <curl/curl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <uv.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/http_trust.h"

#define SPARE_MAX 8

struct http_socket {
    uv_poll_t poll;
    struct chute_http_client *client;
    curl_socket_t fd;
};

struct chute_http_client {
    const struct chute_http_settings *settings;
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    CURL *spare[SPARE_MAX]; /* handles that wait for the next request */
    int spare_count;
    int handles; /* of ours in the loop, the timer included */
    int open;    /* requests */
    bool is_closing;
    void (*on_closed)(void *ctx);
    void *ctx;
};

static void take_finished(struct chute_http_client *client);

static void release_handle(struct chute_http_client *client) {
    if (--client->handles > 0 || !client->is_closing) {
        return;
    }
    void (*on_closed)(void *) = client->on_closed;
    void *ctx = client->ctx;
    chute_free(client);
    if (on_closed != NULL) {
        on_closed(ctx);
    }
}

static void on_timer_closed(uv_handle_t *handle) {
    release_handle(handle->data);
}

static void on_poll_closed(uv_handle_t *handle) {
    struct http_socket *polled = handle->data;
    struct chute_http_client *client = polled->client;
    chute_free(polled);
    release_handle(client);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
    struct http_socket *polled = poll->data;
    struct chute_http_client *client = polled->client;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    int running;
    curl_multi_socket_action(client->multi, polled->fd, flags, &running);
    take_finished(client);
}

static void on_timer(uv_timer_t *timer) {
    struct chute_http_client *client = timer->data;
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished(client);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *ctx) {
    (void)multi;
    struct chute_http_client *client = ctx;
    if (timeout_ms < 0) {
        uv_timer_stop(&client->timer);
    } else if (!client->is_closing) {
        uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

static struct chute_http_request *request_of(CURL *easy) {
    char *request = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
    return (struct chute_http_request *)(void *)request;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx) {
    struct chute_http_client *client = ctx;
    struct http_socket *polled = socket_ctx;
    if (what == CURL_POLL_REMOVE) {
        if (polled != NULL) {
            curl_multi_assign(client->multi, fd, NULL);
            uv_poll_stop(&polled->poll);
            uv_close((uv_handle_t *)&polled->poll, on_poll_closed);
        }
        return 0;
    }
    struct chute_http_request *request = request_of(easy);
    if (request != NULL) {
        request->fd = fd;
    }
    if (polled == NULL) {
        polled = chute_calloc(1, sizeof(*polled));
        polled->client = client;
        polled->fd = fd;
        if (uv_poll_init_socket(client->loop, &polled->poll, fd) < 0) {
            chute_free(polled);
            return -1;
        }
        polled->poll.data = polled;
        client->handles++;
        curl_multi_assign(client->multi, fd, polled);
    }
    int events = 0;
    events |= (what & CURL_POLL_IN) != 0 ? UV_READABLE : 0;
    events |= (what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0;
    uv_poll_start(&polled->poll, events, on_ready);
    return 0;
}

static size_t on_answer(char *at, size_t size, size_t count, void *ctx) {
    struct chute_http_request *request = ctx;
    struct chute_str bytes = { at, size * count };
    if (request->on_bytes != NULL) {
        return request->on_bytes(request, bytes) ? bytes.len : 0;
    }
    if (request->answer_limit == 0) {
        return bytes.len;
    }
    if (bytes.len > request->answer_limit - request->answer.len) {
        return 0;
    }
    chute_buf_add_str(&request->answer, bytes);
    return bytes.len;
}

struct chute_http_client *chute_http_client_create(
    struct uv_loop_s *loop, const struct chute_http_settings *settings) {
    chute_assert(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct chute_http_client *client = chute_calloc(1, sizeof(*client));
    client->settings = settings;
    client->loop = loop;
    client->multi = curl_multi_init();
    chute_assert(client->multi != NULL);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings->max_connections);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings->max_per_host);
    uv_timer_init(loop, &client->timer);
    client->timer.data = client;
    client->handles = 1;
    return client;
}

static void apply_tls(CURL *easy, const struct chute_http_tls *tls) {
    if (tls->skips_verification) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (tls->authorities.len > 0) {
        struct curl_blob blob = { .data = (void *)tls->authorities.at,
            .len = tls->authorities.len,
            .flags = CURL_BLOB_NOCOPY };
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    if (tls->certificate != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->certificate);
        curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key);
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, tls->key_passphrase);
    }
    if (tls->ciphers != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, tls->ciphers);
    }
    if (tls->ciphers13 != NULL) {
        curl_easy_setopt(easy, CURLOPT_TLS13_CIPHERS, tls->ciphers13);
    }
    if (tls->version != 0) {
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls->version);
    }
    if (tls->fingerprint_count > 0) {
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, chute_http_trust_apply);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls);
    }
}

static void apply_settings(CURL *easy, const struct chute_http_settings *settings) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, settings->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_timeout_ms);
    /* An empty name keeps curl from asking the environment. */
    curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy != NULL ? settings->proxy : "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->user_agent);
    if (settings->tls != NULL) {
        apply_tls(easy, settings->tls);
    }
}

static void apply_request(CURL *easy, struct chute_http_request *request) {
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    /* curl asks "Expect: 100-continue" for large bodies, and waits a second where nobody answers. */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < CHUTE_HTTP_HEADERS_MAX && request->headers[i] != NULL; i++) {
        headers = curl_slist_append(headers, request->headers[i]);
    }
    request->header_list = headers;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (request->body.len > 0 || strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(
            easy, CURLOPT_POSTFIELDS, request->body.at != NULL ? request->body.at : "");
    }
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

void chute_http_client_send(struct chute_http_client *client, struct chute_http_request *request) {
    CURL *easy = client->spare_count > 0 ? client->spare[--client->spare_count] : curl_easy_init();
    chute_assert(easy != NULL);
    request->client = client;
    request->easy = easy;
    request->fd = -1;
    request->status = 0;
    request->is_cut = false;
    request->error[0] = '\0';
    request->answer.len = 0;
    apply_settings(easy, client->settings);
    apply_request(easy, request);
    client->open++;
    chute_assert(curl_multi_add_handle(client->multi, easy) == CURLM_OK);
}

/* The request is over: its handle waits for the next one. */
static void put_back(struct chute_http_request *request) {
    struct chute_http_client *client = request->client;
    CURL *easy = request->easy;
    curl_multi_remove_handle(client->multi, easy);
    curl_slist_free_all(request->header_list);
    request->header_list = NULL;
    request->easy = NULL;
    client->open--;
    if (client->spare_count < SPARE_MAX) {
        curl_easy_reset(easy);
        client->spare[client->spare_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

void chute_http_client_cancel(struct chute_http_request *request) {
    if (request->easy != NULL) {
        put_back(request);
    }
}

bool chute_http_client_is_taken(const struct chute_http_request *request) {
    if (request->easy == NULL || request->fd < 0) {
        return false;
    }
    long head = 0;
    curl_off_t uploaded = 0;
    int unacknowledged = 0;
    curl_easy_getinfo(request->easy, CURLINFO_REQUEST_SIZE, &head);
    curl_easy_getinfo(request->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return head > 0 && (size_t)uploaded >= request->body.len &&
           ioctl(request->fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0;
}

static void complete(struct chute_http_request *request, CURLcode result) {
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    request->status = (int)status;
    request->is_cut = result != CURLE_OK;
    if (result != CURLE_OK && request->error[0] == '\0') {
        snprintf(request->error, sizeof(request->error), "%s", curl_easy_strerror(result));
    }
    put_back(request);
    request->on_done(request);
}

static void take_finished(struct chute_http_client *client) {
    /* on_done may close the client; the handle count keeps its memory until the loop's next turn. */
    CURLMsg *message;
    int left;
    while (!client->is_closing && (message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode result = message->data.result;
        complete(request_of(message->easy_handle), result);
    }
}

void chute_http_client_close(
    struct chute_http_client *client, void (*on_closed)(void *ctx), void *ctx) {
    chute_assert(client->open == 0);
    client->is_closing = true;
    client->on_closed = on_closed;
    client->ctx = ctx;
    for (int i = 0; i < client->spare_count; i++) {
        curl_easy_cleanup(client->spare[i]);
    }
    /* Connections are closed here, and their sockets given back through on_curl_socket. */
    curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    uv_timer_stop(&client->timer);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
}
