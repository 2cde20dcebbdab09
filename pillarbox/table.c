#include "pillarbox/command.h"

/* clang-format off */
const struct command command_table[] = {
    /* noun        verb       arguments                              least most  bare    help                                                     run */
    { "run",       "",        "",                                    0, 0,       false, "serve in the foreground until SIGTERM",                 command_run },
    { "status",    "",        "",                                    0, 0,       false, "one screen: processes, ports, mail, disk, certificate", command_status },
    { "user",      "add",     "USER [--generate|--stdin]",           1, 1,       false, "a new account",                                         command_user_add },
    { "user",      "list",    "",                                    0, 0,       false, "all accounts",                                          command_user_list },
    { "user",      "remove",  "USER",                                1, 1,       false, "remove an account; its mail stays on disk",             command_user_remove },
    { "password",  "set",     "USER [--generate|--stdin]",           1, 1,       false, "a new password",                                        command_password_set },
    { "password",  "check",   "USER [--stdin]",                      1, 1,       false, "is it this password? 0 yes, 1 no",                      command_password_check },
    { "alias",     "add",     "ALIAS TARGET...",                     2, 64,      false, "mail for ALIAS goes to TARGET; @domain: catch-all",     command_alias_add },
    { "alias",     "list",    "",                                    0, 0,       false, "all aliases",                                           command_alias_list },
    { "alias",     "remove",  "ALIAS [TARGET]",                      1, 2,       false, "remove an alias, or one target of it",                  command_alias_remove },
    { "deliver",   "",        "USER < MESSAGE",                      1, 1,       false, "deliver standard input (exit codes of sysexits)",       command_deliver },
    { "index",     "check",   "[USER|--all]",                        0, 1,       false, "compare mail files and index",                          command_index_check },
    { "index",     "rebuild", "USER|--all",                          0, 1,       false, "make the index anew from the mail files",               command_index_rebuild },
    { "cert",      "show",    "",                                    0, 0,       false, "files, fingerprint and end of the certificate",         command_cert_show },
    { "config",    "check",   "[FILE]",                              0, 1,       true,  "check the settings",                                    command_config_check },
    { "config",    "show",    "[--all|--changed]",                   0, 0,       false, "settings in force, and where each comes from",          command_config_show },
    { "config",    "sample",  "",                                    0, 0,       true,  "print an annotated pillarbox.conf",                     command_config_sample },
    { "version",   "",        "",                                    0, 0,       true,  "print the version",                                     command_version },
    { "help",      "",        "[NOUN]",                              0, 1,       true,  "this list",                                             command_help },
};
/* clang-format on */

const size_t command_count = sizeof command_table / sizeof *command_table;
