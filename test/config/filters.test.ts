import { describe, expect, it } from "vitest";
import { faultPaths, faultsOf, subscriptionOf } from "./parsing.ts";

const TARGET = "target: { url: https://a.example }";

function filtersOf(flow: string) {
  return subscriptionOf(`{ ${TARGET}, filters: ${flow} }`).filters;
}

function pathsOf(flow: string): string[] {
  const paths = faultPaths(`subscriptions: { crm: { ${TARGET}, filters: ${flow} } }`);
  return paths.map((path) => path.replace("subscriptions.crm.", ""));
}

function nested(depth: number): string {
  return `${"{ not: ".repeat(depth)}{ exact: { type: a } }${" }".repeat(depth)}`;
}

describe("filters", () => {
  it("are read in every dialect", () => {
    const filters = [
      { exact: { type: "a", subject: "" } },
      { prefix: { type: "com.amazon." } },
      { suffix: { type: "_failed" } },
      { all: [{ exact: { a: "b" } }, { any: [{ prefix: { c: "d" } }] }] },
      { not: { suffix: { type: "x" } } },
    ];
    expect(filtersOf(JSON.stringify(filters))).toStrictEqual(filters);
  });

  it("may name an attribute as an inherited member", () => {
    expect(filtersOf("[{ exact: { constructor: x } }]")).toStrictEqual([
      { exact: Object.fromEntries([["constructor", "x"]]) },
    ]);
  });

  it.each([
    ["null", ["filters"]],
    ["{ exact: { type: a } }", ["filters"]],
    ["[null]", ["filters[0]"]],
    ["[text]", ["filters[0]"]],
    ["[{}]", ["filters[0]"]],
    ["[[{ exact: { type: a } }]]", ["filters[0]"]],
    ["[{ exact: {} }]", ["filters[0].exact"]],
    ["[{ exact: null }]", ["filters[0].exact"]],
    ["[{ exact: [type] }]", ["filters[0].exact"]],
    ["[{ exact: { type: 5 } }]", ["filters[0].exact.type"]],
    ["[{ exact: { type: true } }]", ["filters[0].exact.type"]],
    ["[{ exact: { Type: a } }]", ["filters[0].exact.Type"]],
    ["[{ exact: { __proto__: a } }]", ["filters[0].exact.__proto__"]],
    ["[{ prefix: { type: '' } }]", ["filters[0].prefix.type"]],
    ["[{ suffix: { type: '' } }]", ["filters[0].suffix.type"]],
    ["[{ all: [] }]", ["filters[0].all"]],
    ["[{ any: [] }]", ["filters[0].any"]],
    ["[{ any: { exact: { type: a } } }]", ["filters[0].any"]],
    ["[{ any: [{ exact: { type: a } }, {}] }]", ["filters[0].any[1]"]],
    ["[{ not: null }]", ["filters[0].not"]],
    ["[{ not: {} }]", ["filters[0].not"]],
    ["[{ not: [{ exact: { type: a } }] }]", ["filters[0].not"]],
    ["[{ sql: \"type = 'a'\" }]", ["filters[0].sql"]],
    ["[{ cesql: \"type = 'a'\" }]", ["filters[0].cesql"]],
    ["[{ type: a }]", ["filters[0].type"]],
    ["[{ __proto__: { exact: { type: a } } }]", ["filters[0].__proto__"]],
    ["[{ exact: { type: a }, prefix: { type: b } }]", ["filters[0]"]],
    ["[{ exact: { type: a }, prefix: { type: '' } }]", ["filters[0].prefix.type", "filters[0]"]],
    [
      "[{ exact: { type: a } }, { not: { any: [{ suffix: { a: 1, b: 2 } }] } }]",
      ["filters[1].not.any[0].suffix.a", "filters[1].not.any[0].suffix.b"],
    ],
  ])("refuse %s", (flow, paths) => {
    expect(pathsOf(flow)).toEqual(paths);
  });

  it("nest, but not without end", () => {
    expect(filtersOf(`[${nested(15)}]`)).toHaveLength(1);
    expect(pathsOf(`[${nested(16)}]`)).toEqual([`filters[0]${".not".repeat(16)}`]);
  });

  it("name the dialects there are", () => {
    const [fault] = faultsOf(`subscriptions: { crm: { ${TARGET}, filters: [{ sql: x }] } }`);
    expect(fault?.message).toBe("is not a known filter dialect; known are exact, prefix, suffix, all, any, not");
  });
});
