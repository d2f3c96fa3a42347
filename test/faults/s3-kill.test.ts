/** A gateway that is killed while it reads files of S3 begins anew and loses nothing. */
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { cloudTrailRecord } from "../support/records.ts";
import { makeS3Place } from "../support/s3-place.ts";
import { waitUntil } from "../support/wait.ts";

const FILES = 3;
const RECORDS = 2000;
const KILLS = 4;

describe("a gateway that is killed in mid-file", () => {
  let cleanup: (() => Promise<void>) | undefined;
  afterEach(() => cleanup?.());

  it("has every record in the end, each once", { timeout: 120_000 }, async () => {
    const place = await makeS3Place();
    cleanup = place.remove;
    const { s3 } = place;
    const expected = new Set<string>();
    const keys = Array.from({ length: FILES }, (_, n) => `f${n}.json.gz`);
    let released = false;
    for (const key of keys) {
      const ids = Array.from({ length: RECORDS }, (_, n) => `${key}-${n}`);
      for (const id of ids) expected.add(id);
      const bytes = gzipSync(JSON.stringify({ Records: ids.map((id) => cloudTrailRecord(id)) }));
      s3.put("trail", key, bytes);
      // Most of the file comes, and its end does not.
      s3.behave("trail", key, (response) => {
        if (released) return true;
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, Math.floor(bytes.length * 0.9)));
        return undefined;
      });
    }

    const stdout: string[] = [];
    const ids = () => stdout.join("").match(/"id":"f\d\.json\.gz-\d+"/g) ?? [];
    let gateway = await place.start();
    await place.notify(gateway, keys);
    for (let kill = 1; kill <= KILLS; kill++) {
      const asked = () => s3.asked().length >= kill * FILES;
      await waitUntil(asked, `all files were asked for ${kill} times`);
      // In the first life the records of the first batches are on disk by now; in later ones they are known.
      if (kill === 1) await waitUntil(() => gateway.stdout().includes('"id":"f'), "records were committed");
      expect(await gateway.kill("SIGKILL")).toBe("SIGKILL");
      stdout.push(gateway.stdout());
      expect(new Set(ids()).size).toBeLessThan(expected.size);
      released = kill === KILLS;
      gateway = await place.start();
    }
    await waitUntil(async () => {
      const files = (await (await fetch(`${gateway.url}/readyz`)).json()).files;
      return files.waiting === 0;
    }, "all files were read");
    const all = () => new Set([...ids(), ...(gateway.stdout().match(/"id":"f\d\.json\.gz-\d+"/g) ?? [])]);
    await waitUntil(() => all().size === expected.size, "every record was delivered");
    // Each is one event in the log: the last life delivered none that an earlier one had settled.
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(Number(/poolcast_ingest_duplicates_total\{road="s3"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(
      500,
    );
    expect(metrics).toMatch(/poolcast_files_fetched_total 3/);
    expect(await gateway.kill("SIGTERM")).toBe(0);
  });
});
