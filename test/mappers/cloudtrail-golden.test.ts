/**
 * Records and what becomes of them: `<case>.in.json` is the record, `<case>.out.json` the event or the reason why
 * there is none. `<case>.context.json`, where there is one, changes the context that the other cases share.
 */
import { readdirSync, readFileSync } from "node:fs";
import { CloudEvent } from "cloudevents";
import { describe, expect, it } from "vitest";
import { type CloudTrailContext, mapCloudTrail } from "../../src/mappers/index.ts";
import { expectValidEvent } from "./expect-valid-event.ts";
import { context } from "./records.ts";

const FOLDER = new URL("../fixtures/cloudtrail/", import.meta.url);
const files = readdirSync(FOLDER);
const cases = files.filter((file) => file.endsWith(".in.json")).map((file) => file.slice(0, -".in.json".length));

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
}

interface ContextFile extends Partial<Omit<CloudTrailContext, "onlyPools">> {
  readonly onlyPools?: readonly string[];
}

function contextOf(name: string): CloudTrailContext {
  const file = `${name}.context.json`;
  if (!files.includes(file)) return context();
  const contextFile: ContextFile = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  const { onlyPools, ...changes } = contextFile;
  return context({ ...changes, onlyPools: onlyPools === undefined ? null : new Set(onlyPools) });
}

describe("CloudTrail fixtures", () => {
  it("come in pairs", () => {
    const expected = cases.flatMap((name) => [`${name}.in.json`, `${name}.out.json`]);
    const contexts = cases.map((name) => `${name}.context.json`).filter((file) => files.includes(file));
    expect(files.toSorted()).toEqual([...expected, ...contexts].toSorted());
    expect(cases.length).toBeGreaterThan(40);
  });

  it.each(cases)("%s", (name) => {
    const mapping = mapCloudTrail(read(`${name}.in.json`), contextOf(name));
    const { kind, ...event } = mapping;
    expect(mapping.kind === "ignored" ? { ignored: mapping.reason } : event).toStrictEqual(read(`${name}.out.json`));
    expectValidEvent(mapping);
    if (mapping.kind === "ignored") return;
    // The CNCF SDK as a second opinion: it throws where an event is not valid.
    new CloudEvent(JSON.parse(JSON.stringify({ ...mapping.attributes, data: mapping.data })));
  });
});
