/* pipeline/cli/run.c - settings, configuration, pipeline; from the first flag to the exit code. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/base/wake.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/image.h"
#include "pipeline/cli/notify.h"
#include "pipeline/run/loader.h"
#include "pipeline/serve/api.h"

#define PATIENCE_MS 5000 /* of a stop, without any progress of an output */
/* The same while a destination only has to answer: what started us may kill us after 10 s. */
#define ANSWER_PATIENCE_MS 8000
/* After SIGHUP: stopped as asked, and to be started again. EX_TEMPFAIL, which nothing else of ours ends with. */
#define EXIT_START_AGAIN 75

/* ------------------------------------------------------------------ settings */

void chute_cli_load_settings(
    struct chute_settings *settings, struct chute_diag *diag, int argc, char **argv) {
    int rest = argc;
    chute_cli_image_defaults(settings);
    chute_settings_parse_args(settings, argc, argv, &rest);
    chute_settings_load_env(settings, environ);
    if (rest < argc) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
            "logchute --help tells the flags and subcommands", "unexpected argument \"%s\"",
            argv[rest]);
    }
    struct chute_buf path = { 0 };
    const char *folder = chute_settings_text(settings, "path.settings");
    chute_buf_printf(&path, "%s/logstash.yml", folder);
    int status = chute_settings_load_yaml(settings, chute_buf_cstr(&path), &chute_env_of_process);
    if (status != 0 && chute_settings_is_set(settings, "path.settings") &&
        chute_diag_error_count(diag) == 0 && access(folder, R_OK) != 0) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL,
            "path.settings %s cannot be read: %s", folder, strerror(errno));
    }
    chute_buf_finish(&path);
}

static void set_up_log(const struct chute_settings *settings) {
    chute_log_set_level(
        (enum chute_log_level)chute_log_level_of(chute_settings_text(settings, "log.level")));
    chute_log_set_json(strcmp(chute_settings_text(settings, "log.format"), "json") == 0);
}

/* Says all that is wrong with the configuration: for a person, or as lines of the log in JSON. */
static void report(struct chute_diag *diag, const struct chute_settings *settings) {
    if (strcmp(chute_settings_text(settings, "log.format"), "json") != 0) {
        chute_diag_print(diag, stderr);
        return;
    }
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    for (size_t i = 0; i < count; i++) {
        const struct chute_position *position = &items[i].position;
        char line[16], column[16];
        snprintf(line, sizeof(line), "%" PRIu32, position->line);
        snprintf(column, sizeof(column), "%" PRIu32, position->column);
        bool has_line = position->source != NULL && position->line > 0;
        chute_log(items[i].is_warning ? CHUTE_LOG_WARN : CHUTE_LOG_ERROR, "config",
            items[i].message, "hint", items[i].hint, "file",
            position->source == NULL ? NULL : position->source->name, has_line ? "line" : NULL,
            line, "column", column, NULL);
    }
}

/* LOGCHUTE_NOW moves the clock: what a run at another date would do. */
void chute_cli_set_up_clock(void) {
    struct chute_time now;
    const char *text = getenv("LOGCHUTE_NOW");
    if (text != NULL && chute_time_parse(chute_str_of(text), &now)) {
        chute_clock_set(now);
    }
}

enum chute_ecs chute_cli_ecs(const char *text) {
    return strcmp(text, "disabled") == 0 ? CHUTE_ECS_DISABLED
           : strcmp(text, "v1") == 0     ? CHUTE_ECS_V1
                                         : CHUTE_ECS_V8;
}

enum chute_escape_style chute_cli_escape_style(const char *text) {
    return strcmp(text, "percent") == 0     ? CHUTE_ESCAPE_PERCENT
           : strcmp(text, "ampersand") == 0 ? CHUTE_ESCAPE_AMPERSAND
                                            : CHUTE_ESCAPE_NONE;
}

/* Order is kept by one worker only: that is how many `true` asks for, and with more it cannot be meant. */
static int worker_count(const struct chute_settings *settings, struct chute_diag *diag) {
    int workers = (int)chute_settings_int(settings, "pipeline.workers");
    if (strcmp(chute_settings_text(settings, "pipeline.ordered"), "true") != 0) {
        return workers;
    }
    if (workers > 1 && chute_settings_is_set(settings, "pipeline.workers")) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
            "leave pipeline.workers out, or set it to 1",
            "pipeline.ordered true needs one worker, and pipeline.workers is %d", workers);
    }
    return 1;
}

