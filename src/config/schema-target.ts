import * as z from "zod";
import { isObject, type JsonObject } from "../core/json.ts";
import type { HttpTargetConfig, TargetConfig } from "./config.ts";
import type { Problem } from "./faults.ts";
import { targetAuth } from "./schema-auth.ts";
import { headers } from "./schema-headers.ts";
import { tls } from "./schema-tls.ts";
import { signingSecret } from "./secrets.ts";
import { judge, note, oneOrMany, type Report, refuse, section } from "./section.ts";
import { httpUrl, redisTargetUrl } from "./urls.ts";
import { boolean, bytes, duration, integer, oneOf, text } from "./values.ts";

const batch = section({
  maxEvents: integer(1, 10_000).default(100),
  maxBytes: bytes.prefault("256KiB"),
  linger: duration({ min: 0, max: 60_000 }, "at most PT1M").prefault("PT0.2S"),
}).transform(({ linger, ...limits }) => ({ ...limits, lingerMs: linger }));

const options = {
  mode: oneOf(["binary", "structured", "batch"]).optional(),
  secret: oneOrMany(signingSecret, "a Standard Webhooks secret, or a list of them", 1).default([]),
  headers: headers.prefault({}),
  auth: targetAuth.optional(),
  tls: tls({}).exactOptional(),
  batch: batch.prefault({}),
  handshake: boolean.default(false),
};

const http = section({ url: httpUrl, ...options }, oneAuthorization).transform(
  ({ mode, secret, ...target }): HttpTargetConfig => ({
    ...target,
    kind: "http",
    // A signature covers the body only, and in binary mode half the event is in headers.
    mode: mode ?? (secret.length > 0 ? "structured" : "binary"),
    secrets: secret,
  }),
);

const stream = section({
  url: redisTargetUrl,
  stream: text.default("triggermesh"),
  maxLen: integer(1, Number.MAX_SAFE_INTEGER).optional(),
});

const redis = section({ redis: stream }).transform((target): TargetConfig => ({ kind: "redis", ...target.redis }));

/** Only there to find the other faults of a target whose kind is not clear. */
const either = section({ url: httpUrl.optional(), redis: stream.optional(), ...options }, oneAuthorization);

/** Judged as the kind of target that is named, so that the faults are those of one kind. */
export const target = z.unknown().transform((input, report): TargetConfig => {
  const hasUrl = isObject(input) && Object.hasOwn(input, "url");
  const hasRedis = isObject(input) && Object.hasOwn(input, "redis");
  if (hasUrl !== hasRedis) {
    return hasRedis ? judge(redis, withoutBatches(input, report), report) : judge<TargetConfig>(http, input, report);
  }
  if (isObject(input)) judge(either, input, report);
  return refuse(report, { path: [], message: "needs exactly one of url and redis" });
});

/** Each event is an entry of the stream, and entries travel together as they are. */
function withoutBatches(written: JsonObject, report: Report): JsonObject {
  const { mode, batch, ...others } = written;
  for (const [key, value] of Object.entries({ mode, batch })) {
    const message = "is for HTTP targets: in a Redis stream each event is an entry of its own, and none needs a batch";
    if (value !== undefined) note(report, { path: [key], message });
  }
  return others;
}

/** A target with nothing but its URL. */
export function plainHttpTarget(url: string): HttpTargetConfig {
  return http.parse({ url });
}

function oneAuthorization(written: JsonObject): Problem[] {
  if (written.auth === undefined || !isObject(written.headers)) return [];
  const twice = Object.keys(written.headers).filter((name) => name.toLowerCase() === "authorization");
  return twice.map((name) => ({ path: ["headers", name], message: "cannot be set where auth is given" }));
}
