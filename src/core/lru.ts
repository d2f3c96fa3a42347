/** A map that forgets what was not asked for longest once all it holds weighs too much. */
export interface Lru<K, V> {
  /** Counts as use. */
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
}

export interface LruOptions<V> {
  readonly maxWeight: number;
  /** Of one value, above zero; asked when it is set. */
  readonly weightOf: (value: V) => number;
}

export function createLru<K, V>({ maxWeight, weightOf }: LruOptions<V>): Lru<K, V> {
  /** In the order of their last use: a Map keeps the order of insertion. */
  const entries = new Map<K, { readonly value: V; readonly weight: number }>();
  let total = 0;

  function remove(key: K): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.weight;
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },

    set(key, value) {
      remove(key);
      const weight = weightOf(value);
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= maxWeight) break;
        remove(oldest);
      }
    },

    delete: remove,
  };
}