static struct chute_pipeline_settings pipeline_settings(
    const struct chute_settings *settings, const char *host_name, struct chute_diag *diag) {
    int workers = worker_count(settings, diag);
    const char *ordered = chute_settings_text(settings, "pipeline.ordered");
    return (struct chute_pipeline_settings){
        .id = chute_settings_text(settings, "pipeline.id"),
        .path_data = chute_settings_text(settings, "path.data"),
        .host_name = host_name,
        .ecs = chute_cli_ecs(chute_settings_text(settings, "pipeline.ecs_compatibility")),
        .escape_style = chute_cli_escape_style(
            chute_settings_text(settings, "config.field_reference.escape_style")),
        .workers = workers,
        .batch_size = (int)chute_settings_int(settings, "pipeline.batch.size"),
        .batch_delay_ms = (int)chute_settings_int(settings, "pipeline.batch.delay"),
        .is_ordered =
            strcmp(ordered, "true") == 0 || (strcmp(ordered, "auto") == 0 && workers == 1),
        .queue_bytes = (size_t)chute_settings_int(settings, "queue.memory_bytes"),
        .dead_letter_bytes =
            chute_settings_bool(settings, "dead_letter_queue.enable")
                ? (size_t)chute_settings_int(settings, "dead_letter_queue.max_bytes")
                : 0,
    };
}

/* What the API is to be; errors go to `diag`. */
static struct chute_api_settings api_settings(
    const struct chute_settings *settings, const char *host_name, struct chute_diag *diag) {
    struct chute_api_settings api = {
        .host = chute_settings_text(settings, "api.http.host"),
        .node_name = chute_settings_text(settings, "node.name"),
        .host_name = host_name,
        .path_data = chute_settings_text(settings, "path.data"),
        .shows_events = chute_settings_bool(settings, "api.tail"),
    };
    chute_settings_ports(settings, "api.http.port", &api.first_port, &api.last_port);
    if (strcmp(chute_settings_text(settings, "api.auth.type"), "basic") == 0) {
        api.username = chute_settings_text(settings, "api.auth.basic.username");
        api.password = chute_settings_text(settings, "api.auth.basic.password");
        if (api.username == NULL || api.password == NULL || api.password[0] == '\0') {
            chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
                "set api.auth.basic.username and api.auth.basic.password",
                "api.auth.type basic needs a name and a password");
        }
    }
    return api;
}

/* ------------------------------------------------------------------ the data folder */

static bool make_folders(const char *path) {
    char *copy = chute_strdup(path);
    for (char *at = copy + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            mkdir(copy, 0755);
            *at = '/';
        }
    }
    bool is_made = mkdir(copy, 0755) == 0 || errno == EEXIST;
    chute_free(copy);
    return is_made;
}

