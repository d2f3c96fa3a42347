/**
 * The rules that join several sections. They read the tree as it was written, so that they speak also where another
 * part of it is at fault, and stay silent about values that have a fault of their own.
 */
import { isObject, member } from "../core/json.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import type { Problem } from "./faults.ts";
import { POOL_ARN } from "./schema-pool.ts";
import { readHttpUrl } from "./urls.ts";
import { readBoolean } from "./values.ts";

export function crossCheck(tree: unknown, listenHost: string): Problem[] {
  const everywhere = [...poolsOnce(tree), ...namesOnce(tree)];
  return isLoopbackHost(listenHost) ? everywhere : [...everywhere, ...openToOthers(tree), ...plainHttp(tree)];
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

function plainHttp(tree: unknown): Problem[] {
  if (readBoolean(member(member(tree, "egress"), "allowHttp")) === true) return [];
  const message = "is plain http, which a listener on a non-loopback address needs egress.allowHttp for";
  return ["subscriptions", "triggers"].flatMap((spelling) =>
    entries(member(tree, spelling)).flatMap(([name, written]) =>
      REACHED.filter((path) => isPlainHttp(path.reduce(member, written))).map((path) => ({
        path: [spelling, name, ...path],
        message,
      })),
    ),
  );
}

/** All that an HTTP target makes poolcast call. */
const REACHED: readonly (readonly string[])[] = [
  ["target", "url"],
  ["target", "auth", "oauth2", "tokenUrl"],
  ["delivery", "deadLetterURL"],
  ["deliveryOptions", "deadLetterURL"],
  ["target", "deliveryOptions", "deadLetterURL"],
];

function isPlainHttp(url: unknown): boolean {
  return /^http:/i.test(readHttpUrl(url) ?? "");
}

function isGiven(credential: unknown): boolean {
  return Array.isArray(credential) ? credential.some(isGiven) : typeof credential === "string" && credential !== "";
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}
