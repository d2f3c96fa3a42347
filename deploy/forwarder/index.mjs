/**
 * A Lambda function for the triggers of a Cognito user pool: tells poolcast of each, and gives Cognito back what it
 * would have got without it. Nothing that happens here may fail or delay a sign-in, so nothing here throws, and a
 * gateway that does not answer in time is not waited for.
 *
 *   POOLCAST_URL     as https://events.example.com/ingest/cognito
 *   POOLCAST_SECRET  whsec_..., one of ingest.cognito.secrets
 *   POOLCAST_WRAP    a trigger function to observe, as ./original.mjs#handler (README.md)
 */
import { createHmac, randomUUID } from "node:crypto";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** Cognito gives up after 5 s, the start of a cold function included. */
const COGNITO_MS = 4500;
const BUDGET_MS = 1500;

/**
 * Never sent, wherever they stand, compared in lower case. Besides passwords, codes, answers and tokens: what an app or
 * a function may put anything into, and texts of messages.
 */
const SECRETS = new Set([
  "password",
  "code",
  "challengeanswer",
  "privatechallengeparameters",
  "publicchallengeparameters",
  "challengemetadata",
  "validationdata",
  "clientmetadata",
  "tokenresponse",
  "idtoken",
  "samlresponse",
  "codeparameter",
  "linkparameter",
  "usernameparameter",
  "smsmessage",
  "emailmessage",
  "emailsubject",
  "claimsoverridedetails",
  "claimsandscopeoverridedetails",
]);

/** The handler to configure: observes the function in POOLCAST_WRAP, or, without one, answers the event as it came. */
export async function handler(event, context) {
  const wrapped = process.env.POOLCAST_WRAP;
  if (wrapped) return observe((...args) => callOriginal(wrapped, args), event, context);
  await forward(event, context, Date.now());
  return event;
}

/** The same for code: `export const handler = wrap(original)`. */
export function wrap(original) {
  return (event, context) => observe((...args) => call(original, args), event, context);
}

/** Whatever the original returns or throws is what Cognito gets. */
async function observe(original, event, context) {
  const startMs = Date.now();
  // Before the original can change it.
  const before = snapshot(event);
  let result;
  try {
    result = await original(event, context);
  } catch (error) {
    await forward(before, context, startMs);
    throw error;
  }
  await forward({ ...before, response: snapshot(result)?.response }, context, startMs);
  return result;
}

function snapshot(event) {
  try {
    return JSON.parse(serialize(event));
  } catch {
    return undefined;
  }
}

/** Handlers are async, or call back, or finish by the context; Node 22 functions may do any of these. */
function call(original, [event, context]) {
  return new Promise((resolve, reject) => {
    const done = (error, result) => (error ? reject(error) : resolve(result));
    const ending = Object.create(context ?? null, {
      done: { value: done },
      succeed: { value: resolve },
      fail: { value: reject },
    });
    const returned = original(event, ending, done);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

const originals = new Map();

/** A wrapped function that cannot be loaded fails as it would fail alone: it may be there to keep somebody out. */
async function callOriginal(place, args) {
  if (!originals.has(place)) originals.set(place, loadOriginal(place));
  return call(await originals.get(place), args);
}

async function loadOriginal(place) {
  const [file, name = "handler"] = place.split("#");
  const loaded = await import(new URL(file, import.meta.url).href);
  const original = loaded[name] ?? loaded.default?.[name];
  if (typeof original !== "function") throw new TypeError(`POOLCAST_WRAP: ${file} exports no function ${name}`);
  return original;
}

/** In the phase in which Lambda lets a function start up, at full speed; a failure shows at the first call. */
if (process.env.POOLCAST_WRAP) {
  const place = process.env.POOLCAST_WRAP;
  originals.set(place, loadOriginal(place));
  originals.get(place).catch(() => {});
}

/** One try. Resolves whatever happens. */
async function forward(event, context, startMs) {
  const requestId = context?.awsRequestId;
  try {
    const budgetMs = Math.min(BUDGET_MS, startMs + COGNITO_MS - Date.now(), timeLeftMs(context) - 100);
    if (budgetMs <= 0) throw named("no_time_left");
    const { POOLCAST_URL: url, POOLCAST_SECRET: secret } = process.env;
    if (!url || !secret) throw named("POOLCAST_URL_or_POOLCAST_SECRET_missing");
    const time = new Date(startMs).toISOString();
    const body = Buffer.from(serialize({ event, context: { requestId, time, accountId: accountOf(context) } }));
    const status = await post(new URL(url), body, signed(secret, requestId || randomUUID(), body), budgetMs);
    if (status !== 202) throw named(`status_${status}`);
  } catch (error) {
    complain(requestId, error);
  }
}

/** Members that are secret are left out of this copy; the event itself is never touched. */
function serialize(value) {
  return JSON.stringify(value, (name, inner) => (SECRETS.has(name.toLowerCase()) ? undefined : inner));
}

function timeLeftMs(context) {
  return typeof context?.getRemainingTimeInMillis === "function" ? context.getRemainingTimeInMillis() : COGNITO_MS;
}

function accountOf(context) {
  return /^arn:[^:]*:lambda:[^:]*:(\d{12}):/.exec(context?.invokedFunctionArn ?? "")?.[1];
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function signed(secret, id, body) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/**
 * Answers the status. On a connection of its own: one that was kept open may have died while Lambda had the function
 * frozen, which would cost the only try.
 */
function post(url, body, headers, budgetMs) {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "http:" ? requestHttp : requestHttps)(url, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json", "content-length": body.length, ...headers },
    });
    const timeout = AbortSignal.timeout(budgetMs);
    timeout.addEventListener("abort", () => {
      reject(named("timeout"));
      request.destroy();
    });
    request.once("response", (response) => {
      // Only the status counts; a body might never end.
      response.on("error", () => {});
      resolve(response.statusCode);
      request.destroy();
    });
    // Stays: a destroyed request may report more than one.
    request.on("error", reject);
    request.end(body);
  });
}

function named(code) {
  return Object.assign(new Error(code), { code });
}

/** For CloudWatch. Names the fault only: a message might quote what was sent. */
function complain(requestId, error) {
  try {
    const reason = String(error?.code ?? error?.name ?? "unknown");
    const message = "poolcast was not told of this trigger";
    process.stderr.write(`${JSON.stringify({ level: "warn", message, reason, requestId })}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
