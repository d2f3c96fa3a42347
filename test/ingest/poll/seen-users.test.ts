import fc from "fast-check";
import { expect, it } from "vitest";
import { createSeenUsers } from "../../../src/ingest/poll/seen-users.ts";

it("knows whom it was told of, as a set does", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(20), fc.nat(200_000)), { maxLength: 200 }), (ordinals) => {
      const seen = createSeenUsers();
      const set = new Set<number>();
      for (const ordinal of ordinals) {
        expect(seen.add(ordinal)).toBe(!set.has(ordinal));
        set.add(ordinal);
      }
      expect(seen.count()).toBe(set.size);
      for (const ordinal of [...ordinals, 0, 7, 8, 8191, 8192, 300_000])
        expect(seen.has(ordinal)).toBe(set.has(ordinal));
    }),
  );
});
