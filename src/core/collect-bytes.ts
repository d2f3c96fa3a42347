type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/** All bytes of a stream, as one; undefined as soon as they are more than `maxBytes`: the rest is `letGo`'s. */
export async function collectBytes(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  letGo: (rest: ByteReader) => Promise<void> = (rest) => rest.cancel(),
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Not every runtime's streams can be looped over.
  const reader = stream?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || !value) return joinBytes(chunks);
    size += value.length;
    if (size > maxBytes) {
      if (reader) letGo(reader).catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
}

/** Reads on for nothing, as far as `maxBytes`, and ends the stream there. */
export async function discardBytes(rest: ByteReader, maxBytes: number): Promise<void> {
  for (let left = maxBytes; left > 0; ) {
    const { done, value } = await rest.read();
    if (done) return;
    left -= value.length;
  }
  await rest.cancel();
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
