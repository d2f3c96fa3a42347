import { describe, expect, it } from "vitest";
import { configurationOf } from "../../src/manifest/configuration.ts";
import { holdsSecrets } from "../../src/manifest/write-manifest.ts";
import {
  configOf,
  EVENTING,
  faultPaths,
  faultsOf,
  madeOf,
  ORCHARD,
  objectsOf,
  poolSource,
  redisBroker,
  secret,
  trigger,
} from "./documents.ts";

const orders = redisBroker("orders");
const KEYS = { name: "orders-keys" };

describe("a broker", () => {
  it("of TriggerMesh's Redis is that stream, in a group of poolcast's own", () => {
    const connection = {
      url: "redis.example.com:6380",
      username: { secretKeyRef: { ...KEYS, key: "user" } },
      password: { secretKeyRef: { ...KEYS, key: "pass" } },
      tlsEnabled: true,
      tlsSkipVerify: true,
    };
    const spec = { redis: { connection, enableTrackingID: true } };
    const { broker } = configOf(
      redisBroker("orders", spec, { namespace: "shop" }),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it must stay as it is.
      secret("orders-keys", { user: "meadow", pass: "p${HOME}$${x" }),
    );
    expect(broker).toMatchObject({
      kind: "redis",
      url: "rediss://redis.example.com:6380",
      username: "meadow",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it must stay as it is.
      password: "p${HOME}$${x",
      tls: { skipVerify: true },
      stream: "shop.orders",
      group: "poolcast",
      trackingId: true,
    });
  });

  it("takes a cluster, a stream and a group that are named, and says what streamMaxLen means here", () => {
    const spec = {
      redis: { connection: { clusterURLs: ["a:7000", "redis://b:7001"] }, stream: "cognito", streamMaxLen: 1000 },
    };
    const written = redisBroker("orders", spec, { annotations: { "poolcast.dev/group": "default" } });
    expect(configOf(written).broker).toMatchObject({
      clusterUrls: ["redis://a:7000", "redis://b:7001"],
      stream: "cognito",
      group: "default",
    });
    expect(madeOf(written).notes.map(({ path }) => path)).toEqual(["RedisBroker/orders: spec.redis.streamMaxLen"]);
  });

  it("without a Redis of its own, or in memory, is a SQLite file of its name", () => {
    const memory = { apiVersion: EVENTING, kind: "MemoryBroker", metadata: { name: "quick" }, spec: { memory: {} } };
    expect(configOf(orders).broker).toMatchObject({ kind: "sqlite", path: "./data/orders.db" });
    expect(configOf(memory).broker).toMatchObject({ kind: "sqlite", path: "./data/quick.db" });
  });

  it("has its password nowhere in the text, also where it stands in a URL", () => {
    const connection = { url: "redis://meadow:s3cr3t@redis:6379" };
    const written = redisBroker("orders", { redis: { connection, stream: "s" } });
    expect(configOf(written).broker).toMatchObject(connection);
    expect(JSON.stringify(madeOf(written).tree)).not.toContain("s3cr3t");
    expect([written, orders].map((one) => holdsSecrets(objectsOf(one)))).toEqual([true, false]);
  });

  it("with a connection that cannot be meant is refused", () => {
    const at = (connection: object) => faultPaths(redisBroker("orders", { redis: { connection, stream: "s" } }));
    expect(at({})).toEqual(["RedisBroker/orders: spec.redis.connection"]);
    expect(at({ url: "ftp://redis" })).toEqual(["RedisBroker/orders: spec.redis.connection.url"]);
    expect(at({ url: "https://redis" })).toEqual(["RedisBroker/orders: spec.redis.connection.password"]);
    expect(at({ url: "a:1", clusterURLs: ["b:2"] })).toEqual(["RedisBroker/orders: spec.redis.connection.clusterURLs"]);
    expect(at({ url: "a:1", password: { secretKeyRef: { name: "none", key: "pass" } } })).toEqual([
      "RedisBroker/orders: spec.redis.connection.password.secretKeyRef",
    ]);
  });

  it("is one of several by its name", () => {
    const all = objectsOf(orders, redisBroker("mail"), poolSource("pool"), trigger("crm"));
    expect(configurationOf(all, undefined)).toMatchObject({
      ok: false,
      error: [{ message: expect.stringContaining("--broker (orders, mail)") }],
    });
    expect(configurationOf(all, "nobody").ok).toBe(false);
    const made = ["orders", "mail"].map((name) => configurationOf(all, name));
    expect(made).toMatchObject([
      { ok: true, value: { tree: { pools: [{ arn: ORCHARD }], triggers: { crm: {} } } } },
      { ok: true, value: { broker: { name: "mail" } } },
    ]);
    expect(made[1]?.ok && Object.keys(made[1].value.tree)).toEqual(["broker"]);
  });

  it("is told from one of the same name in another namespace", () => {
    const [east, west] = ["east", "west"].map((namespace) => [
      redisBroker("orders", undefined, { namespace }),
      trigger(`crm-${namespace}`, {}, { namespace }),
    ]) as [object[], object[]];
    const made = configurationOf(objectsOf(...east, ...west), "west/orders");
    expect(made.ok && made.value.tree.triggers).toEqual({ "crm-west": expect.anything() });
  });
});

