/* gen.c - seeded generator of timetable events, one JSON object a line, on standard output.
 *
 *     gen [-n COUNT] [-o ORDER] [-s SEED]
 *
 * About 360 bytes a line, 8 members at the top, 13 to 17 in all; a secret in the message of 18 % of
 * the lines, one string with an escape in 10 %. ORDER 0, 1 or 2 permutes the members of every
 * object: the same facts in another order, so that nothing can lean on where a member stands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t state;

/* xorshift64*: the same events everywhere for the same seed. */
static uint32_t draw(uint32_t below) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static const char *const services[] = { "timetable-api", "timetable-web", "timetable-sync",
    "timetable-export" };
static const char *const verbs[] = { "GET", "POST", "PUT", "DELETE" };
static const char *const things[] = { "lessons", "rooms", "teachers", "classes", "substitutions",
    "exports" };
static const char *const plain[] = {
    "timetable for class %u rendered in %u ms from the cache",
    "room %u booked for lesson %u by the planning service",
    "substitution plan of week %u published with %u changes",
    "teacher %u has no free period left, %u lessons are open",
    "import of school %u finished: %u lessons were compared",
};
static const char *const secret[] = {
    "login of user %u refused, password=Xk%u-spring for the portal",
    "forwarding call %u with Authorization: Bearer ey%u.Q2xhc3M.s1g",
    "payment for licence %u taken from card 4111 1111 %04u 1111 ok",
};

struct facts {
    char time[40], level[8], message[160], trace[40], url[96], agent[64];
    const char *service, *verb, *escaped;
    unsigned status, took, user, room, lesson, extra;
};

static void think_up(struct facts *f, uint64_t number) {
    uint64_t ms = number * 3;
    snprintf(f->time, sizeof(f->time), "2026-09-%02uT%02u:%02u:%02u.%03uZ",
        (unsigned)(1 + ms / 86400000 % 28), (unsigned)(ms / 3600000 % 24),
        (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
    uint32_t dice = draw(100);
    snprintf(f->level, sizeof(f->level), "%s",
        dice < 4    ? "error"
        : dice < 12 ? "warn"
        : dice < 30 ? "debug"
                    : "info");
    const char *pattern = draw(100) < 18 ? secret[draw(3)] : plain[draw(5)];
    /* The patterns are the constants above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(f->message, sizeof(f->message), pattern, 100 + draw(900), 1000 + draw(9000));
#pragma GCC diagnostic pop
    snprintf(f->trace, sizeof(f->trace), "%08x%08x", draw(UINT32_MAX), draw(UINT32_MAX));
    snprintf(f->url, sizeof(f->url), "/api/%s/%u", things[draw(6)], draw(100000));
    snprintf(f->agent, sizeof(f->agent), "timetable-app/%u.%u", 1 + draw(9), draw(20));
    f->service = services[draw(4)];
    f->verb = verbs[draw(4)];
    f->escaped = draw(100) < 10 ? "Room \\\"B\\\"\\tnorth" : "Main building";
    f->status = dice < 4 ? 500 + draw(4) : 200 + draw(5);
    f->took = 1 + draw(900);
    f->user = draw(50000);
    f->room = draw(400);
    f->lesson = draw(100000);
    f->extra = draw(5);
}

/* Joins `parts` in the order that `order` asks for: as they are, backwards, or rotated by half. */
static void join(char *out, size_t size, char parts[][400], unsigned count, unsigned order) {
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = order == 0 ? i : order == 1 ? count - 1 - i : (i + count / 2) % count;
        len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "{" : ",", parts[at]);
    }
    snprintf(out + len, size - len, "}");
}

static void write_event(const struct facts *f, unsigned order) {
    char inner[6][400], outer[8][400], object[380], line[4096];
    unsigned count = 0;
    snprintf(inner[0], 400, "\"method\":\"%s\"", f->verb);
    snprintf(inner[1], 400, "\"path\":\"%s\"", f->url);
    snprintf(inner[2], 400, "\"status\":%u", f->status);
    snprintf(inner[3], 400, "\"duration_ms\":%u.%u", f->took, f->took % 10);
    join(object, sizeof(object), inner, 4, order);
    snprintf(outer[count++], 400, "\"timestamp\":\"%s\"", f->time);
    snprintf(outer[count++], 400, "\"level\":\"%s\"", f->level);
    snprintf(outer[count++], 400, "\"service\":\"%s\"", f->service);
    snprintf(outer[count++], 400, "\"message\":\"%s\"", f->message);
    snprintf(outer[count++], 400, "\"trace_id\":\"%s\"", f->trace);
    snprintf(outer[count++], 400, "\"http\":%s", object);
    /* One to five members here make 13 to 17 of the whole. */
    snprintf(inner[0], 400, "\"building\":\"%s\"", f->escaped);
    snprintf(inner[1], 400, "\"agent\":\"%s\"", f->agent);
    snprintf(inner[2], 400, "\"room\":%u", f->room);
    snprintf(inner[3], 400, "\"lesson\":%u", f->lesson);
    snprintf(inner[4], 400, "\"cached\":%s", f->room % 2 ? "true" : "false");
    join(object, sizeof(object), inner, 1 + f->extra, order);
    snprintf(outer[count++], 400, "\"context\":%s", object);
    snprintf(outer[count++], 400, "\"user_id\":%u", f->user);
    join(line, sizeof(line), outer, count, order);
    puts(line);
}

int main(int argc, char **argv) {
    uint64_t count = 1000000;
    unsigned order = 0;
    uint64_t seed = 1;
    int letter;
    while ((letter = getopt(argc, argv, "n:o:s:")) != -1) {
        switch (letter) {
        case 'n':
            count = strtoull(optarg, NULL, 10);
            break;
        case 'o':
            order = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            seed = strtoull(optarg, NULL, 10);
            break;
        default:
            fprintf(stderr, "usage: gen [-n COUNT] [-o 0|1|2] [-s SEED]\n");
            return 1;
        }
    }
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    for (uint64_t i = 0; i < count; i++) {
        struct facts facts;
        think_up(&facts, i);
        write_event(&facts, order);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
