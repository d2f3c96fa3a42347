/** The HTTP client of a target, loaded with its first request: no start has to wait for undici. */
import type { HttpClient } from "../sinks/http-client.ts";
import type { UndiciClientOptions } from "./undici-client.ts";

export function createLazyClient(options: UndiciClientOptions): HttpClient {
  let client: Promise<HttpClient> | undefined;

  async function load(): Promise<HttpClient> {
    const { createUndiciClient } = await import("./undici-client.ts");
    return createUndiciClient(options);
  }

  return {
    async send(request) {
      client ??= load();
      return (await client).send(request);
    },
    async close() {
      await (await client)?.close();
    },
  };
}
