/**
 * An ingest over many: each record goes to the shard that it belongs to, and the answer is that of all of them. Where one
 * fails, the sender comes again, and the others know what they have.
 */
import type { BrokerFailureCode } from "../../broker/broker.ts";
import { inParallel } from "../../core/in-parallel.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Ingest, IngestCounts, IngestResult, RoadIngest } from "../ingest.ts";
import type { Unwrapped } from "../unwrap.ts";
import { inTheWhole, sumOf } from "./counts.ts";
import { GATEWAY, type PoolArn, shardOfFound, shardOfPosted, shardOfTrigger } from "./shard-of.ts";

export interface Shards {
  /**
   * Which of these names have a shard of their own; what belongs to the others is kept by `gateway`. The answer for a
   * name never changes: there is a limit to their number, and each is remembered before it is answered.
   */
  admit(names: readonly string[]): Promise<Result<ReadonlySet<string>, BrokerFailureCode>>;
  /** What is given to it is committed there, whatever place it names. */
  ingest(name: string): RoadIngest;
}

export interface SpreadParts {
  readonly shards: Shards;
  readonly poolArn: PoolArn;
}

/** Shards that are given something at the same time. */
const CONCURRENCY = 4;

/** For whoever takes requests and has no store. */
export function createSpreadIngest({ shards, poolArn }: SpreadParts): RoadIngest {
  async function spread<Item>(
    items: readonly Item[],
    shardOf: (item: Item) => string | undefined,
    give: (ingest: RoadIngest, items: readonly Item[]) => Promise<IngestResult>,
  ): Promise<IngestResult> {
    const parts = await partsOf(shards, items, shardOf);
    return parts.ok ? giveAll(shards, parts.value, give) : parts;
  }

  return {
    records: (found, context) =>
      spread(
        found,
        (one) => shardOfFound(one, poolArn),
        (ingest, items) => ingest.records(items, context),
      ),
    trigger: (event, invocation) =>
      spread(
        [event],
        () => shardOfTrigger(event, invocation, poolArn),
        (ingest) => ingest.trigger(event, invocation),
      ),
    posted: (results) => spread(results, shardOfPosted, (ingest, items) => ingest.posted(items)),
  };
}

export interface FinderParts extends SpreadParts {
  readonly name: string;
  readonly ingest: Ingest;
}

/**
 * For the polls and files of one shard, which may find what belongs to another: a copied file, an organisation's trail.
 * That is committed there first, and then the rest here, with the step that says how far they have come.
 */
export function createFinderIngest({ shards, poolArn, name, ingest }: FinderParts): Ingest {
  // A file that is named in a file is not fetched, so nobody else need know of it.
  const shardOf = (one: Unwrapped) =>
    one.kind === "record" || one.kind === "log" ? shardOfFound(one, poolArn) : undefined;

  return {
    ...ingest,
    async records(found, context) {
      const parts = await partsOf(shards, found, shardOf, name);
      if (!parts.ok) return parts;
      const { road, traceparent } = context;
      const foreign = parts.value.filter((part) => part.name !== name);
      const elsewhere = await giveAll(shards, foreign, (other, items) => other.records(items, { road, traceparent }));
      if (!elsewhere.ok) return elsewhere;
      const own = parts.value.find((part) => part.name === name)?.items ?? [];
      const here = await ingest.records(own, context);
      return here.ok ? ok(sumOf([elsewhere.value, here.value])) : here;
    },
  };
}

interface Part<Item> {
  readonly name: string;
  readonly items: Item[];
  /** Of each item in the whole. */
  readonly indexes: number[];
}

/** In the order of their first items. What belongs nowhere goes to `own`, else along with something else. */
async function partsOf<Item>(
  shards: Shards,
  items: readonly Item[],
  shardOf: (item: Item) => string | undefined,
  own?: string,
): Promise<Result<readonly Part<Item>[], BrokerFailureCode>> {
  const names = items.map(shardOf);
  const asked = new Set<string>();
  for (const name of names) if (name !== undefined && name !== GATEWAY && name !== own) asked.add(name);
  const admitted = asked.size === 0 ? ok(asked) : await shards.admit([...asked]);
  if (!admitted.ok) return admitted;
  const placed = names.map((name) => (name === undefined || name === own || admitted.value.has(name) ? name : GATEWAY));
  const anywhere = own ?? placed.find((name) => name !== undefined) ?? GATEWAY;
  const parts = new Map<string, Part<Item>>();
  for (const [at, item] of items.entries()) {
    const name = placed[at] ?? anywhere;
    const part = parts.get(name) ?? { name, items: [], indexes: [] };
    parts.set(name, part);
    part.items.push(item);
    part.indexes.push(at);
  }
  return ok([...parts.values()]);
}

async function giveAll<Item>(
  shards: Shards,
  parts: readonly Part<Item>[],
  give: (ingest: RoadIngest, items: readonly Item[]) => Promise<IngestResult>,
): Promise<IngestResult> {
  const results = await inParallel(parts, CONCURRENCY, async ({ name, items, indexes }) => {
    const result = await give(shards.ingest(name), items);
    return result.ok ? ok(inTheWhole(result.value, (index) => indexes[index] ?? index)) : result;
  });
  const counts: IngestCounts[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    counts.push(result.value);
  }
  return ok(sumOf(counts));
}
