/** Structures of the API that several actions have in their request or response. */
import type { Member, Members } from "../members.ts";

/** Where a code went; the destination is masked by AWS (`m***@e***`). */
const CODE_DELIVERY_MEMBERS = {
  destination: "contact",
  deliveryMedium: "text",
  attributeName: "text",
} as const satisfies Members;

export const CODE_DELIVERY = { object: CODE_DELIVERY_MEMBERS } as const satisfies Member;

export const CODE_DELIVERIES = { list: CODE_DELIVERY_MEMBERS } as const satisfies Member;

/** An identity at a provider that is linked, or was, to a user of the pool. */
export const PROVIDER_USER = {
  object: { providerName: "text", providerAttributeName: "text", providerAttributeValue: "username" },
} as const satisfies Member;

/** What of the tokens' envelope is no token. */
export const AUTHENTICATION_RESULT = {
  object: { expiresIn: "integer", tokenType: "text", newDeviceMetadata: { object: { deviceKey: "text" } } },
} as const satisfies Member;

const MFA_SETTINGS = { object: { enabled: "boolean", preferredMfa: "boolean" } } as const satisfies Member;

export const MFA_PREFERENCE = {
  sMSMfaSettings: MFA_SETTINGS,
  softwareTokenMfaSettings: MFA_SETTINGS,
  emailMfaSettings: MFA_SETTINGS,
  webAuthnMfaSettings: { object: { enabled: "boolean" } },
} as const satisfies Members;

export const MFA_OPTIONS = { list: { deliveryMedium: "text", attributeName: "text" } } as const satisfies Member;
