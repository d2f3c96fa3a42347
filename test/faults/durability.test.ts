/**
 * A power cut takes what was written and not synced. Killing the process cannot show that, since the kernel keeps its
 * writes; the order of system calls can: no 202 leaves while the log of the database holds unsynced bytes.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type GatewayPlace, makePlace } from "../support/gateway-process.ts";
import { eventBridgeEvent, postJson } from "../support/records.ts";
import { DENO, NODE } from "../support/runtimes.ts";

const POSTS = 60;

describe.each([NODE, DENO])("an acknowledgement on $name", (runtime) => {
  let place: GatewayPlace | undefined;
  afterEach(() => place?.remove());

  it("leaves only after what it acknowledges was synced to disk", { timeout: 60_000 }, async () => {
    expect(hasStrace(), "strace is missing: run `npm run setup`").toBe(true);
    place = makePlace(runtime);
    const trace = join(place.directory, "trace");
    const calls = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg";
    const gateway = await place.start({ under: ["strace", "-f", "-y", "-s", "24", "-e", calls, "-o", trace] });
    // One after the other, so that each acknowledgement has a commit of its own before it.
    for (let n = 0; n < POSTS; n++) {
      const response = await postJson(`${gateway.url}/ingest/eventbridge`, eventBridgeEvent());
      expect(response.status).toBe(202);
      await response.body?.cancel();
    }
    gateway.signal("SIGTERM");
    await gateway.exited;

    const { acknowledged, unsynced, walWrites } = readTrace(readFileSync(trace, "utf8"));
    expect(acknowledged).toBe(POSTS);
    expect(walWrites).toBeGreaterThanOrEqual(POSTS);
    expect(unsynced).toBe(0);
  });
});

function readTrace(text: string) {
  let dirty = false;
  let acknowledged = 0;
  let unsynced = 0;
  let walWrites = 0;
  for (const line of text.split("\n")) {
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) {
      dirty = true;
      walWrites += 1;
    } else if (/(?:fdatasync|fsync)\(\d+<[^>]*-wal>\)\s+= 0/.test(line)) {
      dirty = false;
    } else if (/"HTTP\/1\.1 202/.test(line)) {
      acknowledged += 1;
      if (dirty) unsynced += 1;
    }
  }
  return { acknowledged, unsynced, walWrites };
}

function hasStrace(): boolean {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
