/** IP addresses and ranges in text form. https://www.rfc-editor.org/rfc/rfc4291#section-2.2 */

/** 4 or 16 bytes. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is taken for what it is. */
export type AddressBytes = readonly number[];

export interface AddressRange {
  readonly bytes: AddressBytes;
  /** How many leading bits count. */
  readonly bits: number;
}

/** Undefined where the text is no address. Short and octal IPv4 (`127.1`, `0177.0.0.1`) is none; a zone is ignored. */
export function parseAddress(text: string): AddressBytes | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text.replace(/%.*$/, ""));
  const mapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes?.slice(12) : bytes;
}

/** `10.0.0.0/8`, `fd00::/8`; undefined where the text is no such range. */
export function parseRange(cidr: string): AddressRange | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(cidr);
  const bytes = match && (match[1]?.includes(":") ? parseIpv6(match[1]) : parseIpv4(match[1] ?? ""));
  const bits = Number(match?.[2]);
  return bytes && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

export function inRange({ bytes, bits }: AddressRange, address: AddressBytes): boolean {
  if (bytes.length !== address.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    const at = bit >> 3;
    if (((bytes[at] ?? 0) & mask) !== ((address[at] ?? 0) & mask)) return false;
  }
  return true;
}

function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function parseIpv6(text: string): AddressBytes | undefined {
  const [head = "", tail, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const left = parseGroups(head, tail === undefined);
  const right = tail === undefined ? [] : parseGroups(tail, true);
  if (!left || !right) return undefined;
  const missing = 16 - left.length - right.length;
  // `::` stands for at least one group; without it all eight are written.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

/** The last two groups of an address may be written as IPv4. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    const ipv4 = atEnd && at === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}
