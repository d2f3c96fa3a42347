/** What can be said of a type that its family may have and the catalog does not name. */
import { ACTIVITY_REQUEST, ACTIVITY_RESPONSE } from "../catalog/activity-logs.ts";
import { HOSTED_UI_REQUEST, HOSTED_UI_RESPONSE } from "../catalog/hosted-ui.ts";
import type { Members } from "../members.ts";
import type { OpenFamily } from "../type-prefix.ts";

interface OpenEntry {
  readonly description: string;
  readonly request: Members;
  readonly response: Members;
}

const NOTHING = { request: {}, response: {} } as const;

export const OPEN_ENTRIES = {
  action: { description: "An API action that was not known when this catalog was made.", ...NOTHING },
  read: { description: "A reading API action that was not known when this catalog was made.", ...NOTHING },
  hosted_ui: {
    description: "A hosted page or endpoint that was not known when this catalog was made.",
    request: HOSTED_UI_REQUEST,
    response: HOSTED_UI_RESPONSE,
  },
  lambda_trigger: { description: "A Lambda trigger that was not known when this catalog was made.", ...NOTHING },
  activity: {
    description: "A kind of logged activity that was not known when this catalog was made.",
    request: ACTIVITY_REQUEST,
    response: ACTIVITY_RESPONSE,
  },
} as const satisfies Readonly<Record<OpenFamily, OpenEntry>>;
