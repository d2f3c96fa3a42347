import { expect } from "vitest";
import type { Mapping } from "../../src/mappers/index.ts";
import { faultsOf } from "../events/judge.ts";
import { HIDDEN } from "./records.ts";

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

const TYPE = /^com\.amazon\.cognito-idp\.[a-z_]+\.[a-z][a-z0-9_]*$/;
const SOURCE = /^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]*:(\d{12})?:userpool\/[\w-]+$/;
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const ALWAYS = ["specversion", "id", "source", "type", "datacontenttype", "action", "outcome", "road", "authtype"];

/** What holds for every event, whatever the record. */
export function expectValidEvent(mapping: Mapping): void {
  if (mapping.kind === "ignored") return;
  const { attributes, data } = mapping;
  for (const name of ALWAYS) expect(attributes, name).toHaveProperty(name);
  for (const [name, value] of Object.entries(attributes)) {
    expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    expect(value, name).toBeTypeOf("string");
    expect(String(value).length, name).toBeGreaterThan(0);
    expect(String(value).length, name).toBeLessThanOrEqual(512);
    expect(String(value), name).not.toMatch(FORBIDDEN);
  }
  expect(attributes.type).toMatch(TYPE);
  expect(attributes.source).toMatch(SOURCE);
  if (attributes.time !== undefined) {
    expect(attributes.time).toMatch(UTC);
    expect(Date.parse(attributes.time)).not.toBeNaN();
  }
  expect(["success", "failure", "challenge", "unknown"]).toContain(attributes.outcome);
  expect(data.outcome).toBe(attributes.outcome);
  expect(data.action).toBe(attributes.action);
  expect(data.userPool.id).toBe(attributes.userpoolid);
  expect(data.client?.id).toBe(attributes.clientid);
  expect(data.error?.message?.length ?? 0).toBeLessThanOrEqual(1024);
  const text = JSON.stringify({ attributes, data });
  expect(text).not.toContain(HIDDEN);
  expect(JSON.parse(text), "no member is undefined").toStrictEqual({ attributes, data });
  const complete = { ...attributes, recordedtime: "2026-05-04T07:31:10Z", data };
  expect(faultsOf(attributes.type, complete), attributes.type).toEqual([]);
}
