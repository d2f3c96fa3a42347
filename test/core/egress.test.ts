/** What a URL says, and what an address says. The addresses themselves are gone through in egress-address.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEgressGuard, type EgressPolicy } from "../../src/core/egress.ts";

const PUBLIC: EgressPolicy = { allowLoopback: false, allowHttp: false, allowCidrs: [] };

const judge = (url: string, policy: Partial<EgressPolicy> = {}) =>
  createEgressGuard({ ...PUBLIC, ...policy }).judgeUrl(new URL(url));

describe("a URL that targets may have", () => {
  it.each([
    "https://crm.example.com/hook?x=1#y",
    "https://crm.example.com.",
    "https://crm.example.com:443",
    "https://crm.example.com:8080",
    "https://crm.example.com:8443/hook",
    "https://crm.example.com:80",
    "https://bücher.example",
    "https://xn--bcher-kva.example",
    "https://my_service.example.com",
    "https://1.1.1.1",
    "https://[2606:4700:4700::1111]:8443",
    "https://internal.example.com",
    "https://metadata.example.com",
    "https://localhost.example.com",
    "https://169.254.169.254.example.com",
  ])("%s", (url) => {
    expect(judge(url)).toBeUndefined();
  });

  it("http, where it is allowed", () => {
    expect(judge("http://crm.example.com")).toBe("plain_http");
    expect(judge("http://crm.example.com", { allowHttp: true })).toBeUndefined();
  });

  it("loopback, at any port, on a loopback listener", () => {
    for (const host of [
      "127.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "localhost",
      "a.localhost",
      "LOCALHOST.",
    ]) {
      expect(judge(`https://${host}:3000`, { allowLoopback: true })).toBeUndefined();
      expect(judge(`https://${host}:3000`)).toMatch(/^(?:address|private_name)$/);
    }
  });

  it("what the operator's ranges hold, at any port, and names that may lead there", () => {
    const policy = { allowCidrs: ["10.0.0.0/8", "203.0.112.7/32"] };
    for (const host of ["10.1.2.3", "203.0.112.7", "crm", "crm.svc.cluster.local", "crm.corp.internal", "localhost"]) {
      expect(judge(`https://${host}:6000`, policy)).toBeUndefined();
    }
    expect(judge("https://192.168.0.1:6000", policy)).toBe("address");
    expect(judge("https://8.8.8.8:6000", policy)).toBe("port");
  });
});

describe("a URL that targets may not have", () => {
  it.each(["ftp://a.example", "file:///etc/passwd", "gopher://a.example", "data:,x", "javascript:x", "ws://a.example"])(
    "another scheme: %s",
    (url) => {
      expect(judge(url, { allowHttp: true, allowLoopback: true })).toBe("scheme");
    },
  );

  it.each(["https://user@a.example", "https://user:pass@a.example", "https://:pass@a.example"])(
    "credentials: %s",
    (url) => {
      expect(judge(url)).toBe("user_info");
    },
  );

  it.each([
    // 127.0.0.1, and the metadata service of most clouds, in all the ways that a URL can write them.
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.01",
    "127.0.0.1.",
    "１２７.０.０.１",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "0",
    "0.0.0.0",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.254.0xa9.254",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:a9fe:a9fe::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "100.100.100.200",
    "192.0.0.192",
    "10.0.0.1",
    "172.31.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "255.255.255.255",
    "224.0.0.1",
    "[fc00::1]",
    "[ff02::1]",
    "[5f00::1]",
    "[3fff::1]",
    "[2001:db8::1]",
    "[100::1]",
  ])("an address that is not public: %s", (host) => {
    expect(judge(`https://${host}/hook`)).toBe("address");
    expect(judge(`https://${host}/hook`, { allowCidrs: ["198.51.100.0/24"] })).toBe("address");
  });

  it.each([
    "metadata.google.internal",
    "METADATA.GOOGLE.INTERNAL",
    "metadata.google.internal.",
    "metadata.goog",
    "metadata",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
  ])("the metadata service by its name, also beside private ranges: %s", (host) => {
    expect(judge(`https://${host}`)).toBe("metadata");
    expect(judge(`https://${host}`, { allowCidrs: ["0.0.0.0/0"], allowLoopback: true })).toBe("metadata");
  });

  it.each(["crm.corp.internal", "ip-10-0-0-1.ec2.internal", "a.internal.", "localhost", "x.localhost"])(
    "a name for private hosts, where there are none: %s",
    (host) => {
      expect(judge(`https://${host}`)).toBe("private_name");
    },
  );

  it.each([
    `${"a".repeat(64)}.example`,
    `${"a.".repeat(127)}example`,
    "a..example",
    ".example",
    "a.example..",
    "-a.example",
    "a$b.example",
    "a~b.example",
  ])("what is no name of a host: %s", (host) => {
    expect(judge(`https://${host}`)).toBe("host");
  });

  it.each([
    0, 1, 22, 25, 53, 79, 81, 111, 389, 442, 444, 2375, 3306, 5432, 6379, 8079, 8444, 9200, 11211, 27017, 65535,
  ])("the port %i of a public host", (port) => {
    expect(judge(`https://1.1.1.1:${port}`)).toBe("port");
    expect(judge(`https://crm.example.com:${port}`)).toBe("port");
  });
});

describe("a connection that is about to be opened", () => {
  const guard = createEgressGuard({ allowLoopback: true, allowHttp: true, allowCidrs: ["10.0.0.0/8"] });

  it("is judged by the address it goes to, and by the port of public ones", () => {
    expect(guard.judgeConnection("1.1.1.1", 443)).toBeUndefined();
    expect(guard.judgeConnection("1.1.1.1", 6379)).toBe("port");
    expect(guard.judgeConnection("10.0.0.1", 6379)).toBeUndefined();
    expect(guard.judgeConnection("127.0.0.1", 3000)).toBeUndefined();
    expect(guard.judgeConnection("192.168.0.1", 443)).toBe("address");
    expect(guard.judgeConnection("fe80::1%eth0", 443)).toBe("address");
    expect(guard.judgeConnection("crm.example.com", 443)).toBe("address");
  });

  it("is judged as the same address in a URL is, whatever the address", () => {
    const policy: EgressPolicy = { allowLoopback: false, allowHttp: true, allowCidrs: ["10.0.0.0/8"] };
    const { judgeUrl, judgeConnection } = createEgressGuard(policy);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.constantFrom(80, 443, 8081, 6379), (address, port) => {
        const host = address.includes(":") ? `[${address}]` : address;
        expect(judgeUrl(new URL(`http://${host}:${port}`))).toBe(judgeConnection(address, port));
      }),
      { numRuns: 1000 },
    );
  });
});
