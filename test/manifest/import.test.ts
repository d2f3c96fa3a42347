import { describe, expect, it } from "vitest";
import { retarget, selectObjects } from "../../src/manifest/import.ts";
import { objectsOf, poolSource, redisBroker, secret, trigger } from "./documents.ts";

describe("selectObjects", () => {
  it("takes what poolcast runs with the Secrets it reads, and tells of the rest", () => {
    const credentials = {
      accessKeyID: { valueFromSecret: { name: "mine", key: "id" } },
      secretAccessKey: { value: "x" },
    };
    const service = { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "sockeye" } };
    const known = {
      ...service,
      metadata: { name: "known" },
      status: { url: "https://known.example.com", traffic: [] },
    };
    const refTo = (name: string) => ({
      target: { ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name } },
    });
    const { taken, left } = selectObjects(
      objectsOf(
        redisBroker("orders"),
        poolSource("pool", { auth: { credentials } }),
        secret("mine", { id: "a" }),
        secret("others", { id: "b" }),
        service,
        known,
        trigger("one", refTo("sockeye")),
        trigger("two", refTo("known")),
      ),
    );
    expect(taken.map(({ name }) => name)).toEqual(["orders", "pool", "mine", "known", "one", "two"]);
    expect(left.map(({ name }) => name)).toEqual(["sockeye"]);
    expect(taken[3]?.tree.status).toEqual({ url: "https://known.example.com" });
  });

  it("leaves out what only a cluster knows, and the copy that kubectl keeps of a Secret", () => {
    const metadata = {
      uid: "u",
      resourceVersion: "7",
      creationTimestamp: "2023-01-01T00:00:00Z",
      managedFields: [{}],
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "c4n4ry", "example.com/kept": "yes" },
      labels: { app: "x" },
    };
    const written = {
      ...trigger("crm", {}, metadata),
      status: { targetUri: "https://crm.example.com/hook", conditions: [{}], observedGeneration: 3 },
    };
    const { taken } = selectObjects(objectsOf(written));
    expect(taken[0]?.tree).toEqual({
      ...trigger("crm", {}, { annotations: { "example.com/kept": "yes" }, labels: { app: "x" } }),
      status: { targetUri: "https://crm.example.com/hook" },
    });
  });
});

describe("retarget", () => {
  it("puts URLs where names were, also of dead letters and sinks, and tells which names nobody has", () => {
    const ref = (name: string) => ({ ref: { apiVersion: "v1", kind: "Service", name } });
    const objects = objectsOf(
      trigger("crm", { target: ref("a"), delivery: { retry: 1, deadLetterSink: ref("b") } }),
      poolSource("pool", { sink: ref("a") }),
    );
    const urls = new Map(["a", "b", "c"].map((name) => [name, `https://${name}.example.com/`]));
    const { objects: changed, unused } = retarget(objects, urls);
    expect(changed.map(({ tree }) => tree.spec)).toMatchObject([
      {
        target: { uri: "https://a.example.com/" },
        delivery: { retry: 1, deadLetterSink: { uri: "https://b.example.com/" } },
      },
      { sink: { uri: "https://a.example.com/" } },
    ]);
    expect(JSON.stringify(changed.map(({ tree }) => tree))).not.toContain('"ref"');
    expect(unused).toEqual(["c"]);
  });
});
