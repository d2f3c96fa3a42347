/** `create` as it is typed, and what was created as `check` and the gateway see it. */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { readManifestConfig } from "../../src/runtimes/read-manifest.ts";
import { ORCHARD } from "../manifest/documents.ts";
import { makePlace } from "../support/gateway-process.ts";
import { runCommand } from "../support/run-command.ts";

const place = makePlace();
afterAll(() => place.remove());
const path = (name: string) => join(place.directory, name);
const create = (manifest: string, ...args: string[]) => runCommand(place, ["create", ...args, "--manifest", manifest]);

function configIn(manifest: string) {
  const read = readManifestConfig(readFileSync(path(manifest), "utf8"), undefined, {});
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.config;
}

function objectsIn(manifest: string) {
  const read = readManifest(readFileSync(path(manifest), "utf8"));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.map(({ kind, name, tree }) => ({ kind, name, tree }));
}

const KEY = ["--auth.credentials.accessKeyID", "AKIAEXAMPLE"];

describe("poolcast create source", () => {
  it("makes a pool with its Secret, and a broker where there is none; keys come from files and go nowhere else", async () => {
    writeFileSync(path("key.txt"), "c4n4ry\n");
    const args = ["source", "awscognitouserpool", "--arn", ORCHARD, ...KEY, "--auth.credentials.secretAccessKey"];
    const made = await create("one.yaml", ...args, "key.txt");
    expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining("created RedisBroker/default\n") });
    expect(configIn("one.yaml").pools).toMatchObject([
      {
        arn: ORCHARD,
        auth: { credentials: { accessKeyID: "AKIAEXAMPLE", secretAccessKey: "c4n4ry" } },
        poll: { listUsersMs: 10_000, lookupEventsMs: 60_000 },
        compat: "triggermesh",
      },
    ]);
    expect(statSync(path("one.yaml")).mode & 0o777).toBe(0o600);

    const again = await create("one.yaml", ...args, "other", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      objects: [
        { kind: "Secret", change: "replaced" },
        { kind: "AWSCognitoUserPoolSource", name: "default-awscognitouserpoolsource", change: "unchanged" },
      ],
    });
    for (const { stdout, stderr } of [made, again]) expect(stdout + stderr).not.toMatch(/c4n4ry|other|AKIA/);
  });

  it("lets no second pool take the place of the first, and no Secret stay that nobody reads", async () => {
    const source = (arn: string, ...more: string[]) =>
      create("two.yaml", "source", "AWSCognitoUserPoolSource", "--arn", arn, ...more);
    await source(ORCHARD, ...KEY, "--auth.credentials.secretAccessKey", "s3cr3t", "--compat", "none");
    await source(ORCHARD.replaceAll("Orchard", "Meadow"), "--auth.iam.serviceAccount", "reader");
    expect(configIn("two.yaml").pools).toMatchObject([{ arn: ORCHARD }, { auth: { iam: {} } }]);
    expect(configIn("two.yaml").pools[0]?.compat).toBeUndefined();

    const removed = await source(ORCHARD, "--auth.iam.roleArn", "arn:aws:iam::111122223333:role/pool");
    expect(removed.stdout).toContain("removed Secret/default-awscognitouserpoolsource-secret\n");
    expect(objectsIn("two.yaml").map(({ kind }) => kind)).not.toContain("Secret");
  });

  it("refuses what it cannot do, and leaves the file as it is", async () => {
    writeFileSync(path("three.yaml"), "apiVersion: v1\n");
    chmodSync(path("three.yaml"), 0o640);
    const refused = (...args: string[]) => create("new.yaml", "source", ...args);
    expect(await refused("awss3", "--arn", ORCHARD)).toMatchObject({ status: 2, stdout: "" });
    expect(await refused("awscognitouserpool")).toMatchObject({ status: 2, stderr: expect.stringContaining("--arn") });
    expect(await refused("awscognitouserpool", "--arn", "arn:aws:s3:::x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("AWSCognitoUserPoolSource/default-awscognitouserpoolsource: spec.arn"),
    });
    expect(await refused("awscognitouserpool", "--arn", ORCHARD, "--name", "Not_One")).toMatchObject({ status: 2 });
    expect(await refused("awscognitouserpool", "--arn", ORCHARD, "--auth.password", "x")).toMatchObject({ status: 2 });
    expect(() => statSync(path("new.yaml"))).toThrow("ENOENT");
    const broken = await create("three.yaml", "source", "awscognitouserpool", "--arn", ORCHARD);
    expect(broken).toMatchObject({ status: 2, stderr: expect.stringContaining("document 1") });
    expect(readFileSync(path("three.yaml"), "utf8")).toBe("apiVersion: v1\n");
  });
});

