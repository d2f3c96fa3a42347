import { expect, it } from "vitest";
import { encodeEvent } from "../../src/core/event.ts";
import { createHandlerSink, type EventHandler } from "../../src/sinks/handler.ts";

const EVENT = encodeEvent({ specversion: "1.0", id: "1", source: "/a", type: "b" }, "json", '{"n":7}');

function send(handle: EventHandler, signal = new AbortController().signal) {
  return createHandlerSink(handle).send(EVENT, signal);
}

it("hands the event over as an object, and takes it for delivered when the function ends", async () => {
  const handed: unknown[] = [];
  expect(await send((event) => void handed.push(event))).toEqual({ kind: "taken" });
  expect(handed).toEqual([{ specversion: "1.0", id: "1", source: "/a", type: "b", data: { n: 7 } }]);
  expect(await send(async () => {})).toEqual({ kind: "taken" });
});

it("takes a response for what it says", async () => {
  expect(await send(() => new Response(null, { status: 204 }))).toEqual({ kind: "answer", status: 204 });
  const busy = new Response("later", { status: 503, headers: { "retry-after": "7" } });
  expect(await send(async () => busy)).toEqual({ kind: "answer", status: 503, retryAfter: "7" });
});

it("tells of an error its name, and not what it says", async () => {
  const throwing: EventHandler = () => {
    throw new TypeError("ada@example.com is no number");
  };
  const failure = { kind: "failure", reason: "handler_failed", message: "TypeError" };
  expect(await send(throwing)).toEqual(failure);
  expect(await send(async (event, context) => throwing(event, context))).toEqual(failure);
});

it("lets go of a function whose time is over, and tells it", async () => {
  const controller = new AbortController();
  let signal: AbortSignal | undefined;
  const sending = send((_, context) => {
    ({ signal } = context);
    return new Promise(() => {});
  }, controller.signal);
  controller.abort();
  expect(await sending).toMatchObject({ kind: "failure", reason: "aborted" });
  expect(signal?.aborted).toBe(true);
});
