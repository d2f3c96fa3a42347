import { parseIPv4, parseIPv6 } from "./ip.ts";

/** Whether a listener on this host can be reached from this machine only. A name other than localhost never counts. */
export function isLoopbackHost(host: string): boolean {
  const name = unbracket(host).toLowerCase();
  if (name === "localhost") return true;
  if (parseIPv4(name)) return parseIPv4(name)?.[0] === 127;
  const groups = parseIPv6(name)?.join(":");
  return groups === "0:0:0:0:0:0:0:1" || isMappedLoopback(groups);
}

/** `[::1]`, as it stands in a URL, is `::1`. */
export function unbracket(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** 127.0.0.0/8 in IPv6 clothes: `::ffff:127.0.0.1`. */
function isMappedLoopback(groups: string | undefined): boolean {
  const match = /^0:0:0:0:0:65535:(\d+):\d+$/.exec(groups ?? "");
  return match !== null && Math.floor(Number(match[1]) / 256) === 127;
}
