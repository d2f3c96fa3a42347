import { describe, expect, it } from "vitest";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { holdsSecrets, manifestText, mergeObjects } from "../../src/manifest/write-manifest.ts";
import { objectsOf, redisBroker, secret, trigger } from "./documents.ts";

function faultsOf(text: string) {
  const read = readManifest(text);
  if (read.ok) throw new Error("no fault was found");
  return read.error;
}

describe("readManifest", () => {
  it("reads documents, lists of kubectl and JSON, and nothing between two marks", () => {
    const list = { apiVersion: "v1", kind: "List", items: [trigger("one"), trigger("two")] };
    const text = `---\n---\n${JSON.stringify(redisBroker("orders", undefined, { namespace: "shop" }))}\n---\n${JSON.stringify(list, null, 2)}\n---\n`;
    const read = readManifest(text);
    expect(read.ok && read.value.map(({ kind, name, namespace }) => [kind, name, namespace])).toEqual([
      ["RedisBroker", "orders", "shop"],
      ["Trigger", "one", undefined],
      ["Trigger", "two", undefined],
    ]);
    expect(readManifest("")).toEqual({ ok: true, value: [] });
  });

  it("tells each fault with its document, and no value", () => {
    const text = `kind: Secret\nmetadata: { name: c4n4ry }\n---\n- c4n4ry\n---\n${JSON.stringify({ apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Secret", metadata: { name: "C4N4RY!" } }] })}\n---\nkey: "c4n4ry\n`;
    const faults = faultsOf(text);
    expect(faults.map(({ path }) => path)).toEqual(["document 1", "document 2", "document 3: items[0]", "document 4"]);
    expect(JSON.stringify(faults).toLowerCase()).not.toContain("c4n4ry");
  });

  it("takes foreign objects as they are called, since nothing is asked of them", () => {
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "system:node" } };
    const build = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: [] };
    expect(objectsOf(rbac, build, build, trigger("one")).map(({ name }) => name)).toEqual([
      "system:node",
      "(unnamed)",
      "(unnamed)",
      "one",
    ]);
    expect(faultsOf(manifestText([{ ...trigger("one"), metadata: { name: "system:one" } }]))).toHaveLength(1);
  });

  it("refuses the same object a second time, but not in another namespace", () => {
    const both = [secret("keys", { a: "b" }, { namespace: "one" }), secret("keys", { a: "c" }, { namespace: "two" })];
    expect(objectsOf(...both)).toHaveLength(2);
    expect(faultsOf(manifestText([...both, both[0]]))).toEqual([
      { path: "Secret/keys", message: "stands in the manifest a second time" },
    ]);
  });
});

describe("manifestText", () => {
  it("keeps what older YAML reads otherwise, and comes back as it was", () => {
    const tree = secret("keys", {}, { labels: { a: "yes", b: "on", c: "0o17", d: "1_000", e: "12:30", f: "null" } });
    const text = manifestText([tree]);
    for (const quoted of ['"yes"', '"on"', '"1_000"', '"12:30"', '"null"']) expect(text).toContain(quoted);
    expect(objectsOf(tree).map((one) => one.tree)).toEqual([tree]);
  });
});

describe("holdsSecrets", () => {
  it("sees a Secret, a value, and a password in an address with a scheme or without", () => {
    const redisAt = (url: string) => objectsOf(redisBroker("orders", { redis: { connection: { url } } }));
    for (const url of ["rediss://reader:c4n4ry@redis:6379", "reader:c4n4ry@redis:6379", ":c4n4ry@redis:6379"]) {
      expect(holdsSecrets(redisAt(url))).toBe(true);
    }
    expect(holdsSecrets(redisAt("redis:6379"))).toBe(false);
    expect(holdsSecrets(objectsOf(secret("keys", {})))).toBe(true);
    const mail = { filters: [{ exact: { subject: "ann@example.com" } }], target: { uri: "https://a.example.com/@b" } };
    expect(holdsSecrets(objectsOf(trigger("crm", mail)))).toBe(false);
  });
});

describe("mergeObjects", () => {
  it("replaces in place, appends what is new, and says which", () => {
    const before = objectsOf(redisBroker("orders"), trigger("crm"), trigger("mail"));
    const incoming = objectsOf(trigger("crm", { filters: [] }), trigger("mail"), trigger("new"));
    const { objects, changes } = mergeObjects(before, incoming);
    expect(objects.map(({ name }) => name)).toEqual(["orders", "crm", "mail", "new"]);
    expect(objects[1]?.tree).toEqual(trigger("crm", { filters: [] }));
    expect(changes.map(({ change }) => change)).toEqual(["replaced", "unchanged", "created"]);
  });

  it("takes an object without a namespace for that of any, and of two namespaces for two", () => {
    const inShop = objectsOf(trigger("crm", {}, { namespace: "shop" }));
    expect(mergeObjects(inShop, objectsOf(trigger("crm"))).objects).toHaveLength(1);
    expect(mergeObjects(inShop, objectsOf(trigger("crm", {}, { namespace: "other" }))).objects).toHaveLength(2);
  });
});
