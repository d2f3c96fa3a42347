// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like this.
/** `dump`: what it prints has what Kubernetes and compose ask for, and its configuration runs in the real gateway. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { variablesIn } from "../../src/config/interpolate.ts";
import { isObject, type JsonObject, member } from "../../src/core/json.ts";
import { manifestText } from "../../src/manifest/write-manifest.ts";
import { ORCHARD, poolSource, redisBroker, secret, trigger } from "../manifest/documents.ts";
import { makePlace } from "../support/gateway-process.ts";
import { startRecordingSink } from "../support/recording-sink.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { runCommand } from "../support/run-command.ts";
import { waitUntil } from "../support/wait.ts";

const place = makePlace();
afterAll(() => place.remove());

const roleArn = "arn:aws:iam::111122223333:role/pool";
const keys = secret("orders-pool-secret", { id: "AKIAEXAMPLE", key: "c4n4ry$HOME" });
const credentials = {
  accessKeyID: { valueFromSecret: { name: "orders-pool-secret", key: "id" } },
  secretAccessKey: { valueFromSecret: { name: "orders-pool-secret", key: "key" } },
  sessionToken: { value: "c4n4ry-token" },
};
const source = poolSource("orders-pool", { auth: { credentials } });
const KEYS = ["--ingest-key", "an-ingest-key", "--admin-key", "an-admin-key"];

function write(name: string, ...trees: readonly unknown[]): string {
  writeFileSync(join(place.directory, name), manifestText(trees));
  return name;
}

const dump = (...args: string[]) => runCommand(place, ["dump", ...args]);

async function kubernetes(...args: string[]) {
  const run = await dump("-p", "kubernetes", ...args);
  expect(run).toMatchObject({ status: 0 });
  const objects = parseAllDocuments(run.stdout).map((document) => document.toJS() as JsonObject);
  return { ...run, objects, of: (kind: string) => objects.filter((one) => one.kind === kind) };
}

/** The member at a path such as `spec.template.spec.containers.0`. */
function at(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce((value, step) => (Array.isArray(value) ? value[Number(step)] : member(value, step)), tree);
}

/** What must hold of any set of objects that is applied together; answers its configuration and what fills it. */
function checkObjects(objects: readonly JsonObject[]) {
  for (const one of objects) {
    expect(one).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) });
    expect(at(one, "metadata.name")).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  }
  const find = (kind: string, name?: unknown) =>
    objects.find((one) => one.kind === kind && (name === undefined || at(one, "metadata.name") === name));
  const workload = find("Deployment") ?? find("StatefulSet");
  const pod = at(workload, "spec.template");
  const labels = at(pod, "metadata.labels");
  expect(at(workload, "spec.selector.matchLabels")).toEqual(labels);
  const service = find("Service");
  expect(at(service, "spec.selector")).toEqual(labels);
  expect(at(pod, "spec.securityContext")).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
  const container = at(pod, "spec.containers.0");
  expect(container).toMatchObject({
    image: "poolcast",
    ports: [{ name: at(service, "spec.ports.0.targetPort"), containerPort: 8080 }],
    livenessProbe: { httpGet: { path: "/healthz", port: "http" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "http" } },
    resources: { requests: expect.anything(), limits: { memory: expect.any(String) } },
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  });
  const volumes = [at(pod, "spec.volumes"), at(workload, "spec.volumeClaimTemplates")].flat().filter(isObject);
  const volumeNames = volumes.map((one) => one.name ?? at(one, "metadata.name"));
  for (const mount of [at(container, "volumeMounts")].flat()) expect(volumeNames).toContain(member(mount, "name"));
  const config = find("ConfigMap", at(pod, "spec.volumes.0.configMap.name"));
  const text = String(member(config?.data, "poolcast.yaml"));
  expect(at(container, "args")).toEqual(["start", "--config", "/etc/poolcast/poolcast.yaml"]);

  const env: Record<string, string> = {};
  for (const one of [at(container, "env")].flat()) {
    const ref = at(one, "valueFrom.secretKeyRef");
    const held = find("Secret", member(ref, "name"));
    const value =
      ref === undefined ? member(one, "value") : atob(String(member(held?.data, String(member(ref, "key")))));
    env[String(member(one, "name"))] = String(value);
  }
  for (const name of variablesIn(text)) expect(Object.keys(env)).toContain(name);
  return { workload, pod, text, env, service };
}

