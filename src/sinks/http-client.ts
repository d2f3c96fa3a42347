/** One HTTP request, as the runtime makes it: no redirects, no cookies, no proxy from the environment. */
import type { SinkFailure } from "./sink.ts";

export interface HttpClient {
  /** Never rejects. The body of the answer is read up to a limit and thrown away. */
  post(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export type HttpAnswer =
  | { readonly ok: true; readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly ok: false; readonly reason: SinkFailure; readonly message: string };
