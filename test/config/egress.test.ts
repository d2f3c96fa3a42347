/** What connections would be refused for is said before there is one. */
import { describe, expect, it } from "vitest";
import { configOf, faultPaths, faultsOf } from "./parsing.ts";

const OPEN = "listen: { host: 0.0.0.0 }\ningest: { events: { apiKeys: [k] } }\n";
const target = (url: string) => `subscriptions: { crm: { target: { url: "${url}" } } }`;

function messageOf(text: string): string | undefined {
  const [fault, ...others] = faultsOf(text);
  expect(others).toEqual([]);
  return fault?.message;
}

describe("an HTTP target out of reach", () => {
  it.each([
    ["https://169.254.169.254/latest/meta-data", "is an address that is not public"],
    ["https://2130706433", "is an address that is not public"],
    ["https://[::ffff:10.0.0.1]", "is an address that is not public"],
    ["https://metadata.google.internal", "names the metadata service of a cloud"],
    ["https://crm.corp.internal", "names a private host"],
    ["https://localhost:3000", "names a private host"],
    ["https://crm.example.com:6379", "has a port that is used with private hosts only"],
    ["https://a..example", "has a host that can be no host name"],
    ["http://crm.example.com", "is plain http"],
  ])("%s is named on a listener for everybody", (url, message) => {
    expect(messageOf(OPEN + target(url))).toMatch(new RegExp(`^${message}`));
  });

  it.each([
    ["https://10.0.0.1", "is an address that is not public"],
    ["https://169.254.169.254", "is an address that is not public"],
    ["https://metadata.google.internal", "names the metadata service of a cloud"],
  ])("%s is named on a loopback listener too", (url, message) => {
    expect(messageOf(target(url))).toMatch(new RegExp(`^${message}`));
  });

  it("is named wherever a URL stands", () => {
    const text = `${OPEN}
subscriptions:
  a:
    target: { url: https://10.0.0.1, auth: { oauth2: { tokenUrl: https://10.0.0.2, clientId: c, clientSecret: d } } }
    delivery: { deadLetterURL: https://10.0.0.3 }
triggers:
  b: { target: { url: https://10.0.0.4 } }`;
    const paths = ["a.target.url", "a.target.auth.oauth2.tokenUrl", "a.delivery.deadLetterURL"];
    expect(faultPaths(text)).toEqual([...paths.map((path) => `subscriptions.${path}`), "triggers.b.target.url"]);
    expect(configOf(`${text}\negress: { allowCidrs: 10.0.0.0/8 }`).subscriptions).toHaveLength(2);
  });
});

describe("an HTTP target within reach", () => {
  it.each(["http://127.0.0.1:3000", "http://localhost:3000/hook", "https://[::1]:1", "http://crm.example.com:9000"])(
    "%s, on a loopback listener: names are looked up before it is known where they lead",
    (url) => {
      expect(configOf(target(url)).subscriptions).toHaveLength(1);
    },
  );

  it.each(["https://10.1.2.3:6000/hook", "https://crm.default.svc:6000", "https://crm.corp.internal"])(
    "%s, where there are private ranges",
    (url) => {
      const egress = "\negress: { allowCidrs: [10.0.0.0/8] }";
      expect(configOf(OPEN + target(url) + egress).subscriptions).toHaveLength(1);
    },
  );

  it("as far as is known, where a range is at fault itself", () => {
    const egress = "\negress: { allowCidrs: [10.0.0.0] }";
    expect(faultPaths(OPEN + target("https://10.0.0.1") + egress)).toEqual(["egress.allowCidrs[0]"]);
  });
});
