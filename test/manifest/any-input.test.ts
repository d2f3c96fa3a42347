// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like this.
/** Whatever stands in a manifest, the answer is a configuration or faults, and no value is in a fault. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { selectObjects } from "../../src/manifest/import.ts";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { manifestText } from "../../src/manifest/write-manifest.ts";
import { readManifestConfig } from "../../src/runtimes/read-manifest.ts";
import { poolSource, redisBroker, secret, trigger } from "./documents.ts";

const CANARY = "c4n4ry";
const keys = { name: "keys", key: "a" };
const FULL = [
  redisBroker(
    "orders",
    {
      redis: {
        connection: { url: "redis:6379", password: { secretKeyRef: keys }, tlsEnabled: true },
        stream: "cognito",
        streamMaxLen: 5,
      },
      broker: { port: 80 },
    },
    { namespace: "shop", annotations: { "poolcast.dev/group": "a" } },
  ),
  secret("keys", { a: CANARY }),
  poolSource("pool", {
    auth: { credentials: { accessKeyID: { value: CANARY }, secretAccessKey: { valueFromSecret: keys } } },
  }),
  trigger("crm", {
    filters: [{ not: { exact: { type: "a" } }, all: [] }],
    target: { ref: { apiVersion: "v1", kind: "Service", name: "a" }, uri: "/in" },
    delivery: { retry: 1, deadLetterSink: { uri: "https://a.example.com/" } },
    bounds: { byDate: { start: "2026-01-01T00:00:00Z" } },
  }),
];

const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown[]>(
    null,
    "",
    "${A}",
    "__proto__",
    0,
    -1,
    true,
    {},
    [],
    [null],
    [{}],
    { ref: {} },
    { ref: null },
  ),
);

function pathsIn(tree: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof tree !== "object" || tree === null) return [path];
  return [path, ...Object.entries(tree).flatMap(([step, child]) => pathsIn(child, [...path, step]))];
}

function replaced(tree: unknown, [step, ...rest]: readonly string[], other: unknown): unknown {
  if (step === undefined || typeof tree !== "object" || tree === null) return other;
  const entries = Object.entries(tree).map(([name, child]) => [
    name,
    name === step ? replaced(child, rest, other) : child,
  ]);
  return Array.isArray(tree) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

function expectResult(text: string): void {
  const result = readManifestConfig(text, undefined, {});
  const told = JSON.stringify(result.ok ? result.value.notes : result.error);
  expect(told).not.toContain(CANARY);
  expect(told).not.toMatch(/undefined|\[object/);
  if (!result.ok) expect(result.error.length).toBeGreaterThan(0);
  const objects = readManifest(text);
  if (objects.ok) selectObjects(objects.value);
}

it("the sound manifest is sound", () => {
  expect(readManifestConfig(manifestText(FULL), undefined, {})).toMatchObject({ ok: true });
});

it("for any value anywhere in it", () => {
  const place = fc.constantFrom(...pathsIn(FULL).filter((path) => path.length > 0));
  fc.assert(
    fc.property(place, value, (path, other) => {
      const trees = replaced(FULL, path, other);
      expectResult(manifestText(Array.isArray(trees) ? trees : []));
    }),
    { numRuns: 400 },
  );
});

it("for any text", () => {
  fc.assert(fc.property(fc.string(), expectResult));
  const parts = fc.constantFrom(
    "---\n",
    "kind: List\n",
    "items:\n",
    "- ",
    "{}",
    "a: b\n",
    "apiVersion: v1\n",
    "&a ",
    "*a\n",
    "...\n",
  );
  fc.assert(
    fc.property(
      fc.array(parts).map((all) => all.join("")),
      expectResult,
    ),
  );
});
