#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pipeline/text/store.h"

static int syncs;

/* In place of the C library's, for SQLite too. */
int fdatasync(int fd) {
    syncs++;
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

/* What a commit returns from is on the disk: without a sync for each (synchronous=NORMAL) it would only be in the
 * kernel's memory. */
Test(store_sync, each_commit_is_synced_before_it_returns) {
    char folder[] = "/tmp/chute-store-XXXXXX";
    char path[64], wal[80], command[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/events.db", folder);
    snprintf(wal, sizeof(wal), "%s-wal", path);
    struct chute_store_limits limits = { .max_bytes = 1 << 24 };
    struct chute_store *store;
    struct chute_buf why = { 0 };
    cr_assert_eq(chute_store_open(&store, path, &limits, &why), CHUTE_STORE_OK);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(chute_store_begin(store), CHUTE_STORE_OK);
        syncs = 0;
        for (int j = 0; j < 50; j++) {
            cr_assert_eq(chute_store_add(store, i, CHUTE_STR("{\"a\":\"b\"}")), CHUTE_STORE_OK);
        }
        cr_expect_eq(syncs, 0, "one commit for all of them");
        cr_assert_eq(chute_store_commit(store), CHUTE_STORE_OK);
        cr_expect_geq(syncs, 1, "commit %d", i);
    }
    cr_expect_eq(access(wal, F_OK), 0, "there is a write-ahead log");
    chute_store_close(store);
    chute_buf_finish(&why);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}
