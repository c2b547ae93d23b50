/* tests/fuzz/fuzz_settings.c - any bytes as logstash.yml. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/settings.h"
#include "pipeline/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    char path[64];
    int fd = memfd_create("logstash.yml", 0);
    chute_assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings = chute_settings_create(diag);
    chute_settings_load_yaml(settings, path, &chute_env_of_process);
    FILE *out = fopen("/dev/null", "w");
    if (out != NULL) {
        chute_diag_print(diag, out);
        fclose(out);
    }
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
    close(fd);
    return 0;
}
