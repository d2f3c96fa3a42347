import { toHex } from "../core/hex.ts";

/** A Lua script and its hash, by which a server that has seen it knows it. */
export interface RedisScript {
  readonly text: string;
  /** Hex of the SHA-1 of the text. */
  readonly sha1: Promise<string>;
}

export function defineScript(text: string): RedisScript {
  return { text, sha1: sha1Hex(text) };
}

async function sha1Hex(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text))));
}
