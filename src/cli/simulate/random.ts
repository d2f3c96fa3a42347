/** Chance that can be had again: the same seed gives the same numbers. For stories only, never for secrets. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number between the two, both included. */
  integer(from: number, to: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** In the form of a random UUID (version 4). */
  uuid(): string;
}

/**
 * sfc32: all 53 bits of a seed count, and its long cycle keeps the UUIDs of two seeds apart.
 * https://pracrand.sourceforge.net/RNG_engines.txt
 */
export function createRandom(seed: number): Random {
  let a = (seed % 2 ** 32) | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  // Seeds that are near each other begin alike.
  for (let round = 0; round < 15; round += 1) word();

  function word(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  function next(): number {
    return word() / 2 ** 32;
  }

  function integer(from: number, to: number): number {
    return from + Math.floor(next() * (to - from + 1));
  }

  return {
    next,
    integer,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    uuid() {
      const hex = [word(), word(), word(), word()].map((one) => one.toString(16).padStart(8, "0")).join("");
      const variant = (8 + (Number.parseInt(hex.charAt(16), 16) % 4)).toString(16);
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        variant + hex.slice(17, 20),
        hex.slice(20),
      ].join("-");
    },
  };
}
