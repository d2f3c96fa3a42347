import type { Members } from "../members.ts";

/** Stands for the facts of an action whose response decides which of several it was. */
export const AUTH = "auth";

/**
 * What an API action of user pools becomes.
 *
 * What is left out of `request` and `response`: secrets; what `data` has elsewhere, such as the pool, the client, the
 * user with his attributes, and the group's name; what the caller's app makes up or sends along about his device
 * (clientMetadata, contextData, analyticsMetadata); and bodies of mails and style sheets, which are longer than an
 * event should be.
 */
export interface ApiActionRow {
  /** `<resource>.<fact>` where it succeeded, `<resource>.<failed>` where it did not. */
  readonly facts: readonly [resource: string, fact: string, failed: string] | typeof AUTH;
  /** Members of CloudTrail's requestParameters that go into `data.request`, under the names they have there. */
  readonly request?: Members;
  /** Members of responseElements that go into `data.response`. */
  readonly response?: Members;
}

/**
 * In a request in the place of `userAttributes`, whose visible values are in `data.user`: which attributes were
 * written, also where a value is hidden.
 */
export const ATTRIBUTE_NAMES = { attributeNames: "texts" } as const satisfies Members;
