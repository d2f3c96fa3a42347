/**
 * HTTP by the runtime's own `fetch`, where there is no other way out (Workers). The egress policy judges each URL; the
 * address behind a name is the platform's own affair there, which reaches public addresses only.
 */
import { joinBytes } from "../core/collect-bytes.ts";
import type { EgressGuard } from "../core/egress.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../sinks/http-client.ts";
import { MAX_ANSWER_BYTES } from "../sinks/sink.ts";
import { refused } from "./refused-target.ts";

export function createFetchClient(egress: EgressGuard): HttpClient {
  return {
    async send(request): Promise<HttpAnswer> {
      const fault = egress.judgeUrl(request.url);
      if (fault) return refused(fault);
      const message = toMessage(request);
      if (!message) return { ok: false, reason: "unsendable", message: "the request cannot be written" };
      const { signal, keepBody = false } = request;
      try {
        const answer = await fetch(message);
        // The status is the answer. What becomes of the body, a reset or a deadline, does not change it.
        const body = keepBody ? await readBody(answer) : await dropBody(answer);
        return {
          ok: true,
          status: answer.status,
          header: (name) => answer.headers.get(name) ?? undefined,
          ...(body && { body }),
        };
      } catch (error) {
        if (signal.aborted) return { ok: false, reason: "aborted", message: "aborted" };
        return { ok: false, reason: "connection_failed", message: error instanceof Error ? error.name : String(error) };
      }
    },
    async close() {},
  };
}

/** Undefined where a header holds what no header may. */
function toMessage({ method, url, headers, body, signal }: HttpRequest): Request | undefined {
  try {
    return new Request(url, {
      method,
      headers,
      ...(body && { body: new Uint8Array(body) }),
      // A redirect is an answer that is not 2xx.
      redirect: "manual",
      signal,
    });
  } catch {
    return undefined;
  }
}

async function dropBody({ body }: Response): Promise<undefined> {
  await body?.cancel().catch(() => {});
}

async function readBody({ body }: Response): Promise<Uint8Array> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      chunks.push(next.value);
      size += next.value.length;
      if (size >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // What came is what there is.
  }
  reader?.cancel().catch(() => {});
  return joinBytes(chunks).subarray(0, MAX_ANSWER_BYTES);
}
