/** Which pool an app client belongs to. */
import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-wait.ts";
import { createKit, type Kit } from "./kit.ts";

/** As ingest asks: at first what is known, then once more after a look. */
async function poolOf({ identity, time }: Kit, clientId: string): Promise<string | undefined> {
  const round = identity.begin();
  const known = round.poolOfClient(clientId);
  if (known !== undefined) return known;
  const finding = round.findClients();
  await settle();
  await time.pass(0);
  return (await finding) ? round.poolOfClient(clientId) : undefined;
}

describe("the pool of a client", () => {
  it("is found on any page, and remembered", async () => {
    const kit = createKit();
    kit.pool.clientIds.push("a", "b", "c");
    expect(await poolOf(kit, "c")).toBe("eu-west-1_Orchard");
    expect(await poolOf(kit, "a")).toBe("eu-west-1_Orchard");
    expect(kit.pool.asked).toEqual(["clients", "clients"]);
  });

  it("is known before the first record comes", async () => {
    const kit = createKit();
    kit.pool.clientIds.push("a");
    kit.identity.start();
    await settle();
    expect(kit.identity.begin().poolOfClient("a")).toBe("eu-west-1_Orchard");
    kit.identity.stop();
  });

  it("is looked for once for a client of somebody else", async () => {
    const kit = createKit();
    for (let at = 0; at < 5; at++) {
      expect(await poolOf(kit, "foreign")).toBeUndefined();
      await kit.time.pass(20_000);
    }
    expect(kit.pool.asked).toEqual(["clients"]);
    await kit.time.pass(600_000);
    await poolOf(kit, "foreign");
    expect(kit.pool.asked).toEqual(["clients", "clients"]);
  });

  it("is looked for at a bounded rate however many clients are unknown, and a new one is found then", async () => {
    const kit = createKit();
    for (let at = 0; at < 50; at++) await poolOf(kit, `foreign-${at}`);
    expect(kit.pool.asked).toEqual(["clients"]);
    kit.pool.clientIds.push("new");
    expect(await poolOf(kit, "new")).toBeUndefined();
    await kit.time.pass(10_000);
    expect(await poolOf(kit, "new")).toBe("eu-west-1_Orchard");
    expect(kit.pool.asked).toEqual(["clients", "clients"]);
  });

  it("is not looked for while AWS refuses, and found once it answers", async () => {
    const kit = createKit();
    kit.pool.clientIds.push("a");
    kit.pool.refusal = "NotAuthorizedException";
    expect(await poolOf(kit, "a")).toBeUndefined();
    expect(await poolOf(kit, "a")).toBeUndefined();
    expect(kit.pool.asked).toEqual(["clients"]);
    kit.pool.refusal = undefined;
    await kit.time.pass(5000);
    expect(await poolOf(kit, "a")).toBe("eu-west-1_Orchard");
  });

  it("is waited for within the budget", async () => {
    const kit = createKit({ budgetMs: 300 });
    kit.pool.clientIds.push("a");
    kit.pool.hold = true;
    const round = kit.identity.begin();
    round.poolOfClient("a");
    const finding = round.findClients();
    await settle();
    await kit.time.pass(300);
    expect(await finding).toBe(false);
    await kit.pool.release();
    expect(await poolOf(kit, "a")).toBe("eu-west-1_Orchard");
  });
});
