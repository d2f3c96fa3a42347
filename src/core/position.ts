/** How a place in a broker's log is written: a whole number from 1, or the id of an entry of a Redis stream. */
export type PositionFormat = "number" | "stream_id";

const LARGEST_STREAM_NUMBER = 2n ** 64n - 1n;

export function isPosition(text: string, format: PositionFormat): boolean {
  if (format === "number") return /^\d{1,15}$/.test(text);
  return /^\d{1,20}-\d{1,20}$/.test(text) && text.split("-").every((part) => BigInt(part) <= LARGEST_STREAM_NUMBER);
}

/** Negative where `a` comes first. Both are of one format. */
export function comparePositions(a: string, b: string): number {
  const [firstOfA, secondOfA] = numbersOf(a);
  const [firstOfB, secondOfB] = numbersOf(b);
  const [x, y] = firstOfA === firstOfB ? [secondOfA, secondOfB] : [firstOfA, firstOfB];
  return x < y ? -1 : x > y ? 1 : 0;
}

function numbersOf(position: string): readonly [bigint, bigint] {
  const [first = "0", second = "0"] = position.split("-");
  return [BigInt(first), BigInt(second)];
}
