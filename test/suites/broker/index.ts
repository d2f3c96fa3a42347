import { describe, expect, it } from "vitest";
import { appendTests } from "./append.ts";
import { boundsTests } from "./bounds.ts";
import { bytesTests } from "./bytes.ts";
import { claimTests } from "./claim.ts";
import { concurrencyTests } from "./concurrency.ts";
import { crashTests } from "./crash.ts";
import { deadTests } from "./dead.ts";
import { forwardsTests } from "./forwards.ts";
import { type BrokerBackend, DEFAULT_LIMITS, type Scenario, withStage } from "./harness.ts";
import { leaseTests } from "./lease.ts";
import { limitsTests } from "./limits.ts";
import { modelTests } from "./model.ts";
import { orderTests } from "./order.ts";
import { redeliverTests } from "./redeliver.ts";
import { replaceTests } from "./replace.ts";
import { retentionTests } from "./retention.ts";
import { settleTests } from "./settle.ts";
import { stateTests } from "./state.ts";
import { statsTests } from "./stats.ts";
import { subscriptionsTests } from "./subscriptions.ts";

const CONCERNS: Readonly<Record<string, (scenario: Scenario) => void>> = {
  append: appendTests,
  subscriptions: subscriptionsTests,
  claim: claimTests,
  bounds: boundsTests,
  lease: leaseTests,
  settle: settleTests,
  "ordering by key": orderTests,
  "dead letters": deadTests,
  "dead letters to forward": forwardsTests,
  "delivering again": redeliverTests,
  "replacing events": replaceTests,
  retention: retentionTests,
  limits: limitsTests,
  bytes: bytesTests,
  state: stateTests,
  stats: statsTests,
  concurrency: concurrencyTests,
  crash: crashTests,
};

/** What a broker is, made executable. Every adapter's own test calls this, and nothing else says what it must do. */
export function testBroker(name: string, backend: BrokerBackend): void {
  describe(`${name} broker`, () => {
    const reasons = new Map(backend.skip?.flatMap(({ reason, tests }) => tests.map((title) => [title, reason])));
    const titles = new Set<string>();

    const scenario: Scenario = (title, play, { limits, needs } = {}) => {
      if (titles.has(title)) throw new Error(`Two tests have the title "${title}".`);
      titles.add(title);
      const reason = reasons.get(title);
      if (reason !== undefined) {
        it.skip(`${title} [skipped: ${reason}]`);
        return;
      }
      it(title, async ({ skip }) => {
        await withStage(backend, { ...DEFAULT_LIMITS, ...limits }, async (stage) => {
          if (needs !== undefined && !stage.broker.capabilities[needs]) skip(`the ${name} broker is not ${needs}`);
          await play(stage);
        });
      });
    };

    for (const [concern, declare] of Object.entries(CONCERNS)) describe(concern, () => declare(scenario));
    describe("model", () => modelTests(scenario, backend));

    // As a test, since the titles are known only when every describe above has run.
    it("skips no test that does not exist", () => {
      expect([...reasons.keys()].filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
