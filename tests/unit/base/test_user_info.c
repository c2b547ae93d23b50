#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "pipeline/base/user_info.h"

static const struct {
    const char *text, *want;
} rows[] = {
    { "http://ann:pw@host:9200/path", "http://******@host:9200/path" },
    { "http://ann@host", "http://***@host" },
    { "http://ann:p@ss@host:1/a@b:c", "http://********@host:1/a@b:c" },
    { "http://ann:p(w=x@host", "http://*********@host" },
    { "found \"http://a:b@h\", \"https://c:d@h2\"", "found \"http://***@h\", \"https://***@h2\"" },
    { "ann:pw@host:9200", "******@host:9200" },
    { "no address host=ann:pw@host", "no address host=******@host" },
    { "http://host:9200/a?b=c", "http://host:9200/a?b=c" },
    { "somebody@example.org", "somebody@example.org" },
    { "127.0.0.1:9200", "127.0.0.1:9200" },
    { "@timestamp: a field", "@timestamp: a field" },
    { "http://@host", "http://@host" },
    { "://", "://" },
    { "http://", "http://" },
    { "", "" },
};

Test(user_info, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "%s", rows[i].text);
        chute_user_info_hide(text, strlen(text));
        cr_expect_str_eq(text, rows[i].want, "%s: %s", rows[i].text, text);
    }
}
