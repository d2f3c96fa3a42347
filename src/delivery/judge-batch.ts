/** What one request means for each of the deliveries in it. Pure, as the verdict on each of them is. */
import type { Delivery } from "../broker/broker.ts";
import type { Random } from "../core/clock.ts";
import { isRefused, judge, type Try, type Verdict, type VerdictPolicy } from "./verdict.ts";

export type Judged = readonly { readonly delivery: Delivery; readonly verdict: Verdict }[];

export interface JudgeBatchParts {
  readonly random: Random;
  readonly ageOf: (delivery: Delivery, nowMs: number) => number;
}

/**
 * All that are to be tried again have the same time, the latest of theirs, so that they can go together again. Who is
 * refused among several is not known: then no attempt counts, and halves tell.
 */
export function judgeBatch(
  batch: readonly Delivery[],
  one: Omit<Try, "attempt" | "ageMs">,
  policy: VerdictPolicy,
  { random, ageOf }: JudgeBatchParts,
): Judged | "split" {
  if (batch.length > 1 && isRefused(one.result, policy)) return "split";
  const chance = random();
  const judged = batch.map((delivery) => {
    const { attempt } = delivery;
    return { delivery, verdict: judge({ ...one, attempt, ageMs: ageOf(delivery, one.nowMs) }, policy, () => chance) };
  });
  const times = judged.flatMap(({ verdict }) => (verdict.kind === "retry" ? [verdict.atMs] : []));
  if (times.length < 2) return judged;
  const atMs = Math.max(...times);
  return judged.map(({ delivery, verdict }) => ({
    delivery,
    verdict: verdict.kind === "retry" ? { ...verdict, atMs } : verdict,
  }));
}

export function halves(batch: readonly Delivery[]): readonly (readonly Delivery[])[] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}
