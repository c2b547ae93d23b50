#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/buf.h"

Test(base_buf, grows_and_keeps_what_it_holds) {
    struct chute_buf buf = { 0 };
    for (int i = 0; i < 10000; i++) {
        chute_buf_add_char(&buf, (char)('a' + i % 26));
    }
    chute_buf_add_str(&buf, CHUTE_STR("end\0!"));
    cr_assert_eq(buf.len, 10005);
    size_t wrong = 0;
    for (int i = 0; i < 10000; i++) {
        wrong += buf.at[i] != 'a' + i % 26;
    }
    cr_expect_eq(wrong, 0);
    cr_expect(chute_str_ends_with(chute_buf_str(&buf), CHUTE_STR("end\0!")));
    chute_buf_finish(&buf);
    cr_expect_eq(buf.len, 0);
    chute_buf_add(&buf, NULL, 0);
    cr_expect_null(buf.at, "nothing added, nothing allocated");
}

Test(base_buf, reserves_exactly_what_is_much) {
    struct chute_buf buf = { 0 };
    chute_buf_add(&buf, "x", 1);
    char *room = chute_buf_reserve(&buf, 100000);
    memset(room, 'y', 100000);
    cr_expect_eq(buf.len, 1, "reserved is not added");
    cr_expect_eq(buf.size, 100001, "no more than asked for, when that is over the double");
    buf.len += 100000;
    const char *same = buf.at;
    buf.len = 0;
    chute_buf_add(&buf, "z", 1);
    cr_expect_eq(buf.at, same, "emptied, it keeps its memory");
    chute_buf_finish(&buf);
}

Test(base_buf, prints_behind_what_is_there) {
    struct chute_buf buf = { 0 };
    chute_buf_printf(&buf, "%d-", 12);
    chute_buf_printf(&buf, "%*s|", 1000, "x");
    chute_buf_printf(&buf, "%s", "");
    cr_assert_eq(buf.len, 1004);
    cr_expect(chute_str_starts_with(chute_buf_str(&buf), CHUTE_STR("12- ")));
    cr_expect(chute_str_ends_with(chute_buf_str(&buf), CHUTE_STR(" x|")));
    chute_buf_finish(&buf);
}

Test(base_buf, a_c_string_ends_behind_the_bytes) {
    struct chute_buf buf = { 0 };
    cr_expect_str_eq(chute_buf_cstr(&buf), "");
    while (buf.len < buf.size) {
        chute_buf_add_char(&buf, 'a'); /* full to the last byte */
    }
    size_t len = buf.len;
    cr_expect_eq(strlen(chute_buf_cstr(&buf)), len);
    cr_expect_eq(buf.len, len);
    chute_buf_add_char(&buf, 'b');
    cr_expect_str_eq(chute_buf_cstr(&buf) + len, "b");
    chute_buf_finish(&buf);
}

Test(base_buf, reads_a_file_behind_what_is_there) {
    char path[] = "/tmp/chute-buf-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    struct chute_buf buf = { 0 };
    for (int i = 0; i < 100000; i++) {
        chute_buf_add(&buf, "ab", 2);
    }
    cr_assert_eq(write(fd, buf.at, buf.len), 200000);
    close(fd);
    buf.len = 1;
    cr_expect_eq(chute_buf_read_file(&buf, path, 200001), 0);
    cr_expect_eq(buf.len, 200001);
    cr_expect_eq(memcmp(buf.at, "aabab", 5), 0);
    buf.len = 0;
    cr_expect_eq(chute_buf_read_file(&buf, path, 199999), -EFBIG);
    unlink(path);
    cr_expect_eq(chute_buf_read_file(&buf, path, 1), -ENOENT);
    cr_expect_eq(chute_buf_read_file(&buf, "/", 1), -EISDIR);
    chute_buf_finish(&buf);
}
