import type { ApiActionRow } from "./api-action-row.ts";

export const GROUPS_AND_IMPORTS = {
  AdminAddUserToGroup: { facts: ["group", "member_added", "member_add_failed"] },
  AdminRemoveUserFromGroup: { facts: ["group", "member_removed", "member_remove_failed"] },
  CreateGroup: { facts: ["group", "created", "create_failed"] },
  CreateUserImportJob: { facts: ["import_job", "created", "create_failed"] },
  DeleteGroup: { facts: ["group", "deleted", "delete_failed"] },
  StartUserImportJob: { facts: ["import_job", "started", "start_failed"] },
  StopUserImportJob: { facts: ["import_job", "stopped", "stop_failed"] },
  UpdateGroup: { facts: ["group", "updated", "update_failed"] },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
