import type { Outcome } from "./mapping.ts";

export { TYPE_PREFIX } from "../events/type-prefix.ts";

/** What kind of event an action is, and how it went. */
export interface Classification {
  readonly type: string;
  readonly outcome: Outcome;
  /** Nothing was changed or attempted: left out unless the operator asks for reads. */
  readonly read: boolean;
}

/** What was asked for and what came of it, as far as the catalog declares it for the action or page. */
export interface Exchange {
  readonly request: object | undefined;
  readonly response: object | undefined;
}

export const NO_EXCHANGE: Exchange = { request: undefined, response: undefined };
