import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { manifestText } from "../../src/manifest/write-manifest.ts";
import { poolSource, redisBroker } from "../manifest/documents.ts";
import { makePlace } from "../support/gateway-process.ts";
import { runCommand } from "../support/run-command.ts";

const ORCHARD = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orchard";
const MEADOW = ORCHARD.replaceAll("Orchard", "Meadow");
const place = makePlace();
afterAll(() => place.remove());

async function policy(yaml: string) {
  place.writeConfig(yaml);
  const run = await runCommand(place, ["policy", "--json"]);
  return { ...run, printed: run.status === 2 ? undefined : JSON.parse(run.stdout) };
}

describe("poolcast policy", () => {
  it("prints the one policy so that AWS takes it", async () => {
    const { status, printed, stdout, stderr } = await policy(
      `pools: [{ arn: "${ORCHARD}", poll: { lookupEvents: PT1M } }]`,
    );
    expect(status).toBe(0);
    expect(Object.keys(printed)).toEqual(["Version", "Statement"]);
    expect(printed.Statement.map(({ Resource }: { Resource: unknown }) => Resource)).toEqual(["*", ORCHARD]);
    expect(stderr).toContain("pools[0].identify");
    expect((await runCommand(place, ["policy"])).stdout).toBe(stdout);
  });

  it("prints one for each who speaks to AWS, without a secret", async () => {
    const auth = "{ credentials: { accessKeyID: AKIAVISIBLE1234, secretAccessKey: c4n4ry } }";
    const { printed, stdout, stderr } = await policy(
      `pools: [{ arn: "${ORCHARD}" }, { arn: "${MEADOW}", auth: ${auth} }]`,
    );
    expect(printed.policies).toMatchObject([
      { usedBy: ["pools[0].identify"], policy: { Statement: [{ Resource: ORCHARD }] } },
      { principal: "the access key that ends in 1234", policy: { Statement: [{ Resource: MEADOW }] } },
    ]);
    for (const secret of ["c4n4ry", "AKIAVISIBLE"]) expect(stdout + stderr).not.toContain(secret);
  });

  it("prints that of a manifest", async () => {
    writeFileSync(join(place.directory, "manifest.yaml"), manifestText([redisBroker("orders"), poolSource("pool")]));
    const run = await runCommand(place, ["policy", "--from", "manifest.yaml"]);
    const actions = JSON.parse(run.stdout).Statement.flatMap(({ Action }: { Action: string[] }) => Action);
    expect(actions).toEqual(expect.arrayContaining(["cloudtrail:LookupEvents", "cognito-idp:ListUsers"]));
  });

  it("says where nothing is needed, and what is wrong with the configuration", async () => {
    const none = await policy("{}");
    expect(none.printed).toEqual({ Version: "2012-10-17", Statement: [] });
    expect(none.stderr).toContain("needs no policy");
    const wrong = await policy("pools: [{ arn: x }]");
    expect(wrong).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("pools[0].arn") });
  });
});
