import * as z from "zod";
import type { PrivacyConfig } from "./config.ts";
import { judge, list, section } from "./section.ts";
import { oneOf, text } from "./values.ts";

const VALUES = ["email", "phone", "ip", "username", "attributes"];

const action = oneOf(["keep", "drop", "mask", "hash"]);
const names = list(text, "a list of attribute names");
const actionOrNames = "one of keep, drop, mask or hash, or a list of the attribute names to keep";

const attributes = z.unknown().transform((input, report): PrivacyConfig["attributes"] => {
  if (Array.isArray(input)) return judge(names, input, report);
  const known = action.safeParse(input);
  if (known.success) return known.data;
  report.addIssue({ code: "custom", message: `must be ${actionOrNames}` });
  return z.NEVER;
});

export const privacy = section(
  {
    email: action.default("keep"),
    phone: action.default("keep"),
    ip: action.default("keep"),
    username: action.default("keep"),
    attributes: attributes.default("keep"),
    key: text.optional(),
  },
  function hashNeedsKey(written) {
    if (written.key !== undefined || !VALUES.some((name) => written[name] === "hash")) return [];
    return [{ path: ["key"], message: "is required where something is hashed: a secret text that keys the hash" }];
  },
);
