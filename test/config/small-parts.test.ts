import { describe, expect, it } from "vitest";
import { formatPath } from "../../src/config/fault-path.ts";
import { isCidr, parseIPv4, parseIPv6 } from "../../src/config/ip.ts";
import { isLoopbackHost } from "../../src/config/loopback.ts";
import { nearestKey } from "../../src/config/nearest-key.ts";

describe("isLoopbackHost", () => {
  it.each([
    "127.0.0.1",
    "127.255.255.254",
    "localhost",
    "LocalHost",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "0000::0001",
    "::ffff:127.0.0.1",
    "::ffff:7f12:3456",
  ])("%s is", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    "",
    "0.0.0.0",
    "::",
    "126.255.255.255",
    "128.0.0.1",
    "127.1",
    "127.0.0.256",
    "127.0.0.1.example.com",
    "0127.0.0.1",
    "localhost.example.com",
    "::2",
    "::1:1",
    "::ffff:128.0.0.1",
    "::127.0.0.1",
    "[::1",
    "example.com",
  ])("%j is not", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe("addresses", () => {
  it("IPv4", () => {
    expect(parseIPv4("1.2.3.255")).toEqual([1, 2, 3, 255]);
    for (const text of ["1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "a.b.c.d"]) {
      expect(parseIPv4(text)).toBeUndefined();
    }
  });

  it("IPv6", () => {
    expect(parseIPv6("::")).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(parseIPv6("fd00::1:2")).toEqual([0xfd00, 0, 0, 0, 0, 0, 1, 2]);
    expect(parseIPv6("1:2:3:4:5:6:7::")).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    expect(parseIPv6("64:ff9b::1.2.3.4")).toEqual([0x64, 0xff9b, 0, 0, 0, 0, 0x102, 0x304]);
    for (const text of [
      "",
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "g::",
      "12345::",
      "1.2.3.4::",
      "fe80::1%eth0",
    ]) {
      expect(parseIPv6(text)).toBeUndefined();
    }
  });

  it("ranges", () => {
    for (const text of ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "::/0", "fd00::/8", "::1/128"]) {
      expect(isCidr(text)).toBe(true);
    }
    for (const text of [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10/8",
      "::/129",
      "x/8",
      "/8",
      "10.0.0.0/8/8",
    ]) {
      expect(isCidr(text)).toBe(false);
    }
  });
});

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
