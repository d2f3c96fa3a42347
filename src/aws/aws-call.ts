/** Calls of the SDK: never endless, by clients that are shared, and that are let go with credentials that went bad. */
import { orAborted } from "../core/or-aborted.ts";

/** More than AWS takes, less than anybody waits for; also for finding the credentials, which no signal reaches. */
const CALL_MS = 10_000;

export interface ClientKeeper<Place, Client> {
  /**
   * Rejects as the SDK does, or with a TimeoutError. After a refusal of the credentials the next call finds them anew:
   * the SDK keeps those without an end for ever, and a role's session for as long as it was meant to last.
   */
  call<T>(place: Place, send: (client: Client, abortSignal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface ClientKeeperParts<Place, Client> {
  /** Places of one key share a client, and so its connections and credentials. */
  readonly keyOf: (place: Place) => string;
  readonly open: (place: Place) => Client;
}

export function keepClients<Place, Client>(parts: ClientKeeperParts<Place, Client>): ClientKeeper<Place, Client> {
  const clients = new Map<string, Client>();
  return {
    async call(place, send) {
      const key = parts.keyOf(place);
      const client = clients.get(key) ?? parts.open(place);
      clients.set(key, client);
      const signal = AbortSignal.timeout(CALL_MS);
      try {
        return await orAborted(send(client, signal), signal);
      } catch (error) {
        if (OF_CREDENTIALS.has(awsErrorName(error)) && clients.get(key) === client) clients.delete(key);
        throw error;
      }
    },
  };
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html, and what older services call them. */
const OF_CREDENTIALS: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
  "UnrecognizedClientException",
]);

const NAME = /^[\w.:#-]{1,80}$/;

/** `AccessDeniedException`; where no answer came the system's word, as `ECONNREFUSED`. Fit for a metric's label. */
export function awsErrorName(error: unknown): string {
  if (!(error instanceof Error)) return "UnknownError";
  const code = "code" in error ? error.code : undefined;
  // A connection that failed is just an Error, or several of them, with the system's code.
  const plain = error.name === "Error" || error.name === "AggregateError" || error.name === "TypeError";
  const name = plain && typeof code === "string" ? code : error.name;
  return NAME.test(name) ? name : "UnknownError";
}
