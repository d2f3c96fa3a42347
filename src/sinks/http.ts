/** Events to an HTTP URL, as CloudEvents in binary, structured or batched mode. */
import type { Clock, Sha256 } from "../core/clock.ts";
import { dataBytes, decodeAttributes, type EncodedEvent, type EventAttributes, encodeBase64 } from "../core/event.ts";
import { toHex } from "../core/hex.ts";
import { orAborted } from "../core/or-aborted.ts";
import { createWebhookSigner } from "../core/standard-webhooks.ts";
import { createTokenSource, type TokenOptions } from "./access-token.ts";
import { batchId, batchMessage } from "./batch-message.ts";
import { binaryHeaders } from "./binary-headers.ts";
import { createHandshake, type HandshakeOptions } from "./handshake.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import type { FailedSend, Sink, SinkResult } from "./sink.ts";

export interface HttpSinkOptions {
  readonly url: string;
  readonly mode: "binary" | "structured" | "batch";
  /** Standard Webhooks secrets; none = unsigned. */
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?:
    | { readonly bearer: string }
    | { readonly basic: { readonly username: string; readonly password: string } }
    | { readonly oauth2: TokenOptions }
    | undefined;
  /** Whether the body of an answer is part of the result: a dead letter tells what its target said. */
  readonly keepAnswer?: boolean | undefined;
  /** Ask the target before the first delivery. */
  readonly handshake?: Omit<HandshakeOptions, "url"> | undefined;
}

export interface HttpSinkParts {
  readonly client: HttpClient;
  /** Another client, for the token URL: nothing that is meant for the target reaches it. Needed for `oauth2`. */
  readonly tokenClient?: HttpClient | undefined;
  readonly clock: Clock;
  readonly sha256: Sha256;
}

export function createHttpSink(options: HttpSinkOptions, parts: HttpSinkParts): Sink {
  const { client, clock, sha256 } = parts;
  const url = new URL(options.url);
  const fixed = {
    "user-agent": "poolcast",
    "accept-encoding": "identity",
    ...lowerCase(options.headers),
    ...authorization(options.auth),
  };
  const sign = options.secrets.length > 0 ? createWebhookSigner(options.secrets) : undefined;
  const tokens = tokenSource(options.auth, parts);
  const handshake =
    options.handshake &&
    createHandshake(
      { ...options.handshake, url },
      {
        client,
        clock,
        async headers() {
          const token = await currentToken();
          return typeof token === "string" ? withToken(token) : (token ?? fixed);
        },
      },
    );

  return {
    send: (event, signal) => post([event], signal),
    ...(options.mode === "batch" && { sendBatch: post }),
    async close() {
      await Promise.all([client.close(), tokens?.close()]);
    },
  };

  /** All of them in one request: one, unless the mode is batch. */
  async function post(events: readonly EncodedEvent[], signal: AbortSignal): Promise<SinkResult> {
    const written = await write(events);
    if (!written) return { kind: "failure", reason: "unsendable", message: "the stored event cannot be read" };
    const refusal = await handshake?.admit(signal);
    if (refusal) return refusal;
    const first = await sendOnce(written, signal);
    const again = first.token !== undefined && isUnauthorized(first.result) && tokens?.refused(first.token);
    const { result } = again ? await sendOnce(written, signal) : first;
    if (result.kind === "answer") handshake?.heard(result.status);
    return result;
  }

  /** One request, with the token it carried. */
  async function sendOnce({ message, id }: Written, signal: AbortSignal): Promise<Sent> {
    const token = await currentToken(signal);
    if (typeof token === "object") return { result: token };
    const timestamp = Math.floor(clock() / 1000);
    const signature = sign && {
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await sign({ id, timestamp, body: message.body }),
    };
    const headers = {
      ...(token === undefined ? fixed : withToken(token)),
      ...message.headers,
      ...handshake?.deliveryHeaders,
      "webhook-id": id,
      ...signature,
    };
    const keepBody = options.keepAnswer ?? false;
    const answer = await client.send({ method: "POST", url, headers, body: message.body, keepBody, signal });
    return { result: toResult(answer), token };
  }

  /** Undefined where the target needs none. The token's own request has a deadline of its own. */
  async function currentToken(signal?: AbortSignal): Promise<string | FailedSend | undefined> {
    if (!tokens) return undefined;
    try {
      const token = await (signal ? orAborted(tokens.token(), signal) : tokens.token());
      return token.ok ? token.value : { kind: "failure", reason: "token_failed", message: token.error };
    } catch {
      return { kind: "failure", reason: "aborted", message: "aborted" };
    }
  }

  function withToken(token: string): Readonly<Record<string, string>> {
    return { ...fixed, authorization: `Bearer ${token}` };
  }

  /** Undefined where the stored bytes are no event. The error would quote them, so it is not kept. */
  async function write([event, ...others]: readonly EncodedEvent[]): Promise<Written | undefined> {
    if (!event) return undefined;
    try {
      if (others.length > 0) {
        const message = batchMessage([event, ...others]);
        return { message, id: await batchId(message.body) };
      }
      const attributes = decodeAttributes(event);
      return { message: messageOf(event, attributes), id: webhookId(attributes, sha256) };
    } catch {
      return undefined;
    }
  }

  function messageOf(event: EncodedEvent, attributes: EventAttributes): Message {
    switch (options.mode) {
      case "binary":
        return binaryMessage(attributes, event);
      case "structured":
        return structuredMessage(event);
      case "batch":
        return batchMessage([event]);
    }
  }
}

interface Written {
  readonly message: Message;
  readonly id: string;
}

interface Sent {
  readonly result: SinkResult;
  readonly token?: string | undefined;
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

/** Of the kinds that do not change. */
function authorization(auth: HttpSinkOptions["auth"]): Readonly<Record<string, string>> {
  if (!auth || "oauth2" in auth) return {};
  if ("bearer" in auth) return { authorization: `Bearer ${auth.bearer}` };
  const { username, password } = auth.basic;
  return { authorization: `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}` };
}

function tokenSource(auth: HttpSinkOptions["auth"], { tokenClient, clock }: HttpSinkParts) {
  if (!auth || !("oauth2" in auth)) return undefined;
  if (!tokenClient) throw new Error("a target with oauth2 needs a client for its token URL");
  return createTokenSource(auth.oauth2, { client: tokenClient, clock });
}

function toResult(answer: HttpAnswer): SinkResult {
  if (!answer.ok) return { kind: "failure", reason: answer.reason, message: answer.message };
  const { status, body } = answer;
  return { kind: "answer", status, retryAfter: answer.header("retry-after"), ...(body && { body }) };
}

function isUnauthorized(result: SinkResult): boolean {
  return result.kind === "answer" && result.status === 401;
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
