import type { SettleVerdict } from "../broker/broker.ts";
import type { Verdict } from "./verdict.ts";

/** What the broker is told. A probe counts as no try; `note` is asked where the event is dead. */
export function settleVerdict(verdict: Verdict, probe: boolean, note: () => string | undefined): SettleVerdict {
  switch (verdict.kind) {
    case "retry":
      return { kind: "retry", atMs: verdict.atMs, counts: !probe };
    case "disable":
      return { kind: "release" };
    case "dead": {
      const forward = note();
      return forward === undefined ? verdict : { ...verdict, forward };
    }
    default:
      return verdict;
  }
}
