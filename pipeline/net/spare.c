#include "pipeline/net/spare.h"

#include <sys/eventfd.h>
#include <unistd.h>

void chute_spare_fill(struct chute_spare *spare) {
    while (spare->count < CHUTE_SPARE_DESCRIPTORS) {
        int fd = eventfd(0, EFD_CLOEXEC); /* needs no file system */
        if (fd < 0) {
            return;
        }
        spare->fds[spare->count++] = fd;
    }
}

bool chute_spare_lend(struct chute_spare *spare) {
    return spare->count > 0 && close(spare->fds[--spare->count]) == 0;
}

void chute_spare_close(struct chute_spare *spare) {
    while (chute_spare_lend(spare)) {
    }
}
