/** The little of ASN.1 DER that it takes to look into a certificate. ITU-T X.690, section 8 */

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

/** The values that stand one after the other in `bytes`; undefined where they do not fill it exactly. */
export function readDer(bytes: Uint8Array): readonly DerValue[] | undefined {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const length = readLength(bytes, at + 1);
    // Tags of several bytes stand in no certificate.
    if ((tag & 0x1f) === 0x1f || !length) return undefined;
    const end = length.next + length.value;
    if (end > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(length.next, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/** What is inside a value, where it has this tag. */
export function readInside(value: DerValue | undefined, tag: number): readonly DerValue[] | undefined {
  return value?.tag === tag ? readDer(value.content) : undefined;
}

function readLength(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, next: at + 1 };
  const count = first & 0x7f;
  // 0x80 is the indefinite length of BER; three bytes are more than any certificate that is taken here.
  if (count === 0 || count > 3 || at + count >= bytes.length) return undefined;
  let value = 0;
  for (let offset = 1; offset <= count; offset++) value = value * 256 + (bytes[at + offset] ?? 0);
  return { value, next: at + 1 + count };
}
