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
    { "quota",     "list",    "",                                    0, 0,       false, "what every account has and may have",                   command_quota_show },
    { "quota",     "show",    "[USER]",                              0, 1,       false, "what an account has and may have",                      command_quota_show },
    { "quota",     "set",     "USER SIZE [MESSAGES]",                2, 3,       false, "its own limit; 500M, 2G, none; default: as mail.quota", command_quota_set },
    { "quota",     "recount", "USER|--all",                          0, 1,       false, "count anew; exact unless something is broken",          command_quota_recount },
    { "keep",      "show",    "[USER]",                              0, 1,       false, "how long what an account deletes is kept",              command_keep_show },
    { "keep",      "set",     "USER TIME",                           2, 2,       false, "its own time; 30d, none; default: as mail.keep_deleted", command_keep_set },
    { "message",   "list",    "USER [MAILBOX] [--deleted]",          1, 2,       false, "messages; --deleted: those that can be brought back",   command_message_list },
    { "undelete",  "",        "USER [--mailbox NAME] [--since AGO] [--uid UIDS]", 1, 1, false, "bring back what was deleted; AGO: 2h, 3d",       command_undelete },
    { "trace",     "",        "MESSAGE-ID|SESSION|USER[:MAILBOX:UID]", 1, 1,     false, "what happened to a message, in a session, to a user",   command_trace },
    { "index",     "check",   "[USER|--all] [--content] [--fix]",     0, 1,       false, "compare mail files and index; --fix mends",             command_index_check },
    { "index",     "rebuild", "USER|--all",                          0, 1,       false, "make the index anew from the mail files",               command_index_rebuild },
    { "import",    "maildir", "SOURCE USER [MAILBOX]",               2, 3,       false, "take in a Maildir of Dovecot or Courier, UIDs included", command_import_maildir },
    { "import",    "mbox",    "SOURCE USER [MAILBOX]",               2, 3,       false, "take in an mbox, or a directory of NAME.mbox",          command_import_mbox },
    { "export",    "maildir", "USER DIR [--link]",                   2, 2,       false, "write a Maildir that Dovecot takes over, UIDs included", command_export_maildir },
    { "export",    "mbox",    "USER DIR",                            2, 2,       false, "write an mbox a mailbox",                               command_export_mbox },
    { "backup",    "create",  "DIR [--user U]",                      1, 1,       false, "a backup of everything below DIR, while it runs",       command_backup_create },
    { "backup",    "list",    "DIR",                                 1, 1,       false, "backups in DIR, oldest first",                          command_backup_list },
    { "backup",    "verify",  "DIR [NAME]",                          1, 2,       false, "read a backup (the newest), compare with its manifest", command_backup_verify },
    { "backup",    "restore", "DIR [NAME] [--user U] [--mailbox M] [--uid UIDS] [--message ID] [--to DIR2]", 1, 2, false, "bring back what is missing; never overwrites", command_backup_restore },
    { "cert",      "show",    "",                                    0, 0,       false, "files, fingerprint and end of the certificate",         command_cert_show },
    { "config",    "check",   "[FILE]",                              0, 1,       true,  "check the settings",                                    command_config_check },
    { "config",    "show",    "[--all|--changed]",                   0, 0,       false, "settings in force, and where each comes from",          command_config_show },
    { "config",    "sample",  "",                                    0, 0,       true,  "print an annotated pillarbox.conf",                     command_config_sample },
    { "version",   "",        "",                                    0, 0,       true,  "print the version",                                     command_version },
    { "help",      "",        "[NOUN]",                              0, 1,       true,  "this list",                                             command_help },
};
/* clang-format on */

const size_t command_count = sizeof command_table / sizeof *command_table;
