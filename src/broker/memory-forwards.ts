import type { ForwardVerdict } from "./broker.ts";

interface Pending {
  note: string;
  tries: number;
  /** The end of the lease, or the time of the next try. */
  dueAtMs: number;
  token: string | undefined;
}

/** What the memory broker knows of the dead letters of a subscription that are to be sent somewhere else. */
export function createMemoryForwards(nextClaim: () => number) {
  const pending = new Map<number, Pending>();

  return {
    add(seq: number, note: string, nowMs: number): void {
      pending.set(seq, { note, tries: 0, dueAtMs: nowMs, token: undefined });
    },
    forgetNote(seq: number): void {
      const one = pending.get(seq);
      if (one) one.note = "";
    },
    end(seq: number): void {
      pending.delete(seq);
    },
    claim(limit: number, leaseMs: number, nowMs: number) {
      const due = [...pending]
        .filter(([, one]) => one.dueAtMs <= nowMs)
        .sort(([a, one], [b, other]) => one.dueAtMs - other.dueAtMs || a - b);
      return due.slice(0, Math.max(0, limit)).map(([seq, one]) => {
        const token = `${seq}:${nextClaim()}`;
        one.tries += 1;
        one.dueAtMs = nowMs + leaseMs;
        one.token = token;
        return { seq, token, tries: one.tries, note: one.note };
      });
    },
    settle(token: string, verdict: ForwardVerdict, nowMs: number): "ok" | "stale" {
      const seq = Number.parseInt(token, 10);
      const one = pending.get(seq);
      if (one === undefined || one.token !== token) return "stale";
      if (verdict.kind === "done") pending.delete(seq);
      else {
        one.token = undefined;
        one.dueAtMs = verdict.kind === "retry" ? verdict.atMs : nowMs;
        if (verdict.kind === "release" || !verdict.counts) one.tries -= 1;
      }
      return "ok";
    },
    nextDueAt(nowMs: number): number | null {
      if (pending.size === 0) return null;
      const earliestMs = Math.min(...Array.from(pending.values(), ({ dueAtMs }) => dueAtMs));
      return earliestMs <= nowMs ? 0 : earliestMs;
    },
    size: (): number => pending.size,
  };
}
