/** Zod schemas of declared members. Members that are not declared pass: an older consumer must take newer events. */
import * as z from "zod";
import type { Member, Members } from "./members.ts";

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;

const text = z.string();

export const time = z
  .string()
  .refine((value) => RFC3339.test(value) && !Number.isNaN(Date.parse(value)), "is no RFC 3339 time")
  .meta({ format: "date-time" });

const SCALARS = {
  text,
  username: text,
  contact: text,
  boolean: z.boolean(),
  integer: z.int(),
  number: z.number(),
  time,
  texts: z.array(text),
  textMap: z.record(text, text),
};

export function membersSchema(members: Members): z.ZodObject {
  const shape = Object.entries(members).map(([name, member]) => [name, memberSchema(member).optional()] as const);
  return z.looseObject(Object.fromEntries(shape));
}

function memberSchema(member: Member): z.ZodType {
  if (typeof member === "string") return SCALARS[member];
  return "list" in member ? z.array(membersSchema(member.list)) : membersSchema(member.object);
}
