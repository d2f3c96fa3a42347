import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CloudTrailOptions, createCloudTrailHistory } from "../../src/aws/cloudtrail.ts";
import { awsCredentials } from "../../src/aws/credentials.ts";
import type { HistoryQuery } from "../../src/ingest/poll/event-history.ts";
import { DENIED, EXPIRED, type FakeCloudTrail, startFakeCloudTrail } from "../support/fake-cloudtrail.ts";

const [ACCOUNT, REGION, KEY] = ["210987654321", "eu-central-1", "AKIAFAKEFAKEFAKE0001"];
const NOON = Date.UTC(2026, 4, 4, 12);
const HOUR: HistoryQuery = { fromMs: NOON, toMs: NOON + 3_600_000 };
const { signal } = new AbortController();

let fake: FakeCloudTrail;

beforeEach(async () => {
  fake = await startFakeCloudTrail(() => NOON + 7_200_000);
  fake.key(KEY, ACCOUNT);
  fake.rate = 1000;
});
afterEach(() => fake.close());

const credentials = (accessKeyID = KEY) =>
  awsCredentials({ credentials: { accessKeyID, secretAccessKey: "not-a-secret" } }, { region: REGION });

const open = (options: Partial<CloudTrailOptions> = {}) =>
  createCloudTrailHistory({ region: REGION, endpoint: fake.url, credentials: () => credentials(), ...options });

describe("LookupEvents through the SDK", () => {
  it("asks for Cognito's events of the time alone, up to the end without it, and says who asks", async () => {
    await open().page(HOUR, signal);
    const [request] = fake.requests;
    expect(request?.input).toEqual({
      LookupAttributes: [{ AttributeKey: "EventSource", AttributeValue: "cognito-idp.amazonaws.com" }],
      StartTime: NOON / 1000,
      EndTime: NOON / 1000 + 3599,
      MaxResults: 50,
    });
    expect(request).toMatchObject({ region: REGION, userAgent: expect.stringContaining("poolcast") });
  });

  it("pages through all events, newest first, and tells AWS's time", async () => {
    const history = fake.history(ACCOUNT, REGION);
    const ids = Array.from({ length: 120 }, (_, n) => history.add(NOON + n * 1000));
    history.add(HOUR.toMs);
    const cloudTrail = open();
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await cloudTrail.page({ ...HOUR, token }, signal);
      if (!page.ok) throw new Error(page.error.error);
      found.push(...page.value.events.map(({ record }) => JSON.parse(record).eventID));
      expect(page.value.atMs).toBe(NOON + 7_200_000);
      token = page.value.next;
    } while (token !== undefined);
    expect(found).toEqual(ids.toReversed());
    expect(fake.requests).toHaveLength(3);
  });

  it("passes an empty page with a token on as it is", async () => {
    const history = fake.history(ACCOUNT, REGION);
    history.add(NOON);
    history.emptyEvery = 1;
    const page = await open().page(HOUR, signal);
    expect(page).toMatchObject({ ok: true, value: { events: [], next: expect.any(String) } });
  });

  it.each([
    [EXPIRED, "expired_credentials"],
    [DENIED, "access_denied"],
    [{ status: 400, type: "ThrottlingException", shape: "body" }, "throttled"],
    [{ status: 400, type: "InvalidNextTokenException", shape: "body" }, "invalid_token"],
    [{ status: 403, type: "UnrecognizedClientException" }, "invalid_credentials"],
    [{ status: 403, type: "OptInRequired" }, "region_off"],
    [{ status: 403, type: "RequestTimeTooSkewed" }, "clock_skew"],
    [
      { status: 400, type: "InvalidSignatureException", message: "Signature expired: 1 is earlier than 2" },
      "clock_skew",
    ],
    [{ status: 400, type: "InvalidSignatureException", message: "does not match" }, "invalid_credentials"],
    [{ status: 400, type: "InvalidTimeRangeException", shape: "body" }, "refused"],
    [{ status: 500, type: "InternalFailure" }, "unavailable"],
    [{ status: 503, type: "ServiceUnavailable" }, "unavailable"],
  ] as const)("makes one request and a fault of $0.type: %s", async (refusal, code) => {
    fake.refuse = () => refusal;
    expect(await open().page(HOUR, signal)).toEqual({ ok: false, error: { code, error: refusal.type } });
    expect(fake.requests).toHaveLength(1);
  });

  it("names a key that AWS does not know, and a chain that ends without credentials", async () => {
    expect(await open({ credentials: () => credentials("AKIAFAKEFAKEFAKE0404") }).page(HOUR, signal)).toMatchObject({
      error: { code: "invalid_credentials", error: "UnrecognizedClientException" },
    });
    const none = () => Promise.reject(Object.assign(new Error("none"), { name: "CredentialsProviderError" }));
    expect(await open({ credentials: () => none }).page(HOUR, signal)).toMatchObject({
      error: { code: "no_credentials", error: "CredentialsProviderError" },
    });
  });

  it("says that nobody answers, or not in time, or not in JSON", async () => {
    fake.answerAfterMs = () => 5000;
    expect(await open({ timeoutMs: 50 }).page(HOUR, signal)).toEqual({
      ok: false,
      error: { code: "unavailable", error: "TimeoutError" },
    });
    await fake.close();
    expect(await open().page(HOUR, signal)).toEqual({
      ok: false,
      error: { code: "unavailable", error: "ECONNREFUSED" },
    });
  });

  it("is given up at once when the gateway stops", async () => {
    fake.answerAfterMs = () => 60_000;
    const controller = new AbortController();
    const page = open().page(HOUR, controller.signal);
    controller.abort();
    expect(await page).toEqual({ ok: false, error: { code: "stopped", error: "stopped" } });
  });

  it("asks for credentials anew when AWS refused them, and works again", async () => {
    let given = "AKIAFAKEFAKEFAKE0404";
    const cloudTrail = open({ credentials: () => credentials(given) });
    expect(await cloudTrail.page(HOUR, signal)).toMatchObject({ ok: false });
    given = KEY;
    expect(await cloudTrail.page(HOUR, signal)).toMatchObject({ ok: true });
  });

  it("sets its time right by the answer that calls it wrong", async () => {
    fake.dateOffsetMs = Date.now() + 3_600_000 - (NOON + 7_200_000);
    let refusals = 0;
    fake.refuse = () => (refusals++ === 0 ? { status: 403, type: "RequestTimeTooSkewed" } : undefined);
    const cloudTrail = open();
    const first = await cloudTrail.page(HOUR, signal);
    expect(first).toMatchObject({ ok: false, error: { code: "clock_skew" } });
    expect(await cloudTrail.page(HOUR, signal)).toMatchObject({ ok: true });
  });

  it("finds its endpoint in the environment, as other AWS programs do", async () => {
    process.env.AWS_ENDPOINT_URL_CLOUDTRAIL = fake.url;
    try {
      expect(await open({ endpoint: undefined }).page(HOUR, signal)).toMatchObject({ ok: true });
    } finally {
      delete process.env.AWS_ENDPOINT_URL_CLOUDTRAIL;
    }
  });
});
