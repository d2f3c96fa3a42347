import type { Member, Members } from "../members.ts";
import type { ApiActionRow } from "./api-action-row.ts";

const GROUP_SETTINGS = { description: "text", roleArn: "text", precedence: "integer" } as const satisfies Members;

const GROUP = {
  object: { ...GROUP_SETTINGS, creationDate: "time", lastModifiedDate: "time" },
} as const satisfies Member;

/** Without the URL that the file of users is uploaded to: whoever has it may upload. */
const USER_IMPORT_JOB = {
  object: {
    jobId: "text",
    jobName: "text",
    status: "text",
    creationDate: "time",
    startDate: "time",
    completionDate: "time",
    importedUsers: "integer",
    skippedUsers: "integer",
    failedUsers: "integer",
    completionMessage: "text",
    cloudWatchLogsRoleArn: "text",
    passwordHashingAlgorithm: "text",
  },
} as const satisfies Member;

export const GROUPS_AND_IMPORTS = {
  AdminAddUserToGroup: { facts: ["group", "member_added", "member_add_failed"] },
  AdminRemoveUserFromGroup: { facts: ["group", "member_removed", "member_remove_failed"] },
  CreateGroup: { facts: ["group", "created", "create_failed"], request: GROUP_SETTINGS, response: { group: GROUP } },
  CreateUserImportJob: {
    facts: ["import_job", "created", "create_failed"],
    request: { jobName: "text", cloudWatchLogsRoleArn: "text", passwordHashingAlgorithm: "text" },
    response: { userImportJob: USER_IMPORT_JOB },
  },
  DeleteGroup: { facts: ["group", "deleted", "delete_failed"] },
  StartUserImportJob: {
    facts: ["import_job", "started", "start_failed"],
    request: { jobId: "text" },
    response: { userImportJob: USER_IMPORT_JOB },
  },
  StopUserImportJob: {
    facts: ["import_job", "stopped", "stop_failed"],
    request: { jobId: "text" },
    response: { userImportJob: USER_IMPORT_JOB },
  },
  UpdateGroup: { facts: ["group", "updated", "update_failed"], request: GROUP_SETTINGS, response: { group: GROUP } },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
