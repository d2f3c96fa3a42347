/** `import`, `check --from` and `start --from` as they are typed: tmctl's manifest runs, with a real Redis and Cognito. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { AdminCreateUserCommand } from "@aws-sdk/client-cognito-identity-provider";
import { afterEach, describe, expect, it } from "vitest";
import { manifestText } from "../../src/manifest/write-manifest.ts";
import { ORCHARD, poolSource, redisBroker, secret, trigger } from "../manifest/documents.ts";
import { startCognitoLocal } from "../support/cognito-local.ts";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { runCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const MANIFEST = "poolcast.manifest.yaml";
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newPlace() {
  const place = makePlace();
  cleanups.push(() => place.remove());
  const path = (name: string) => join(place.directory, name);
  return {
    ...place,
    path,
    write: (name: string, ...trees: readonly unknown[]) => writeFileSync(path(name), manifestText(trees)),
    run: (...args: string[]) => runCommand(place, args),
  };
}

async function newSink() {
  const sink = await startRecordingSink();
  cleanups.push(() => sink.close());
  return sink;
}

const credentials = {
  accessKeyID: { valueFromSecret: { name: "orders-pool-secret", key: "accessKeyID" } },
  secretAccessKey: { valueFromSecret: { name: "orders-pool-secret", key: "secretAccessKey" } },
};
const keys = secret("orders-pool-secret", { accessKeyID: "AKIAEXAMPLE", secretAccessKey: "c4n4ry" });
const sockeye = { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "sockeye" };
/** As tmctl writes it: its Service runs in a container that only tmctl knows of. */
const TMCTL = [
  redisBroker("orders", undefined, { labels: { "triggermesh.io/context": "orders" } }),
  keys,
  poolSource("orders-pool", { auth: { credentials } }),
  { apiVersion: sockeye.apiVersion, kind: "Service", metadata: { name: "sockeye" }, spec: {} },
  { apiVersion: "flow.triggermesh.io/v1alpha1", kind: "Transformation", metadata: { name: "shape" }, spec: {} },
  trigger("orders-trigger-9dad7875", { target: { ref: sockeye } }),
];

describe("poolcast import", () => {
  it("takes tmctl's manifest, tells what it leaves out, keeps secrets to the owner, and does it again without harm", async () => {
    const place = newPlace();
    place.write("tmctl.yaml", ...TMCTL);
    const first = await place.run("import", "-f", "tmctl.yaml");
    expect(first.status).toBe(0);
    expect(first.stdout).toContain("created AWSCognitoUserPoolSource/orders-pool\n");
    for (const name of ["Service/sockeye", "Transformation/shape"]) expect(first.stderr).toContain(name);
    expect(first.stdout + first.stderr).not.toContain("c4n4ry");
    expect(statSync(place.path(MANIFEST)).mode & 0o777).toBe(0o600);

    const again = await place.run("import", "-f", "tmctl.yaml", "--target", "sockeye=http://127.0.0.1:9/", "--json");
    expect(JSON.parse(again.stdout).objects.map(({ change }: { change: string }) => change)).toEqual([
      "unchanged",
      "unchanged",
      "unchanged",
      "replaced",
    ]);
    expect(readFileSync(place.path(MANIFEST), "utf8")).toContain("uri: http://127.0.0.1:9/");
    const check = await place.run("check", "--from", MANIFEST);
    expect(check).toMatchObject({ status: 0, stdout: expect.stringContaining("orders-trigger-9dad7875") });
  });

  it("writes nothing where something cannot be done, and names each fault", async () => {
    const place = newPlace();
    const target = { ref: { apiVersion: "flow.triggermesh.io/v1alpha1", kind: "transformation", name: "shape" } };
    place.write(
      "tmctl.yaml",
      ...TMCTL,
      trigger("sql", { filters: [{ cesql: "type = 'a'" }] }),
      trigger("shaped", { target }),
    );
    const refused = await place.run("import", "-f", "tmctl.yaml", "--json");
    expect(refused.status).toBe(2);
    expect(JSON.parse(refused.stdout).faults.map(({ path }: { path: string }) => path)).toEqual([
      "Trigger/shaped: spec.target.ref",
      "Trigger/sql: spec.filters[0].cesql",
    ]);
    const shaped = await place.run("import", "-f", "tmctl.yaml", "--target", "shape=https://shape.example.com/");
    expect(shaped).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("spec.filters[0].cesql") });
    expect(() => statSync(place.path(MANIFEST))).toThrow("ENOENT");

    writeFileSync(place.path("none.yaml"), manifestText([TMCTL[3]]));
    expect(await place.run("import", "-f", "none.yaml")).toMatchObject({ status: 2 });
    expect(await place.run("import", "-f", "gone.yaml")).toMatchObject({ status: 2 });
    expect(await place.run("import", "-f", "tmctl.yaml", "--target", "nobody=https://a.example.com/")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("nobody"),
    });
  });

  it("fetches it from a URL", async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/manifest.yaml" ? 200 : 404).end(manifestText(TMCTL));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    cleanups.push(() => new Promise((done) => server.close(done)));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const place = newPlace();
    expect(await place.run("import", "-f", `${url}/manifest.yaml`)).toMatchObject({ status: 0 });
    expect(await place.run("import", "-f", `${url}/gone`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("404"),
    });
  });
});

