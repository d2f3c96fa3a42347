/** The users seen in one scan, as one bit each: a million of them are 125 kB. */

export interface SeenUsers {
  /** False where the user was seen before. */
  add(ordinal: number): boolean;
  has(ordinal: number): boolean;
  count(): number;
}

const FIRST_BYTES = 1024;

export function createSeenUsers(): SeenUsers {
  let bits = new Uint8Array(FIRST_BYTES);
  let count = 0;

  function has(ordinal: number): boolean {
    return ((bits[ordinal >> 3] ?? 0) & (1 << (ordinal & 7))) !== 0;
  }

  return {
    has,
    add(ordinal) {
      if (has(ordinal)) return false;
      const at = ordinal >> 3;
      if (at >= bits.length) {
        const wider = new Uint8Array(Math.max(at + 1, bits.length * 2));
        wider.set(bits);
        bits = wider;
      }
      bits[at] = (bits[at] ?? 0) | (1 << (ordinal & 7));
      count += 1;
      return true;
    },
    count: () => count,
  };
}
