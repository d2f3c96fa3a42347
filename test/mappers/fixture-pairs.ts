/** `<case>.in.json` is what AWS sent, `<case>.out.json` the event, or the reason why there is none, or null. */
import { readdirSync, readFileSync } from "node:fs";
import { CloudEvent } from "cloudevents";
import { expect } from "vitest";
import type { Mapping } from "../../src/mappers/index.ts";

export interface FixturePair {
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
}

export function fixturePairs(folder: string): readonly FixturePair[] {
  const place = new URL(`../fixtures/${folder}/`, import.meta.url);
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, place), "utf8"));
  const files = readdirSync(place);
  const names = files.filter((file) => file.endsWith(".in.json")).map((file) => file.slice(0, -".in.json".length));
  expect(files.toSorted(), "fixtures come in pairs").toEqual(
    names.flatMap((name) => [`${name}.in.json`, `${name}.out.json`]).toSorted(),
  );
  return names.map((name) => ({ name, input: read(`${name}.in.json`), output: read(`${name}.out.json`) }));
}

/** A mapping as it stands in a fixture. */
export function asOutput(
  mapping: { readonly kind: "event" } | Extract<Mapping, { kind: "ignored" }> | undefined,
): unknown {
  if (mapping === undefined) return null;
  if (mapping.kind === "ignored") return { ignored: mapping.reason };
  const { kind, ...event } = mapping;
  return event;
}

/** The CNCF SDK as a second opinion: it throws where an event is not valid. */
export function expectCloudEvent(mapping: { readonly attributes: object; readonly data: object }): void {
  new CloudEvent(JSON.parse(JSON.stringify({ ...mapping.attributes, data: mapping.data })));
}