/* Makes path.data ours, for as long as the process lives. -1 after saying why not. */
static int lock_data_folder(const char *path) {
    if (!make_folders(path)) {
        chute_log(CHUTE_LOG_FATAL, "path.data", "the folder cannot be made", "path", path, "reason",
            strerror(errno), "hint", "set another one with --path.data", NULL);
        return -1;
    }
    struct chute_buf name = { 0 };
    chute_buf_printf(&name, "%s/.lock", path);
    int fd = open(chute_buf_cstr(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        chute_log(CHUTE_LOG_FATAL, "path.data", "the folder cannot be written", "path", path,
            "reason", strerror(errno), "hint",
            errno == EROFS ? "mount a volume or a tmpfs there, or set another one with --path.data"
                           : "set another one with --path.data",
            NULL);
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        chute_log(CHUTE_LOG_FATAL, "path.data", "another logchute uses this folder", "path", path,
            "hint", "stop it, or set another one with --path.data", NULL);
        close(fd);
        fd = -1;
    }
    chute_buf_finish(&name);
    return fd;
}

/* ------------------------------------------------------------------ running */

static void on_ended(void *arg) {
    chute_wake_signal(arg);
}

/* Waits for a signal, whose number is returned, or for the end of all inputs: 0, also after `timeout_ms` (-1: for ever). */
static int wait_for_signal(int signal_fd, int ended_fd, int timeout_ms) {
    struct pollfd fds[] = { { .fd = signal_fd, .events = POLLIN },
        { .fd = ended_fd, .events = POLLIN } };
    while (poll(fds, ended_fd < 0 ? 1 : 2, timeout_ms) < 0 && errno == EINTR) {
    }
    struct signalfd_siginfo info;
    if ((fds[0].revents & POLLIN) == 0 || read(signal_fd, &info, sizeof(info)) != sizeof(info)) {
        return 0;
    }
    return (int)info.ssi_signo;
}

/* Until there is a signal, whose number is returned, or until all inputs have ended: 0. */
static int run_on(struct chute_cli_watchdog *watchdog, int signal_fd, int ended_fd) {
    struct pollfd ended = { .fd = ended_fd, .events = POLLIN };
    int number = 0;
    while (number == 0 && poll(&ended, 1, 0) <= 0) {
        number = wait_for_signal(signal_fd, ended_fd, chute_cli_watchdog_turn(watchdog));
    }
    return number;
}

static void stop(struct chute_pipeline *pipeline) {
    chute_cli_notify("STOPPING=1\nSTATUS=Stopping: what was read is delivered");
    chute_pipeline_stop(pipeline);
}

static bool is_stuck(struct chute_pipeline *pipeline, uint64_t stopped_ms) {
    uint64_t since = chute_now_ms() - stopped_ms;
    if (pipeline->is_abandoned || since <= PATIENCE_MS ||
        chute_pipeline_idle_ms(pipeline) <= PATIENCE_MS) {
        return false;
    }
    return since > ANSWER_PATIENCE_MS || !chute_pipeline_is_being_answered(pipeline);
}

/* Lets everything come through. After a signal, only as long as the outputs get on. Returns the signal's number, the one it
 * was given or one that came meanwhile. */
static int drain(struct chute_cli_watchdog *watchdog, struct chute_pipeline *pipeline,
    int signal_fd, int number) {
    uint64_t stopped_ms = chute_now_ms();
    while (!chute_pipeline_is_drained(pipeline)) {
        chute_cli_watchdog_turn(watchdog);
        int another = wait_for_signal(signal_fd, -1, 2);
        if (another != 0 && number == 0) {
            number = another;
            stopped_ms = chute_now_ms();
            stop(pipeline);
        }
        if (number != 0 && is_stuck(pipeline, stopped_ms)) {
            chute_log(CHUTE_LOG_WARN, "pipeline",
                "an output is away: what is only in memory is given up", NULL);
            chute_pipeline_abandon(pipeline);
        }
    }
    return number;
}

static void log_stopped(const struct chute_pipeline *pipeline, const char *counters, bool is_json) {
    char lost[32], unkept[32], in[32], out[32], dropped[32], dead[32];
    const struct chute_counters *all = &pipeline->counters;
    snprintf(in, sizeof(in), "%" PRIu64, all->in);
    snprintf(out, sizeof(out), "%" PRIu64, all->out);
    snprintf(dropped, sizeof(dropped), "%" PRIu64, all->dropped);
    snprintf(dead, sizeof(dead), "%" PRIu64, all->dead_lettered);
    snprintf(lost, sizeof(lost), "%" PRIu64, all->lost);
    snprintf(unkept, sizeof(unkept), "%" PRIu64, all->unkept);
    chute_log(CHUTE_LOG_INFO, "pipeline", "stopped", "in", in, "out", out, "dropped", dropped,
        "dead_lettered", dead, "lost", lost, "unkept_dead_letters", all->unkept > 0 ? unkept : NULL,
        is_json ? "counters" : NULL, counters, NULL);
}

static void notify_ready(const struct chute_pipeline *pipeline, struct chute_api *api) {
    struct chute_buf state = { 0 };
    const char *address = chute_api_address(api);
    chute_buf_printf(&state, "READY=1\nSTATUS=Pipeline %s runs; the API is %s",
        pipeline->settings.id, address == NULL ? "off" : address);
    chute_cli_notify(chute_buf_cstr(&state));
    chute_buf_finish(&state);
}

/* Runs the pipeline, which has started, until it has come through. The exit code. */
static int run_started(struct chute_pipeline *pipeline, struct chute_api *api, int signal_fd,
    int ended_fd, bool shows_screen) {
    struct chute_cli_watchdog watchdog;
    chute_cli_watchdog_init(&watchdog, pipeline->process, pipeline);
    if (shows_screen) {
        chute_cli_start_screen(pipeline, api);
    }
    chute_log(CHUTE_LOG_INFO, "pipeline", "pipeline started", "id", pipeline->settings.id, "api",
        chute_api_address(api), NULL);
    notify_ready(pipeline, api);
    int number = pipeline->input_count > 0 ? run_on(&watchdog, signal_fd, ended_fd) : 0;
    if (number != 0) {
        stop(pipeline);
    }
    number = drain(&watchdog, pipeline, signal_fd, number);
    return number == SIGHUP ? EXIT_START_AGAIN : 0;
}

/* Runs the pipeline to its end. The exit code. */
static int run_pipeline(
    struct chute_pipeline *pipeline, struct chute_api *api, int signal_fd, bool shows_screen) {
    struct chute_wake ended = { 0 };
    if (chute_wake_open(&ended, "pipeline") != 0) {
        return 1;
    }
    pipeline->on_ended = on_ended;
    pipeline->on_ended_arg = &ended;
    chute_api_attach(api, pipeline);
    int status = chute_pipeline_start(pipeline), code = 1;
    if (status == 0) {
        code = run_started(pipeline, api, signal_fd, ended.fd, shows_screen);
    } else {
        struct chute_cli_watchdog nobodys = { 0 };
        chute_pipeline_stop(pipeline);
        chute_pipeline_abandon(pipeline);
        drain(&nobodys, pipeline, signal_fd, SIGTERM);
    }
    struct chute_buf counters = { 0 };
    chute_api_detach(api, pipeline);
    chute_pipeline_close(pipeline);
    chute_pipeline_counters(pipeline, &counters);
    if (status == 0) {
        log_stopped(pipeline, chute_buf_cstr(&counters), !shows_screen);
    }
    chute_buf_finish(&counters);
    chute_wake_finish(&ended);
    return code;
}

static int block_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaddset(
            &signals, SIGHUP); /* nohup has it ignored; a descriptor would get it all the same */
    }
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ,
        SIG_IGN); /* a limit on the size of files is an error of a write, like a full disk */
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Most memory is in arenas and pooled buffers: two allocators are enough for the rest. Blocks of up to 4 MiB
 * come from the heap, so that using them again costs no page faults. */
