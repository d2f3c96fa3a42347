/** What a subscription's privacy settings say of a value. */
import type { PrivacyAction, PrivacyConfig } from "../config/config.ts";
import type { HmacSha256 } from "../core/clock.ts";
import { toHex } from "../core/hex.ts";
import { kindOfAttribute } from "../events/personal-members.ts";
import { mask } from "./mask.ts";
import { type ContactKind, contactKindOf } from "./patterns.ts";

export type Action = PrivacyAction;

export interface Policy {
  readonly actions: Readonly<Record<ContactKind | "username", Action>>;
  /** For the member of this user attribute: its own setting where it has one and that is not `keep`. */
  attributeAction(name: string): Action;
  /** For a value that is, by its form, an address or a number. */
  actionByForm(value: string): Action;
  /** Not asked of `keep`; empty where it is dropped. */
  replace(value: string, action: Action): string;
}

/** A value that several settings speak of gets the one that tells least. */
const STRICTNESS: Readonly<Record<Action, number>> = { keep: 0, mask: 1, hash: 2, drop: 3 };

export function stricter(one: Action, other: Action): Action {
  return STRICTNESS[other] > STRICTNESS[one] ? other : one;
}

/** Whether anything is changed at all. */
export function isPrivate({ email, phone, ip, username, attributes }: PrivacyConfig): boolean {
  return Array.isArray(attributes) || [email, phone, ip, username, attributes].some((action) => action !== "keep");
}

export function createPolicy(config: PrivacyConfig, hmac: HmacSha256): Policy {
  const { email, phone, ip, username, attributes, key } = config;
  const actions = { email, phone, ip, username };
  const kept = typeof attributes === "string" ? undefined : new Set(attributes);
  const others = typeof attributes === "string" ? attributes : "drop";

  return {
    actions,
    attributeAction(name) {
      const kind = kindOfAttribute(name);
      const special = kind === undefined || kind === "contact" ? "keep" : actions[kind];
      if (special !== "keep") return special;
      return kept?.has(name) ? "keep" : others;
    },
    actionByForm(value) {
      const kind = contactKindOf(value);
      return kind === undefined ? "keep" : actions[kind];
    },
    replace(value, action) {
      switch (action) {
        case "keep":
          return value;
        case "drop":
          return "";
        case "mask":
          return mask(value);
        case "hash":
          // The configuration is refused where something is hashed without a key.
          if (key === undefined) throw new Error("a hash needs a key");
          return toHex(hmac(key, value));
      }
    },
  };
}
