import * as z from "zod";
import { ROUTE_MAX_BYTES } from "./route-limits.ts";
import { awsAuth } from "./schema-auth.ts";
import { sharedSecret } from "./secrets.ts";
import { oneOrMany, section } from "./section.ts";
import { httpUrl } from "./urls.ts";
import { boolean, bytes, oneOf, text, texts } from "./values.ts";

const none: string[] = [];

/** Every route is optional, and off without its credential. */
export const ingest = section({
  eventbridge: route(keyed(ROUTE_MAX_BYTES.eventbridge)),
  cloudtrail: route(keyed(ROUTE_MAX_BYTES.cloudtrail)),
  events: route(keyed(ROUTE_MAX_BYTES.events)),
  sns: route(
    section({
      topicArns: texts.default(none),
      confirm: oneOf(["auto", "manual"]).default("auto"),
      allowSignatureV1: boolean.default(false),
      rawKeys: texts.default(none),
    }),
  ),
  firehose: route(section({ accessKeys: texts.default(none), maxBytes: bytes.prefault(ROUTE_MAX_BYTES.firehose) })),
  cognito: route(section({ secrets: oneOrMany(sharedSecret, "a list of Standard Webhooks secrets").default(none) })),
  lambda: route(section({})),
  s3: route(
    section({
      buckets: texts.default(none),
      region: text.optional(),
      auth: awsAuth.optional(),
      endpoint: httpUrl.optional(),
    }),
  ),
});

function keyed(maxBytes: number) {
  return section({ apiKeys: texts.default(none), maxBytes: bytes.prefault(maxBytes) });
}

/** `lambda:` with nothing behind it is written, so it counts as `lambda: {}`. */
function route<T extends z.ZodType>(schema: T) {
  return z.preprocess((input) => input ?? {}, schema).optional();
}