describe("poolcast create broker and subscription", () => {
  it("make what TriggerMesh's objects say, on Redis", async () => {
    await create(
      "four.yaml",
      ...["broker", "orders", "--redis.connection.url", "127.0.0.1:6379", "--redis.connection.password", "s3cr3t"],
      ...["--redis.stream", "cognito", "--redis.enableTrackingID", "--group", "default"],
    );
    await create("four.yaml", "source", "awscognitouserpool", "--arn", ORCHARD, "--name", "orchard");
    const trigger = await create(
      "four.yaml",
      ...["trigger", "--target", "http://127.0.0.1:3000/hook", "--name", "crm", "--source", "orchard"],
      ...["--eventTypes", "com.amazon.cognito-idp.user.*,*_failed", "--filter", '{"not":{"exact":{"road":"users"}}}'],
      ...["--delivery.retry", "3", "--delivery.deadLetterSink.uri", "http://127.0.0.1:3000/dead"],
    );
    expect(trigger).toMatchObject({ status: 0, stdout: expect.stringContaining("created Trigger/crm") });
    const { broker, subscriptions } = configIn("four.yaml");
    expect(broker).toMatchObject({
      kind: "redis",
      url: "redis://127.0.0.1:6379",
      password: "s3cr3t",
      stream: "cognito",
      group: "default",
      trackingId: true,
    });
    expect(subscriptions).toMatchObject([
      {
        name: "crm",
        filters: [
          { any: [{ prefix: { type: "com.amazon.cognito-idp.user." } }, { suffix: { type: "_failed" } }] },
          { exact: { source: ORCHARD } },
          { not: { exact: { road: "users" } } },
        ],
        target: { url: "http://127.0.0.1:3000/hook" },
        delivery: { retry: 3, deadLetter: { url: "http://127.0.0.1:3000/dead" } },
      },
    ]);
  });

  it("name a subscription by what it does, so that the same words make one", async () => {
    const words = ["subscription", "--target", "https://crm.example.com/hook", "--eventTypes", "a"];
    await create("five.yaml", "broker", "orders");
    const [first, second, third] = [
      await create("five.yaml", ...words),
      await create("five.yaml", ...words),
      await create("five.yaml", ...words, "--eventTypes", "b"),
    ];
    const name = /created Trigger\/(orders-trigger-[0-9a-f]{8})\n/.exec(first.stdout)?.[1];
    expect(second.stdout).toContain(`unchanged Trigger/${name}\n`);
    expect(third.stdout).toMatch(/created Trigger\/orders-trigger-/);
    expect(third.stdout).not.toContain(String(name));
    await create("five.yaml", "broker", "mail");
    expect(await create("five.yaml", ...words)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--broker"),
    });
    expect(await create("five.yaml", ...words, "--broker", "mail")).toMatchObject({ status: 0 });
  });

  it.each([
    [["--target", "sockeye"], "--target"],
    [["--target", "https://crm.example.com", "--source", "nobody"], "--source"],
    [["--target", "https://crm.example.com", "--filter", "{"], "--filter"],
    [["--target", "https://crm.example.com", "--filter", '{"cesql":"true"}'], "spec.filters[0].cesql"],
    [["--target", "https://crm.example.com", "--eventTypes", "*"], "--eventTypes"],
    [["--target", "https://crm.example.com", "--eventTypes", "a,*b*"], "--eventTypes"],
    [["--target", "https://crm.example.com", "--eventTypes", "a.*.b"], "--eventTypes"],
    [["--target", "https://crm.example.com", "--delivery.retry", "often"], "spec.delivery.retry"],
  ])("refuse %j", async (args, where) => {
    const refused = await create("six.yaml", "subscription", ...args);
    expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(where) });
  });
});
