import type { Outcome } from "./mapping.ts";

/** In front of `<resource>.<fact>`, as TriggerMesh writes it. */
export const TYPE_PREFIX = "com.amazon.cognito-idp.";

/** What kind of event an action is, and how it went. */
export interface Classification {
  readonly type: string;
  readonly outcome: Outcome;
  /** Nothing was changed or attempted: left out unless the operator asks for reads. */
  readonly read: boolean;
}
