/**
 * The keys of a broker on Redis. Only the stream is shared with others; all that poolcast keeps beside it begins with
 * the stream's name in braces, and so lies in the stream's hash slot.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */

export interface RedisKeys {
  /** Of entries `ce <structured CloudEvents JSON>`. */
  readonly stream: string;
  /** A hash: what is known of the log as a whole. Every other key begins with what stands before its `log`. */
  readonly log: string;
  /** A hash: the state entries of a collection. */
  state(collection: string): string;
  /** A hash: what is known of a consumer group. Its other keys begin with what stands before its `info`. */
  info(group: string): string;
}

export function keysOf(stream: string): RedisKeys {
  const prefix = hasHashTag(stream) ? `${stream}:` : `{${stream}}:`;
  return {
    stream,
    log: `${prefix}log`,
    state: (collection) => `${prefix}state:${collection}`,
    info: (group) => `${prefix}group:${group}:info`,
  };
}

/** Other braces than those of a hash tag leave no way to name a second key in the same slot. */
export function isUsableStream(stream: string): boolean {
  return hasHashTag(stream) || !/[{}]/.test(stream);
}

function hasHashTag(key: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(key);
}
