/** Milliseconds since the Unix epoch. Whoever needs the time is handed one of these. */
export type Clock = () => number;

/** A number in [0, 1). */
export type Random = () => number;

/** SHA-256 of UTF-8 text, 32 bytes. Synchronous, so it comes from the runtime (node:crypto), not from WebCrypto. */
export type Sha256 = (text: string) => Uint8Array;

/** HMAC-SHA256 of UTF-8 text under a key that is UTF-8 text too, 32 bytes. Synchronous, as SHA-256 is. */
export type HmacSha256 = (key: string, text: string) => Uint8Array;
