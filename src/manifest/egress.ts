/**
 * In TriggerMesh targets are services of the cluster, and nobody has to allow them. Whoever writes a private host into a
 * manifest means it; a manifest that names public https targets alone opens nothing.
 */
import { inRange, parseAddress, parseRange } from "../core/ip.ts";
import type { JsonObject } from "../core/json.ts";
import { isLoopbackHost, unbracket } from "../core/loopback.ts";

/** RFC 1918, RFC 6598 (which EKS gives to pods) and RFC 4193. */
const PRIVATE_CIDRS = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
/** Names that only a private resolver knows: without a dot, or below a domain of no registry. */
const PRIVATE_NAME = /^[^.]+$|\.(?:svc|local|internal|lan|home\.arpa)$/;

/** The machine itself, or in a pod or a container what runs beside poolcast. */
const LOOPBACK_CIDRS = ["127.0.0.0/8", "::1/128"];

/** `egress` of the configuration, as little as these targets need; undefined where they need nothing. */
export function egressSettings(urls: readonly string[]): JsonObject | undefined {
  const parsed = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url));
  const targets = parsed.filter(({ protocol }) => /^https?:$/.test(protocol));
  const allowHttp = targets.some(({ protocol }) => protocol === "http:");
  const allowCidrs = [
    ...(targets.some(({ hostname }) => isLoopbackHost(unbracket(hostname))) ? LOOPBACK_CIDRS : []),
    ...(targets.some(({ hostname }) => isPrivateHost(unbracket(hostname))) ? PRIVATE_CIDRS : []),
  ];
  if (!allowHttp && allowCidrs.length === 0) return undefined;
  return { ...(allowHttp && { allowHttp }), ...(allowCidrs.length > 0 && { allowCidrs }) };
}

function isPrivateHost(host: string): boolean {
  if (isLoopbackHost(host)) return false;
  const address = parseAddress(host);
  if (address === undefined) return PRIVATE_NAME.test(host.replace(/\.$/, ""));
  return PRIVATE_CIDRS.some((cidr) => {
    const range = parseRange(cidr);
    return range !== undefined && inRange(range, address);
  });
}
