#include <criterion/criterion.h>
#include <stdio.h>

#include "conf/common_options.h"
#include "support/rows.h"

Test(rows, of_every_plugin_work) {
    struct chute_reference_plugin plugin;
    size_t i;
    for (i = 0; chute_reference_plugin(i, &plugin); i++) {
        char title[128];
        snprintf(title, sizeof(title), "%s %s", plugin.kind, plugin.name);
        test_rows_check(title, plugin.options, plugin.settings_size);
    }
    cr_expect_gt(i, 0);
}

Test(rows, common_to_all_plugins_work) {
    test_rows_check("inputs", chute_common_inputs, sizeof(struct chute_common));
    test_rows_check("codecs", chute_common_codecs, sizeof(struct chute_common));
    test_rows_check("filters", chute_common_filters, sizeof(struct chute_common));
    test_rows_check("outputs", chute_common_outputs, sizeof(struct chute_common));
}
