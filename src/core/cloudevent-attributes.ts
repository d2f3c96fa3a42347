/**
 * What may stand in a CloudEvent's context attributes.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system
 */
import type { AttributeValue, EventAttributes } from "./event.ts";
import { err, ok, type Result } from "./result.ts";
import { readRfc3339 } from "./rfc3339.ts";

export type AttributeFault =
  | "unsupported_specversion"
  | "missing_attribute"
  | "invalid_attribute_name"
  | "invalid_attribute_value"
  | "too_many_attributes";

const MAX_ATTRIBUTES = 40;
const MAX_CHARACTERS = 16_384;
const NAME = /^[a-z0-9]{1,64}$/;
// C0, DEL and C1 controls, noncharacters, and surrogates without their other half.
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** Checks attributes that somebody else wrote. Members that are null count as absent, as the JSON format says. */
export function checkAttributes(
  candidates: Iterable<readonly [string, unknown]>,
): Result<EventAttributes, AttributeFault> {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  let characters = 0;
  let count = 0;
  for (const [name, value] of candidates) {
    if (value === null || value === undefined) continue;
    if (!NAME.test(name) || name === "data") return err("invalid_attribute_name");
    if (!isAttributeValue(value)) return err("invalid_attribute_value");
    characters += name.length + String(value).length;
    count += 1;
    if (count > MAX_ATTRIBUTES || characters > MAX_CHARACTERS) return err("too_many_attributes");
    attributes[name] = value;
  }
  if (attributes.specversion === undefined) return err("missing_attribute");
  if (attributes.specversion !== "1.0") return err("unsupported_specversion");
  for (const name of ["id", "source", "type"]) {
    if (attributes[name] === undefined) return err("missing_attribute");
  }
  const { id, source, type, subject, time, datacontenttype, dataschema } = attributes;
  const texts = [id, source, type, subject, time, datacontenttype, dataschema];
  if (!texts.every((text) => text === undefined || (typeof text === "string" && text !== ""))) {
    return err("invalid_attribute_value");
  }
  if (time !== undefined && readRfc3339(String(time)) === undefined) return err("invalid_attribute_value");
  return ok({
    ...attributes,
    specversion: "1.0",
    id: String(id),
    source: String(source),
    type: String(type),
  } as EventAttributes);
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (typeof value === "string") return !FORBIDDEN.test(value);
  if (typeof value === "number") return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
  return typeof value === "boolean";
}
