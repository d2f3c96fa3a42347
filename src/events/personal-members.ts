/**
 * Which members tell who somebody is, so that a subscription's privacy settings apply to them. They are known by their
 * name, and where that is not enough by the member they stand in: so the same holds for every type, for what a newer
 * poolcast writes, and for a record of AWS in somebody else's event.
 *
 * What a type alone has is said where it is declared (the catalogs: `username`, `contact`); here stands what all types
 * share (event-data.ts), and the names that AWS itself writes.
 */
import type { Member, Members } from "./members.ts";
import { eventTypes } from "./registry.ts";

/** What a text is; `contact` is an e-mail address or phone number that AWS has masked. */
export type PersonalKind = "email" | "phone" | "ip" | "username" | "contact";

export type Holding =
  | PersonalKind
  /** User attributes: a map, or a list of name and value. */
  | "attributes"
  /** A list of `path`, `from` and `to`. */
  | "changes"
  /** The sub: it names nobody to those who have no access to the pool. */
  | "sub"
  /** A map under names that somebody chose: none of them is one of ours. */
  | "map";

/** How a text that is none of these may hold one all the same. */
export type Openness =
  /** Free text, or made of what others sent. */
  | "open"
  /** The name of something else than a user. */
  | "name"
  /** An id, or a word of AWS's or our own. */
  | "closed";

export interface OpennessTree {
  readonly [name: string]: Openness | OpennessTree;
}

const BY_NAME: readonly (readonly [Holding, readonly string[]])[] = [
  ["username", ["username", "userName", "Username", "UserName", "cognito:username"]],
  ["username", ["preferred_username", "preferredUsername"]],
  ["email", ["email", "Email", "emailAddress", "EmailAddress"]],
  ["phone", ["phone_number", "phoneNumber", "PhoneNumber", "phone", "Phone"]],
  ["ip", ["sourceIp", "sourceIP", "sourceIPAddress", "ipAddress", "IpAddress", "ip"]],
  ["attributes", ["userAttributes", "UserAttributes", "Attributes"]],
  ["sub", ["sub", "userSub", "UserSub"]],
];

/** Names that mean something in certain members alone. */
const BY_PARENT: Readonly<Record<string, Readonly<Record<string, Holding>>>> = {
  changes: { data: "changes" },
  attributes: { user: "attributes", users: "attributes" },
};

/** Of the shape that all our events share, for all below it; what is not listed is open. */
export const OWN_OPENNESS: OpennessTree = {
  action: "closed",
  outcome: "closed",
  error: { code: "closed" },
  userPool: "closed",
  client: "closed",
  user: { status: "closed", createdAt: "closed", modifiedAt: "closed", groups: "name" },
  group: "name",
  changes: { path: "closed" },
  actor: { type: "closed", accountId: "closed" },
  record: "closed",
};

const ATTRIBUTES: Readonly<Record<string, PersonalKind>> = {
  email: "email",
  phone_number: "phone",
  preferred_username: "username",
  "cognito:username": "username",
};

let byName: ReadonlyMap<string, Holding> | undefined;

/** What the member `name` of `parent` holds; `data` is the parent of what stands at the top. */
export function holdingOf(parent: string, name: string): Holding | undefined {
  byName ??= holdingsByName();
  const holding = byName.get(name);
  const parents = own(BY_PARENT, name);
  return (parents && own(parents, parent)) ?? holding;
}

/** Of a member below one of this openness; items of a list are members of what the list stands in. */
export function opennessBelow(above: Openness | OpennessTree, name: string): Openness | OpennessTree {
  return typeof above === "string" ? above : (own(above, name) ?? "open");
}

/** What a user attribute is besides; undefined for most. */
export function kindOfAttribute(name: string): PersonalKind | undefined {
  return own(ATTRIBUTES, name);
}

/** A name may be any text, such as `constructor`. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function holdingsByName(): ReadonlyMap<string, Holding> {
  const found = new Map(BY_NAME.flatMap(([holding, names]) => names.map((name) => [name, holding] as const)));
  for (const { request, response } of eventTypes().values()) {
    collect(request, found);
    collect(response, found);
  }
  return found;
}

function collect(members: Members, found: Map<string, Holding>): void {
  for (const [name, member] of Object.entries(members)) {
    const holding = holdingOfMember(member);
    if (holding !== undefined) found.set(name, holding);
    if (typeof member === "object") collect("list" in member ? member.list : member.object, found);
  }
}

function holdingOfMember(member: Member): Holding | undefined {
  if (member === "textMap") return "map";
  return member === "username" || member === "contact" ? member : undefined;
}
