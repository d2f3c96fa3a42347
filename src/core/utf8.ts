const strict = new TextDecoder("utf-8", { fatal: true });

/** The text of the bytes; undefined where they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
