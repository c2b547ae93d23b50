/* pipeline/cli/setup.c - `logchute setup`: makes the index template and Kibana's data views for the timetable's logs. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pipeline/base/json_writer.h"
#include "pipeline/base/time.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/cli/setup.h"

#define COMMAND "setup"
#define WRONG_FLAGS 2

static const char help[] =
    "logchute setup [FLAGS] - makes the index template of timetable-logs-* and "
    "timetable-errors-*,\n"
    "and Kibana's data views for them; what is there is replaced\n"
    "logchute setup [FLAGS] -- FLAGS OF LOGCHUTE - does so beside a logchute that starts at once,\n"
    "which finds hosts and credentials in ELASTICSEARCH_HOSTS, _USER, _PASSWORD and _API_KEY\n\n"
    "  --hosts LIST          Elasticsearch or OpenSearch, parted by commas\n"
    "                        [ELASTICSEARCH_HOSTS, or http://127.0.0.1:9200]\n"
    "  --kibana URL          Kibana or OpenSearch Dashboards [KIBANA_HOST]; without, no data "
    "views\n"
    "  --user NAME           [ELASTICSEARCH_USER]\n"
    "  --password-file FILE  holds the password [ELASTICSEARCH_PASSWORD_FILE]\n"
    "  --password WORD       [ELASTICSEARCH_PASSWORD]\n"
    "  --api-key KEY         id:key or its base64, over TLS only [ELASTICSEARCH_API_KEY]\n"
    "  --cacert FILE         authorities, PEM, in place of the system's [ELASTICSEARCH_CACERT]\n"
    "  --timeout SECONDS     how long to wait for those who do not answer yet; 0: not at all [60;\n"
    "                        with -- for ever]\n"
    "  --print               prints what would be sent, and sends nothing\n"
    "  --help\n\n"
    "Exit code: 0 all is there; 1 somebody refuses or does not answer; 2 wrong flags or files.\n";

/* ------------------------------------------------------------------ the cluster */

/* Neither this nor the look at indices is needed: a user who may only write templates is enough. */
static bool read_version(struct chute_setup *setup, struct chute_buf *name) {
    int status;
    if (!chute_setup_ask(setup, setup->nodes, setup->node_count, "GET", "/",
            (struct chute_str){ 0 }, CHUTE_SETUP_MAY_REFUSE, &status)) {
        return false;
    }
    struct chute_value answer = chute_setup_answer(setup);
    const struct chute_value *version = chute_setup_member(&answer, "version");
    const struct chute_value *number = chute_setup_member(version, "number");
    const struct chute_value *kind = chute_setup_member(version, "distribution");
    setup->says_opensearch = kind != NULL && kind->type == CHUTE_STRING &&
                             chute_str_eq(chute_value_str(kind), CHUTE_STR("opensearch"));
    chute_buf_printf(name, "%s", setup->says_opensearch ? "OpenSearch" : "Elasticsearch");
    if (number != NULL && number->type == CHUTE_STRING) {
        chute_buf_printf(name, " %.*s", CHUTE_STR_ARGS(chute_value_str(number)));
    }
    return true;
}

static bool put_template(struct chute_setup *setup) {
    struct chute_buf body = { 0 };
    int status;
    chute_setup_add_template(&body);
    bool is_good = chute_setup_ask(setup, setup->nodes, setup->node_count, "PUT",
        "/_index_template/" CHUTE_SETUP_TEMPLATE, chute_buf_str(&body), CHUTE_SETUP_MUST, &status);
    chute_buf_finish(&body);
    return is_good;
}

/* Indices that were made before keep their mappings, and nobody would see why: it is told. */
static bool count_older(struct chute_setup *setup, uint32_t *older) {
    int status;
    *older = 0;
    if (!chute_setup_ask(setup, setup->nodes, setup->node_count, "GET",
            "/timetable-logs-*,timetable-errors-*/_mapping?filter_path="
            "*.mappings._meta.template_version,*.mappings.properties.@timestamp.type",
            (struct chute_str){ 0 }, CHUTE_SETUP_MAY_REFUSE, &status)) {
        return false;
    }
    struct chute_value answer = chute_setup_answer(setup);
    for (uint32_t i = 0; answer.type == CHUTE_OBJECT && i < answer.as.object->count; i++) {
        const struct chute_value *mappings =
            chute_setup_member(&answer.as.object->members[i].value, "mappings");
        const struct chute_value *version =
            chute_setup_member(chute_setup_member(mappings, "_meta"), "template_version");
        *older += version == NULL || !chute_value_is_number(version) ||
                  chute_value_double(version) != CHUTE_SETUP_TEMPLATE_VERSION;
    }
    return true;
}

