/* pipeline/cli/api_place.h - where the API of a logchute that runs is, and how to be let in: for the subcommands that ask it.
 *
 * Ownership: what is returned is the caller's.
 * Threads: main. */
#ifndef CHUTE_CLI_API_PLACE_H
#define CHUTE_CLI_API_PLACE_H

#include "conf/settings.h"
#include "pipeline/base/buf.h"

#define CHUTE_CLI_HOST_SIZE 256

/* The settings that the one that runs has, if it was started with the same flags. Never NULL; errors are in `diag`. `hint` is
 * for an argument that is none. */
struct chute_settings *chute_cli_api_settings(
    struct chute_diag *diag, const char *hint, int argc, char **argv);
/* Appends the header that they ask for, "Authorization: Basic …"; nothing if they ask for none. */
void chute_cli_api_authorization(const struct chute_settings *settings, struct chute_buf *out);
/* Cuts "host:port" or "[::1]:port". False if it is neither. */
bool chute_cli_api_cut(struct chute_str text, char host[CHUTE_CLI_HOST_SIZE], int *port);
/* The address that it left in path.data. False if there is none. */
bool chute_cli_api_note(const char *path_data, char host[CHUTE_CLI_HOST_SIZE], int *port);
/* An address that stands for all of the machine's is asked on loopback. */
const char *chute_cli_api_reachable(const char *host);

#endif
