/** The results of `work` for each item, in order, with no more than `most` under way at a time. Rejects as the first one does. */
export async function inParallel<Item, T>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  const waiting = items.entries();
  async function next(): Promise<void> {
    for (const [at, item] of waiting) results[at] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, next));
  return results;
}
