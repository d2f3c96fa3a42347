/**
 * Which addresses an HTTP target may reach: public ones, and what the operator allowed. Judged on the address a
 * connection really goes to, so a name that resolves to 169.254.169.254 gains nothing.
 * https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { type AddressRange, inRange, parseAddress, parseRange } from "./ip.ts";

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
  // Of IPv6, only 2000::/3 is given out to hosts of the internet; what lies outside of it need not be known by name.
  "::/3",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "4000::/2",
  "8000::/1",
];

/** `granted`: by the policy, whatever kind of address it is. */
export type AddressVerdict = "public" | "granted" | "refused";

/** Judges addresses in text form (`10.0.0.1`, `fe80::1`, `::ffff:10.0.0.1`); what is no address is refused. */
export function createAddressJudge({ allowLoopback, allowCidrs }: AddressPolicy): (address: string) => AddressVerdict {
  const allowed = ranges([...(allowLoopback ? LOOPBACK : []), ...allowCidrs]);
  const special = ranges(SPECIAL);
  return function judgeAddress(address) {
    const bytes = parseAddress(address);
    if (!bytes) return "refused";
    if (allowed.some((range) => inRange(range, bytes))) return "granted";
    return special.some((range) => inRange(range, bytes)) ? "refused" : "public";
  };
}

function ranges(cidrs: readonly string[]): readonly AddressRange[] {
  return cidrs.flatMap((cidr) => parseRange(cidr) ?? []);
}