describe("a source", () => {
  it("is a pool that is polled, for TriggerMesh's consumers too, with the keys of its Secret", () => {
    const credentials = {
      accessKeyID: { valueFromSecret: { ...KEYS, key: "id" } },
      secretAccessKey: { valueFromSecret: { ...KEYS, key: "key" } },
      sessionToken: { value: "passing" },
      assumeIamRole: "arn:aws:iam::111122223333:role/reader",
    };
    const keys = secret("orders-keys", { id: "AKIAEXAMPLE", key: "s3cr3t" });
    expect(configOf(orders, poolSource("pool", { auth: { credentials } }), keys).pools).toMatchObject([
      {
        arn: ORCHARD,
        auth: {
          credentials: {
            accessKeyID: "AKIAEXAMPLE",
            secretAccessKey: "s3cr3t",
            sessionToken: "passing",
            assumeIamRole: "arn:aws:iam::111122223333:role/reader",
          },
        },
        poll: { lookupEventsMs: 60_000, listUsersMs: 10_000 },
        compat: "triggermesh",
      },
    ]);
    const made = madeOf(orders, poolSource("pool", { auth: { credentials } }), keys);
    expect(made.secrets.map(({ variable }) => variable)).toEqual([
      "SECRET_ORDERS_KEYS_ID",
      "SECRET_ORDERS_KEYS_KEY",
      "SECRET_POOL_SESSIONTOKEN",
    ]);
    expect(JSON.stringify(made.tree)).not.toMatch(/AKIA|s3cr3t|passing/);
  });

  it("takes a role, the ambient chain, and no event of TriggerMesh's where that is said", () => {
    const roleArn = "arn:aws:iam::111122223333:role/pool";
    const authOf = (spec: object) => configOf(orders, poolSource("pool", { ...spec })).pools[0]?.auth;
    expect(authOf({ auth: { iam: { roleArn, serviceAccount: "reader" } } })).toEqual({ iam: { roleArn } });
    expect(authOf({ auth: { iam: { serviceAccount: "reader" } } })).toEqual({ iam: {} });
    expect(authOf({ auth: { iamRole: roleArn } })).toEqual({ iam: { roleArn } });
    expect(authOf({})).toBeUndefined();
    const quiet = poolSource("pool", {}, { annotations: { "poolcast.dev/compat": "none" } });
    expect(configOf(orders, quiet).pools[0]?.compat).toBeUndefined();
  });

  it("counts a member that is null as absent, as Kubernetes does", () => {
    const credentials = {
      accessKeyID: { valueFromSecret: { ...KEYS, key: "id" }, value: null },
      secretAccessKey: { valueFromSecret: { ...KEYS, key: "id" } },
      assumeIamRole: null,
    };
    const keys = secret("orders-keys", { id: "AKIAEXAMPLE" });
    const pool = poolSource("pool", { auth: { credentials, iam: null }, adapterOverrides: null });
    const bare = redisBroker("orders", {
      redis: { connection: { url: "redis:6379", clusterURLs: null }, stream: null },
    });
    expect(configOf(bare, pool, keys)).toMatchObject({
      broker: { kind: "redis" },
      pools: [{ auth: { credentials: { accessKeyID: "AKIAEXAMPLE" } } }],
    });
    expect(madeOf(bare, pool, keys).notes.map(({ path }) => path)).toEqual(["RedisBroker/orders: spec.redis"]);
    expect(configOf(orders, poolSource("pool", { auth: null, sink: null })).pools).toHaveLength(1);
  });

  it("is refused for what is wrong with it, without a word of its secrets", () => {
    const credentials = {
      accessKeyID: { value: "c4n4ry", valueFromSecret: { ...KEYS, key: "id" } },
      secretAccessKey: { valueFromSecret: { ...KEYS, key: "key" } },
      sessionToken: { valueFromSecret: { ...KEYS, key: "none" } },
    };
    const keys = { ...secret("orders-keys", {}), data: { key: "c4n4ry!" } };
    const written = [orders, poolSource("pool", { arn: "arn:aws:s3:::c4n4ry", auth: { credentials } }), keys];
    const path = "AWSCognitoUserPoolSource/pool: spec.auth.credentials";
    expect(faultPaths(...written)).toEqual([
      `${path}.accessKeyID`,
      `${path}.secretAccessKey.valueFromSecret`,
      `${path}.sessionToken.valueFromSecret`,
      "AWSCognitoUserPoolSource/pool: spec.arn",
    ]);
    expect(JSON.stringify(faultsOf(...written))).not.toContain("c4n4ry");
    expect(faultPaths(orders, poolSource("pool", { arn: "arn:aws:s3:::other", auth: {} }))).toEqual([
      "AWSCognitoUserPoolSource/pool: spec.arn",
      "AWSCognitoUserPoolSource/pool: spec.auth",
    ]);
  });

  it("belongs to the broker that its sink names or reaches, as in a cluster and as with tmctl", () => {
    const sinks = [
      { ref: { apiVersion: EVENTING, kind: "RedisBroker", name: "orders" } },
      { uri: "http://orders-rb-broker.shop.svc.cluster.local/" },
      { uri: "http://host.docker.internal:49153" },
    ];
    const labels = { "triggermesh.io/context": "orders" };
    for (const sink of sinks) {
      const all = objectsOf(orders, redisBroker("mail"), poolSource("pool", { sink }, { labels }));
      const [mine, other] = ["orders", "mail"].map((name) => configurationOf(all, name));
      expect(mine?.ok && Object.keys(mine.value.tree)).toEqual(["broker", "pools"]);
      expect(other?.ok && Object.keys(other.value.tree)).toEqual(["broker"]);
    }
  });

  it("that sends to somebody else has a subscription of its own", () => {
    const { subscriptions, broker } = configOf(poolSource("pool", { sink: { uri: "https://hooks.example.com/in" } }));
    expect(subscriptions).toMatchObject([
      {
        name: "pool",
        filters: [{ exact: { source: ORCHARD } }],
        target: { url: "https://hooks.example.com/in" },
      },
    ]);
    expect(broker.kind).toBe("sqlite");
  });
});

