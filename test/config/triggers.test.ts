import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf, subscriptionOf } from "./parsing.ts";

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
    ["bounds: { byId: { start: 0-0, end: 1-0 } }", ["bounds"]],
    ["bounds: { byDate: { start: '2026-01-01T00:00:00Z' } }", ["bounds"]],
    ["bounds: {}", ["bounds"]],
    ["bounds: { byid: {} }", ["bounds.byid"]],
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

  it("say that bounds are not there yet", () => {
    const faults = faultsOf(`triggers: { crm: { ${TARGET}, bounds: { byId: { start: "0" } } } }`);
    expect(faults[0]?.message).toMatch(/bounds are not in this version/);
  });

  it("cannot have the name of a subscription", () => {
    const text = `triggers: { crm: { ${TARGET} }, constructor: { ${TARGET} } }\nsubscriptions: { crm: { ${TARGET} } }`;
    expect(faultPaths(text)).toEqual(["triggers.crm"]);
  });
});
