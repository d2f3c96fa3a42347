/** The port to HTTP for what no client of the SDK asks here. */

/** Rejects where no answer comes, and when the signal aborts. Nothing is tried twice; a redirect is an answer. */
export type SendRaw = (request: RawRequest, signal: AbortSignal) => Promise<RawAnswer>;

export interface RawRequest {
  readonly method: "GET" | "HEAD";
  /** `https://host`, with the port where it is another one. */
  readonly origin: string;
  /** Percent-encoded, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | undefined;
  /**
   * The bytes as they were sent, whatever `content-encoding` says of them: checksums are made of those. Reading rejects
   * where they break off and when the signal aborts; leaving a loop over them lets go of the connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
}
