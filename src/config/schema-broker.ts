import * as z from "zod";
import { isObject, type JsonObject, member } from "../core/json.ts";
import type { BrokerConfig } from "./config.ts";
import type { Problem } from "./faults.ts";
import { tls } from "./schema-tls.ts";
import { given, judge, list, refuse, section } from "./section.ts";
import { hasToken, readRestUrl, redisSocketUrl, redisUrl } from "./urls.ts";
import { boolean, bytes, duration, formatChoices, integer, oneOf, text, texts } from "./values.ts";

const KINDS = ["sqlite", "redis", "durable-object", "memory"] as const;
const CONNECTIONS = ["url", "clusterUrls", "sentinel"];

const kind = oneOf(KINDS);
const redisUrls = list(redisSocketUrl, "a list of redis:// or rediss:// URLs", 1);

const retention = {
  retention: duration().prefault("P7D"),
  deadRetention: duration().prefault("P30D"),
};

const sqlite = section({
  kind,
  path: text.prefault("./data/poolcast.db"),
  dedupeWindow: duration().prefault("P7D"),
  ...retention,
  maxBytes: bytes.prefault("10GiB"),
}).transform(({ path, maxBytes, ...windows }) => ({ kind: "sqlite" as const, path, maxBytes, ...inMs(windows) }));

/** An object holds 10 GB, of which events are one part: keys, deliveries and their indexes are the others. */
const durableObject = section({
  kind,
  dedupeWindow: duration().prefault("P7D"),
  ...retention,
  maxBytes: bytes.prefault("4GiB"),
}).transform(({ maxBytes, ...windows }) => ({ kind: "durable-object" as const, maxBytes, ...inMs(windows) }));

const memory = section({
  kind,
  dedupeWindow: duration().prefault("P7D"),
  ...retention,
  maxBytes: bytes.prefault("256MiB"),
}).transform(({ maxBytes, ...windows }) => ({ kind: "memory" as const, maxBytes, ...inMs(windows) }));

const redis = section(
  {
    kind,
    url: redisUrl.optional(),
    clusterUrls: redisUrls.optional(),
    sentinel: section({ name: text, urls: redisUrls }).optional(),
    username: text.optional(),
    password: text.optional(),
    database: integer(0, 65_535).optional(),
    tls: tls({ skipVerify: boolean.default(false) }).optional(),
    stream: text.default("triggermesh"),
    group: text.default("default"),
    trackingId: boolean.default(false),
    keepGroups: texts.default([]),
    dedupeWindow: duration().prefault("P1D"),
    ...retention,
  },
  function oneConnection(written) {
    const [, ...others] = given(written, CONNECTIONS);
    const tooMany = others.map((key) => ({
      path: [key],
      message: "only one of url, clusterUrls and sentinel can be given",
    }));
    return [...tooMany, ...restConnection(written)];
  },
).transform(({ kind: _, dedupeWindow, retention, deadRetention, ...connection }) => ({
  ...connection,
  ...(given(connection, CONNECTIONS).length === 0 ? { url: "redis://127.0.0.1:6379" } : {}),
  kind: "redis" as const,
  ...inMs({ dedupeWindow, retention, deadRetention }),
}));

/** A REST API is told a token, and nothing else. */
function restConnection(written: JsonObject): Problem[] {
  const url = readRestUrl(written.url);
  if (url === undefined) return [];
  const problems: Problem[] = given(written, ["username", "database", "tls"]).map((key) => ({
    path: [key],
    message: "has no meaning for the REST API that an https:// URL names: it is told a token, as password, and no more",
  }));
  if (Object.hasOwn(written, "password") || hasToken(url)) return problems;
  return [...problems, { path: ["password"], message: "is required: the token of the REST API that the URL names" }];
}

const BY_KIND = { sqlite, redis, "durable-object": durableObject, memory };

/** Judged as the kind that is named, so that the faults are those of one kind. */
export const broker = z.unknown().transform((input, report): BrokerConfig => {
  if (!isObject(input)) return judge<BrokerConfig>(BY_KIND.sqlite, input, report);
  const known = kind.safeParse(member(input, "kind"));
  if (known.success) return judge<BrokerConfig>(BY_KIND[known.data], input, report);
  return refuse(report, { path: ["kind"], message: `must be one of ${formatChoices(KINDS)}` });
});

function inMs(windows: { readonly dedupeWindow: number; readonly retention: number; readonly deadRetention: number }) {
  return {
    dedupeWindowMs: windows.dedupeWindow,
    retentionMs: windows.retention,
    deadRetentionMs: windows.deadRetention,
  };
}
