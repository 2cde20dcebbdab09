/* The subcommands, one file a noun. */
#ifndef PILLARBOX_COMMAND_H
#define PILLARBOX_COMMAND_H

#include "pillarbox/cli.h"

typedef int command_fn(struct cli *c);

command_fn command_run, command_status, command_deliver;
command_fn command_user_add, command_user_list, command_user_remove;
command_fn command_password_set, command_password_check;
command_fn command_alias_add, command_alias_list, command_alias_remove;
command_fn command_quota_show, command_quota_set, command_quota_recount;
command_fn command_keep_show, command_keep_set;
command_fn command_message_list, command_undelete, command_trace;
command_fn command_index_check, command_index_rebuild;
command_fn command_config_check, command_config_show, command_config_sample;
command_fn command_cert_show;
command_fn command_import_maildir, command_import_mbox;
command_fn command_export_maildir, command_export_mbox;
command_fn command_backup_create, command_backup_list;
command_fn command_backup_verify, command_backup_restore;
command_fn command_version, command_help;

#endif
