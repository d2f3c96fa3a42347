/** What a gateway does for those who see no more of it than a URL. Every runtime's own test calls this. */
import { afterAll, beforeAll, describe } from "vitest";
import { describeWhere } from "../../support/only-where.ts";
import { aboutTests } from "./about.ts";
import { accessTests } from "./access.ts";
import { deliveryTests } from "./delivery.ts";
import { limitsTests } from "./limits.ts";
import { openTests } from "./open.ts";
import { roadsTests } from "./roads.ts";
import type { GatewayRuntime } from "./runtime.ts";
import { createStage, type Stage } from "./stage.ts";

/** Those that one and the same gateway plays. */
const CONCERNS: Readonly<Record<string, (stage: Stage) => void>> = {
  roads: roadsTests,
  access: accessTests,
  limits: limitsTests,
  "what it tells of itself": aboutTests,
};

export function testGateway(runtime: GatewayRuntime): void {
  describe(`the gateway on ${runtime.name}`, { timeout: 60_000 }, () => {
    describe("with every road", () => {
      const stage = createStage(runtime);
      beforeAll(stage.open, 60_000);
      afterAll(stage.close);
      for (const [concern, declare] of Object.entries(CONCERNS)) describe(concern, () => declare(stage));
    });
    describe("delivery", () => deliveryTests(runtime));
    const everybodyReachesIt = `everybody reaches a gateway on ${runtime.name}`;
    describeWhere(runtime.loopback, everybodyReachesIt)("open on loopback", () => openTests(runtime));
  });
}
