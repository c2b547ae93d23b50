#include <criterion/criterion.h>

#include "../support/output.h"

/* Options, and what the refusal has to say; NULL: they are accepted. */
static const struct {
    const char *options, *why;
} rows[] = {
    { "path => '/tmp/a' dir_mode => 0750 file_mode => '0640'", NULL },
    { "path => '/tmp/a' dir_mode => 07777 file_mode => 416", NULL },
    { "path => '/tmp/a' file_mode => -1", NULL },
    { "path => '/tmp/a' file_mode => 0", NULL },
    { "path => '/tmp/a' file_mode => '0999'", "not \"0999\"" },
    { "path => '/tmp/a' dir_mode => 010000", "has to be" },
    { "path => '/tmp/a' dir_mode => 4096", "not \"4096\"" },
    { "path => '/tmp/a' file_mode => -2", "has to be" },
    { "path => ''", "the path is empty" },
    { "path => '%{x}/a'", "should not be dynamic" },
    { "path => 'a%{x}'", "should not be dynamic" },
    { "path => '%{+YYYY/MM}/a'", "should not be dynamic" },
    { "path => '/%{x}/a'", "should not be dynamic" },
    { "path => 'logs/%{x}'", NULL },
    { "path => './%{x}'", NULL },
    { "message_format => 'x' path => '/tmp/a'", "codec => line" },
};

Test(output_file_options, refusals) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_output rig = { 0 };
        bool is_open = test_output_open(&rig, "file", rows[i].options, CHUTE_ECS_DISABLED);
        const char *notes = test_compile_notes(&rig.compile);
        if (rows[i].why == NULL) {
            cr_expect(is_open, "%s: %s", rows[i].options, notes);
        } else {
            cr_expect(
                !is_open && strstr(notes, rows[i].why) != NULL, "%s: %s", rows[i].options, notes);
        }
        test_output_finish(&rig);
    }
}
