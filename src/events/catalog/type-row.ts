import type { Members } from "../members.ts";

/** A type of event and what is said in it. */
export interface TypeRow {
  /** `<resource>.<fact>`, without the prefix that all types of user pools share. */
  readonly type: string;
  readonly description: string;
  /** Members of `data.request`, under the names that AWS gives them. */
  readonly request?: Members;
  /** Members of `data.response`. */
  readonly response?: Members;
}