describe("poolcast dump -p kubernetes", () => {
  it("makes one pod with a volume where the events are in SQLite", async () => {
    const manifest = write("sqlite.yaml", redisBroker("orders"), source, keys, trigger("crm"));
    const { objects, of, stderr } = await kubernetes("--from", manifest, ...KEYS);
    const { workload, text, env } = checkObjects(objects);
    expect(workload).toMatchObject({ kind: "StatefulSet", spec: { replicas: 1, serviceName: "poolcast-orders" } });
    expect(of("PodDisruptionBudget")).toEqual([]);
    expect(text + stderr).not.toContain("c4n4ry");
    expect(Object.values(env)).toEqual(
      expect.arrayContaining(["AKIAEXAMPLE", "c4n4ry$HOME", "c4n4ry-token", "an-ingest-key", "an-admin-key"]),
    );
  });

  it("makes several where they are in Redis, with the role and the account of the source, in its namespace", async () => {
    const connection = { url: "redis.example.com:6379" };
    const manifest = write(
      "redis.yaml",
      redisBroker("orders", { redis: { connection }, broker: { port: 8081 } }, { namespace: "shop" }),
      poolSource("orders-pool", { auth: { iam: { roleArn, serviceAccount: "reader" } } }),
      poolSource("meadow-pool", {
        arn: ORCHARD.replaceAll("Orchard", "Meadow"),
        auth: { iam: { roleArn: `${roleArn}-meadow`, serviceAccount: "reader" } },
      }),
      trigger("crm", { target: { uri: "http://sockeye.shop.svc.cluster.local" } }),
    );
    const { objects, of, stderr } = await kubernetes("--from", manifest, ...KEYS);
    expect(stderr).toContain(`let these trust it too: ${roleArn}-meadow\n`);
    const { workload, pod, service } = checkObjects(objects);
    expect(workload).toMatchObject({ kind: "Deployment", spec: { replicas: 2 } });
    expect(of("PodDisruptionBudget")[0]).toMatchObject({
      spec: { maxUnavailable: 1, selector: { matchLabels: at(pod, "metadata.labels") } },
    });
    expect(of("ServiceAccount")).toMatchObject([
      { metadata: { name: "reader", annotations: { "eks.amazonaws.com/role-arn": roleArn } } },
    ]);
    expect(at(pod, "spec.serviceAccountName")).toBe("reader");
    expect(at(service, "spec.ports.0.port")).toBe(8081);
    expect(objects.map((one) => at(one, "metadata.namespace"))).toEqual(objects.map(() => "shop"));
  });

  it("puts the Secrets of the manifest where the pod can read them", async () => {
    const inShop = redisBroker("orders", undefined, { namespace: "shop" });
    const { objects, of } = await kubernetes("--from", write("shop.yaml", inShop, source, keys), ...KEYS);
    checkObjects(objects);
    expect(of("Secret").map((one) => at(one, "metadata.namespace"))).toEqual(["shop", "shop"]);
  });

  it("takes no Secret of the same name in another namespace, and lets none take the place of its own", async () => {
    const [east, west] = [{ namespace: "east" }, { namespace: "west" }];
    const named = (name: string) => ({
      accessKeyID: { valueFromSecret: { name, key: "id" } },
      secretAccessKey: { valueFromSecret: { name, key: "id" } },
    });
    const toWest = {
      ref: { apiVersion: "eventing.triggermesh.io/v1alpha1", kind: "RedisBroker", name: "orders", namespace: "west" },
    };
    const pool = (name: string) => ORCHARD.replaceAll("Orchard", name);
    const manifest = write(
      "two.yaml",
      ...[east, west].map((metadata) => redisBroker("orders", undefined, metadata)),
      secret("keys", { id: "of-east" }, east),
      secret("keys", { id: "of-west" }, west),
      secret("poolcast-orders", { id: "of-own-name" }, west),
      secret("others", { id: "of-nobody" }, west),
      poolSource("far", { arn: pool("Far"), auth: { credentials: named("keys") }, sink: toWest }, east),
      poolSource("pool", { auth: { credentials: named("keys") } }, west),
      poolSource("own", { arn: pool("Own"), auth: { credentials: named("poolcast-orders") } }, west),
    );
    const { objects, of } = await kubernetes("--from", manifest, "--broker", "west/orders", ...KEYS);
    const { text, env } = checkObjects(objects);
    expect(of("Secret").map((one) => at(one, "metadata.name"))).toEqual(["keys", "poolcast-orders"]);
    expect(of("Secret")[0]?.data).toEqual({ id: btoa("of-west") });
    const filled = Object.entries(env).reduce((before, [name, value]) => before.replaceAll(`\${${name}}`, value), text);
    const keysOf = (name: string) => parse(filled).pools.find((one: JsonObject) => one.arn === pool(name)).auth;
    expect(keysOf("Orchard")).toMatchObject({ credentials: { accessKeyID: "of-west" } });
    expect(keysOf("Own")).toMatchObject({ credentials: { accessKeyID: "of-own-name" } });
    expect(keysOf("Far")).toMatchObject({ credentials: { accessKeyID: "of-east" } });
  });

  it("applies a Secret of an export as a new one: nothing that only the other cluster knew, and no former value", async () => {
    const metadata = {
      uid: "6f7c",
      resourceVersion: "78",
      creationTimestamp: "2026-01-01T00:00:00Z",
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"id":"f0rm3r"}}', team: "shop" },
    };
    const exported = { ...keys, metadata: { ...keys.metadata, ...metadata } };
    const manifest = write("export.yaml", redisBroker("orders"), source, exported, trigger("crm"));
    const { objects, of, stdout } = await kubernetes("--from", manifest, ...KEYS);
    checkObjects(objects);
    expect(stdout).not.toContain("f0rm3r");
    expect(of("Secret")[0]?.metadata).toEqual({ name: "orders-pool-secret", annotations: { team: "shop" } });
  });

  it("leaves out secrets on request, says which must be there, and prints a list as JSON", async () => {
    const manifest = write("none.yaml", redisBroker("orders"), source, keys, trigger("crm"));
    const { stdout, stderr } = await dump("-p", "kubernetes", "--from", manifest, "--no-secrets", "-o", "json");
    const list = JSON.parse(stdout);
    expect(list).toMatchObject({ apiVersion: "v1", kind: "List" });
    expect(list.items.map(({ kind }: { kind: string }) => kind)).not.toContain("Secret");
    expect(stdout + stderr).not.toMatch(/c4n4ry|AKIA/);
    expect(stderr).toContain("Secret/orders-pool-secret must be there with id, key");
    expect(stderr).toMatch(/Secret\/poolcast-orders must be there with .*POOLCAST_INGEST_KEY, POOLCAST_ADMIN_KEY/);
  });

  it("makes new keys where none are given, and says so", async () => {
    const manifest = write("keys.yaml", redisBroker("orders"), trigger("crm"));
    const [one, two] = [await kubernetes("--from", manifest), await kubernetes("--from", manifest)];
    const keyOf = ({ objects }: { objects: readonly JsonObject[] }) => checkObjects(objects).env.POOLCAST_INGEST_KEY;
    expect(keyOf(one)).toMatch(/^[\w-]{32}$/);
    expect(keyOf(one)).not.toBe(keyOf(two));
    expect(one.stderr).toContain("--ingest-key");
  });

  it("takes a plain configuration too, with its variables from the environment", async () => {
    writeFileSync(
      join(place.directory, "own.yaml"),
      '# ${HOME}\ningest: { events: { apiKeys: ["${OWN_KEY}"], maxBytes: "${LIMIT:-1MiB}" } }\nbroker: { path: ./data/own.db }\n',
    );
    const run = await runCommand(place, ["dump", "-p", "kubernetes", "--config", "own.yaml"], { OWN_KEY: "c4n4ry" });
    const objects = parseAllDocuments(run.stdout).map((document) => document.toJS() as JsonObject);
    const config = objects.find(({ kind }) => kind === "ConfigMap");
    expect(at(config, "data.poolcast.yaml") ?? member(config?.data, "poolcast.yaml")).toContain("${OWN_KEY}");
    const held = objects.find(({ kind }) => kind === "Secret");
    expect(held?.data).toEqual({ OWN_KEY: btoa("c4n4ry") });
    expect(await dump("-p", "kubernetes", "--config", "own.yaml")).toMatchObject({ status: 2, stdout: "" });
    writeFileSync(
      join(place.directory, "out.yaml"),
      "ingest: { events: { apiKeys: [a] } }\nbroker: { path: /var/x.db }\n",
    );
    expect(await dump("-p", "kubernetes", "--config", "out.yaml")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("broker.path"),
    });
  });

  it("refuses what cannot run there, with the place in the manifest", async () => {
    const manifest = write("wrong.yaml", redisBroker("orders"), trigger("crm", { filters: [{ cesql: "true" }] }));
    expect(await dump("-p", "kubernetes", "--from", manifest)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("Trigger/crm: spec.filters[0].cesql"),
    });
    expect(await dump("-p", "knative", "--from", manifest)).toMatchObject({ status: 2 });
    expect(await dump("-p", "kubernetes")).toMatchObject({ status: 2 });
    const local = write(
      "local.yaml",
      redisBroker("orders"),
      trigger("crm", { target: { uri: "http://127.0.0.1:9/" } }),
    );
    expect(await dump("-p", "kubernetes", "--from", local)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("crm: sends to 127.0.0.1"),
    });
  });

  it("prints a configuration that the gateway runs: it takes events by the key, and delivers them", async () => {
    const [redis, sink] = [await startRedisServer({ requirepass: "meadow" }), await startRecordingSink()];
    const other = makePlace();
    try {
      const connection = {
        url: `127.0.0.1:${redis.port}`,
        password: { secretKeyRef: { name: "redis", key: "password" } },
      };
      const manifest = write(
        "boot.yaml",
        redisBroker("orders", { redis: { connection, stream: "cognito" } }),
        secret("redis", { password: "meadow" }),
        trigger("crm", { target: { uri: sink.url }, filters: [{ prefix: { type: "apple" } }] }),
      );
      const { objects } = await kubernetes("--from", manifest, ...KEYS);
      const { text, env } = checkObjects(objects);
      other.writeConfig(text);
      const gateway = await other.start({ env: { ...env, PORT: "0" } });
      const base = gateway.url.replace("0.0.0.0", "127.0.0.1");
      const send = (headers: Record<string, string>) =>
        fetch(`${base}/ingest/events`, {
          method: "POST",
          headers: { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/orchard", "ce-type": "apple", ...headers },
        });
      expect((await send({})).status).toBe(401);
      expect((await send({ "x-api-key": "an-ingest-key" })).status).toBe(202);
      await waitUntil(() => sink.received.length > 0, "it was delivered");
      expect((await fetch(`${base}/readyz`)).status).toBe(200);
      expect((await fetch(`${base}/metrics`, { headers: { "x-api-key": "an-admin-key" } })).status).toBe(200);
      expect(await redis.command("XLEN", "cognito")).toBe(1);
    } finally {
      await other.remove();
      await sink.close();
      await redis.remove();
    }
  });
});

