/**
 * What the targets, token URLs and dead-letter URLs of subscriptions may be: first by what the URL itself says, then,
 * with each new connection, by the address it really goes to.
 */
import { type AddressPolicy, createAddressJudge } from "./egress-address.ts";
import { parseAddress } from "./ip.ts";
import { unbracket } from "./loopback.ts";

export interface EgressPolicy extends AddressPolicy {
  readonly allowHttp: boolean;
}

export type EgressFault =
  /** `http:`, where that is not allowed. */
  | "plain_http"
  /** Neither `http:` nor `https:`. */
  | "scheme"
  /** A user name or a password in the URL. */
  | "user_info"
  /** What can be no name of a host. */
  | "host"
  /** The metadata service of a cloud, by its name. */
  | "metadata"
  /** A name for private hosts, where no private address may be reached. */
  | "private_name"
  | "address"
  /** A port on which public hosts do not take webhooks. */
  | "port";

export interface EgressGuard {
  /** What is wrong with a URL, as far as it shows; undefined where nothing is. */
  judgeUrl(url: URL): EgressFault | undefined;
  /** The same of a connection that is about to be opened. */
  judgeConnection(address: string, port: number): EgressFault | undefined;
}

/** Names that some resolvers answer with the address of a cloud's metadata service. */
const METADATA_NAMES = new Set([
  "instance-data",
  "instance-data.ec2.internal",
  "metadata",
  "metadata.azure.internal",
  "metadata.goog",
  "metadata.google.internal",
]);

const LOCALHOST = /^(?:.+\.)?localhost$/;
/** The top-level domain that ICANN keeps free for private networks. */
const INTERNAL = /\.internal$/;
/** As the DNS has them, and with the underscores that container networks allow. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/;

export function createEgressGuard(policy: EgressPolicy): EgressGuard {
  const judgeAddress = createAddressJudge(policy);
  const onlyPublic = !policy.allowLoopback && policy.allowCidrs.length === 0;

  function judgeConnection(address: string, port: number): EgressFault | undefined {
    const verdict = judgeAddress(address);
    if (verdict === "refused") return "address";
    return verdict === "public" && !isPublicPort(port) ? "port" : undefined;
  }

  /** The resolver decides about most names; these are told apart before it is asked. */
  function judgeName(name: string, port: number): EgressFault | undefined {
    if (!HOST_NAME.test(name)) return "host";
    if (METADATA_NAMES.has(name)) return "metadata";
    if (policy.allowCidrs.length === 0) {
      if (INTERNAL.test(name) || (LOCALHOST.test(name) && !policy.allowLoopback)) return "private_name";
    }
    return onlyPublic && !isPublicPort(port) ? "port" : undefined;
  }

  return {
    judgeUrl(url) {
      if (url.protocol !== "https:" && url.protocol !== "http:") return "scheme";
      if (url.protocol === "http:" && !policy.allowHttp) return "plain_http";
      if (url.username !== "" || url.password !== "") return "user_info";
      // URL has read decimal, octal and hexadecimal addresses already; a full stop at the end of a name says nothing.
      const host = unbracket(url.hostname).replace(/\.$/, "");
      const port = portOf(url);
      return parseAddress(host) ? judgeConnection(host, port) : judgeName(host, port);
    },
    judgeConnection,
  };
}

/** The port a URL leads to, also where it names none. */
export function portOf({ port, protocol }: { readonly port: string; readonly protocol: string }): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

/** Those of the web. All others have services behind them that take harm from an HTTP request, or may. */
function isPublicPort(port: number): boolean {
  return port === 443 || port === 80 || (port >= 8080 && port <= 8443);
}
