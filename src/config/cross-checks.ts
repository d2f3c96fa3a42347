/**
 * The rules that join several sections. They read the tree as it was written, so that they speak also where another
 * part of it is at fault, and stay silent about values that have a fault of their own.
 */

import { createEgressGuard, type EgressFault } from "../core/egress.ts";
import { parseRange } from "../core/ip.ts";
import { isObject, member } from "../core/json.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { POOL_ARN } from "../core/pool-arn.ts";
import type { Problem } from "./faults.ts";
import { readDeadLetterUrl, readHttpUrl, readRedisUrl, readRestUrl } from "./urls.ts";
import { readBoolean } from "./values.ts";

export function crossCheck(tree: unknown, listenHost: string): Problem[] {
  const everywhere = [
    ...poolsOnce(tree),
    ...namesOnce(tree),
    ...unreachable(tree, listenHost),
    ...deadLettersThatComeBack(tree),
    ...foreignPositions(tree),
  ];
  return isLoopbackHost(listenHost) ? everywhere : [...everywhere, ...openToOthers(tree)];
}

function poolsOnce(tree: unknown): Problem[] {
  const first = new Map<string, number>();
  return items(member(tree, "pools")).flatMap((pool, index) => {
    const arn = member(pool, "arn");
    if (typeof arn !== "string" || !POOL_ARN.test(arn)) return [];
    const before = first.get(arn);
    if (before === undefined) first.set(arn, index);
    return before === undefined
      ? []
      : [{ path: ["pools", index, "arn"], message: `is the same pool as pools[${before}]` }];
  });
}

function namesOnce(tree: unknown): Problem[] {
  const message = "stands under subscriptions too; a name can be used once";
  const subscriptions = member(tree, "subscriptions");
  return entries(member(tree, "triggers"))
    .filter(([name]) => isObject(subscriptions) && Object.hasOwn(subscriptions, name))
    .map(([name]) => ({ path: ["triggers", name], message }));
}

/** Whoever reaches the port could post events, so somebody must have to prove who they are. */
function openToOthers(tree: unknown): Problem[] {
  const ingest = member(tree, "ingest");
  const problems: Problem[] = [];
  if (!CREDENTIALS.some(([route, key]) => isGiven(member(member(ingest, route), key)))) {
    const message = "a listener on a non-loopback address needs at least one ingest credential";
    problems.push({
      path: ["ingest"],
      message: `${message} (${CREDENTIALS.map((path) => path.join(".")).join(", ")})`,
    });
  }
  if (member(ingest, "lambda") !== undefined) {
    const message = "asks for no credential, so it needs a listener on a loopback address";
    problems.push({ path: ["ingest", "lambda"], message });
  }
  return problems;
}

const CREDENTIALS = [
  ["eventbridge", "apiKeys"],
  ["cloudtrail", "apiKeys"],
  ["events", "apiKeys"],
  ["sns", "topicArns"],
  ["firehose", "accessKeys"],
  ["cognito", "secrets"],
] as const;

/** What connections would be refused for anyway, as far as the URL shows it. */
function unreachable(tree: unknown, listenHost: string): Problem[] {
  const egress = member(tree, "egress");
  const onLoopback = isLoopbackHost(listenHost);
  const { judgeUrl } = createEgressGuard({
    allowLoopback: onLoopback,
    allowHttp: onLoopback || readBoolean(member(egress, "allowHttp")) === true,
    allowCidrs: writtenCidrs(member(egress, "allowCidrs")),
  });
  return ["subscriptions", "triggers"].flatMap((spelling) =>
    entries(member(tree, spelling)).flatMap(([name, written]) =>
      REACHED.flatMap((path) => {
        const url = readHttpUrl(path.reduce(member, written));
        const fault = url === undefined ? undefined : judgeUrl(new URL(url));
        return fault ? [{ path: [spelling, name, ...path], message: EGRESS_FAULTS[fault] }] : [];
      }),
    ),
  );
}

