#include <criterion/criterion.h>

#include "tests/unit/support/fake_clock.h"
#include "tests/unit/support/filter.h"

static const struct test_filter_row rows[] = {
    { "reads ISO8601 with an offset", "match => [\"d\", \"ISO8601\"]",
        "{\"d\":\"1974-03-02T04:09:09-0800\"}",
        "{\"d\":\"1974-03-02T04:09:09-0800\",\"@timestamp\":\"1974-03-02T12:09:09.000Z\"} "
        "matched" },
    { "reads ISO8601 in the zone of the option",
        "match => [\"d\", \"ISO8601\"] timezone => \"America/Caracas\"",
        "{\"d\":\"2007-12-09T10:00:00\"}",
        "{\"d\":\"2007-12-09T10:00:00\",\"@timestamp\":\"2007-12-09T14:30:00.000Z\"} matched" },
    { "reads ISO8601 with a blank and a fraction", "match => [\"d\", \"ISO8601\"]",
        "{\"d\":\"2001-12-07 23:54:54,123Z\"}",
        "{\"d\":\"2001-12-07 23:54:54,123Z\",\"@timestamp\":\"2001-12-07T23:54:54.123Z\"} "
        "matched" },
    { "refuses ISO8601 with a blank and no fraction", "match => [\"d\", \"ISO8601\"]",
        "{\"d\":\"2001-12-07 23:54:54\"}",
        "{\"d\":\"2001-12-07 23:54:54\",\"tags\":[\"_dateparsefailure\"]}" },
    { "reads UNIX texts to the millisecond", "match => [\"d\", \"UNIX\"]",
        "{\"d\":\"1350414944.123456\"}",
        "{\"d\":\"1350414944.123456\",\"@timestamp\":\"2012-10-16T19:15:44.123Z\"} matched" },
    { "reads one digit of a UNIX fraction as tenths", "match => [\"d\", UNIX]", "{\"d\":\"12.5\"}",
        "{\"d\":\"12.5\",\"@timestamp\":\"1970-01-01T00:00:12.500Z\"} matched" },
    { "reads two digits as hundredths", "match => [\"d\", UNIX]", "{\"d\":\"12.05\"}",
        "{\"d\":\"12.05\",\"@timestamp\":\"1970-01-01T00:00:12.050Z\"} matched" },
    { "reads UNIX integers", "match => [\"d\", UNIX]", "{\"d\":-1}",
        "{\"d\":-1,\"@timestamp\":\"1969-12-31T23:59:59.000Z\"} matched" },
    { "reads UNIX numbers with a fraction", "match => [\"d\", UNIX]", "{\"d\":1478207457.456}",
        "{\"d\":1478207457.456,\"@timestamp\":\"2016-11-03T21:10:57.456Z\"} matched" },
    { "takes 13 digits for milliseconds", "match => [\"d\", UNIX, UNIX_MS]",
        "{\"d\":\"1000000000123\"}",
        "{\"d\":\"1000000000123\",\"@timestamp\":\"2001-09-09T01:46:40.123Z\"} matched" },
    { "takes a 13-digit number for milliseconds", "match => [\"d\", UNIX, UNIX_MS]",
        "{\"d\":1000000000123}",
        "{\"d\":1000000000123,\"@timestamp\":\"2001-09-09T01:46:40.123Z\"} matched" },
    { "refuses an unfinished UNIX fraction", "match => [\"d\", UNIX]", "{\"d\":\"12.\"}",
        "{\"d\":\"12.\",\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses UNIX with blanks", "match => [\"d\", UNIX]", "{\"d\":\" 12\"}",
        "{\"d\":\" 12\",\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses an empty text", "match => [\"d\", UNIX, UNIX_MS, TAI64N, ISO8601, \"yyyy\"]",
        "{\"d\":\"\"}", "{\"d\":\"\",\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses a number that is too large", "match => [\"d\", UNIX, UNIX_MS]",
        "{\"d\":12345678901234567890}",
        "{\"d\":12345678901234567890,\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses 1e300 as UNIX", "match => [\"d\", UNIX]", "{\"d\":1e300}",
        "{\"d\":1e300,\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses booleans", "match => [\"d\", UNIX, ISO8601]", "{\"d\":true}",
        "{\"d\":true,\"tags\":[\"_dateparsefailure\"]}" },
    { "refuses arrays", "match => [\"d\", UNIX, ISO8601]", "{\"d\":[\"2024-01-01\"]}",
        "{\"d\":[\"2024-01-01\"],\"tags\":[\"_dateparsefailure\"]}" },
    { "reads an array's element", "match => [\"[d][0]\", ISO8601]", "{\"d\":[\"2024-01-01\"]}",
        "{\"d\":[\"2024-01-01\"],\"@timestamp\":\"2024-01-01T00:00:00.000Z\"} matched" },
    { "refuses numbers where text is asked for", "match => [\"d\", \"yyyy\", ISO8601]",
        "{\"d\":2024}", "{\"d\":2024,\"tags\":[\"_dateparsefailure\"]}" },
    { "reads TAI64N", "match => [\"d\", TAI64N]", "{\"d\":\"4000000050d506482dbdf024\"}",
        "{\"d\":\"4000000050d506482dbdf024\",\"@timestamp\":\"2012-12-22T01:00:46.767Z\"} "
        "matched" },
    { "reads TAI64N behind an @", "match => [\"d\", TAI64N]",
        "{\"d\":\"@4000000050D506482DBDF024\"}",
        "{\"d\":\"@4000000050D506482DBDF024\",\"@timestamp\":\"2012-12-22T01:00:46.767Z\"} "
        "matched" },
    { "refuses TAI64N that is cut off", "match => [\"d\", TAI64N]",
        "{\"d\":\"@4000000050D506482DBDF02\"}",
        "{\"d\":\"@4000000050D506482DBDF02\",\"tags\":[\"_dateparsefailure\"]}" },
    { "leaves an event without the field alone", "match => [\"d\", ISO8601]", "{\"x\":1}",
        "{\"x\":1}" },
    { "leaves null alone", "match => [\"d\", ISO8601]", "{\"d\":null}", "{\"d\":null}" },
    { "reads a nested field into a nested target",
        "match => [\"[a][b]\", \"ISO8601\"] target => \"[c][d]\"", "{\"a\":{\"b\":\"2024\"}}",
        "{\"a\":{\"b\":\"2024\"},\"c\":{\"d\":\"2024-01-01T00:00:00.000Z\"}} matched" },
    { "may replace its source", "match => [\"d\", UNIX] target => \"d\"", "{\"d\":1}",
        "{\"d\":\"1970-01-01T00:00:01.000Z\"} matched" },
    { "fails where the target has no place", "match => [\"d\", UNIX] target => \"[d][e]\"",
        "{\"d\":1}", "{\"d\":1,\"tags\":[\"_dateparsefailure\"]}" },
    { "tries the formats in turn",
        "match => [\"d\", \"MMM  d HH:mm:ss\", \"MMM dd HH:mm:ss\", \"yyyy\"]",
        "{\"d\":\"Nov 13 01:02:03\"}",
        "{\"d\":\"Nov 13 01:02:03\",\"@timestamp\":\"2026-11-13T01:02:03.000Z\"} matched" },
    { "adds all tags of a failure", "match => [\"d\", \"yyyy\"] tag_on_failure => [\"a\", \"b\"]",
        "{\"d\":\"x\"}", "{\"d\":\"x\",\"tags\":[\"a\",\"b\"]}" },
    { "adds no tag where none is asked for", "match => [\"d\", \"yyyy\"] tag_on_failure => []",
        "{\"d\":\"x\"}", "{\"d\":\"x\"}" },
    { "reads names in the language asked for",
        "match => [\"d\", \"dd. MMMM yyyy\"] locale => \"de_DE\" timezone => \"Europe/Berlin\"",
        "{\"d\":\"03. Dezember 2024\"}",
        "{\"d\":\"03. Dezember 2024\",\"@timestamp\":\"2024-12-02T23:00:00.000Z\"} matched" },
    { "takes any locale where no name is asked for", "match => [\"d\", UNIX_MS] locale => \"ec\"",
        "{\"d\":1}", "{\"d\":1,\"@timestamp\":\"1970-01-01T00:00:00.001Z\"} matched" },
    { "takes any zone where none is asked for",
        "match => [\"d\", UNIX] timezone => \"[@metadata][timezone]\"", "{\"d\":1}",
        "{\"d\":1,\"@timestamp\":\"1970-01-01T00:00:01.000Z\"} matched" },
    { "takes the zone from the event",
        "match => [\"d\", \"yyyy MMM dd HH:mm:ss\"] timezone => \"%{tz}\"",
        "{\"d\":\"2013 Jun 24 01:29:01\",\"tz\":\"America/Los_Angeles\"}",
        "{\"d\":\"2013 Jun 24 01:29:01\",\"tz\":\"America/Los_Angeles\",\"@timestamp\":\"2013-06-"
        "24T08:29:01.000Z\"} matched" },
    { "fails where the event's zone is none",
        "match => [\"d\", \"yyyy\", ISO8601] timezone => \"%{tz}\"",
        "{\"d\":\"2013\",\"tz\":\"../../etc/passwd\"}",
        "{\"d\":\"2013\",\"tz\":\"../../etc/passwd\",\"tags\":[\"_dateparsefailure\"]}" },
    { "needs no zone of the event for numbers",
        "match => [\"d\", \"yyyy-MM\", UNIX] timezone => \"%{tz}\"", "{\"d\":\"13\"}",
        "{\"d\":\"13\",\"@timestamp\":\"1970-01-01T00:00:13.000Z\"} matched" },
    { "fails for a time that clocks skipped",
        "match => [\"d\", \"yyyy-MM-dd HH:mm\"] timezone => \"CET\"",
        "{\"d\":\"2016-03-27 02:30\"}",
        "{\"d\":\"2016-03-27 02:30\",\"tags\":[\"_dateparsefailure\"]}" },
    { "takes the machine's zone without one", "match => [\"d\", \"yyyy-MM-dd HH:mm\"]",
        "{\"d\":\"2016-03-27 02:30\"}",
        "{\"d\":\"2016-03-27 02:30\",\"@timestamp\":\"2016-03-27T02:30:00.000Z\"} matched" },
    { 0 },
};

