#include "tests/unit/support/connect.h"

#include <criterion/criterion.h>

#include "pipeline/net/address.h"

int test_connect(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage address;
    cr_assert_eq(chute_address_resolve("127.0.0.1", port, &address), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, chute_address_len(&address)), 0);
    return fd;
}