/** Every dead letter would be a new event, for the subscription that it died of as well. */
function deadLettersThatComeBack(tree: unknown): Problem[] {
  const broker = member(tree, "broker");
  const url = readRedisUrl(member(broker, "url"));
  const stream = member(broker, "stream") ?? "triggermesh";
  if (member(broker, "kind") !== "redis" || url === undefined || typeof stream !== "string") return [];
  const message = "is the stream of the broker: dead letters would come back as events";
  return deadLetterPaths(tree).flatMap(([path, written]) => {
    const target = readDeadLetterUrl(written);
    const isSame = target?.kind === "redis" && target.stream === stream && samePlace(target.url, url);
    return isSame ? [{ path, message }] : [];
  });
}

/** Only a Redis stream has ids of two numbers, which would mean nothing to a broker that counts its events. */
function foreignPositions(tree: unknown): Problem[] {
  if (member(member(tree, "broker"), "kind") === "redis") return [];
  const message = "is the id of an entry of a Redis stream; this broker numbers its events, from 1 on";
  return entries(member(tree, "triggers")).flatMap(([name, written]) =>
    ["start", "end"]
      .map((end) => ["bounds", "byId", end])
      .filter((path) => /^\d+-\d+$/.test(String(path.reduce(member, written))))
      .map((path) => ({ path: ["triggers", name, ...path], message })),
  );
}

function deadLetterPaths(tree: unknown): [PropertyKey[], unknown][] {
  return ["subscriptions", "triggers"].flatMap((spelling) =>
    entries(member(tree, spelling)).flatMap(([name, written]) =>
      REACHED.filter((path) => path.at(-1) === "deadLetterURL").map((path): [PropertyKey[], unknown] => [
        [spelling, name, ...path],
        path.reduce(member, written),
      ]),
    ),
  );
}

function samePlace(one: string, other: string): boolean {
  const places = [one, other].map((text) => {
    const { protocol, hostname, port, pathname } = new URL(text);
    if (readRestUrl(text) !== undefined) return `${protocol}//${hostname}:${port}`;
    return `${hostname}:${port || "6379"}${pathname === "/0" ? "" : pathname.replace(/\/$/, "")}`;
  });
  return places[0] === places[1];
}

/** Ranges that have a fault of their own may be meant to hold any address. */
function writtenCidrs(written: unknown): readonly string[] {
  const cidrs = Array.isArray(written) ? items(written) : written === undefined ? [] : [written];
  return cidrs.every(isCidr) ? cidrs : ["0.0.0.0/0", "::/0"];
}

function isCidr(written: unknown): written is string {
  return typeof written === "string" && parseRange(written) !== undefined;
}

const EGRESS_FAULTS: Readonly<Record<EgressFault, string>> = {
  plain_http: "is plain http, which a listener on a non-loopback address needs egress.allowHttp for",
  scheme: "must be an http:// or https:// URL",
  user_info: "must not hold a user name or password",
  host: "has a host that can be no host name",
  metadata: "names the metadata service of a cloud, which is never reached",
  private_name: "names a private host; egress.allowCidrs says which private addresses may be reached",
  address: "is an address that is not public; egress.allowCidrs says which others may be reached",
  port: "has a port that is used with private hosts only: public ones are reached on 443, 80 and 8080 to 8443",
};

/** All that an HTTP target makes poolcast call. */
const REACHED: readonly (readonly string[])[] = [
  ["target", "url"],
  ["target", "auth", "oauth2", "tokenUrl"],
  ["delivery", "deadLetterURL"],
  ["deliveryOptions", "deadLetterURL"],
  ["target", "deliveryOptions", "deadLetterURL"],
];

function isGiven(credential: unknown): boolean {
  return Array.isArray(credential) ? credential.some(isGiven) : typeof credential === "string" && credential !== "";
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}
