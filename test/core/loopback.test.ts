import { describe, expect, it } from "vitest";
import { isLoopbackHost } from "../../src/core/loopback.ts";

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
