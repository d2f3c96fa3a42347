import { describe, expect, it } from "vitest";
import { type EventAttributes, encodeEvent } from "../../src/core/event.ts";
import { eventTypes } from "../../src/events/registry.ts";
import { zodSchemaOf } from "../../src/events/schema.ts";
import { createEraser } from "../../src/privacy/erase-event.ts";
import { encodeObject, leaksIn, PERSON, personalEvent } from "../support/private-events.ts";

const POOL = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_Kq3vX9TzP";
const OTHER_SUB = "0d6b3c7e-77aa-4a0e-b4a5-5f1d8c119f42";

type Json = Record<string, unknown>;

function own(data: Json, attributes: Json = {}): Json {
  return {
    specversion: "1.0",
    id: "e-1",
    source: POOL,
    type: "com.amazon.cognito-idp.user.updated",
    action: "AdminUpdateUserAttributes",
    data: {
      action: "AdminUpdateUserAttributes",
      outcome: "success",
      userPool: { arn: POOL },
      record: { kind: "cloudtrail" },
      ...data,
    },
    ...attributes,
  };
}

const KNOWN = own(
  {
    user: {
      sub: PERSON.sub,
      username: PERSON.username,
      attributes: { email: PERSON.email, phone_number: PERSON.phone },
    },
  },
  { subject: `user/${PERSON.sub}`, partitionkey: PERSON.sub },
);

function eraserThatKnows(...events: readonly Json[]) {
  const eraser = createEraser({ sub: PERSON.sub });
  while (events.map((event) => eraser.learn(encodeObject(event))).includes(true));
  return eraser;
}

function erased(eraser: ReturnType<typeof createEraser>, event: Json): Json | undefined {
  const result = eraser.erase(encodeObject(event));
  return result && JSON.parse(new TextDecoder().decode(result.event.bytes));
}

describe("an event of any type about the user", () => {
  it("tells nothing of him but the sub, fits its schema, and is erased once", () => {
    const eraser = eraserThatKnows(KNOWN);
    for (const type of eventTypes().keys()) {
      if (type.startsWith("dev.poolcast.")) continue;
      for (const known of ["sub", "username"] as const) {
        const event = personalEvent(type, "e-1", known);
        const result = erased(eraser, event);
        expect([type, leaksIn(JSON.stringify(result ?? event))]).toEqual([type, []]);
        expect(JSON.stringify(result)).toContain(PERSON.sub);
        expect([type, zodSchemaOf(type)?.safeParse(result).error?.issues]).toEqual([type, undefined]);
        expect([result?.id, result?.source, result?.type, result?.time]).toEqual([
          event.id,
          event.source,
          event.type,
          event.time,
        ]);
        expect([type, result && erased(eraser, result)]).toEqual([type, undefined]);
      }
    }
  });

  it("keeps what happened, with what call and whose credentials", () => {
    const actor = {
      type: "AssumedRole",
      arn: "arn:aws:sts::1:assumed-role/shop/x",
      accountId: "1",
      sourceIp: PERSON.ip,
      userAgent: "a",
    };
    const event = own(
      {
        error: { code: "UserNotFoundException", message: `no ${PERSON.username}` },
        user: { sub: PERSON.sub, username: PERSON.username },
        changes: [{ path: "attributes.email", from: "older@mail.example", to: PERSON.email }],
        actor,
        request: { attributeNames: ["email"] },
      },
      { subject: `user/${PERSON.sub}`, partitionkey: PERSON.sub },
    );
    expect(erased(eraserThatKnows(event), event)).toEqual({
      ...event,
      data: {
        action: "AdminUpdateUserAttributes",
        outcome: "success",
        error: { code: "UserNotFoundException" },
        userPool: { arn: POOL },
        user: { sub: PERSON.sub },
        changes: [{ path: "attributes.email" }],
        actor: { type: "AssumedRole", arn: "arn:aws:sts::1:assumed-role/shop/x", accountId: "1" },
        record: { kind: "cloudtrail" },
      },
    });
  });

  it("by his username gets the sub in its place, and so the same partition key", () => {
    const event = own(
      { user: { username: PERSON.username } },
      { subject: `user/${PERSON.username}`, partitionkey: PERSON.username },
    );
    const eraser = eraserThatKnows(event, KNOWN);
    expect(erased(eraser, event)).toMatchObject({
      subject: `user/${PERSON.sub}`,
      partitionkey: PERSON.sub,
      data: { user: { sub: PERSON.sub } },
    });
    expect(eraser.erase(encodeObject(event))?.partitionKey).toBe(PERSON.sub);
  });
});

describe("an event about nobody in particular", () => {
  it("loses his names and addresses, and nothing else", () => {
    const event = own({
      error: { code: "x", message: `bo and ${PERSON.username}, ${PERSON.email}` },
      actor: { userAgent: "a" },
    });
    expect(erased(eraserThatKnows(KNOWN), event)).toEqual({
      ...event,
      data: { ...(event.data as Json), error: { code: "x", message: "bo and , " } },
    });
  });

  it("in another pool is left alone, for there a username is another's", () => {
    const event = own({ user: { username: PERSON.username } }, { source: POOL.replace("Kq3vX9TzP", "Another00") });
    expect(erased(eraserThatKnows(KNOWN), event)).toBeUndefined();
  });
});

describe("an event about another user", () => {
  it("is left alone, also where he has the name or the address now", () => {
    const event = own({ user: { sub: OTHER_SUB, username: PERSON.username, attributes: { email: PERSON.email } } });
    expect(erased(eraserThatKnows(KNOWN), event)).toBeUndefined();
  });
});

describe("an event of somebody else", () => {
  const foreign = { specversion: "1.0", id: "f", source: "/crm", type: "com.example.thing" };

  it("that names the sub loses all that tells of a person", () => {
    const event = {
      ...foreign,
      data: { customer: PERSON.sub, email: PERSON.email, userAttributes: { nickname: "Z" }, n: 1 },
    };
    expect(erased(eraserThatKnows(event), event)).toEqual({
      ...foreign,
      data: { customer: PERSON.sub, userAttributes: {}, n: 1 },
    });
  });

  it("that lists several users loses him alone", () => {
    const list = [
      { sub: PERSON.sub, email: PERSON.email },
      { sub: OTHER_SUB, email: "bo@mail.example" },
    ];
    const event = { ...foreign, data: { list } };
    expect(erased(eraserThatKnows(KNOWN), event)).toEqual({
      ...foreign,
      data: { list: [{ sub: PERSON.sub }, list[1]] },
    });
  });

  it("finds him in other spellings", () => {
    const eraser = eraserThatKnows(KNOWN);
    const mail = PERSON.email.replace("z", "\\u007a");
    const { event } = eraser.erase(encodeEvent(foreign as EventAttributes, "json", `{"text":"${mail}"}`)) ?? {};
    expect(leaksIn(new TextDecoder().decode(event?.bytes))).toEqual([]);
    expect(event).toBeDefined();
    const base64 = JSON.stringify(btoa(`to ${PERSON.email}`));
    const other = eraser.erase(encodeEvent(foreign as EventAttributes, "base64", base64));
    expect(new TextDecoder().decode(other?.event.bytes)).toContain(btoa("to "));
  });
});