describe("poolcast start --from", () => {
  it("runs a RedisBroker on its stream, delivers by its triggers, and takes up a change of the manifest", async () => {
    const [redis, sink] = [await startRedisServer({ requirepass: "meadow" }), await newSink()];
    cleanups.push(() => redis.remove());
    const place = newPlace();
    const connection = {
      url: `127.0.0.1:${redis.port}`,
      password: { secretKeyRef: { name: "redis", key: "password" } },
    };
    const objects = (filters: unknown) => [
      redisBroker("orders", { redis: { connection, stream: "cognito" } }),
      secret("redis", { password: "meadow" }),
      trigger("crm", { target: { uri: sink.url }, filters }),
    ];
    place.write("manifest.yaml", ...objects([{ exact: { type: "apple" } }]));
    const gateway = await place.start({ args: ["--from", "manifest.yaml"] });
    let sent = 0;
    const send = (type: string) =>
      fetch(`${gateway.url}/ingest/events`, {
        method: "POST",
        headers: { "ce-specversion": "1.0", "ce-id": `${++sent}`, "ce-source": "/orchard", "ce-type": type },
      });
    for (const type of ["pear", "apple"]) expect((await send(type)).status).toBe(202);
    const types = () => sink.received.map(({ headers }) => headers["ce-type"]);
    await waitUntil(() => types().length > 0, "the trigger was served");
    expect(types()).toEqual(["apple"]);
    expect(await redis.command("XLEN", "cognito")).toBe(2);
    expect(JSON.stringify(await redis.command("XINFO", "GROUPS", "cognito"))).toContain("poolcast.crm");

    place.write("manifest.yaml", ...objects([{ exact: { type: "plum" } }]));
    gateway.signal("SIGHUP");
    await waitUntil(async () => {
      await send("plum");
      return types().includes("plum");
    }, "the new filter holds");
    expect(gateway.stderr()).not.toContain("meadow");
  }, 60_000);

  it("polls the pool of a source by default, and sends TriggerMesh's event beside poolcast's own", async () => {
    const place = newPlace();
    const cognito = await startCognitoLocal(place);
    cleanups.push(() => cognito.stop());
    const poolId = await cognito.createPool();
    const createUser = (name: string) =>
      cognito.client.send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: `${name}@example.com`,
          UserAttributes: [{ Name: "email", Value: `${name}@example.com` }],
          MessageAction: "SUPPRESS",
        }),
      );
    await createUser("before");
    const sink = await newSink();
    const arn = ORCHARD.replace(/userpool\/.*/, `userpool/${poolId}`);
    place.write(
      "manifest.yaml",
      redisBroker("orders"),
      keys,
      poolSource("orders-pool", { arn, auth: { credentials } }),
      trigger("crm", { target: { uri: sink.url } }),
    );
    const env = { AWS_ENDPOINT_URL: cognito.url };
    const gateway = await place.start({ args: ["--from", "manifest.yaml"], env });
    await waitUntil(
      async () => /poolcast_users_scan_age_seconds\{.*\} \d/.test(await (await fetch(`${gateway.url}/metrics`)).text()),
      "the first scan is over",
    );
    await createUser("after");
    const types = () => sink.received.map(({ headers }) => headers["ce-type"]).sort();
    await waitUntil(() => types().length >= 2, "the next scan saw him", 45_000);
    expect(types()).toEqual(["com.amazon.cognito-idp.sync_trigger", "com.amazon.cognito-idp.user.created"]);
    expect(statSync(place.path("data/orders.db")).isFile()).toBe(true);
  }, 90_000);

  it("refuses a manifest with faults, and one beside a configuration, with status 2", async () => {
    const place = newPlace();
    place.write("manifest.yaml", redisBroker("orders"), trigger("crm", { filters: [{ cesql: "true" }] }));
    expect(await place.run("start", "--from", "manifest.yaml")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("poolcast: manifest: Trigger/crm: spec.filters[0].cesql"),
    });
    expect(await place.run("start", "--from", "gone.yaml")).toMatchObject({ status: 2 });
    expect(await place.run("check", "--from", "manifest.yaml", "--config", "poolcast.yaml")).toMatchObject({
      status: 2,
    });
    const checked = await place.run("check", "--from", "manifest.yaml", "--json");
    expect(JSON.parse(checked.stdout)).toMatchObject({ valid: false, faults: [{ path: expect.any(String) }] });
  });
});
