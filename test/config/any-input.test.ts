// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like this.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../src/config/parse.ts";
import { POOL, SECRET } from "./parsing.ts";

const FULL = {
  listen: { host: "127.0.0.1", port: 1 },
  publicUrl: "https://a.example",
  broker: { kind: "redis", url: "redis://a", tls: { ca: "x" }, keepGroups: ["a"] },
  pools: [
    { arn: POOL, auth: { credentials: { accessKeyID: "a", secretAccessKey: "b" } }, poll: { listUsers: "PT1M" } },
  ],
  ingest: { events: { apiKeys: ["a"] }, cognito: { secrets: [SECRET] }, lambda: {}, s3: { buckets: ["a"] } },
  adminKeys: ["a"],
  egress: { allowCidrs: ["10.0.0.0/8"] },
  subscriptions: {
    a: {
      filters: [{ not: { any: [{ exact: { type: "a" } }, { all: [{ prefix: { type: "b" } }] }] } }],
      target: { url: "https://a.example", secret: SECRET, headers: { a: "b" }, auth: { bearer: "x" }, batch: {} },
      delivery: { retry: 5 },
      privacy: { email: "hash", key: "k", attributes: ["a"] },
    },
    b: { target: { redis: { url: "redis://a" } } },
  },
  triggers: { c: { filters: [{ all: [] }], target: { url: "https://a.example" }, deliveryOptions: { retry: 1 } } },
};

const key = fc.oneof(
  fc.string(),
  fc.constantFrom("__proto__", "constructor", "toString", "exact", "not", "url", "kind"),
);
const value = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(key, fc.jsonValue()),
  fc.constantFrom(null, "", "${A}", "${", "redis", 0, -1, {}, [], [null], [{}]),
);

/** The paths of everything in a tree, the tree itself first. */
function pathsIn(tree: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof tree !== "object" || tree === null) return [path];
  return [path, ...Object.entries(tree).flatMap(([step, child]) => pathsIn(child, [...path, step]))];
}

function replaced(tree: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined || typeof tree !== "object" || tree === null) return value;
  if (Array.isArray(tree))
    return tree.map((item, index) => (String(index) === step ? replaced(item, rest, value) : item));
  return Object.fromEntries(
    Object.entries(tree).map(([name, child]) => [name, name === step ? replaced(child, rest, value) : child]),
  );
}

function expectResult(text: string): void {
  const result = parseConfig(text, { A: "x" });
  if (result.ok) {
    expect(result.value.subscriptions.length).toBeGreaterThan(0);
    return;
  }
  expect(result.error.length).toBeGreaterThan(0);
  for (const { message } of result.error) expect(message).not.toMatch(/invalid|undefined|\[object/i);
}

describe("whatever is given, a Result comes back", () => {
  it("the sound configuration is sound", () => {
    expect(parseConfig(JSON.stringify(FULL), {})).toMatchObject({ ok: true });
    expect(parseConfig(stringify(FULL), {})).toMatchObject({ ok: true });
  });

  it("for any text", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), expectResult));
    const yaml = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      "!x ",
      "? ",
      "| ",
      "'",
      '"',
      "#",
      "${",
      "%",
    );
    fc.assert(
      fc.property(
        fc.array(yaml).map((parts) => parts.join("")),
        expectResult,
      ),
    );
  });

  it("for any JSON value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(key, value)), (tree) => expectResult(JSON.stringify(tree))),
    );
  });

  it("for a sound configuration with any value anywhere in it", () => {
    const place = fc.constantFrom(...pathsIn(FULL));
    const mutated = fc.tuple(place, value).map(([path, other]) => replaced(FULL, path, other));
    fc.assert(
      fc.property(mutated, (tree) => expectResult(JSON.stringify(tree))),
      { numRuns: 500 },
    );
    fc.assert(fc.property(mutated, (tree) => expectResult(stringify(tree))));
  });
});