static bool set_up_cluster(struct chute_setup *setup, FILE *out) {
    struct chute_buf name = { 0 };
    uint32_t older;
    bool is_good = read_version(setup, &name) && put_template(setup) && count_older(setup, &older);
    if (is_good) {
        fprintf(out, "%s at %s: index template %s for %s and %s\n", chute_buf_cstr(&name),
            setup->nodes[setup->next % setup->node_count].url, CHUTE_SETUP_TEMPLATE,
            chute_setup_views[0].title, chute_setup_views[1].title);
    }
    if (is_good && older > 0) {
        fprintf(out,
            "note: %u of the indices are from before, and keep their own mappings; the next day's "
            "have these\n",
            older);
    }
    chute_buf_finish(&name);
    return is_good;
}

/* ------------------------------------------------------------------ Kibana */

static bool put_view(struct chute_setup *setup, const struct chute_setup_view *view) {
    struct chute_buf body = { 0 }, path = { 0 };
    int status = 404;
    bool is_good = true;
    if (!setup->says_opensearch) {
        chute_setup_add_view(&body, view);
        is_good = chute_setup_ask(setup, setup->boards, setup->board_count, "POST",
            "/api/data_views/data_view", chute_buf_str(&body), CHUTE_SETUP_MAY_LACK, &status);
    }
    if (is_good && status == 404) {
        body.len = 0;
        chute_setup_add_saved_view(&body, view);
        chute_buf_printf(&path, "/api/saved_objects/index-pattern/%s?overwrite=true", view->id);
        is_good = chute_setup_ask(setup, setup->boards, setup->board_count, "POST",
            chute_buf_cstr(&path), chute_buf_str(&body), CHUTE_SETUP_MUST, &status);
    }
    chute_buf_finish(&body);
    chute_buf_finish(&path);
    return is_good;
}

static bool set_up_board(struct chute_setup *setup, FILE *out) {
    if (setup->board_count == 0) {
        fputs("no data views: neither --kibana nor KIBANA_HOST says where Kibana is\n", out);
        return true;
    }
    for (size_t i = 0; i < chute_setup_view_count; i++) {
        if (!put_view(setup, &chute_setup_views[i])) {
            return false;
        }
    }
    fprintf(out, "%s at %s: data views %s and %s\n",
        setup->says_opensearch ? "OpenSearch Dashboards" : "Kibana", setup->boards[0].url,
        chute_setup_views[0].title, chute_setup_views[1].title);
    return true;
}

/* ------------------------------------------------------------------ all of it */

static int set_up(struct chute_setup *setup, FILE *out) {
    setup->deadline_ms =
        setup->timeout_ms == INT64_MAX ? 0 : chute_now_ms() + (uint64_t)setup->timeout_ms;
    setup->deadline_ms += setup->timeout_ms == 0;
    chute_setup_ask_start(setup);
    /* A cluster that is away does not keep Kibana waiting longer than it has to: it needs the cluster itself. */
    bool is_good = set_up_cluster(setup, out);
    setup->next = 0;
    is_good = is_good && set_up_board(setup, out);
    fflush(out);
    return is_good ? 0 : 1;
}

static void print_request(const char *request, const struct chute_buf *body) {
    struct chute_buf pretty = { 0 };
    chute_json_pretty(&pretty, chute_buf_str(body));
    printf("%s\n%s\n", request, chute_buf_cstr(&pretty));
    chute_buf_finish(&pretty);
}

