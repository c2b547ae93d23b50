#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/json.h"
#include "pipeline/base/log.h"
#include "pipeline/run/dead_letter.h"

static char root[] = "/tmp/dead_letter_XXXXXX";
static char folder[128];
static int log_fd;
static struct chute_buf content; /* of all files, in order */

static void remove_folder(void) {
    DIR *files = opendir(folder);
    struct dirent *entry;
    while (files != NULL && (entry = readdir(files)) != NULL) {
        unlinkat(dirfd(files), entry->d_name, 0);
    }
    if (files != NULL) {
        closedir(files);
    }
    rmdir(folder);
}

static void open_folder(void) {
    cr_assert_not_null(mkdtemp(root));
    snprintf(folder, sizeof(folder), "%s/dead_letter_queue/main", root);
    log_fd = memfd_create("log", 0);
    chute_log_set_fd(log_fd);
}
static void close_folder(void) {
    char parent[128];
    remove_folder();
    snprintf(parent, sizeof(parent), "%s/dead_letter_queue", root);
    remove(parent);
    rmdir(root);
    chute_log_set_fd(2);
    close(log_fd);
    chute_buf_finish(&content);
}
TestSuite(dead_letter, .init = open_folder, .fini = close_folder);

/* Reads all files; returns their number, and the first and last one's. */
static int read_files(int *first, int *last) {
    int count = 0;
    content.len = 0;
    *first = -1;
    *last = -1;
    for (int number = 0; number < 3000; number++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%06d.ndjson", folder, number);
        int fd = open(path, O_RDONLY);
        if (fd < 0) {
            continue;
        }
        ssize_t len;
        while ((len = read(fd, chute_buf_reserve(&content, 65536), 65536)) > 0) {
            content.len += (size_t)len;
        }
        close(fd);
        *first = count == 0 ? number : *first;
        *last = number;
        count++;
    }
    chute_buf_cstr(&content);
    return count;
}

static size_t log_lines(void) {
    char text[65536];
    ssize_t len = pread(log_fd, text, sizeof(text), 0);
    size_t count = 0;
    for (ssize_t i = 0; i < len; i++) {
        count += text[i] == '\n';
    }
    return count;
}

Test(dead_letter, writes_json_lines) {
    static const struct {
        struct chute_letter letter;
        const char *want; /* behind the time */
    } rows[] = {
        { { "es", "logs-1", "mapping", NULL, CHUTE_STR("{\"a\":[1]}"), true },
            "\"plugin\":\"es\",\"where\":\"logs-1\",\"reason\":\"mapping\",\"event\":{\"a\":[1]}"
            "}" },
        { { "es", NULL, "no", "because", CHUTE_STR("plain \"text\"\n"), false },
            "\"plugin\":\"es\",\"reason\":\"no: because\",\"event\":\"plain \\\"text\\\"\\n\"}" },
        { { "e\"s", "a\\b", "line\nfeed", "", CHUTE_STR(""), true },
            "\"plugin\":\"e\\\"s\",\"where\":\"a\\\\b\",\"reason\":\"line\\nfeed\",\"event\":"
            "null}" },
    };
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 1000000);
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena arena = { 0 };
    cr_expect_neq(access(folder, F_OK), 0, "nothing before the first letter");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(chute_dead_letters_add(letters, &rows[i].letter));
    }
    int first, last;
    cr_expect_eq(read_files(&first, &last), 1);
    char *line = content.at;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *end = strchr(line, '\n');
        cr_assert_not_null(end);
        *end = '\0';
        struct chute_value value;
        cr_expect_eq(chute_json_decode(parser, &arena, chute_str_of(line), &value), CHUTE_JSON_OK,
            "%s", line);
        const char *rest = strstr(line, "Z\",");
        cr_assert(rest != NULL && strncmp(line, "{\"@timestamp\":\"20", 17) == 0, "%s", line);
        cr_expect_str_eq(rest + 3, rows[i].want);
        line = end + 1;
    }
    cr_expect_str_eq(line, "");
    chute_arena_finish(&arena);
    chute_json_parser_destroy(parser);
    chute_dead_letters_destroy(letters);
}

/* A letter of about `len` bytes with a number. */
static bool add(struct chute_dead_letters *letters, int number, size_t len) {
    struct chute_buf event = { 0 };
    chute_buf_printf(&event, "{\"n\":%d,\"pad\":\"%0*d\"}", number, (int)len, 0);
    struct chute_letter letter = {
        .plugin = "p", .reason = "r", .event = chute_buf_str(&event), .is_json = true
    };
    bool is_kept = chute_dead_letters_add(letters, &letter);
    chute_buf_finish(&event);
    return is_kept;
}