describe("a trigger", () => {
  it("is a subscription, with Go's empty members absent and every option of its delivery", () => {
    const filters = [{ exact: { type: "a" }, all: [], any: [], not: null, prefix: {}, suffix: null }];
    const delivery = {
      retry: 7,
      backoffDelay: "PT3S",
      backoffPolicy: "linear",
      deadLetterSink: { uri: "https://dead.example.com/" },
    };
    const { subscriptions } = configOf(orders, trigger("crm", { filters, delivery }));
    expect(subscriptions).toMatchObject([
      {
        name: "crm",
        filters: [{ exact: { type: "a" } }],
        target: { url: "https://crm.example.com/hook" },
        delivery: {
          retry: 7,
          backoffDelayMs: 3000,
          backoffPolicy: "linear",
          deadLetter: { url: "https://dead.example.com/" },
        },
      },
    ]);
  });

  it("is taken as it stands: what looks like a variable is none", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it must stay as it is.
    const filters = [{ exact: { type: "${HOME}" } }];
    expect(configOf(orders, trigger("crm", { filters })).subscriptions[0]?.filters).toEqual(filters);
  });

  it("never becomes wider than it was written", () => {
    const at = (spec: object) => faultPaths(orders, trigger("crm", { ...spec }));
    expect(at({ filters: [{ cesql: "type = 'a'" }] })).toContain("Trigger/crm: spec.filters[0].cesql");
    expect(at({ filters: [{ exact: { type: "a" }, sql: "x" }] })).toContain("Trigger/crm: spec.filters[0].sql");
    expect(at({ filters: [{ not: {} }] })).toEqual(["Trigger/crm: spec.filters[0].not"]);
    expect(at({ filter: { attributes: { type: "a" } } })).toEqual(["Trigger/crm: spec.filter"]);
    expect(at({ filters: { exact: { type: "a" } } })).toEqual(["Trigger/crm: spec.filters"]);
  });

  it("is refused at its own place for what is wrong with it", () => {
    const at = (spec: object) => faultPaths(orders, trigger("crm", { ...spec }));
    expect(at({ delivery: { retry: -1, backoffDelay: "banana", timeout: "PT1S" } })).toEqual([
      "Trigger/crm: spec.delivery.timeout",
      "Trigger/crm: spec.delivery.retry",
      "Trigger/crm: spec.delivery.backoffDelay",
    ]);
    expect(at({ delivery: { deadLetterSink: {} } })).toEqual(["Trigger/crm: spec.delivery.deadLetterSink"]);
    expect(at({ target: {} })).toEqual(["Trigger/crm: spec.target"]);
    expect(at({ target: { uri: "/in" } })).toEqual(["Trigger/crm: spec.target.uri"]);
    expect(at({ target: { uri: "ftp://crm.example.com" } })).toEqual(["Trigger/crm: spec.target"]);
    expect(at({ broker: { kind: "RedisBroker", name: "gone" } })).toEqual(["Trigger/crm: spec.broker"]);
    expect(at({ bounds: { byId: { start: "1-0" } } })).toEqual(["Trigger/crm: spec.bounds.byId.start"]);
  });

  it("finds its target by the file: an address, what the cluster knew, or the name of a Service", () => {
    const urlOf = (ref: object, ...more: object[]) => {
      const target = configOf(orders, trigger("crm", { target: ref }, { namespace: "shop" }), ...more).subscriptions[0]
        ?.target;
      return target?.kind === "http" ? target.url : undefined;
    };
    const sockeye = { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "sockeye" };
    const known = {
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name: "sockeye", namespace: "shop" },
      status: { address: { url: "http://sockeye.shop.example.com" } },
    };
    expect(urlOf({ ref: sockeye }, known)).toBe("http://sockeye.shop.example.com");
    expect(urlOf({ ref: sockeye, uri: "/in?a=b" }, known)).toBe("http://sockeye.shop.example.com/in?a=b");
    expect(urlOf({ ref: { ...sockeye, apiVersion: "v1", namespace: "other" } }, known)).toBe(
      "http://sockeye.other.svc.cluster.local",
    );
    expect(urlOf({ ref: sockeye })).toBe("http://sockeye.shop.svc.cluster.local");

    const target = { ref: { apiVersion: "flow.triggermesh.io/v1alpha1", kind: "transformation", name: "shape" } };
    expect(faultsOf(orders, trigger("crm", { target }))).toEqual([
      { path: "Trigger/crm: spec.target.ref", message: expect.stringContaining("--target shape=URL") },
    ]);
    const resolved = { ...trigger("crm", { target }), status: { targetUri: "https://shape.example.com/" } };
    expect(configOf(orders, resolved).subscriptions[0]?.target).toMatchObject({ url: "https://shape.example.com/" });
    const shape = { apiVersion: "flow.triggermesh.io/v1alpha1", kind: "Transformation", metadata: { name: "shape" } };
    const withAddress = { ...shape, status: { address: { url: "https://at.example.com/" } } };
    expect(configOf(orders, trigger("crm", { target }), withAddress).subscriptions[0]?.target).toMatchObject({
      url: "https://at.example.com/",
    });
  });

  it("may reach what its target needs, and no more", () => {
    const egressOf = (uri: string) => madeOf(orders, trigger("crm", { target: { uri } })).tree.egress;
    expect(egressOf("https://crm.example.com/")).toBeUndefined();
    expect(egressOf("https://localhost:8081/")).toEqual({ allowCidrs: ["127.0.0.0/8", "::1/128"] });
    expect(egressOf("http://crm.example.com/")).toEqual({ allowHttp: true });
    for (const host of ["10.1.2.3", "sockeye", "sockeye.shop.svc.cluster.local", "[fd00::1]"]) {
      expect(egressOf(`https://${host}/`)).toEqual({ allowCidrs: expect.arrayContaining(["10.0.0.0/8"]) });
    }
  });
});

