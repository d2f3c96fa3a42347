/** Events of every type that show a person wherever they can, and what of that person must not be found again. */
import { type EncodedEvent, type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { exampleOf } from "../../src/events/example.ts";
import { SYNC_TRIGGER } from "../../src/events/type-prefix.ts";

export const PERSON = {
  sub: "5f1d8c11-77aa-4a0e-b4a5-0d6b3c7e9f42",
  username: "quibbly.zander",
  email: "zanderette+tag@mail.example",
  phone: "+4915177738291",
  ip: "198.51.100.173",
  nickname: "Zanzibarina",
  tier: "platinum-zz9",
} as const;

/** Everything that the five settings speak of. */
export const CANARIES: readonly string[] = [
  PERSON.username,
  PERSON.email,
  PERSON.phone,
  PERSON.phone.slice(1),
  PERSON.ip,
  PERSON.nickname,
  PERSON.tier,
];

const ATTRIBUTES = {
  sub: PERSON.sub,
  email: PERSON.email,
  email_verified: "true",
  phone_number: PERSON.phone,
  preferred_username: PERSON.username,
  nickname: PERSON.nickname,
  "custom:tier": PERSON.tier,
};

const GOSSIP = [
  `${PERSON.username} <${PERSON.email}> has ${PERSON.phone} at ${PERSON.ip} as ${PERSON.nickname}, ${PERSON.tier}`,
  `https://app.example/u/${PERSON.username}?mail=${encodeURIComponent(PERSON.email)}&tel=${encodeURIComponent(PERSON.phone)}`,
  `App/1.2.3 (${PERSON.username}; ${PERSON.email.toUpperCase()}) Chrome/125.0.0.0 ${PERSON.phone.slice(1)} [${PERSON.ip}]`,
].join(" ");

/** The example of the type, with the person in every member that may hold one and gossip in all free text. */
export function personalEvent(type: string, id: string, known: "sub" | "username"): Record<string, unknown> {
  const example = structuredClone(exampleOf(type)) as Record<string, unknown>;
  // What poolcast tells of itself shows no user.
  if (type.startsWith("dev.poolcast.")) return { ...example, id };
  const event: Record<string, unknown> = { ...example, id, data: gossiping(example.data, "data") };
  if (type === SYNC_TRIGGER) {
    const list = Object.entries(ATTRIBUTES).map(([Name, Value]) => ({ Name, Value }));
    return { ...event, data: { ...(event.data as object), Attributes: list, Username: PERSON.username } };
  }
  const name = known === "sub" ? PERSON.sub : PERSON.username;
  return {
    ...event,
    subject: `user/${name}`,
    partitionkey: name,
    ...(known === "sub" && { authid: PERSON.sub }),
    data: {
      ...(event.data as object),
      error: { code: "NotAuthorizedException", message: GOSSIP },
      user: { ...(known === "sub" && { sub: PERSON.sub }), username: PERSON.username, attributes: ATTRIBUTES },
      changes: [
        { path: "attributes.email", from: "older@mail.example", to: PERSON.email },
        { path: "attributes.nickname", from: PERSON.nickname },
        { path: "enabled", from: true, to: false },
      ],
      actor: {
        type: "AssumedRole",
        arn: `arn:aws:sts::210987654321:assumed-role/shop/${PERSON.email}`,
        principalId: `AROAEXAMPLE:${PERSON.email}`,
        sourceIp: PERSON.ip,
        userAgent: GOSSIP,
      },
    },
  };
}

/** Members that have a form of their own, or a meaning that gossip would spoil. */
const FORMED =
  /time|date|^from$|^to$|^(?:id|arn|region|accountId|action|outcome|kind|requestId|code|type|status|sub|destination)$/i;

function gossiping(value: unknown, name: string): unknown {
  // What a group is called is no attribute of a user's, and may be spelled as one.
  if (name === "group" && typeof value === "object") return value;
  if (Array.isArray(value)) return value.map((item) => gossiping(item, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, gossiping(child, key)]));
  }
  if (typeof value !== "string" || FORMED.test(name)) return value;
  if (name === "providerAttributeValue") return PERSON.username;
  return `${value} ${GOSSIP}`;
}

/** Which canaries a text holds, in whatever spelling. */
export function leaksIn(text: string): readonly string[] {
  const lower = text.toLowerCase();
  return CANARIES.filter((canary) =>
    [canary, encodeURIComponent(canary), Buffer.from(canary).toString("base64").replace(/=*$/, "")].some((form) =>
      lower.includes(form.toLowerCase()),
    ),
  );
}

/** As a broker holds it. */
export function encodeObject({ data, ...attributes }: Readonly<Record<string, unknown>>): EncodedEvent {
  return encodeEvent(
    attributes as unknown as EventAttributes,
    data === undefined ? "none" : "json",
    JSON.stringify(data),
  );
}