Test(date, rows) {
    test_zone_set("UTC");
    test_clock_set("2026-11-20T10:11:12Z");
    test_filter_rows("date", rows);
}

Test(date, the_machine_may_be_elsewhere) {
    static const struct test_filter_row elsewhere[] = {
        { "without a zone it is the machine's", "match => [\"d\", \"yyyy\", \"ISO8601\"]",
            "{\"d\":\"2016\"}",
            "{\"d\":\"2016\",\"@timestamp\":\"2015-12-31T18:30:00.000Z\"} matched" },
        { 0 },
    };
    test_zone_set("Asia/Kolkata");
    test_filter_rows("date", elsewhere);
}

Test(date, refuses_what_cannot_be_meant) {
    static const struct {
        const char *options, *why;
    } refused[] = {
        { "", "match needs the name of a field" },
        { "match => []", "match needs the name of a field" },
        { "match => [\"d\"]", "match needs the name of a field" },
        { "match => [\"[d\", \"UNIX\"]", "is no field reference" },
        { "match => [\"d\", \"yyyy-MM-ddTHH\"]", "put text into single quotes" },
        { "match => [\"d\", \"\"]", "is empty" },
        { "match => [\"d\", \"yyyy\"] timezone => \"Mars/Olympus\"", "no time zone is called" },
        { "match => [\"d\", \"ISO8601\"] timezone => \"\"", "no time zone is called" },
        { "match => [\"d\", \"dd MMM\"] locale => \"tlh\"", "only those of en, de" },
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        cr_expect(test_filter_refuses("date", refused[i].options, refused[i].why), "%s",
            refused[i].options);
    }
}

Test(date, warns_of_a_pattern_that_never_fits) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "date", "match => [\"d\", \"yyyy zzzz\", \"yyyy\"]"));
    const char *notes = test_compile_notes(&rig.compile);
    cr_expect(strstr(notes, "never fits") != NULL, "%s", notes);
    const char *got = test_filter_run(&rig, "{\"d\":\"2024\"}");
    cr_expect(strstr(got, "\"@timestamp\":\"2024-01-01") != NULL, "%s", got);
    test_filter_finish(&rig);
}
