/**
 * Whether a request is a delivery that was signed with one of the secrets, and not long ago.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { collectBytes } from "../core/collect-bytes.ts";
import { createWebhookVerifier, WEBHOOK_TOLERANCE_MS } from "../core/standard-webhooks.ts";
import { mediaType } from "../core/structured-event.ts";

export interface VerifyOptions {
  /**
   * Each `whsec_` and the base64 of a shared secret of 24 to 64 bytes, or `whpk_` and the base64 of a public Ed25519
   * key. Any of them will do, which is how they are rotated.
   */
  readonly secrets: string | readonly string[];
  /** How far the time of signing may lie back or ahead; 300 unless given. */
  readonly toleranceSeconds?: number;
  /** The largest body that is read; 1 MiB unless given. A batch is as large as its target's `batch.maxBytes` allows. */
  readonly maxBytes?: number;
  /** Milliseconds since the Unix epoch; `Date.now` unless given. */
  readonly now?: () => number;
}

/** What the body is. A signature covers the body alone: in `binary` mode the attributes in the headers are unsigned. */
export type DeliveryMode = "structured" | "batch" | "binary";

export interface Delivery {
  readonly ok: true;
  /** The `webhook-id`: the same for an event, or a batch, however often it is tried and replayed. */
  readonly id: string;
  /** When this try was signed, in seconds since the Unix epoch. */
  readonly timestamp: number;
  /** The very bytes that were signed. */
  readonly body: Uint8Array;
  readonly mode: DeliveryMode;
  /** Of the request. Only `webhook-id` and `webhook-timestamp` are covered by the signature. */
  readonly headers: Headers;
}

export type RefusalCode =
  /** One of `webhook-id`, `webhook-timestamp`, `webhook-signature` is missing. */
  | "missing_header"
  /** No signature is right for any of the secrets. */
  | "bad_signature"
  /** Rightly or wrongly signed, it is too old, or from the future. */
  | "stale_timestamp"
  | "body_too_large"
  /** The connection broke off. */
  | "body_unreadable";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** A good answer to the sender. */
  readonly status: 400 | 401 | 413;
}

export type Verified = Delivery | Refusal;

const DEFAULT_MAX_BYTES = 1024 ** 2;
const HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;
const SECRET = /^wh(?:sec|pk)_/;

/** Reads the body of the request, which must not have been read before; throws a TypeError where it was, or a secret is none. */
export function verify(request: Request, options: VerifyOptions): Promise<Verified> {
  return createVerifier(options)(request);
}

/** `verify` with the secrets read once. Throws a TypeError where one cannot be used. */
export function createVerifier(options: VerifyOptions): (request: Request) => Promise<Verified> {
  const { toleranceSeconds, maxBytes = DEFAULT_MAX_BYTES, now = Date.now } = options;
  const toleranceMs = toleranceSeconds === undefined ? WEBHOOK_TOLERANCE_MS : toleranceSeconds * 1000;
  const verifyWebhook = createWebhookVerifier(checkedSecrets(options.secrets), toleranceMs);

  return async function verifyDelivery(request) {
    if (request.bodyUsed) throw new TypeError("the body was read before; verify needs its very bytes");
    const { headers } = request;
    if (HEADERS.some((name) => !headers.get(name))) return refusal("missing_header", 401);
    if (Number(headers.get("content-length") ?? 0) > maxBytes) return refusal("body_too_large", 413);
    const body = await readBody(request, maxBytes);
    if (body === "unreadable") return refusal("body_unreadable", 400);
    if (!body) return refusal("body_too_large", 413);
    const id = await verifyWebhook({ headers, body, nowMs: now() });
    if (!id.ok) return refusal(id.error, 401);
    const timestamp = Number(headers.get("webhook-timestamp"));
    return { ok: true, id: id.value, timestamp, body, mode: modeOf(headers), headers };
  };
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array | "unreadable" | undefined> {
  try {
    return await collectBytes(request.body, maxBytes);
  } catch {
    return "unreadable";
  }
}

/** What is no secret would verify nothing, and is most often a variable that is not set. */
function checkedSecrets(given: VerifyOptions["secrets"]): readonly string[] {
  const secrets: readonly unknown[] = typeof given === "string" ? [given] : Array.isArray(given) ? given : [];
  if (secrets.length === 0) throw new TypeError("secrets must hold at least one secret");
  return secrets.map((secret, index) => {
    if (typeof secret === "string" && SECRET.test(secret) && isLongEnough(secret)) return secret;
    throw new TypeError(
      `secrets[${index}] must be whsec_ and the base64 of 24 to 64 bytes, or whpk_ and that of a public Ed25519 key`,
    );
  });
}

/** An empty or a short key would be guessed. 24 bytes are 32 digits of base64, 64 are 86; no bytes are 4n + 1 digits. */
function isLongEnough(secret: string): boolean {
  const digits = secret.replace(SECRET, "").replace(/=+$/, "");
  return /^[A-Za-z0-9+/]{32,86}$/.test(digits) && digits.length % 4 !== 1;
}

function modeOf(headers: Headers): DeliveryMode {
  const type = mediaType(headers.get("content-type") ?? undefined);
  if (type === "application/cloudevents-batch+json") return "batch";
  return type === "application/cloudevents+json" ? "structured" : "binary";
}

function refusal(code: RefusalCode, status: Refusal["status"]): Refusal {
  return { ok: false, code, status };
}
