/** Whatever is posted: a clear answer, no crash, no lost neighbour, nothing secret in the log. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloudTrailRecord, eventBridgeEvent } from "../support/records.ts";
import { openTestGateway, post } from "../support/test-gateway.ts";

const RUNS = { numRuns: 150 };

/** A record in which one member, at any depth, was replaced by any JSON. */
const mutatedRecord = fc
  .tuple(fc.constantFrom(...pathsOf(cloudTrailRecord())), fc.jsonValue({ maxDepth: 4 }))
  .map(([path, value]) => replaceAt(cloudTrailRecord(randomUUID()), path, value));

describe("posting anything", () => {
  it.each(["/ingest/eventbridge", "/ingest/cloudtrail", "/ingest/events"])(
    "to %s gives 2xx or a problem",
    async (path) => {
      const gateway = await openTestGateway();
      const bodies = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        mutatedRecord.map((detail) => JSON.stringify({ ...eventBridgeEvent(), detail })),
        fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
      );
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const response = await gateway.request(path, post(body as BodyInit));
          const answer = (await response.json()) as Record<string, unknown>;
          if (response.status === 202)
            expect(answer).toMatchObject({ accepted: expect.any(Number), ignored: expect.any(Number) });
          else expect([response.status, answer.code]).toEqual([400, expect.stringMatching(/^[a-z_]+$/)]);
        }),
        RUNS,
      );
      expect(gateway.log()).toBe("");
    },
  );

  it("loses no neighbour of a broken record", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(mutatedRecord, fc.jsonValue()), { maxLength: 6 }), async (others) => {
        const gateway = await openTestGateway();
        const good = [randomUUID(), randomUUID()];
        const records = [cloudTrailRecord(good[0]), ...others, cloudTrailRecord(good[1])];
        const response = await gateway.request("/ingest/cloudtrail", post(JSON.stringify({ Records: records })));
        const answer = (await response.json()) as { accepted: number; duplicates: number; ignored: number };
        expect(response.status).toBe(202);
        expect(answer.accepted + answer.duplicates + answer.ignored).toBe(records.length);
        const ids = (await gateway.committed()).map(({ attributes }) => attributes.id);
        expect(ids).toEqual(expect.arrayContaining(good));
      }),
      { numRuns: 60 },
    );
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function replaceAt(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  return { ...Object(value), [key]: replaceAt(Object(value)[key], rest, replacement) };
}
