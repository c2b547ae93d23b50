#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inputs/file/sincedb.h"

static const struct {
    const char *line;
    bool is_good;
    uint64_t inode;
    uint32_t device_major, device_minor;
    uint64_t position;
    double changed_at;
    const char *path;
} lines[] = {
    { "6465717 0 51713 1024", true, 6465717, 0, 51713, 1024, 0, "" },
    { "6465717 0 51713 1024 1519319662.852678 /var/log/a.log", true, 6465717, 0, 51713, 1024,
        1519319662.852678, "/var/log/a.log" },
    { "1 8 1 0 1519319662.5 /var/log/with blanks  in.log", true, 1, 8, 1, 0, 1519319662.5,
        "/var/log/with blanks  in.log" },
    { "1 8 1 0 1519319662.5", true, 1, 8, 1, 0, 1519319662.5, "" },
    { "1 8 1 9223372036854775807", true, 1, 8, 1, 9223372036854775807u, 0, "" },
    { "", false },
    { "1 8 1", false },
    { "a 8 1 0", false },
    { "1 8 1 -5", false },
    { "1 8 1 0x10", false },
    { "1 8 1 99999999999999999999999", false },
    { "1 8 1 0 soon /var/log/a.log", false },
};

Test(file_sincedb, reads_lines) {
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct chute_sincedb_record got = { 0 };
        bool is_good = chute_sincedb_parse(chute_str_of(lines[i].line), &got);
        cr_expect(is_good == lines[i].is_good, "%s", lines[i].line);
        bool is_same = got.inode == lines[i].inode && got.position == lines[i].position &&
                       got.device_major == lines[i].device_major &&
                       got.device_minor == lines[i].device_minor &&
                       got.changed_at == lines[i].changed_at;
        cr_expect(!is_good || is_same, "%s", lines[i].line);
        cr_expect(!is_good || chute_str_eq(got.path, chute_str_of(lines[i].path)), "%s: %.*s",
            lines[i].line, CHUTE_STR_ARGS(got.path));
    }
}

Test(file_sincedb, writes_what_logstash_reads) {
    struct chute_sincedb_record record = { .inode = 6465717,
        .device_major = 8,
        .device_minor = 1,
        .position = 1024,
        .changed_at = 1519319662.852678,
        .path = CHUTE_STR("/var/log/a b.log") };
    struct chute_buf out = { 0 };
    chute_sincedb_print(&out, &record);
    record.changed_at = 0;
    chute_sincedb_print(&out, &record);
    cr_expect_str_eq(chute_buf_cstr(&out),
        "6465717 8 1 1024 1519319662.852678 /var/log/a b.log\n6465717 8 1 1024\n");
    chute_buf_finish(&out);
}

Test(file_sincedb, marks_come_back) {
    struct chute_sincedb_record key = { .inode = 77, .device_major = 253, .device_minor = 3 };
    struct chute_sincedb_mark mark = {
        .length = 5, .hash = chute_sincedb_hash("hello", 5), .birth = 1519319662852678901
    };
    struct chute_buf out = { 0 };
    chute_sincedb_print_mark(&out, &key, &mark);
    struct chute_str line = { out.at, out.len - 1 };
    struct chute_sincedb_record key_read;
    struct chute_sincedb_mark mark_read;
    cr_assert(chute_sincedb_parse_mark(line, &key_read, &mark_read));
    cr_expect(key_read.inode == 77 && key_read.device_major == 253 && key_read.device_minor == 3);
    cr_expect(
        mark_read.length == 5 && mark_read.hash == mark.hash && mark_read.birth == mark.birth);
    line.len -= 20; /* a torn line says nothing */
    cr_expect(!chute_sincedb_parse_mark(line, &key_read, &mark_read));
    cr_expect(!chute_sincedb_parse_mark(
        CHUTE_STR("77 253 3 1025 0123456789abcdef 5"), &key_read, &mark_read));
    cr_expect_neq(chute_sincedb_hash("hello", 5), chute_sincedb_hash("hellp", 5));
    chute_buf_finish(&out);
}

Test(file_sincedb, saves_in_one_step) {
    char folder[] = "/tmp/sincedb-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    char path[64], link[64], temporary[72];
    snprintf(path, sizeof(path), "%s/db", folder);
    snprintf(link, sizeof(link), "%s/link", folder);
    snprintf(temporary, sizeof(temporary), "%s.tmp", path);
    struct chute_buf text = { 0 };
    cr_expect_lt(chute_sincedb_load(path, &text), 0);
    cr_expect_eq(chute_sincedb_save(path, CHUTE_STR("1 8 1 0\n")), 0);
    cr_assert_eq(symlink(path, link), 0);
    cr_expect_eq(chute_sincedb_save(link, CHUTE_STR("1 8 1 5\n")), 0);
    struct stat info;
    cr_expect(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "the link has to stay one");
    cr_expect(stat(temporary, &info) != 0, "nothing is left over");
    cr_expect_eq(chute_sincedb_load(path, &text), 0);
    cr_expect_str_eq(chute_buf_cstr(&text), "1 8 1 5\n");
    cr_expect_lt(chute_sincedb_save("/proc/no such folder/db", CHUTE_STR("")), 0);
    chute_buf_finish(&text);
    unlink(link);
    unlink(path);
    rmdir(folder);
}
