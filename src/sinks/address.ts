/**
 * Which addresses an HTTP target may reach: public ones, and what the operator allowed. Judged on the address a
 * connection really goes to, so a name that resolves to 169.254.169.254 gains nothing.
 * https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export interface AddressPolicy {
  readonly allowLoopback: boolean;
  readonly allowCidrs: readonly string[];
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** Not public: private, link-local (cloud metadata), shared, documentation, benchmarking, multicast, reserved, tunnels. */
const SPECIAL = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** A check for addresses in text form (`10.0.0.1`, `fe80::1`, `::ffff:10.0.0.1`); what is no address is refused. */
export function createAddressCheck({ allowLoopback, allowCidrs }: AddressPolicy): (address: string) => boolean {
  const allowed = [...(allowLoopback ? LOOPBACK : []), ...allowCidrs].flatMap((cidr) => parseRange(cidr) ?? []);
  const special = SPECIAL.flatMap((cidr) => parseRange(cidr) ?? []);
  return function isAllowedAddress(address) {
    const bytes = parseAddress(address);
    if (!bytes) return false;
    return allowed.some((range) => contains(range, bytes)) || !special.some((range) => contains(range, bytes));
  };
}

export function parseRange(cidr: string): Range | undefined {
  const [address = "", prefix] = cidr.split("/");
  const bytes = parseAddress(address);
  if (!bytes) return undefined;
  const bits = prefix === undefined ? bytes.length * 8 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** 4 or 16 bytes. An IPv4 address inside an IPv6 one (`::ffff:a.b.c.d`) is taken for what it is. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text.replace(/%.*$/, ""));
  const mapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes?.slice(12) : bytes;
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): readonly number[] | undefined {
  const [head = "", tail, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const left = parseGroups(head);
  const right = tail === undefined ? [] : parseGroups(tail);
  if (!left || !right) return undefined;
  const missing = 16 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    const ipv4 = at === groups.length - 1 && group.includes(".") ? parseIpv4(group) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}

function contains({ bytes, bits }: Range, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    const at = bit >> 3;
    if (((bytes[at] ?? 0) & mask) !== ((address[at] ?? 0) & mask)) return false;
  }
  return true;
}
