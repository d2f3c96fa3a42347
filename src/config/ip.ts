/** The four numbers of a dotted IPv4 address. Short and octal forms (`127.1`, `0177.0.0.1`) are no addresses here. */
export function parseIPv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  return numbers.every((byte) => byte <= 255) ? numbers : undefined;
}

/** The eight groups of an IPv6 address, without zone. https://www.rfc-editor.org/rfc/rfc4291#section-2.2 */
export function parseIPv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const front = readGroups(head ?? [], tail === undefined);
  const back = readGroups(tail ?? [], true);
  if (!front || !back) return undefined;
  const missing = 8 - front.length - back.length;
  // `::` stands for at least one group; without it all eight are written.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...Array.from({ length: missing }, () => 0), ...back];
}

/** `10.0.0.0/8`, `fd00::/8`. */
export function isCidr(text: string): boolean {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  if (!match) return false;
  const [, address = "", prefix] = match;
  if (parseIPv4(address)) return Number(prefix) <= 32;
  return parseIPv6(address) !== undefined && Number(prefix) <= 128;
}

/** The last two groups of an address may be written as IPv4 (`::ffff:127.0.0.1`). */
function readGroups(parts: readonly string[], atEnd: boolean): number[] | undefined {
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const ipv4 = atEnd && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (ipv4) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}
