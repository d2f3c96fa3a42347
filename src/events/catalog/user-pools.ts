import type { ApiActionRow } from "./api-action-row.ts";

export const USER_POOLS = {
  AddCustomAttributes: { facts: ["user_pool", "attributes_added", "attributes_add_failed"] },
  CreateUserPool: { facts: ["user_pool", "created", "create_failed"] },
  CreateUserPoolDomain: { facts: ["domain", "created", "create_failed"] },
  CreateUserPoolReplica: { facts: ["replica", "created", "create_failed"] },
  DeleteUserPool: { facts: ["user_pool", "deleted", "delete_failed"] },
  DeleteUserPoolDomain: { facts: ["domain", "deleted", "delete_failed"] },
  DeleteUserPoolReplica: { facts: ["replica", "deleted", "delete_failed"] },
  SetLogDeliveryConfiguration: { facts: ["user_pool", "log_delivery_configured", "log_delivery_configure_failed"] },
  SetRiskConfiguration: { facts: ["user_pool", "risk_configured", "risk_configure_failed"] },
  SetUICustomization: { facts: ["user_pool", "ui_customized", "ui_customize_failed"] },
  SetUserPoolMfaConfig: { facts: ["user_pool", "mfa_configured", "mfa_configure_failed"] },
  SetUserPoolSessionConfiguration: { facts: ["user_pool", "session_configured", "session_configure_failed"] },
  TagResource: { facts: ["user_pool", "tagged", "tag_failed"] },
  UntagResource: { facts: ["user_pool", "untagged", "untag_failed"] },
  UpdateProvisionedLimit: { facts: ["limit", "updated", "update_failed"] },
  UpdateUserPool: { facts: ["user_pool", "updated", "update_failed"] },
  UpdateUserPoolDomain: { facts: ["domain", "updated", "update_failed"] },
  UpdateUserPoolReplica: { facts: ["replica", "updated", "update_failed"] },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
