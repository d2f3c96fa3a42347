import type { Members } from "../members.ts";

/** That an action can become an event of a type; several actions may become the same. */
export interface Contribution {
  /** The type without its prefix, as `user.created`. */
  readonly name: string;
  readonly description: string | undefined;
  /** The AWS names behind it; none where the name is made of something else, such as a kind of log entry. */
  readonly actions: readonly string[];
  readonly request?: Members | undefined;
  readonly response?: Members | undefined;
}
