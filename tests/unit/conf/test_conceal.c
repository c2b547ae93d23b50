#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "conf/conceal.h"

static const struct {
    const char *line, *want;
} rows[] = {
    { "password => \"abc\"", "password => \"***\"" },
    { "a => 1 password=>'a b' b => 2", "a => 1 password=>'***' b => 2" },
    { "proxy_Pass => abc}", "proxy_Pass => ***}" },
    { "\"api_key\" => \"id:x\\\"y\" z", "\"api_key\" => \"*******\" z" },
    { "headers => { \"Authorization\" => \"Bearer a\" }",
        "headers => { \"Authorization\" => \"********\" }" },
    { "password => [\"a\", \"b\"] c => d", "password => ********** c => d" },
    { "auth_type => 'x' c => d", "auth_type => '*' c => d" },
    { "hosts => \"ann:pw@host:1\"", "hosts => \"******@host:1\"" },
    { "password => \"not closed", "password => \"**********" },
    { "api.auth.basic.password: x1 # hm", "api.auth.basic.password: ** # hm" },
    { "key => \"k\" ssl_key => \"/file\"", "key => \"*\" ssl_key => \"/file\"" },
    { "url => \"http://ann:p@ss@host:1/a@b\"", "url => \"http://********@host:1/a@b\"" },
    { "url => \"http://host/a@b\"", "url => \"http://host/a@b\"" },
    { "# a password is needed here", "# a password is needed here" },
    { "if [token] == 'x' {", "if [token] == 'x' {" },
    { "password =>", "password =>" },
    { "", "" },
};

Test(conceal, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[128];
        snprintf(line, sizeof(line), "%s", rows[i].line);
        chute_conceal(line, strlen(line));
        cr_expect_str_eq(line, rows[i].want, "%s: %s", rows[i].line, line);
    }
}
