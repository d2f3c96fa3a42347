import type { ApiActionRow } from "./api-action-row.ts";

export const CLIENTS = {
  AddUserPoolClientSecret: { facts: ["client_secret", "created", "create_failed"] },
  CreateIdentityProvider: { facts: ["identity_provider", "created", "create_failed"] },
  CreateManagedLoginBranding: { facts: ["branding", "created", "create_failed"] },
  CreateResourceServer: { facts: ["resource_server", "created", "create_failed"] },
  CreateTerms: { facts: ["terms", "created", "create_failed"] },
  CreateUserPoolClient: { facts: ["client", "created", "create_failed"] },
  DeleteIdentityProvider: { facts: ["identity_provider", "deleted", "delete_failed"] },
  DeleteManagedLoginBranding: { facts: ["branding", "deleted", "delete_failed"] },
  DeleteResourceServer: { facts: ["resource_server", "deleted", "delete_failed"] },
  DeleteTerms: { facts: ["terms", "deleted", "delete_failed"] },
  DeleteUserPoolClient: { facts: ["client", "deleted", "delete_failed"] },
  DeleteUserPoolClientSecret: { facts: ["client_secret", "deleted", "delete_failed"] },
  SetUserPoolClientSessionConfiguration: { facts: ["client", "session_configured", "session_configure_failed"] },
  UpdateIdentityProvider: { facts: ["identity_provider", "updated", "update_failed"] },
  UpdateManagedLoginBranding: { facts: ["branding", "updated", "update_failed"] },
  UpdateResourceServer: { facts: ["resource_server", "updated", "update_failed"] },
  UpdateTerms: { facts: ["terms", "updated", "update_failed"] },
  UpdateUserPoolClient: { facts: ["client", "updated", "update_failed"] },
} as const satisfies Readonly<Record<string, ApiActionRow>>;
