import * as z from "zod";
import { isObject, type JsonObject } from "../core/json.ts";

/** Go writes what is not set as null. */
export function writtenByGo<T extends z.ZodType>(schema: T) {
  return z.preprocess((input) => (isObject(input) ? withoutNulls(input) : input), schema);
}

function withoutNulls(written: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== null));
}
