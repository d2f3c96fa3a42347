import { BlockList, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AddressPolicy, createAddressJudge } from "../../src/core/egress-address.ts";

function createAddressCheck(policy: AddressPolicy): (address: string) => boolean {
  const judge = createAddressJudge(policy);
  return (address) => judge(address) !== "refused";
}

const isPublic = createAddressCheck({ allowLoopback: false, allowCidrs: [] });

interface Refused {
  readonly what: string;
  readonly first: string;
  readonly last: string;
  /** The addresses beside it, where they are public. */
  readonly beside: readonly string[];
}

const REFUSED: readonly Refused[] = [
  { what: "this network", first: "0.0.0.0", last: "0.255.255.255", beside: ["1.0.0.0"] },
  { what: "private 10/8", first: "10.0.0.0", last: "10.255.255.255", beside: ["9.255.255.255", "11.0.0.0"] },
  { what: "carrier NAT", first: "100.64.0.0", last: "100.127.255.255", beside: ["100.63.255.255", "100.128.0.0"] },
  { what: "loopback", first: "127.0.0.0", last: "127.255.255.255", beside: ["126.255.255.255", "128.0.0.0"] },
  { what: "link-local", first: "169.254.0.0", last: "169.254.255.255", beside: ["169.253.255.255", "169.255.0.0"] },
  { what: "private 172.16/12", first: "172.16.0.0", last: "172.31.255.255", beside: ["172.15.255.255", "172.32.0.0"] },
  { what: "protocol assignments", first: "192.0.0.0", last: "192.0.0.255", beside: ["191.255.255.255", "192.0.1.0"] },
  { what: "documentation 1", first: "192.0.2.0", last: "192.0.2.255", beside: ["192.0.1.255", "192.0.3.0"] },
  { what: "6to4 relays", first: "192.88.99.0", last: "192.88.99.255", beside: ["192.88.98.255", "192.88.100.0"] },
  {
    what: "private 192.168/16",
    first: "192.168.0.0",
    last: "192.168.255.255",
    beside: ["192.167.255.255", "192.169.0.0"],
  },
  { what: "benchmarking", first: "198.18.0.0", last: "198.19.255.255", beside: ["198.17.255.255", "198.20.0.0"] },
  { what: "documentation 2", first: "198.51.100.0", last: "198.51.100.255", beside: ["198.51.99.255", "198.51.101.0"] },
  { what: "documentation 3", first: "203.0.113.0", last: "203.0.113.255", beside: ["203.0.112.255", "203.0.114.0"] },
  { what: "multicast", first: "224.0.0.0", last: "239.255.255.255", beside: ["223.255.255.255"] },
  { what: "reserved and broadcast", first: "240.0.0.0", last: "255.255.255.255", beside: [] },
  { what: "unspecified, loopback and IPv4-compatible", first: "::", last: "::255.255.255.255", beside: [] },
  { what: "NAT64", first: "64:ff9b::", last: "64:ff9b::ffff:ffff", beside: [] },
  { what: "local NAT64", first: "64:ff9b:1::", last: "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", beside: [] },
  { what: "discard-only", first: "100::", last: "100::ffff:ffff:ffff:ffff", beside: [] },
  { what: "all before 2000::", first: "::", last: "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: ["2000::"] },
  {
    what: "protocol assignments, Teredo",
    first: "2001::",
    last: "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    beside: ["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"],
  },
  {
    what: "IPv6 documentation",
    first: "2001:db8::",
    last: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    beside: ["2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"],
  },
  {
    what: "6to4",
    first: "2002::",
    last: "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    beside: ["2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
  },
  {
    what: "IPv6 documentation 2",
    first: "3fff::",
    last: "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    beside: ["3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"],
  },
  {
    what: "all behind 3fff::",
    first: "4000::",
    last: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    beside: ["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  },
  { what: "segment routing", first: "5f00::", last: "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: [] },
  { what: "unique local", first: "fc00::", last: "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: [] },
  { what: "IPv6 link-local", first: "fe80::", last: "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: [] },
  { what: "site-local", first: "fec0::", last: "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: [] },
  { what: "IPv6 multicast", first: "ff00::", last: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", beside: [] },
];

/** `::ffff:a.b.c.d` as it is written, in groups, and in full. */
function mappedSpellings(ipv4: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  return [`::ffff:${ipv4}`, `::ffff:${groups}`, `::FFFF:${groups}`, `0:0:0:0:0:ffff:${groups}`];
}

describe("an address that targets may not reach", () => {
  it.each(REFUSED)("$what: $first to $last", ({ first, last, beside }) => {
    expect([first, last].map(isPublic)).toEqual([false, false]);
    expect(beside.filter((address) => !isPublic(address))).toEqual([]);
  });

  it.each(REFUSED.filter(({ first }) => isIPv4(first)))("$what, in IPv6 clothes", ({ first, last, beside }) => {
    expect([first, last].flatMap(mappedSpellings).filter(isPublic)).toEqual([]);
    expect(beside.flatMap(mappedSpellings).filter((address) => !isPublic(address))).toEqual([]);
  });

  it.each([
    ["nobody's, from 4000:: on", "4000::1"],
    ["nobody's, from 6000:: on", "6000::1"],
    ["nobody's, before 8000::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["nobody's, from 8000:: on", "8000::1"],
    ["nobody's, before fc00::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["the metadata service of clouds", "169.254.169.254"],
    ["the metadata service of AWS over IPv6", "fd00:ec2::254"],
    ["the metadata service of Alibaba Cloud", "100.100.100.200"],
    ["the metadata service, by NAT64", "64:ff9b::a9fe:a9fe"],
    ["the metadata service, by 6to4", "2002:a9fe:a9fe::"],
    ["a link-local address with its zone", "fe80::1%eth0"],
    ["loopback with a zone", "::1%lo"],
  ])("%s", (_, address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each([
    ["nothing", ""],
    ["a name", "localhost"],
    ["a name that looks like one", "1.2.3.4.example.com"],
    ["a short form", "127.1"],
    ["a decimal form", "2130706433"],
    ["an octal form", "0177.0.0.1"],
    ["a leading zero", "8.8.8.08"],
    ["a hexadecimal form", "0x7f.0.0.1"],
    ["a number over 255", "8.8.8.256"],
    ["a fifth number", "8.8.8.8.8"],
    ["a sign", "8.8.8.-8"],
    ["a space", " 8.8.8.8"],
    ["a line break", "8.8.8.8\n"],
    ["a port", "8.8.8.8:80"],
    ["brackets", "[2606:4700::1111]"],
    ["a range", "8.8.8.0/24"],
    ["too few groups", "2606:4700:1111"],
    ["too many groups", "2606:4700:0:0:0:0:0:0:1111"],
    ["two gaps", "2606::4700::1111"],
    ["a group of five digits", "2606:47000::1111"],
    ["a letter that is no digit", "2606:470g::1111"],
    ["IPv4 at its head", "8.8.8.8::"],
    ["broken IPv4 in its tail", "::ffff:8.8.8"],
    ["digits of another script", "٨.٨.٨.٨"],
  ])("garbage: %s", (_, address) => {
    expect(isPublic(address)).toBe(false);
  });
});

describe("an address that targets may reach", () => {
  it.each(["1.1.1.1", "8.8.8.8", "52.94.0.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2600::"])(
    "%s, as a public one",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  it("loopback, where it is allowed, and nothing else that is private", () => {
    const check = createAddressCheck({ allowLoopback: true, allowCidrs: [] });
    const loopback = ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:0:0:1"];
    expect(loopback.filter((address) => !check(address))).toEqual([]);
    expect(["::", "::2", "0.0.0.0", "10.0.0.1", "169.254.169.254", "126.0.0.1%"].filter(check)).toEqual([]);
    expect(loopback.filter(isPublic)).toEqual([]);
  });

  it("what the operator's ranges hold, up to their borders", () => {
    const check = createAddressCheck({ allowLoopback: false, allowCidrs: ["10.20.0.0/14", "fd12:3400::/23"] });
    const inside = ["10.20.0.0", "10.23.255.255", "::ffff:10.20.0.1", "fd12:3400::", "fd12:35ff::ffff"];
    expect(inside.filter((address) => !check(address))).toEqual([]);
    expect(["10.19.255.255", "10.24.0.0", "fd12:33ff::", "fd12:3600::", "127.0.0.1"].filter(check)).toEqual([]);
    expect(check("8.8.8.8")).toBe(true);
  });

  it("a single address, and everything of one family", () => {
    const one = createAddressCheck({ allowLoopback: false, allowCidrs: ["192.168.1.7/32"] });
    expect(["192.168.1.6", "192.168.1.7", "192.168.1.8"].filter(one)).toEqual(["192.168.1.7"]);
    const all = createAddressCheck({ allowLoopback: false, allowCidrs: ["0.0.0.0/0"] });
    expect([all("127.0.0.1"), all("::1"), all("fd00::1")]).toEqual([true, false, false]);
  });

  it("nothing more for a range that is none", () => {
    const cidrs = ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/x", "fc00::/129", "everything", "::ffff:10.0.0.0/8"];
    const check = createAddressCheck({ allowLoopback: false, allowCidrs: cidrs });
    expect(["10.0.0.1", "fc00::1", "127.0.0.1"].filter(check)).toEqual([]);
  });
});

function written(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  return Array.from({ length: 8 }, (_, at) =>
    Buffer.from(bytes)
      .readUInt16BE(2 * at)
      .toString(16),
  ).join(":");
}

describe("any range", () => {
  it("ends at the very bit that Node's BlockList says", () => {
    const networks = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      // Not among the IPv4 addresses in IPv6 clothes.
      fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((bytes) => bytes.subarray(0, 10).some((byte) => byte > 0)),
    );
    fc.assert(
      fc.property(networks, fc.nat(), fc.nat(), (bytes, someBits, someBit) => {
        const prefix = someBits % (bytes.length * 8 + 1);
        const bit = someBit % (bytes.length * 8);
        const other = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
        const [network, address] = [written(bytes), written(other)];
        const family = isIPv4(network) ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(network, prefix, family);
        const check = createAddressCheck({ allowLoopback: false, allowCidrs: [`${network}/${prefix}`] });
        expect(check(network)).toBe(true);
        expect(check(address)).toBe(list.check(address, family) || isPublic(address));
      }),
      { numRuns: 2000 },
    );
  });
});
