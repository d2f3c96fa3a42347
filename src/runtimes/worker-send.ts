/** Raw HTTP of a Worker: its `fetch`, told to leave packed what comes packed. */
import type { SendRaw } from "../aws/send-raw.ts";

/** https://developers.cloudflare.com/workers/runtime-apis/request/#the-init-parameter */
interface WorkersInit extends RequestInit {
  readonly encodeResponseBody: "automatic" | "manual";
}

export const sendByFetch: SendRaw = async ({ method, origin, path, headers }, signal) => {
  const init: WorkersInit = { method, headers, signal, redirect: "manual", encodeResponseBody: "manual" };
  const response = await fetch(origin + path, init);
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: response.body ?? nothing(),
  };
};

async function* nothing(): AsyncGenerator<Uint8Array> {}