describe("poolcast dump -p docker-compose", () => {
  const compose = async (manifest: string, ...args: string[]) => {
    const run = await dump("-p", "docker-compose", "--from", manifest, ...KEYS, ...args);
    expect(run).toMatchObject({ status: 0 });
    const file = parse(run.stdout);
    return { ...run, file, gateway: file.services.gateway };
  };
  /** As compose reads it. */
  const filled = (text: string) => text.replaceAll("$$", "$");

  it("has a Redis beside the gateway where the manifest names none, and every value as compose reads it", async () => {
    const { file, gateway } = await compose(write("tmctl.yaml", redisBroker("orders"), source, keys, trigger("crm")));
    const { POOLCAST_CONFIG, ...env } = gateway.environment as Record<string, string>;
    const config = parse(filled(POOLCAST_CONFIG ?? ""));
    expect(config).toMatchObject({ broker: { kind: "redis", url: "redis://redis:6379" }, pools: [{ arn: ORCHARD }] });
    for (const name of variablesIn(filled(POOLCAST_CONFIG ?? ""))) expect(Object.keys(env)).toContain(name);
    expect(Object.values(env).map(filled)).toContain("c4n4ry$HOME");
    expect(gateway).toMatchObject({
      depends_on: { redis: { condition: "service_healthy" } },
      healthcheck: { test: ["CMD", "/nodejs/bin/node", "/app/healthcheck.mjs"] },
      read_only: true,
    });
    expect(file.services.redis.command).toContain("noeviction");
    expect(file.volumes).toEqual({ redis: {} });
  });

  it("has that Redis also where the manifest says null", async () => {
    const broker = redisBroker("orders", { redis: { connection: null } });
    const { file } = await compose(write("null.yaml", broker, trigger("crm")));
    expect(Object.keys(file.services)).toEqual(["gateway", "redis"]);
  });

  it("has a volume for SQLite, and asks for secrets that it does not hold", async () => {
    const memory = {
      apiVersion: "eventing.triggermesh.io/v1alpha1",
      kind: "MemoryBroker",
      metadata: { name: "orders" },
    };
    const toMemory = { broker: { kind: "MemoryBroker", name: "orders" } };
    const sink = { ref: { apiVersion: memory.apiVersion, kind: "MemoryBroker", name: "orders" } };
    const manifest = write(
      "memory.yaml",
      memory,
      poolSource("pool", { auth: { credentials }, sink }),
      keys,
      trigger("crm", toMemory),
    );
    const { file, gateway, stdout } = await compose(manifest, "--no-secrets");
    expect(Object.keys(file.services)).toEqual(["gateway"]);
    expect([gateway.volumes, file.volumes]).toEqual([["data:/data"], { data: {} }]);
    expect(stdout).not.toMatch(/c4n4ry|an-ingest-key/);
    expect(gateway.environment.POOLCAST_INGEST_KEY).toBe("${POOLCAST_INGEST_KEY:?set POOLCAST_INGEST_KEY}");
  });

  it("runs in the real gateway by its environment alone", async () => {
    const { gateway } = await compose(
      write("alone.yaml", redisBroker("orders", { redis: { stream: "cognito" } }), trigger("crm")),
    );
    const redis = await startRedisServer();
    const other = makePlace();
    try {
      const written = Object.entries(gateway.environment as Record<string, string>);
      const env = Object.fromEntries(written.map(([name, value]) => [name, filled(value)]));
      // The name of the service is known to the network of compose alone.
      env.POOLCAST_CONFIG = String(env.POOLCAST_CONFIG).replace(
        "redis://redis:6379",
        `redis://127.0.0.1:${redis.port}`,
      );
      const process = await other.start({ env: { ...env, HOST: "0.0.0.0", PORT: "0" } });
      expect((await fetch(`${process.url.replace("0.0.0.0", "127.0.0.1")}/readyz`)).status).toBe(200);
    } finally {
      await other.remove();
      await redis.remove();
    }
  });
});