describe("what poolcast does not run", () => {
  it("is told of by name, and a manifest of nothing else is refused", () => {
    const other = { apiVersion: "sources.triggermesh.io/v1alpha1", kind: "AWSS3Source", metadata: { name: "files" } };
    expect(madeOf(orders, other).notes).toEqual([{ path: "AWSS3Source/files", message: expect.any(String) }]);
    expect(faultsOf(other)).toHaveLength(1);
  });

  it("does not share a name", () => {
    const source = poolSource("crm", { sink: { uri: "https://hooks.example.com/" } });
    expect(faultPaths(orders, trigger("crm"), source)).toEqual(["AWSCognitoUserPoolSource/crm: metadata.name"]);
  });

  it("is told of also where there are thousands of it", () => {
    const names = Array.from({ length: 1500 }, (_, index) => `s${index}`);
    const service = (name: string) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      status: { address: { url: `https://${name}.example.com/` } },
    });
    const to = (name: string) => trigger(name, { target: { ref: { apiVersion: "v1", kind: "Service", name } } });
    const lone = { ...service("lone") };
    // Each against each by each is minutes; looked up once, a second or two.
    expect(madeOf(orders, ...names.map(service), ...names.map(to), lone).notes).toEqual([
      { path: "Service/lone", message: expect.any(String) },
    ]);
  }, 20_000);
});
