import { describe, expect, it } from "vitest";
import { formatPath } from "../../src/config/fault-path.ts";
import { nearestKey } from "../../src/config/nearest-key.ts";

describe("nearestKey", () => {
  const keys = ["publicUrl", "subscriptions", "port", "apiKeys", "url"];

  it.each([
    ["publicurl", "publicUrl"],
    ["public_url", "publicUrl"],
    ["publicUri", "publicUrl"],
    ["subscription", "subscriptions"],
    ["prot", "port"],
    ["apikey", "apiKeys"],
    ["ulr", "url"],
  ])("%s is meant as %s", (key, meant) => {
    expect(nearestKey(key, keys)).toBe(meant);
  });

  it.each(["", "x", "retention", "s".repeat(100_000)])("none is near %#", (key) => {
    expect(nearestKey(key, keys)).toBeUndefined();
  });
});

describe("formatPath", () => {
  it.each([
    [[], ""],
    [["pools", 0, "arn"], "pools[0].arn"],
    [[0, "a"], "[0].a"],
    [["subscriptions", "a.b", "target"], 'subscriptions["a.b"].target'],
    [["target", "secret:whsec_x"], 'target["secret…"]'],
    [["a", ""], 'a[""]'],
    [["a", "__proto__"], "a.__proto__"],
  ])("%j is %s", (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});
