// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like this.
import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf, POOL } from "./parsing.ts";

function keyOf(text: string, env: Record<string, string | undefined> = {}): string | undefined {
  return configOf(`adminKeys: [${JSON.stringify(text)}]`, env).adminKeys[0];
}

describe("variables", () => {
  it.each([
    ["${A}", { A: "x" }, "x"],
    ["<${A}-${B}>", { A: "x", B: "y" }, "<x-y>"],
    ["a${A}", { A: "" }, "a"],
    ["${A:-d}", { A: "x" }, "x"],
    ["${A:-d}", { A: "" }, "d"],
    ["${A:-d}", {}, "d"],
    ["a${A:-}", {}, "a"],
    ["${A:-:-$}", {}, ":-$"],
    ["${A:-redis://h:1}", {}, "redis://h:1"],
    ["${A}", { A: "${B}", B: "y" }, "${B}"],
    ["${A}", { A: "$& $1 $$" }, "$& $1 $$"],
    ["$${A}", { A: "x" }, "${A}"],
    ["$A $ {A} {A} $", { A: "x" }, "$A $ {A} {A} $"],
    ["${a_1}", { a_1: "x" }, "x"],
  ])("%s with %j is %s", (text, env, expected) => {
    expect(keyOf(text, env)).toBe(expected);
  });

  it.each(["${}", "${1A}", "${A-d}", "${A:d}", "${A", "${ A }", "${A.B}", "x${"])("%s is a fault", (text) => {
    const faults = faultsOf(`adminKeys: [${JSON.stringify(text)}]`, { A: "x" });
    expect(faults.map(({ path }) => path)).toEqual(["adminKeys[0]"]);
    expect(faults[0]?.message).toContain("neither ${NAME} nor ${NAME:-default}");
  });

  it("cannot hold one another", () => {
    expect(faultPaths('adminKeys: ["${A:-${B}}"]', { B: "x" })).toEqual(["adminKeys[0]"]);
  });

  it("that are not set are faults, each with its path and name", () => {
    const faults = faultsOf("publicUrl: ${URL}\nadminKeys: [a, '${K1}${K2}']\nlisten: { port: ${P} }");
    expect(faults.map(({ path, message }) => `${path}: ${message.split(" is not set")[0]}`)).toEqual([
      "publicUrl: the environment variable URL",
      "adminKeys[1]: the environment variable K1",
      "adminKeys[1]: the environment variable K2",
      "listen.port: the environment variable P",
    ]);
  });

  it("are reported with all other faults, and not twice", () => {
    expect(faultPaths("publicUrl: ${URL}\nbroker: { kind: ${KIND} }\npools: [{ arn: x }]\nfoo: 1")).toEqual([
      "publicUrl",
      "broker.kind",
      "foo",
      "pools[0].arn",
    ]);
  });

  it("are not taken for what they do not yet hold", () => {
    const text = `listen: { host: 0.0.0.0 }\ningest: { events: { apiKeys: ["\${KEY}"] } }`;
    expect(faultPaths(text)).toEqual(["ingest.events.apiKeys[0]"]);
    expect(faultPaths("listen: { host: '${H}' }")).toEqual(["listen.host"]);
    expect(faultPaths("pools: [{ arn: '${ARN}' }, { arn: '${ARN}' }]")).toEqual(["pools[0].arn", "pools[1].arn"]);
  });

  it("come from the environment alone, never from what it inherits", () => {
    expect(faultPaths("adminKeys: ['${constructor}', '${__proto__}', '${toString}']")).toHaveLength(3);
    expect(faultPaths("adminKeys: '${A}'", Object.create({ A: "x" }))).toEqual(["adminKeys"]);
  });

  it("need no quotes within braces and brackets", () => {
    const text = `pools: [{ arn: "${POOL}", auth: { credentials: { accessKeyID: \${KEY_ID}, secretAccessKey: \${SECRET:-s} } } }]`;
    const { pools } = configOf(`${text}\nadminKeys: [\${A}, x\${B}y]`, { KEY_ID: "id", A: "1", B: "2" });
    expect(pools[0]?.auth?.credentials).toStrictEqual({ accessKeyID: "id", secretAccessKey: "s" });
    expect(configOf("adminKeys: [${A}, x${B}y]", { A: "1", B: "2" }).adminKeys).toEqual(["1", "x2y"]);
  });

  it("stay single texts, whatever they hold", () => {
    const nasty = "x\nlisten: { port: 1 }\n- a: {b: c}\n# '\"";
    expect(configOf("adminKeys: ${A}", { A: nasty })).toMatchObject({ adminKeys: [nasty], listen: { port: 8080 } });
    expect(configOf("adminKeys: [${A}]", { A: "a, b" }).adminKeys).toEqual(["a, b"]);
    expect(configOf("adminKeys: ${A}", { A: "true" }).adminKeys).toEqual(["true"]);
    expect(configOf("adminKeys: ${A}", { A: "null" }).adminKeys).toEqual(["null"]);
  });

  it("do for numbers, booleans, sizes and durations", () => {
    const text = "listen: { port: ${P} }\nincludeReads: ${R}\nbroker: { maxBytes: ${M}, retention: ${D} }";
    expect(configOf(text, { P: "0", R: "true", M: "5MiB", D: "P1D" })).toMatchObject({
      listen: { port: 0 },
      includeReads: true,
      broker: { maxBytes: 5_242_880, retentionMs: 86_400_000 },
    });
    expect(faultPaths(text, { P: "x", R: "on", M: "much", D: "long" })).toEqual([
      "listen.port",
      "broker.retention",
      "broker.maxBytes",
      "includeReads",
    ]);
  });

  it("are not replaced in keys and comments", () => {
    expect(faultPaths("${A}: 1 # ${B}", { A: "listen" })).toEqual(['["…"]']);
  });

  it("work in block texts and with characters of the private use area around", () => {
    expect(configOf("adminKeys: |-\n  a${A}\n  \ue000b\ue001", { A: "x" }).adminKeys).toEqual(["ax\n\ue000b\ue001"]);
  });
});
