/**
 * The members of an event's `request` and `response`, declared once: the mappers read by them, the schemas and the
 * TypeScript types come from them. Every member is optional: AWS hides, truncates and leaves out.
 */

/**
 * Text that tells who somebody is, so that a subscription's privacy settings apply to it (personal-members.ts): a name
 * to sign in with, here or at a provider; an e-mail address or phone number, as AWS masks it.
 */
export type PersonalText = "username" | "contact";

export type Scalar =
  | "text"
  | PersonalText
  | "boolean"
  | "integer"
  | "number"
  /** RFC 3339, UTC. */
  | "time"
  | "texts"
  /** Names and texts that the user of AWS chose, such as tags. */
  | "textMap";

export type Member = Scalar | { readonly object: Members } | { readonly list: Members };

export interface Members {
  readonly [name: string]: Member;
}

type InferMember<M> = M extends "text" | "time" | PersonalText
  ? string
  : M extends "boolean"
    ? boolean
    : M extends "integer" | "number"
      ? number
      : M extends "texts"
        ? readonly string[]
        : M extends "textMap"
          ? Readonly<Record<string, string>>
          : M extends { readonly list: infer L }
            ? readonly InferMembers<L>[]
            : M extends { readonly object: infer O }
              ? InferMembers<O>
              : never;

/** The TypeScript type of declared members. */
export type InferMembers<S> = { readonly [N in keyof S]?: InferMember<S[N]> };
