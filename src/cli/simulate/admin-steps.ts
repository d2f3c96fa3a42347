/** What the shop's server and staff do to users, with IAM credentials. */
import { HIDDEN } from "../../mappers/extract/text.ts";
import { ACCOUNT } from "./pool.ts";
import type { ApiStep, ForeignStep } from "./step.ts";

export const ADMIN_CREATE: ApiStep = {
  by: "back_office",
  action: "AdminCreateUser",
  note: "is invited by an admin",
  type: "user.created",
  request: { userAttributes: HIDDEN, temporaryPassword: HIDDEN, desiredDeliveryMediums: ["EMAIL"] },
  response: ({ atMs }) => ({
    user: {
      username: HIDDEN,
      attributes: HIDDEN,
      userCreateDate: javaDate(atMs),
      userLastModifiedDate: javaDate(atMs),
      enabled: true,
      userStatus: "FORCE_CHANGE_PASSWORD",
    },
  }),
};

/** CloudTrail writes dates within a response as Java prints them: "Mar 1, 2026, 9:00:01 AM". */
function javaDate(atMs: number): string {
  return new Date(atMs).toLocaleString("en-US", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
}

export const ADMIN_CONFIRM: ApiStep = {
  by: "back_office",
  action: "AdminConfirmSignUp",
  note: "is confirmed by an admin",
  type: "user.confirmed",
  request: {},
};

export const ADMIN_UPDATE: ApiStep = {
  by: "back_office",
  action: "AdminUpdateUserAttributes",
  note: "has a new department",
  type: "user.updated",
  quiet: true,
  request: { userAttributes: HIDDEN },
};

export const JOIN_GROUP: ApiStep = {
  by: "back_office",
  action: "AdminAddUserToGroup",
  note: "joins the group gardeners",
  type: "group.member_added",
  request: { groupName: "gardeners" },
};

export const LEAVE_GROUP: ApiStep = {
  by: "back_office",
  action: "AdminRemoveUserFromGroup",
  note: "leaves the group gardeners",
  type: "group.member_removed",
  request: { groupName: "gardeners" },
};

export const DISABLE: ApiStep = {
  by: "back_office",
  action: "AdminDisableUser",
  note: "is disabled by an admin",
  type: "user.disabled",
  request: {},
};

export const ADMIN_SIGN_OUT: ApiStep = {
  by: "back_office",
  action: "AdminUserGlobalSignOut",
  note: "is signed out everywhere by an admin",
  type: "session.all_revoked",
  request: {},
};

/** Where IAM says no, the record has no request, so nobody learns whom it was about. */
export const DENIED_DELETE: ApiStep = {
  by: "trainee",
  action: "AdminDeleteUser",
  note: "wants to delete a user and may not",
  type: "user.delete_failed",
  request: null,
  aboutPool: true,
  error: {
    code: "AccessDenied",
    message: `User: arn:aws:iam::${ACCOUNT}:user/trainee is not authorized to perform: cognito-idp:AdminDeleteUser`,
  },
};

/** No such action exists; one day AWS adds another that the gateway has never heard of. */
export const ACTION_FROM_THE_FUTURE: ApiStep = {
  by: "back_office",
  action: "AdminArchiveUser",
  note: "is archived, by an action from the future",
  type: "action.admin_archive_user",
  request: {},
};

export const LIST_USERS: ApiStep = {
  by: "back_office",
  action: "ListUsers",
  note: "looks through the users (a read)",
  type: null,
  quiet: true,
  request: { limit: 60 },
  aboutPool: true,
};

export const START_SERVER: ForeignStep = {
  by: "other_service",
  action: "StartInstances",
  note: "starts a server (not Cognito's business)",
  type: null,
  quiet: true,
  eventSource: "ec2.amazonaws.com",
  request: { instancesSet: { items: [{ instanceId: "i-0meadow00000example" }] } },
};
