import { describe, expect, it } from "vitest";
import { err, ok, type Result } from "../../src/core/result.ts";
import { keepRight } from "../../src/runtimes/keep-right.ts";

describe("keepRight", () => {
  it("makes what is right once", async () => {
    let made = 0;
    const get = keepRight(
      async () => ok(++made),
      () => 0,
    );
    expect([await get(), await get()]).toEqual([ok(1), ok(1)]);
  });

  it("gives everybody the same one, though several were made at once", async () => {
    const waiting: ((result: Result<object, never>) => void)[] = [];
    const get = keepRight(
      () => new Promise<Result<object, never>>((resolve) => waiting.push(resolve)),
      () => 0,
    );
    const both = [get(), get()];
    expect(waiting).toHaveLength(2);
    for (const resolve of waiting) resolve(ok({}));
    const [first, second] = await Promise.all(both);
    expect(first?.ok && second?.ok && first.value === second.value).toBe(true);
  });

  it("looks again at what was wrong, but not for everybody who comes", async () => {
    let now = 1000;
    const results: Result<string, string>[] = [err("missing"), ok("there")];
    let made = 0;
    const get = keepRight(
      async () => results[made++] ?? err("too often"),
      () => now,
    );
    expect([await get(), await get()]).toEqual([err("missing"), err("missing")]);
    now += 60_000;
    expect([await get(), await get()]).toEqual([ok("there"), ok("there")]);
    now += 60_000;
    expect([await get(), made]).toEqual([ok("there"), 2]);
  });
});
