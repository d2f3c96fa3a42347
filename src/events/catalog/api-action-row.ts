import type { Members } from "../members.ts";

/** Stands for the facts of an action whose response decides which of several it was. */
export const AUTH = "auth";

/** What an API action of user pools becomes. */
export interface ApiActionRow {
  /** `<resource>.<fact>` where it succeeded, `<resource>.<failed>` where it did not. */
  readonly facts: readonly [resource: string, fact: string, failed: string] | typeof AUTH;
  /** Members of CloudTrail's requestParameters that go into `data.request`, under the names they have there. */
  readonly request?: Members;
  /** Members of responseElements that go into `data.response`. */
  readonly response?: Members;
}
