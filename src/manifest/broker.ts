/** RedisBroker and MemoryBroker: https://github.com/triggermesh/triggermesh-core */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { annotation, EVENTING, isKind, type ManifestObject, textAt, valueAt } from "./object.ts";
import { fault, from, literally, note, type Reading } from "./reading.ts";
import { fromSecret, inlineSecret } from "./secrets.ts";

/** The consumer groups of poolcast begin so, and those of TriggerMesh with `default`: each then sees every event. */
const DEFAULT_GROUP = "poolcast";
export const GROUP_ANNOTATION = "poolcast.dev/group";

/** Where members of the configuration stand there. */
const CONNECTION = {
  url: ["url"],
  clusterUrls: ["clusterURLs"],
  username: ["username"],
  password: ["password"],
  tls: [],
} as const;
const CREDENTIALS = { username: "username", password: "password" } as const;
const TLS_PARTS = { tlsCACertificate: "ca", tlsCertificate: "cert", tlsKey: "key" } as const;

/** `broker` of the configuration: that Redis, or `redisBeside` where none is named, else a SQLite file of its own. */
export function brokerSettings(reading: Reading, broker: ManifestObject, redisBeside: string | undefined): JsonObject {
  from(reading, ["broker"], broker, ["spec", "redis"]);
  const redis = valueAt(broker.tree, ["spec", "redis"]);
  const connection = member(redis, "connection") ?? (redisBeside === undefined ? undefined : { url: redisBeside });
  if (!isKind(broker, EVENTING, "RedisBroker") || !isObject(connection)) {
    return { kind: "sqlite", path: `./data/${broker.name}.db` };
  }
  for (const [key, written] of Object.entries(CONNECTION)) {
    from(reading, ["broker", key], broker, ["spec", "redis", "connection", ...written]);
  }
  const maxLen = member(redis, "streamMaxLen");
  if (maxLen !== undefined && maxLen !== 0) {
    const message =
      "poolcast removes what everybody has finished with, not what is over a length; this says nothing to it";
    note(reading, broker, ["spec", "redis", "streamMaxLen"], message);
  }
  return {
    kind: "redis",
    ...where(reading, broker, connection),
    ...credentials(reading, broker, connection),
    stream: literally(textAt(redis, ["stream"]) ?? defaultStream(reading, broker)),
    group: literally(annotation(broker, GROUP_ANNOTATION) ?? DEFAULT_GROUP),
    ...(member(redis, "enableTrackingID") === true && { trackingId: true }),
  };
}

function where(reading: Reading, broker: ManifestObject, connection: JsonObject): JsonObject {
  const { url, clusterURLs } = connection;
  const withTls = connection.tlsEnabled === true;
  if (url === undefined && clusterURLs === undefined) {
    fault(reading, broker, ["spec", "redis", "connection"], "needs one of url and clusterURLs");
  }
  const urlAt = (key: string, written: unknown) => {
    const read = redisUrl(written, withTls);
    const path = ["spec", "redis", "connection", key];
    return hasPassword(read) ? inlineSecret(reading, broker, path, read) : literally(read);
  };
  const urls = Array.isArray(clusterURLs) ? clusterURLs.map((one) => urlAt("clusterURLs", one)) : clusterURLs;
  return {
    ...(url !== undefined && { url: urlAt("url", url) }),
    ...(clusterURLs !== undefined && { clusterUrls: urls }),
    ...(withTls && { tls: tlsSettings(reading, broker, connection) }),
  };
}

/** `host:port` in a manifest is what a Redis client dials. */
function redisUrl(written: unknown, withTls: boolean): unknown {
  if (typeof written !== "string" || written.includes("://")) return written;
  return `${withTls ? "rediss" : "redis"}://${written}`;
}

function hasPassword(url: unknown): url is string {
  return typeof url === "string" && url.includes("@");
}

function credentials(reading: Reading, broker: ManifestObject, connection: JsonObject): JsonObject {
  return referred(reading, broker, connection, CREDENTIALS);
}

/** Whether a certificate is checked is no longer a question where one is given to check it with. */
function tlsSettings(reading: Reading, broker: ManifestObject, connection: JsonObject): JsonObject {
  const parts = referred(reading, broker, connection, TLS_PARTS);
  return { ...parts, ...(connection.tlsSkipVerify === true && parts.ca === undefined && { skipVerify: true }) };
}

function referred(
  reading: Reading,
  broker: ManifestObject,
  connection: JsonObject,
  names: Readonly<Record<string, string>>,
): JsonObject {
  const given = Object.entries(names).filter(([key]) => connection[key] !== undefined && connection[key] !== null);
  return Object.fromEntries(
    given.map(([key, name]) => {
      const path = ["spec", "redis", "connection", key, "secretKeyRef"];
      return [name, fromSecret(reading, broker, path, member(connection[key], "secretKeyRef"))];
    }),
  );
}

/** As TriggerMesh's controller names it. */
function defaultStream(reading: Reading, broker: ManifestObject): string {
  const { namespace = "default", name } = broker;
  const stream = `${namespace}.${name}`;
  if (broker.namespace === undefined) {
    const message = `neither a stream nor a namespace is given; the stream is taken to be ${stream}`;
    note(reading, broker, ["spec", "redis"], message);
  }
  return stream;
}
