/** What of a Worker's bindings a configuration can ask for, in whatever form it is there. */
import { describe, expect, it } from "vitest";
import { readBindings } from "../../src/runtimes/worker-bindings.ts";
import { readWorkerSetup } from "../../src/runtimes/worker-config.ts";

const stored = (value: string) => ({ get: async () => value });
const INGEST = `ingest: { events: { apiKeys: ["\${KEY}"] } }`;

describe("a Worker's bindings", () => {
  it("are texts, values and secrets of a store, for the configuration and for each variable", async () => {
    const yaml = `${INGEST}\nadminKeys: ["\${ADMIN}", "\${PLAIN}", "\${NUMBER:-7}"]`;
    const env = { POOLCAST_CONFIG: stored(yaml), KEY: stored("k"), ADMIN: stored("a"), PLAIN: "p", NUMBER: 42 };
    const setup = await readWorkerSetup(env);
    expect(setup.ok && setup.value.config).toMatchObject({
      ingest: { events: { apiKeys: ["k"] } },
      adminKeys: ["a", "p", "42"],
    });
  });

  it("may be a configuration that is written as a value, and secrets for one that is bundled", async () => {
    const written = { ingest: { events: { apiKeys: [`\${KEY}`] } } };
    for (const setup of [
      await readWorkerSetup({ POOLCAST_CONFIG: written, KEY: "k" }),
      await readWorkerSetup({ KEY: stored("k") }, INGEST),
    ]) {
      expect(setup.ok && setup.value.config.ingest).toMatchObject({ events: { apiKeys: ["k"] } });
    }
  });

  it("hold the credentials of AWS, which no configuration names", async () => {
    const env = { AWS_ACCESS_KEY_ID: stored("AKIDSTORE"), AWS_SECRET_ACCESS_KEY: stored("s"), KEY: "k" };
    const setup = await readWorkerSetup(env, INGEST);
    expect(setup.ok && setup.value.env).toMatchObject({ AWS_ACCESS_KEY_ID: "AKIDSTORE", AWS_SECRET_ACCESS_KEY: "s" });
  });

  it("are not touched where nobody asks for them: a bucket has a get as well", async () => {
    const asked: string[] = [];
    const bucket = {
      async get() {
        asked.push("bucket");
        return null;
      },
    };
    expect(await readBindings({ BUCKET: bucket, KEY: "k", OTHER: "o" }, INGEST)).toEqual({
      ok: true,
      value: { KEY: "k" },
    });
    expect(asked).toEqual([]);
  });

  it("count as not set where they are blank, as what an unset secret of a pipeline leaves behind", async () => {
    const setup = await readWorkerSetup({ POOLCAST_CONFIG: " \n", KEY: "k" }, INGEST);
    expect(setup.ok && setup.value.config.ingest).toMatchObject({ events: { apiKeys: ["k"] } });
    expect(await readWorkerSetup({ POOLCAST_CONFIG: "" })).toMatchObject({
      ok: false,
      error: [{ message: expect.stringContaining("there is no configuration") }],
    });
  });

  it("that cannot be read are all told of, by name", async () => {
    const gone = (name: string) => ({
      async get() {
        throw new Error(`Secret "${name}" not found`);
      },
    });
    const yaml = `${INGEST}\nadminKeys: ["\${ADMIN}", "\${PLAIN}"]`;
    const setup = await readWorkerSetup({ KEY: gone("key"), ADMIN: gone("admin"), PLAIN: "sesame" }, yaml);
    const faults = setup.ok ? [] : setup.error;
    expect(faults.map(({ path }) => path).sort()).toEqual(["ADMIN", "KEY"]);
    for (const { message } of faults) expect(message).toMatch(/Secrets Store.* not found; see that its store_id/);
    const config = await readWorkerSetup({ POOLCAST_CONFIG: gone("config") }, yaml);
    expect(config).toMatchObject({ ok: false, error: [{ path: "POOLCAST_CONFIG" }] });
  });
});
