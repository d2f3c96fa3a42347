/** Events to an HTTP URL, as CloudEvents in binary or structured mode. */
import type { Clock, Sha256 } from "../core/clock.ts";
import { dataBytes, decodeAttributes, type EncodedEvent, type EventAttributes, encodeBase64 } from "../core/event.ts";
import { toHex } from "../core/hex.ts";
import { binaryHeaders } from "./binary-headers.ts";
import type { HttpClient } from "./http-client.ts";
import { createSigner } from "./signature.ts";
import type { Sink, SinkResult } from "./sink.ts";

export interface HttpSinkOptions {
  readonly url: string;
  readonly mode: "binary" | "structured";
  /** Standard Webhooks secrets; none = unsigned. */
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?:
    | { readonly bearer: string }
    | { readonly basic: { readonly username: string; readonly password: string } }
    | undefined;
}

export interface HttpSinkParts {
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly sha256: Sha256;
}

export function createHttpSink(options: HttpSinkOptions, { client, clock, sha256 }: HttpSinkParts): Sink {
  const url = new URL(options.url);
  const fixed = {
    "user-agent": "poolcast",
    "accept-encoding": "identity",
    ...lowerCase(options.headers),
    ...authorization(options.auth),
  };
  const sign = options.secrets.length > 0 ? createSigner(options.secrets) : undefined;

  return {
    async send(event, signal): Promise<SinkResult> {
      const written = write(event);
      if (!written) return { kind: "failure", reason: "unsendable", message: "the stored event cannot be read" };
      const { message, id } = written;
      const timestamp = Math.floor(clock() / 1000);
      const signature = sign && {
        "webhook-timestamp": String(timestamp),
        "webhook-signature": await sign({ id, timestamp, body: message.body }),
      };
      const headers = { ...fixed, ...message.headers, "webhook-id": id, ...signature };
      const answer = await client.post({ url, headers, body: message.body, signal });
      if (!answer.ok) return { kind: "failure", reason: answer.reason, message: answer.message };
      return { kind: "answer", status: answer.status, retryAfter: answer.retryAfter };
    },
    close: () => client.close(),
  };

  /** Undefined where the stored bytes are no event. The error would quote them, so it is not kept. */
  function write(event: EncodedEvent): { readonly message: Message; readonly id: string } | undefined {
    try {
      const attributes = decodeAttributes(event);
      const message = options.mode === "binary" ? binaryMessage(attributes, event) : structuredMessage(event);
      return { message, id: webhookId(attributes, sha256) };
    } catch {
      return undefined;
    }
  }
}

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

function structuredMessage({ bytes }: EncodedEvent): Message {
  return { headers: { "content-type": "application/cloudevents+json; charset=utf-8" }, body: bytes };
}

function binaryMessage(attributes: EventAttributes, event: EncodedEvent): Message {
  // Without a content type the data is JSON; a header must say so.
  const implied = event.dataKind === "json" ? { "content-type": "application/json" } : {};
  return { headers: { ...implied, ...binaryHeaders(attributes) }, body: dataBytes(event) };
}

const CLOUDTRAIL_ROADS: ReadonlySet<unknown> = new Set([
  "eventbridge",
  "sns",
  "firehose",
  "s3",
  "cloudtrail",
  "lookup",
]);

/**
 * Names the event over all tries and replays, so that a receiver can tell a repetition: the eventID of a CloudTrail
 * record, else a hash of what identifies a CloudEvent. A full stop would end the id in the signed content.
 */
export function webhookId({ road, id, source }: EventAttributes, sha256: Sha256): string {
  if (CLOUDTRAIL_ROADS.has(road) && /^[\w-]{1,64}$/.test(id)) return id;
  return `ce_${toHex(sha256(`${source}\n${id}`).subarray(0, 16))}`;
}

function authorization(auth: HttpSinkOptions["auth"]): Readonly<Record<string, string>> {
  if (!auth) return {};
  if ("bearer" in auth) return { authorization: `Bearer ${auth.bearer}` };
  const { username, password } = auth.basic;
  return { authorization: `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}` };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
