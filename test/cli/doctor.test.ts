/** The doctor's calls arrive at an emulated Cognito, and at fakes of what has no emulator. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { awsAdvice } from "../../src/cli/doctor/aws-advice.ts";
import { type CognitoLocal, startCognitoLocal } from "../support/cognito-local.ts";
import { type AwsAnswer, awsError, type FakeAws, startFakeAws } from "../support/fake-aws.ts";
import { makePlace } from "../support/gateway-process.ts";
import { runCommand } from "../support/run-command.ts";

const place = makePlace();
const servers: FakeAws[] = [];
let cognito: CognitoLocal;
let poolArn: string;

beforeAll(async () => {
  cognito = await startCognitoLocal(place);
  poolArn = `arn:aws:cognito-idp:eu-central-1:210987654321:userpool/${await cognito.createPool()}`;
}, 60_000);

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
afterAll(async () => {
  await place.remove();
  await cognito?.stop();
});

async function fakeAws(answer: Parameters<typeof startFakeAws>[0]): Promise<FakeAws> {
  const server = await startFakeAws(answer);
  servers.push(server);
  return server;
}

const AUTH = "{ credentials: { accessKeyID: AKIADOCTOR, secretAccessKey: c4n4ry } }";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly what: string;
    readonly ok: boolean;
    readonly error?: string;
    readonly advice?: string;
  }[];
}

async function doctor(yaml: string) {
  place.writeConfig(yaml);
  const run = await runCommand(place, ["doctor", "--json"]);
  expect(run.stdout + run.stderr).not.toContain("c4n4ry");
  const report: Report = JSON.parse(run.stdout);
  const found = (what: string) => report.checks.find((check) => check.what.startsWith(what));
  return { ...run, report, found };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Error(status: number, code: string): AwsAnswer {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>` };
}

describe("poolcast doctor", () => {
  it("makes each call once and is content", async () => {
    const trail = await fakeAws(() => ({ body: { Events: [] } }));
    const storage = await fakeAws(({ method }) => (method === "HEAD" ? { body: "" } : s3Error(404, "NoSuchKey")));
    const { status, report } = await doctor(`
broker: { kind: memory }
pools:
  - { arn: "${poolArn}", endpoint: "${cognito.url}", cloudtrailEndpoint: "${trail.url}", auth: ${AUTH}, poll: { lookupEvents: PT1M } }
ingest: { s3: { buckets: [ trail-files ], region: eu-central-1, endpoint: "${storage.url}", auth: ${AUTH} } }`);
    expect(report.checks.map(({ what, ok }) => [what, ok])).toEqual([
      ["the broker", true],
      ["cloudtrail:LookupEvents on * in eu-central-1", true],
      [`cognito-idp:ListUsers on ${poolArn}`, true],
      [`cognito-idp:ListUserPoolClients on ${poolArn}`, true],
      ["s3:GetObject on arn:aws:s3:::trail-files/*", true],
      ["s3:ListBucket on arn:aws:s3:::trail-files", true],
    ]);
    expect({ status, ok: report.ok }).toEqual({ status: 0, ok: true });
    expect(trail.count("LookupEvents")).toBe(1);
    expect(storage.requests).toHaveLength(2);
    for (const { headers } of [...trail.requests, ...storage.requests])
      expect(headers["user-agent"]).toMatch(/poolcast/);
  });

  it("says what is missing and what to allow, for each thing apart", async () => {
    const cognitoIdp = await fakeAws(({ operation }) =>
      operation === "ListUsers" ? awsError("AccessDeniedException") : { body: { UserPoolClients: [] } },
    );
    const trail = await fakeAws(() => awsError("ExpiredTokenException"));
    const storage = await fakeAws(({ method }) =>
      method === "HEAD" ? { status: 403, body: "" } : s3Error(403, "AccessDenied"),
    );
    const { status, found } = await doctor(`
broker: { kind: memory }
pools:
  - { arn: "${poolArn}", endpoint: "${cognitoIdp.url}", cloudtrailEndpoint: "${trail.url}", auth: ${AUTH}, poll: { lookupEvents: PT1M } }
ingest: { s3: { buckets: [ trail-files ], region: eu-central-1, endpoint: "${storage.url}", auth: ${AUTH} } }`);
    expect(status).toBe(1);
    expect(found("cognito-idp:ListUsers")).toMatchObject({ ok: false, error: "AccessDeniedException" });
    expect(found("cognito-idp:ListUsers")?.advice).toContain(`allow cognito-idp:ListUsers on ${poolArn}`);
    expect(found("cognito-idp:ListUserPoolClients")).toMatchObject({ ok: true });
    expect(found("cloudtrail:LookupEvents")?.advice).toMatch(/session .* is over/);
    expect(found("s3:GetObject")?.advice).toContain("allow s3:GetObject on arn:aws:s3:::trail-files/*");
    expect(found("s3:ListBucket")).toMatchObject({ ok: false, error: "AccessDenied" });
  });

  it("tells a pool that is not there from credentials that are not there", async () => {
    const gone = poolArn.replace(/_.*/, "_Gone");
    const { found } = await doctor(`
broker: { kind: memory }
pools: [{ arn: "${gone}", endpoint: "${cognito.url}", auth: ${AUTH} }]`);
    expect(found("cognito-idp:ListUsers")).toMatchObject({ ok: false, error: "ResourceNotFoundException" });
    const none = await doctor(`broker: { kind: memory }\npools: [{ arn: "${poolArn}", endpoint: "${cognito.url}" }]`);
    expect(none.found("cognito-idp:ListUsers")).toMatchObject({ ok: false, error: "CredentialsProviderError" });
  });

  it("looks at the store, but creates none and takes none from a gateway", async () => {
    const yaml = "broker: { kind: sqlite, path: ./doctor.db }\nlisten: { port: 0 }";
    const before = await doctor(yaml);
    expect(before).toMatchObject({ status: 0 });
    expect(before.report.checks[0]?.advice).toContain("created at the first start");
    const gateway = await place.start();
    const during = await doctor(yaml);
    expect(during).toMatchObject({ status: 0 });
    expect(during.report.checks[0]?.advice).toContain("a gateway has it open");
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await gateway.kill("SIGTERM");
    const after = await doctor(yaml);
    expect(after.report.checks[0]).toMatchObject({ ok: true });
    expect(after.report.checks[0]?.advice).not.toMatch(/gateway|created/);
  });

  it("finds a target at which nothing answers, without showing what is secret in its URL", async () => {
    const { status, found, stdout } = await doctor(`
broker: { kind: memory }
subscriptions: { crm: { target: { url: "http://127.0.0.1:9/hook?token=t0k3n" } } }`);
    expect(status).toBe(1);
    expect(found("the target of subscription crm, 127.0.0.1:9")).toMatchObject({ ok: false, error: "ECONNREFUSED" });
    expect(stdout).not.toContain("t0k3n");
  });

  it("speaks in lines to a reader, and of faults with status 2", async () => {
    place.writeConfig("broker: { kind: memory }");
    const run = await runCommand(place, ["doctor"]);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).toMatch(/^ok {6}the broker\n.*\n.*asks nothing of AWS\nall is well\n$/);
    place.writeConfig("broker: { kind: floppy }");
    expect(await runCommand(place, ["doctor"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("advice", () => {
  it("names the role's trust where a role is denied", () => {
    const principal = { kind: "role", arn: "arn:aws:iam::1:role/r" } as const;
    const need = {
      principal,
      action: "s3:GetObject",
      resource: "arn:aws:s3:::b/*",
      setting: "ingest.s3.buckets[0]",
      purpose: { kind: "bucket", bucket: "b" },
    } as const;
    expect(awsAdvice(need, { code: "access_denied", error: "AccessDenied" })).toMatch(
      /arn:aws:iam::1:role\/r.*trust policy/,
    );
    expect(awsAdvice(need, { code: "refused", error: "SomethingNewException" })).toContain("s3:GetObject");
  });
});
