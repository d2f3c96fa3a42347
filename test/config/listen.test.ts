import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf, SECRET } from "./parsing.ts";

const CREDENTIAL = "ingest: { events: { apiKeys: [k] } }";
const OPEN = "listen: { host: 0.0.0.0 }";

describe("PORT and HOST", () => {
  it("win over the file", () => {
    const text = "listen: { host: 127.0.0.2, port: 81 }";
    expect(configOf(text).listen).toEqual({ host: "127.0.0.2", port: 81 });
    expect(configOf(text, { PORT: "9000", HOST: "localhost" }).listen).toEqual({ host: "localhost", port: 9000 });
    expect(configOf(undefined, { PORT: "0" }).listen).toEqual({ host: "127.0.0.1", port: 0 });
  });

  it("count as not set where they are empty", () => {
    expect(configOf("listen: { port: 81 }", { PORT: "", HOST: "" }).listen).toEqual({ host: "127.0.0.1", port: 81 });
    expect(configOf(undefined, { PORT: undefined }).listen.port).toBe(8080);
  });

  it.each(["http", "-1", "65536", "80.5", " 80", "tcp://10.0.0.1:80"])("PORT=%s is a fault", (PORT) => {
    expect(faultsOf("", { PORT })).toEqual([{ path: "PORT", message: "must be a whole number from 0 to 65535" }]);
  });

  it("a HOST that is none is a fault, with all the others", () => {
    expect(faultPaths("foo: 1", { HOST: "http://x", PORT: "x" })).toEqual(["foo", "HOST", "PORT"]);
    expect(faultPaths("foo: [", { PORT: "x" })).toContain("PORT");
  });

  it("HOST decides what the listener needs", () => {
    expect(faultPaths("", { HOST: "0.0.0.0" })).toEqual(["ingest"]);
    expect(configOf(OPEN, { HOST: "127.0.0.1" }).listen.host).toBe("127.0.0.1");
  });

  it("brackets around an IPv6 address are dropped", () => {
    expect(configOf("listen: { host: '[::1]' }").listen.host).toBe("::1");
  });
});

describe("a listener that others can reach", () => {
  it("needs an ingest credential", () => {
    const [fault] = faultsOf(OPEN);
    expect(fault?.path).toBe("ingest");
    expect(fault?.message).toMatch(/^a listener on a non-loopback address needs at least one ingest credential/);
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "example.com", "128.0.0.1", "127.1"])("such as %s", (host) => {
    expect(faultPaths(`listen: { host: "${host}" }`)).toEqual(["ingest"]);
  });

  it.each(["127.0.0.1", "127.255.0.9", "::1", "localhost", "LOCALHOST"])("not such as %s", (host) => {
    expect(configOf(`listen: { host: "${host}" }`).listen.host).toBe(host);
  });

  it.each([
    "eventbridge: { apiKeys: k }",
    "cloudtrail: { apiKeys: [k] }",
    "events: { apiKeys: [k] }",
    "sns: { topicArns: [arn] }",
    "firehose: { accessKeys: [k] }",
    `cognito: { secrets: ["${SECRET}"] }`,
  ])("is content with %s", (route) => {
    expect(configOf(`${OPEN}\ningest: { ${route} }`).listen.host).toBe("0.0.0.0");
  });

  it.each([
    "{}",
    "",
    "{ events: { apiKeys: [] } }",
    "{ events: {} }",
    "{ s3: { buckets: [b] } }",
    "{ sns: { rawKeys: [k] } }",
  ])("is not content with ingest: %s", (ingest) => {
    expect(faultPaths(`${OPEN}\ningest: ${ingest}`)).toEqual(["ingest"]);
  });

  it("cannot have the lambda route, which asks for no credential", () => {
    for (const lambda of ["{}", "", "null"]) {
      const paths = faultPaths(`${OPEN}\ningest: { events: { apiKeys: k }, lambda: ${lambda} }`);
      expect(paths).toEqual(["ingest.lambda"]);
    }
    expect(configOf("ingest: { lambda: {} }").ingest?.lambda).toEqual({});
  });

  const PLAIN = `
subscriptions:
  a:
    target: { url: http://a.example, auth: { oauth2: { tokenUrl: "HTTP://b.example", clientId: c, clientSecret: d } } }
    delivery: { deadLetterURL: http://c.example }
  b: { target: { redis: { url: "redis://r" } } }
triggers:
  c: { target: { url: http://a.example, deliveryOptions: { deadLetterURL: http://c.example } } }
  d: { target: { url: https://a.example }, deliveryOptions: { deadLetterURL: http://c.example } }
`;

  it("needs egress.allowHttp for plain http, wherever it stands", () => {
    expect(faultPaths(`${OPEN}\n${CREDENTIAL}\n${PLAIN}`)).toEqual([
      "subscriptions.a.target.url",
      "subscriptions.a.target.auth.oauth2.tokenUrl",
      "subscriptions.a.delivery.deadLetterURL",
      "triggers.c.target.url",
      "triggers.c.target.deliveryOptions.deadLetterURL",
      "triggers.d.deliveryOptions.deadLetterURL",
    ]);
    expect(configOf(`${OPEN}\n${CREDENTIAL}\n${PLAIN}\negress: { allowHttp: true }`).subscriptions).toHaveLength(4);
    expect(configOf(`${OPEN}\n${CREDENTIAL}\n${PLAIN}\negress: { allowHttp: "true" }`).egress.allowHttp).toBe(true);
    expect(configOf(PLAIN).subscriptions).toHaveLength(4);
  });
});
