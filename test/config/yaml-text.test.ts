import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf } from "./parsing.ts";

describe("YAML", () => {
  it("reads JSON too, and a byte order mark", () => {
    expect(configOf('{"listen": {"port": 81}}').listen.port).toBe(81);
    expect(configOf("\ufefflisten: { port: 81 }").listen.port).toBe(81);
  });

  it("is YAML 1.2, whatever the file says of itself", () => {
    expect(faultPaths("%YAML 1.1\n---\nincludeReads: yes")).toEqual(["includeReads"]);
    expect(configOf("%YAML 1.1\n---\nadminKeys: [no, 2026-01-01]").adminKeys).toEqual(["no", "2026-01-01"]);
  });

  it("names each key that stands twice, beside all other faults", () => {
    const text = "listen:\n  port: 1\n  port: 2\nfoo: 1\nadminKeys: [a]\nadminKeys: [b]\npools: [{ arn: x, arn: y }]";
    expect(faultsOf(text)).toEqual([
      { path: "listen.port", message: "line 3, column 3: the same key stands here a second time" },
      { path: "adminKeys", message: "line 6, column 1: the same key stands here a second time" },
      { path: "pools[0].arn", message: "line 7, column 19: the same key stands here a second time" },
      expect.objectContaining({ path: "foo" }),
    ]);
  });

  it("says in which line it cannot be read", () => {
    expect(faultsOf("listen: {}\nadminKeys: [a\n")[0]?.message).toMatch(/^line 3, column 1: /);
    expect(faultsOf("adminKeys: @a")[0]?.message).toMatch(/^line 1, column 12: .*quotes/);
    expect(faultsOf("a: 1\n\tb: 2").length).toBeGreaterThan(0);
  });

  it("is one document", () => {
    expect(faultsOf("listen: {}\n---\nlisten: {}")[0]?.message).toMatch(/only one YAML document/);
  });

  it("has no tags", () => {
    for (const tag of ["!secret x", "!!binary aGk=", "!!set { a }", "!!js/function x", "!<tag:x> y"]) {
      expect(faultPaths(`publicUrl: ${tag}`)).toContain("publicUrl");
    }
  });

  it("has no merge keys", () => {
    expect(faultPaths("listen: &a { port: 1 }\negress: { <<: *a }")).toEqual(['egress["…"]']);
  });

  it("has keys that are texts", () => {
    expect(faultsOf("? [a]\n: 1")).toHaveLength(1);
    expect(faultPaths("1: 1\ntrue: 2\nnull: 3")).toEqual(["1", "true", "null"]);
  });

  it("has aliases", () => {
    const text = "ingest: { events: { apiKeys: &keys [a] }, cloudtrail: { apiKeys: *keys } }";
    expect(configOf(text).ingest?.cloudtrail?.apiKeys).toEqual(["a"]);
    expect(faultPaths("adminKeys: [a, *keys]")).toEqual(["adminKeys[1]"]);
  });

  it("cannot multiply itself by aliases", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"];
    for (let n = 1; n < 12; n++)
      lines.push(
        `a${n}: &a${n} [${Array(8)
          .fill(`*a${n - 1}`)
          .join(", ")}]`,
      );
    expect(faultsOf(lines.join("\n"))).toEqual([
      { path: "", message: "is too large to be read: its aliases multiply it, or it is nested too deeply" },
    ]);
  });

  it("cannot contain itself", () => {
    expect(faultPaths("pools: &a [*a, *a]")).toEqual(["pools[0]", "pools[1]"]);
    expect(faultPaths("&a { listen: *a }")).toContain("listen");
  });

  it("can be nested too deeply in more than one way", () => {
    for (const depth of [63, 64, 65, 500, 2_000, 20_000]) {
      expect(faultsOf(`${"[".repeat(depth)}${"]".repeat(depth)}`).length).toBeGreaterThan(0);
      expect(faultsOf(`${"{a: ".repeat(depth)}1${"}".repeat(depth)}`).length).toBeGreaterThan(0);
      expect(faultsOf(`${"- ".repeat(depth)}x`).length).toBeGreaterThan(0);
    }
    expect(faultsOf(`pools: ${"[".repeat(65)}${"]".repeat(65)}`).map(({ message }) => message)).toContain(
      "is nested deeper than 64 levels",
    );
  });
});
