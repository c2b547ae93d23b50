/* tests/unit/support/connect.h - a client's socket.
 *
 * Ownership: the descriptor is the caller's.
 * Threads: any. */
#ifndef CHUTE_TEST_CONNECT_H
#define CHUTE_TEST_CONNECT_H

/* A blocking TCP connection to 127.0.0.1; fails the test if there is none. */
int test_connect(int port);

#endif
