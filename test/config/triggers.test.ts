import { describe, expect, it } from "vitest";
import { configOf, faultPaths, subscriptionOf } from "./parsing.ts";

const TARGET = "target: { url: https://a.example }";

function triggerOf(flow: string) {
  return configOf(`triggers: { crm: ${flow} }`).subscriptions[0];
}

describe("triggers", () => {
  it("are subscriptions in another spelling", () => {
    const delivery = "retry: 3, backoffDelay: PT2S, backoffPolicy: linear, deadLetterURL: https://dead.example";
    const filters = "filters: [{ exact: { type: a } }]";
    expect(triggerOf(`{ ${filters}, ${TARGET}, deliveryOptions: { ${delivery} } }`)).toStrictEqual(
      subscriptionOf(`{ ${filters}, ${TARGET}, delivery: { ${delivery} } }`),
    );
    expect(triggerOf(`{ ${TARGET} }`)).toStrictEqual(subscriptionOf(`{ ${TARGET} }`));
  });

  it("stand beside subscriptions, behind them", () => {
    const { subscriptions } = configOf(`triggers: { a: { ${TARGET} } }\nsubscriptions: { b: { ${TARGET} } }`);
    expect(subscriptions.map(({ name }) => name)).toEqual(["b", "a"]);
  });

  it("may have their delivery options below the target, as in older files", () => {
    const old = triggerOf("{ target: { url: https://a.example, deliveryOptions: { retry: 3 } } }");
    expect(old?.delivery.retry).toBe(3);
    const twice =
      "{ target: { url: https://a.example, deliveryOptions: { retry: 3 } }, deliveryOptions: { retry: 4 } }";
    expect(faultPaths(`triggers: { crm: ${twice} }`)).toEqual(["triggers.crm.target.deliveryOptions"]);
  });

  it("are taken as Go writes them, with null for what is not set", () => {
    const trigger = triggerOf(`{
      filters: null, bounds: null,
      target: { url: https://a.example, component: x, deliveryOptions: null },
      deliveryOptions: { retry: 3, backoffDelay: null, backoffPolicy: null, deadLetterURL: null } }`);
    expect(trigger).toStrictEqual(subscriptionOf(`{ ${TARGET}, delivery: { retry: 3 } }`));
  });

  it.each([
    ["[]", []],
    ["[{ all: [], any: [], exact: {}, not: null, prefix: {}, suffix: {} }]", []],
    ["[{}]", []],
    ["[{ all: [], any: null, exact: { type: a }, not: null }]", [{ exact: { type: "a" } }]],
    ["[{ any: [{ exact: {}, prefix: { type: a } }, { all: [] }], not: null }]", [{ any: [{ prefix: { type: "a" } }] }]],
    ["[{ any: [{}, { all: [{}] }] }]", []],
    ["[{ not: { exact: { type: a }, all: [] } }]", [{ not: { exact: { type: "a" } } }]],
  ])("empty members count as absent: %s", (filters, expected) => {
    expect(triggerOf(`{ ${TARGET}, filters: ${filters} }`)?.filters).toStrictEqual(expected);
  });

  it.each([
    ["filters: [{ not: {} }]", ["filters[0].not"]],
    ["filters: [{ not: { all: [] } }]", ["filters[0].not"]],
    ["filters: [{ cesql: '' }]", ["filters[0].cesql"]],
    ["filters: [{ sql: null }]", ["filters[0].sql"]],
    ["filters: [{ all: [] }, { exact: { type: a }, suffix: { type: b } }]", ["filters[1]"]],
    ["deliveryOptions: { retry: -1 }", ["deliveryOptions.retry"]],
    ["deliveryOptions: { backoffDelay: banana }", ["deliveryOptions.backoffDelay"]],
    ["deliveryOptions: { timeout: PT5S }", ["deliveryOptions.timeout"]],
    ["delivery: {}", ["delivery"]],
    ["bounds: { byid: {} }", ["bounds.byid"]],
    ["bounds: { byId: { from: '1' } }", ["bounds.byId.from"]],
    ["bounds: { byId: { start: soon, end: -1 } }", ["bounds.byId.start", "bounds.byId.end"]],
    ["bounds: { byId: { start: 1.5, end: 1-2-3 } }", ["bounds.byId.start", "bounds.byId.end"]],
    [
      "bounds: { byDate: { start: '2026-01-01', end: '2026-02-30T00:00:00Z' } }",
      ["bounds.byDate.start", "bounds.byDate.end"],
    ],
    ["bounds: { byDate: { start: 1777878669000 } }", ["bounds.byDate.start"]],
    [
      "bounds: { byId: { start: '1', end: '' }, byDate: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' } }",
      ["bounds.byDate.start"],
    ],
    // This broker numbers its events.
    ["bounds: { byId: { start: 0-0, end: 1777878669000-1 } }", ["bounds.byId.start", "bounds.byId.end"]],
  ])("refuse %s", (more, paths) => {
    expect(faultPaths(`triggers: { crm: { ${TARGET}, ${more} } }`)).toEqual(
      paths.map((path) => `triggers.crm.${path}`),
    );
  });

  it("refuse a target without URL", () => {
    expect(faultPaths("triggers: { a: {}, b: { target: {} }, c: { target: { url: '' } }, d: null }")).toEqual([
      "triggers.a.target",
      "triggers.b.target.url",
      "triggers.c.target.url",
      "triggers.d",
    ]);
  });

  it.each([
    ["{ byId: { start: '17', end: 23 } }", { afterPosition: "17", beforePosition: "23" }],
    [
      "{ byDate: { start: '2026-05-04T07:31:09Z', end: '2026-05-04T09:31:09.5+02:00' } }",
      { afterMs: Date.UTC(2026, 4, 4, 7, 31, 9), beforeMs: Date.UTC(2026, 4, 4, 7, 31, 9, 500) },
    ],
    [
      "{ byId: { start: '17', end: null }, byDate: { end: '1970-01-01T00:00:01Z' } }",
      { afterPosition: "17", beforeMs: 1000 },
    ],
    ["{ byId: { start: '', end: '' }, byDate: null }", undefined],
    ["{}", undefined],
  ])("take their bounds: %s", (bounds, expected) => {
    const trigger = triggerOf(`{ ${TARGET}, bounds: ${bounds} }`);
    expect(trigger?.bounds).toStrictEqual(expected);
    expect(trigger?.start).toBe("earliest");
  });

  it("take ids of the stream as bounds where the broker is Redis, also of milliseconds alone", () => {
    const text = `broker: { kind: redis }\ntriggers: { crm: { ${TARGET}, bounds: { byId: { start: 0, end: 1777878669000-12 } } } }`;
    expect(configOf(text).subscriptions[0]?.bounds).toEqual({ afterPosition: "0", beforePosition: "1777878669000-12" });
  });

  it("cannot have the name of a subscription", () => {
    const text = `triggers: { crm: { ${TARGET} }, constructor: { ${TARGET} } }\nsubscriptions: { crm: { ${TARGET} } }`;
    expect(faultPaths(text)).toEqual(["triggers.crm"]);
  });
});
