#include "pipeline/cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/time.h"

/* The other screen, and no cursor; and back. */
static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[2J", leave[] = "\x1b[?25h\x1b[?1049l";

static void say(struct chute_str text) {
    while (text.len > 0) {
        ssize_t wrote = write(STDOUT_FILENO, text.at, text.len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return; /* it went away: the next wait tells */
        }
        text.at += wrote;
        text.len -= (size_t)wrote;
    }
}

static void take(struct chute_terminal *terminal) {
    if (terminal->has_keys) {
        struct termios raw = terminal->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C and Ctrl-Z stay signals */
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    say(CHUTE_STR(enter));
}

static void give_back(const struct chute_terminal *terminal) {
    say(CHUTE_STR(leave));
    if (terminal->has_keys) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
    }
}

static void fill(sigset_t *signals) {
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH, SIGPIPE };
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaddset(signals, numbers[i]);
    }
}

bool chute_terminal_open(struct chute_terminal *terminal) {
    sigset_t signals;
    *terminal = (struct chute_terminal){ .signals = -1 };
    fill(&signals);
    if (isatty(STDOUT_FILENO) != 1 || sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
        return false;
    }
    terminal->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (terminal->signals < 0) {
        return false;
    }
    terminal->has_keys = tcgetattr(STDIN_FILENO, &terminal->before) == 0;
    terminal->is_open = true;
    take(terminal);
    return true;
}

void chute_terminal_close(struct chute_terminal *terminal) {
    if (terminal->is_open) {
        terminal->is_open = false;
        give_back(terminal);
        close(terminal->signals);
    }
}

void chute_terminal_size(size_t *columns, size_t *lines) {
    struct winsize size = { 0 };
    bool is_told =
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = is_told ? size.ws_col : 80;
    *lines = is_told ? size.ws_row : 24;
}

void chute_terminal_show(struct chute_str frame) {
    struct chute_buf out = { 0 };
    chute_buf_add_str(&out, CHUTE_STR("\x1b[H"));
    while (frame.len > 0) {
        const char *end = memchr(frame.at, '\n', frame.len);
        size_t len = end == NULL ? frame.len : (size_t)(end - frame.at);
        chute_buf_add(&out, frame.at, len);
        chute_buf_add_str(&out, CHUTE_STR("\x1b[K")); /* what was longer before */
        len += end != NULL;
        frame.at += len;
        frame.len -= len;
        if (frame.len > 0) { /* a line feed behind the last line would scroll */
            chute_buf_add_str(&out, CHUTE_STR("\r\n"));
        }
    }
    chute_buf_add_str(&out, CHUTE_STR("\x1b[J"));
    say(chute_buf_str(&out));
    chute_buf_finish(&out);
}

/* Stops as the user asked for, with the terminal as it was; goes on from here. */
static void stop(struct chute_terminal *terminal) {
    give_back(terminal);
    raise(SIGSTOP);
    take(terminal);
}

static enum chute_terminal_event on_signal(struct chute_terminal *terminal) {
    struct signalfd_siginfo info;
    if (read(terminal->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return CHUTE_TERMINAL_SIZE;
    }
    if (info.ssi_signo == SIGTSTP) {
        stop(terminal);
        return CHUTE_TERMINAL_SIZE;
    }
    if (info.ssi_signo == SIGWINCH) {
        return CHUTE_TERMINAL_SIZE;
    }
    terminal->exit_code = info.ssi_signo == SIGINT ? 0 : 128 + (int)info.ssi_signo;
    return CHUTE_TERMINAL_END;
}

enum chute_terminal_event chute_terminal_wait(struct chute_terminal *terminal, uint64_t until_ms) {
    struct pollfd fds[] = { { .fd = terminal->signals, .events = POLLIN },
        { .fd = terminal->has_keys ? STDIN_FILENO : -1, .events = POLLIN } };
    uint64_t now_ms = chute_now_ms();
    int wait_ms = now_ms < until_ms ? (int)(until_ms - now_ms) : 0;
    int count;
    do {
        count = poll(fds, 2, wait_ms);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return CHUTE_TERMINAL_TIME;
    }
    if (fds[0].revents != 0) {
        return on_signal(terminal);
    }
    if (read(STDIN_FILENO, &terminal->key, 1) == 1) {
        return CHUTE_TERMINAL_KEY;
    }
    terminal->exit_code = 1; /* nobody is there any more */
    return CHUTE_TERMINAL_END;
}