/* The numbers in the files are `from` to `to`, in order. */
static void expect_numbers(int from, int to) {
    const char *at = content.at;
    for (int number = from; number <= to; number++) {
        at = strstr(at, "{\"n\":");
        cr_assert_not_null(at, "%d is missing", number);
        at += 5;
        cr_expect_eq(atoi(at), number);
    }
    cr_expect_null(strstr(at, "{\"n\":"));
}

static int first_number(void) {
    const char *at = strstr(content.at, "{\"n\":");
    return at == NULL ? -1 : atoi(at + 5);
}

Test(dead_letter, drops_the_oldest_to_stay_within_its_bound) {
    static const size_t sizes[] = { 10, 900, 1500, 4000, 9000 };
    int first, last;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        remove_folder();
        struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 10000);
        for (int i = 1; i <= 300; i++) {
            cr_assert(add(letters, i, sizes[s]));
            if (i % 10 == 0) {
                read_files(&first, &last);
                cr_expect_leq(content.len, 10000, "%zu bytes", content.len);
            }
        }
        int files = read_files(&first, &last);
        cr_expect_eq(chute_dead_letters_dropped(letters), (uint64_t)first_number() - 1,
            "those that are gone are counted");
        cr_expect_eq(files, last - first + 1);
        cr_expect_gt(first, 1, "files come and go");
        cr_expect_gt(content.len, sizes[s] == 10 ? 7500 : sizes[s], "it keeps what it may");
        expect_numbers(first_number(), 300);
        chute_dead_letters_destroy(letters);
    }
}

Test(dead_letter, letters_of_all_sizes_stay_within_the_bound) {
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 10000);
    int first, last;
    unsigned random = 1;
    for (int i = 0; i < 500; i++) {
        random = random * 1103515245 + 12345;
        size_t len = (random >> 16) % (i % 7 == 0 ? 9000 : 300);
        cr_assert(add(letters, i, len));
        read_files(&first, &last);
        cr_assert_leq(content.len, 10000, "%zu bytes after letter %d", content.len, i);
    }
    expect_numbers(first_number(), 499);
    chute_dead_letters_destroy(letters);
}

Test(dead_letter, one_larger_than_the_bound_is_not_kept) {
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 10000);
    int first, last;
    cr_expect(add(letters, 1, 100));
    cr_expect_not(add(letters, 2, 20000));
    cr_expect(add(letters, 3, 100));
    read_files(&first, &last);
    cr_expect_lt(content.len, 1000);
    cr_expect_eq(chute_dead_letters_dropped(letters), 0);
    cr_expect_eq(log_lines(), 1);
    chute_dead_letters_destroy(letters);
}

Test(dead_letter, goes_on_where_it_was) {
    int first, last;
    for (int i = 1; i <= 20; i++) {
        struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 100000);
        cr_expect(add(letters, i, 100));
        chute_dead_letters_destroy(letters);
    }
    cr_expect_eq(read_files(&first, &last), 1, "the same file");
    expect_numbers(1, 20);
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 1000);
    cr_expect(add(letters, 21, 100));
    cr_expect(add(letters, 22, 100));
    read_files(&first, &last);
    cr_expect_leq(content.len, 1000, "a smaller bound is kept from the first letter on");
    chute_dead_letters_destroy(letters);
}

Test(dead_letter, keeps_none_when_it_may_not) {
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 0);
    cr_expect(add(letters, 1, 10));
    cr_expect_neq(access(folder, F_OK), 0);
    chute_dead_letters_destroy(letters);
    chute_dead_letters_destroy(NULL);
}

Test(dead_letter, says_once_that_it_cannot_write) {
    char file[256];
    snprintf(file, sizeof(file), "%s/dead_letter_queue", root);
    int fd = open(file, O_CREAT | O_WRONLY, 0600); /* a file where the folder should be */
    cr_assert_geq(fd, 0);
    close(fd);
    struct chute_dead_letters *letters = chute_dead_letters_create(root, "main", 10000);
    for (int i = 0; i < 100; i++) {
        cr_expect_not(add(letters, i, 10));
    }
    cr_expect_eq(log_lines(), 1);
    cr_assert_eq(unlink(file), 0);
    cr_expect(add(letters, 100, 10), "and it goes on when it can");
    int first, last;
    cr_expect_eq(read_files(&first, &last), 1);
    expect_numbers(100, 100);
    chute_dead_letters_destroy(letters);
}