static void set_up_allocator(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
}

/* A connection and a file are a descriptor each: as many as the system lets us have, not the 1024 that shells
 * set for the sake of select(). */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* From the loops to their end. `api_config` NULL: there is no API. */
static int run_process(const struct chute_settings *settings, struct chute_process *process,
    struct chute_pipeline *pipeline, const struct chute_api_settings *api_config) {
    int signal_fd = block_signals();
    raise_descriptor_limit();
    chute_process_start(process);
    bool shows_screen = strcmp(chute_settings_text(settings, "log.format"), "json") != 0 &&
                        chute_log_is_on(CHUTE_LOG_INFO);
    struct chute_api *api = api_config == NULL ? NULL : chute_api_create(process, api_config);
    int code = 1;
    if (api != NULL || api_config == NULL) {
        code = run_pipeline(pipeline, api, signal_fd, shows_screen);
    }
    chute_pipeline_destroy(pipeline);
    chute_api_destroy(api);
    chute_process_finish(process);
    close(signal_fd);
    return code;
}

static int start(const struct chute_settings *settings, struct chute_diag *diag) {
    char host_name[256] = "localhost", hash[CHUTE_CLI_HASH_SIZE];
    gethostname(host_name, sizeof(host_name) - 1);
    bool is_check_only = chute_settings_bool(settings, "config.test_and_exit");
    bool has_api = chute_settings_bool(settings, "api.enabled");
    struct chute_api_settings api_config = api_settings(settings, host_name, diag);
    struct chute_pipeline_settings pipeline_config = pipeline_settings(settings, host_name, diag);
    struct chute_ast *ast = chute_cli_parse(settings, diag, hash);
    struct chute_process process = { 0 };
    pipeline_config.hash = hash;
    struct chute_pipeline *pipeline =
        chute_pipeline_load(&process, &pipeline_config, ast, diag, is_check_only);
    report(diag, settings);
    chute_ast_destroy(ast);
    if (pipeline == NULL) {
        return 1;
    }
    if (is_check_only) {
        fputs("Configuration OK\n", stderr);
        chute_pipeline_destroy(pipeline);
        return 0;
    }
    int lock = lock_data_folder(pipeline_config.path_data);
    if (lock < 0) {
        chute_pipeline_destroy(pipeline);
        return 1;
    }
    int code = run_process(settings, &process, pipeline, has_api ? &api_config : NULL);
    close(lock);
    return code;
}

int chute_cli_run(int argc, char **argv) {
    set_up_allocator();
    chute_cli_set_up_clock();
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    chute_cli_load_settings(settings, diag, argc, argv);
    set_up_log(settings);
    int code = 1;
    if (chute_diag_error_count(diag) > 0) {
        report(diag, settings);
    } else if (chute_settings_bool(settings, "help")) {
        chute_cli_help();
        code = 0;
    } else if (chute_settings_bool(settings, "version")) {
        puts("logchute " CHUTE_VERSION);
        code = 0;
    } else {
        code = start(settings, diag);
    }
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
    return code;
}
