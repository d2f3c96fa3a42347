import { CloudEvent } from "cloudevents";
import { describe, expect, it } from "vitest";
import { exampleOf } from "../../src/events/example.ts";
import { InvalidEventError, isEvent, parseEvent, safeParseEvent, schemaOf } from "../../src/events/index.ts";

const TYPE = "com.amazon.cognito-idp.user.created";
const example = { ...exampleOf(TYPE) };
const { data } = example;

function issuesOf(value: unknown): readonly string[] {
  const result = safeParseEvent(value);
  return result.ok ? [] : result.error.issues.map(({ path, message }) => `${path}: ${message}`);
}

function withData(changes: object): unknown {
  return { ...example, data: { ...(data as object), ...changes } };
}

describe("parseEvent", () => {
  it("takes an object and JSON text", () => {
    expect(parseEvent(example)).toStrictEqual(example);
    expect(parseEvent(JSON.stringify(example))).toStrictEqual(example);
  });

  it("takes the CloudEvent of the CNCF SDK", () => {
    const { type, data: parsed } = parseEvent(new CloudEvent(example));
    expect([type, parsed]).toEqual([TYPE, data]);
    expect(isEvent(new CloudEvent(example))).toBe(true);
  });

  it("keeps what a newer gateway or somebody on the way added", () => {
    const newer = { ...example, knativearrivaltime: "2026-05-04T12:06:42Z", attempt: 2, sampled: true };
    expect(parseEvent(newer)).toStrictEqual(newer);
    const more = withData({ weather: { sunny: true }, user: { sub: "x", mood: ["fine"] }, request: { novelty: 1 } });
    expect(parseEvent(more)).toStrictEqual(more);
  });

  it("takes types of an open family that it does not know", () => {
    const future = { ...exampleOf("com.amazon.cognito-idp.action.launch_rockets") };
    expect(parseEvent(future)).toStrictEqual(future);
  });

  it("throws an error that names every fault", () => {
    const bad = { ...example, outcome: "perhaps", data: { action: 7, outcome: "success", record: { kind: "rumour" } } };
    expect(() => parseEvent(bad)).toThrow(InvalidEventError);
    expect(issuesOf(bad)).toEqual([
      expect.stringMatching(/^outcome: /),
      expect.stringMatching(/^data\.action: /),
      expect.stringMatching(/^data\.userPool: /),
      expect.stringMatching(/^data\.record\.kind: /),
    ]);
    expect(() => parseEvent(bad)).toThrow(/data\.userPool: /);
  });

  it.each([
    ["data.changes[1].path", withData({ changes: [{ path: "status" }, { from: "x" }] })],
    ["data.user.attributes.email", withData({ user: { attributes: { email: 7 } } })],
    ["data.request.desiredDeliveryMediums[0]", withData({ request: { desiredDeliveryMediums: [1] } })],
    ["recordedtime", { ...example, recordedtime: "yesterday" }],
    ["time", { ...example, time: "2026-13-04T12:02:07Z" }],
    ["specversion", { ...example, specversion: "0.3" }],
    ["id", { ...example, id: "" }],
    ["extra", { ...example, extra: { nested: true } }],
    ["datacontenttype", { ...example, datacontenttype: "text/xml" }],
    ["type", { ...example, type: "com.amazon.cognito-idp.user.flew" }],
    ["type", { ...example, type: "com.example.other" }],
    ["type", { ...example, type: 7 }],
    ["type", {}],
    ["", "{"],
    ["", "null"],
    ["", "[]"],
    ["", undefined],
    ["", 7],
  ])("says that %s is wrong", (path, value) => {
    expect(issuesOf(value).map((issue) => issue.split(": ")[0])).toEqual([path]);
  });

  it("repeats no value of an event in its errors", () => {
    const issues = issuesOf(withData({ action: ["canary"], outcome: "canary", user: "canary" }));
    expect(issues).toHaveLength(3);
    expect(issues.join()).not.toContain("canary");
  });

  it("knows the types whose data is another shape", () => {
    const users = { ...exampleOf("com.amazon.cognito-idp.sync_trigger") };
    expect(parseEvent(users)).toStrictEqual(users);
    expect(issuesOf({ ...users, data: { Enabled: "yes" } })).toHaveLength(1);
    const gap = { ...exampleOf("dev.poolcast.gap_detected") };
    expect(parseEvent(gap)).toStrictEqual(gap);
    expect(issuesOf({ ...gap, data: { from: "long ago" } })).toHaveLength(1);
  });
});

describe("schemaOf", () => {
  it("throws for what poolcast does not make", () => {
    const ask = (): void => {
      // @ts-expect-error: the compiler knows too
      schemaOf("com.example.other");
    };
    expect(ask).toThrow(RangeError);
  });
});

describe("isEvent", () => {
  it("tells events by type", () => {
    expect(isEvent(example, TYPE)).toBe(true);
    expect(isEvent(example, "com.amazon.cognito-idp.user.deleted")).toBe(false);
    expect(isEvent({ ...example, type: "com.amazon.cognito-idp.read.new_thing" })).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["text", JSON.stringify(example)],
    ["a list", [example]],
    ["another version", { ...example, specversion: "0.3" }],
    ["no id", { ...example, id: undefined }],
    ["another type", { ...example, type: "com.example.other" }],
    ["no outcome", { ...example, outcome: undefined }],
    ["no data", { ...example, data: undefined }],
    ["data of another shape", { ...example, data: { hello: "world" } }],
    ["data without its record", withData({ record: null })],
  ])("refuses %s", (_name, value) => {
    expect(isEvent(value)).toBe(false);
  });
});
