import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf } from "./parsing.ts";

describe("values that can be written in several ways", () => {
  it("sizes are numbers or texts with a unit", () => {
    const size = (text: string) => configOf(`broker: { maxBytes: ${text} }`).broker;
    expect(size("1048576")).toMatchObject({ maxBytes: 1_048_576 });
    expect(size('"1048576"')).toMatchObject({ maxBytes: 1_048_576 });
    expect(size("2MiB")).toMatchObject({ maxBytes: 2_097_152 });
    expect(size("1GB")).toMatchObject({ maxBytes: 1_000_000_000 });
    expect(size("1.5KiB")).toMatchObject({ maxBytes: 1536 });
  });

  it("one text is a list of one", () => {
    const { adminKeys, ingest } = configOf("adminKeys: a\ningest: { events: { apiKeys: b } }");
    expect(adminKeys).toStrictEqual(["a"]);
    expect(ingest?.events?.apiKeys).toStrictEqual(["b"]);
  });

  it("numbers and booleans may be texts, as a variable is", () => {
    const config = configOf('listen: { port: "81" }\nincludeReads: "true"\nonlyConfiguredPools: "false"');
    expect(config).toMatchObject({ listen: { port: 81 }, includeReads: true, onlyConfiguredPools: false });
  });

  it("publicUrl loses the slash at its end", () => {
    expect(configOf("publicUrl: https://events.example.com/").publicUrl).toBe("https://events.example.com");
    expect(configOf("publicUrl: https://example.com/a/b").publicUrl).toBe("https://example.com/a/b");
  });
});

describe("values that are refused", () => {
  it.each([
    ["listen: { port: 65536 }", "listen.port"],
    ["listen: { port: 80.5 }", "listen.port"],
    ["listen: { port: 0x }", "listen.port"],
    ['listen: { port: "1e3" }', "listen.port"],
    ['listen: { port: "" }', "listen.port"],
    ["listen: { port: .inf }", "listen.port"],
    ["listen: { port: true }", "listen.port"],
    ["listen: { port: null }", "listen.port"],
    ["listen: { host: 'http://127.0.0.1' }", "listen.host"],
    ["listen: { host: '' }", "listen.host"],
    ["listen: 8080", "listen"],
    ["listen: [1]", "listen"],
    ["publicUrl: events.example.com", "publicUrl"],
    ["publicUrl: ftp://events.example.com", "publicUrl"],
    ["publicUrl: https://events.example.com/?a=b", "publicUrl"],
    ["publicUrl: https://user@events.example.com", "publicUrl"],
    ["includeReads: yes", "includeReads"],
    ["includeReads: 1", "includeReads"],
    ["includeReads: null", "includeReads"],
    ["onlyConfiguredPools: ''", "onlyConfiguredPools"],
    ["broker: { retention: 7d }", "broker.retention"],
    ["broker: { retention: P1M }", "broker.retention"],
    ["broker: { retention: PT0S }", "broker.retention"],
    ["broker: { retention: 15 }", "broker.retention"],
    ["broker: { maxBytes: 0 }", "broker.maxBytes"],
    ["broker: { maxBytes: -5 }", "broker.maxBytes"],
    ["broker: { maxBytes: 1.5 }", "broker.maxBytes"],
    ["broker: { maxBytes: 10 apples }", "broker.maxBytes"],
    ["adminKeys: ['']", "adminKeys[0]"],
    ["adminKeys: ''", "adminKeys"],
    ["adminKeys: [a, 5]", "adminKeys[1]"],
    ["adminKeys: 5", "adminKeys"],
    ["adminKeys: { a: b }", "adminKeys"],
    ["egress: { allowCidrs: [10.0.0.0] }", "egress.allowCidrs[0]"],
    ["egress: { allowCidrs: [10.0.0.0/8, 'fd00::/129'] }", "egress.allowCidrs[1]"],
    ["egress: { allowHttp: maybe }", "egress.allowHttp"],
    ["pools: {}", "pools"],
    ["subscriptions: []", "subscriptions"],
    ["[]", ""],
    ["just a text", ""],
    ["5", ""],
  ])("%s", (text, path) => {
    expect(faultPaths(text)).toEqual([path]);
  });

  it("says what is expected", () => {
    expect(faultsOf("broker: { retention: 7d }\nlisten: { port: http }")).toEqual([
      { path: "listen.port", message: "must be a whole number from 0 to 65535" },
      {
        path: "broker.retention",
        message: "must be an ISO 8601 duration such as PT15S, PT5M or P7D, longer than zero",
      },
    ]);
  });
});

describe("unknown keys", () => {
  it("are named in the path, with the key that was probably meant", () => {
    expect(faultsOf("publicurl: x\nlisten: { prot: 1 }\nbroker: { dedupe_window: P1D }\nsubscripions: {}")).toEqual([
      { path: "publicurl", message: "is not a known key; did you mean publicUrl?" },
      { path: "subscripions", message: "is not a known key; did you mean subscriptions?" },
      { path: "listen.prot", message: "is not a known key; did you mean port?" },
      { path: "broker.dedupe_window", message: "is not a known key; did you mean dedupeWindow?" },
    ]);
  });

  it("come with the known ones where none is near", () => {
    expect(faultsOf("listen: { address: x }")).toEqual([
      { path: "listen.address", message: "is not a known key; known here: host, port" },
    ]);
    expect(faultsOf("ingest: { lambda: { name: x } }")).toEqual([
      { path: "ingest.lambda.name", message: "is not a known key; none is expected here" },
    ]);
  });

  it("include those every object inherits", () => {
    expect(faultPaths("__proto__: { listen: {} }\nconstructor: 1\ntoString: 2\nhasOwnProperty: 3")).toEqual([
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
    ]);
    expect(faultPaths("listen: { __proto__: { port: 1 } }\negress: { constructor: x }")).toEqual([
      "listen.__proto__",
      "egress.constructor",
    ]);
  });
});
