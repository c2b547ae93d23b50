/* pipeline/cli/logstash.h - logchute by the names of Logstash's programs. `logstash` itself needs nothing: it takes what
 * logchute takes.
 *
 * Ownership: arguments are borrowed for the length of a call.
 * Threads: main. */
#ifndef CHUTE_CLI_LOGSTASH_H
#define CHUTE_CLI_LOGSTASH_H

/* `logstash-plugin COMMAND …`: lists what is built in, and says of each plugin to install whether it is; fetches nothing. 0,
 * or 1 after saying what is refused. */
int chute_cli_logstash_plugin(int argc, char **argv);
/* Becomes the program argv[0], as the entry point of Logstash's image does with arguments that are no flags. The exit
 * code, after saying why that is not possible. */
int chute_cli_exec(char **argv);

#endif
