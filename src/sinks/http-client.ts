/** One HTTP request, as the runtime makes it: no redirects, no cookies, no proxy from the environment. */
import type { SinkFailure } from "./sink.ts";

export interface HttpClient {
  /**
   * Never rejects. Goes nowhere that the egress policy does not allow. Of the answer's body `MAX_ANSWER_BYTES` are read
   * at most; what follows is cut off, and the status counts all the same.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly method: "POST" | "OPTIONS";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the answer's body is wanted; else it is thrown away. */
  readonly keepBody?: boolean;
  readonly signal: AbortSignal;
}

export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** A header of the answer by its lower-case name; undefined where it is absent, or there more than once. */
      readonly header: (name: string) => string | undefined;
      /** Where it was wanted: what there was of it, up to the limit. */
      readonly body?: Uint8Array;
    }
  | { readonly ok: false; readonly reason: SinkFailure; readonly message: string };
