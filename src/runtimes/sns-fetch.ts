/** The calls of the SNS road by the runtime's own `fetch`, which Node, Deno and Workers have alike. */
import { err, ok } from "../core/result.ts";
import type { SnsFetch, SnsFetchFault } from "../ingest/sns/sns-fetch.ts";

export const snsFetch: SnsFetch = async (url, { maxBytes, timeoutMs }) => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    // Workers do not know `redirect: "error"`. With "manual" a redirect is an answer that is not ok.
    const response = await fetch(url, { redirect: "manual", signal });
    if (!response.ok) {
      await response.body?.cancel();
      return err<SnsFetchFault>(`status_${response.status}`);
    }
    const text = await readText(response.body, maxBytes);
    return text === undefined ? err("too_large") : ok(text);
  } catch {
    return err(signal.aborted ? "timeout" : "connection_failed");
  }
};

async function readText(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  if (!body) return text;
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