static void print_all(void) {
    struct chute_buf body = { 0 };
    chute_setup_add_template(&body);
    print_request("PUT /_index_template/" CHUTE_SETUP_TEMPLATE, &body);
    for (size_t i = 0; i < chute_setup_view_count; i++) {
        body.len = 0;
        chute_setup_add_view(&body, &chute_setup_views[i]);
        print_request("\nPOST kbn:/api/data_views/data_view", &body);
    }
    chute_buf_finish(&body);
}

/* What is left of a process that runs on: nobody else on this machine needs to see the word in its arguments. */
static void hide(struct chute_setup *setup, const char **word) {
    if (*word != NULL) {
        char *shown = (char *)*word;
        *word = chute_arena_copy(&setup->arena, chute_str_of(shown)).at;
        memset(shown, '*', strlen(shown));
    }
}

static bool take_timeout(void *to, const char *value) {
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(seconds) || seconds < 0 || seconds > 1e9) {
        return chute_cli_complain(COMMAND, "--timeout takes seconds, not", value);
    }
    ((struct chute_setup *)to)->timeout_ms = (long long)(seconds * 1000);
    return true;
}

static bool take_flags(struct chute_setup *setup, int argc, char **argv) {
    const struct chute_cli_flag rows[] = {
        { "--hosts", .text = &setup->hosts },
        { "--kibana", .text = &setup->kibana },
        { "--user", .text = &setup->user },
        { "--password", .text = &setup->password },
        { "--password-file", .text = &setup->password_file },
        { "--api-key", .text = &setup->api_key },
        { "--cacert", .text = &setup->cacert },
        { "--timeout", .take = take_timeout },
        { "--print", .on = &setup->prints },
        { "--help", 'h', .on = &setup->is_help },
        { 0 },
    };
    const struct chute_cli_flags flags = { COMMAND, rows, setup };
    bool is_good = true;
    for (int i = 1; is_good && i < argc; i++) {
        is_good = chute_cli_flag_take(&flags, argc, argv, &i);
    }
    hide(setup, &setup->password);
    hide(setup, &setup->api_key);
    return is_good;
}

static void finish(struct chute_setup *setup) {
    chute_setup_ask_stop(setup);
    chute_arena_finish(&setup->arena);
}

/* What was told by flags and files is the pipeline's as well, in the variables that configurations read. */
static void tell_pipeline(const struct chute_setup *setup) {
    const struct {
        const char *name, *value;
    } variables[] = {
        { "ELASTICSEARCH_HOSTS", setup->hosts },
        { "ELASTICSEARCH_USER", setup->user },
        { "ELASTICSEARCH_PASSWORD", setup->password },
        { "ELASTICSEARCH_API_KEY", setup->api_key },
    };
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (variables[i].value != NULL) {
            setenv(variables[i].name, variables[i].value, 1);
        }
    }
}

/* The one that runs is this process, so that signals come to it; the setup is its child, and ends with it. */
static int run_beside(struct chute_setup *setup, int argc, char **argv) {
    /* Nobody waits for the child: so it leaves nothing behind when it ends. */
    signal(SIGCHLD, SIG_IGN);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) {
            _exit(1);
        }
        /* Standard output is for events. */
        int code = set_up(setup, stderr);
        finish(setup);
        _exit(code);
    }
    if (child < 0) {
        perror("logchute setup: nothing is set up, as no process can be started");
    }
    tell_pipeline(setup);
    finish(setup);
    return chute_cli_run(argc, argv);
}

int chute_cli_setup(int argc, char **argv) {
    struct chute_setup setup = { .timeout_ms = -1 };
    int own = 1;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    bool runs = own < argc;
    int code = WRONG_FLAGS;
    bool is_good = take_flags(&setup, own, argv);
    if (is_good && setup.is_help) {
        fputs(help, stdout);
        code = 0;
    } else if (is_good && setup.prints) {
        print_all();
        code = 0;
    } else if (is_good) {
        setup.timeout_ms = runs && setup.timeout_ms < 0 ? INT64_MAX : setup.timeout_ms;
        is_good = chute_setup_find_places(&setup);
        if (is_good && runs) {
            return run_beside(&setup, argc - own, argv + own);
        }
        code = is_good ? set_up(&setup, stdout) : WRONG_FLAGS;
    }
    finish(&setup);
    return code;
}
