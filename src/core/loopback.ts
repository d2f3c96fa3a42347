import { inRange, parseAddress, parseRange } from "./ip.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"].flatMap((cidr) => parseRange(cidr) ?? []);

/** Whether a listener on this host can be reached from this machine only. A name other than localhost never counts. */
export function isLoopbackHost(host: string): boolean {
  const name = unbracket(host).toLowerCase();
  if (name === "localhost") return true;
  const address = parseAddress(name);
  return address !== undefined && LOOPBACK.some((range) => inRange(range, address));
}

/** `[::1]`, as it stands in a URL, is `::1`. */
export function unbracket(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
