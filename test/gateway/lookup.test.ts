import { afterEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { err, ok } from "../../src/core/result.ts";
import { type HistoryPlace, lookupGroups } from "../../src/gateway/lookup.ts";
import type { EventHistory, HistoryQuery } from "../../src/ingest/poll/event-history.ts";
import { createFakeEventHistory } from "../support/fake-event-history.ts";
import { NO_POLLS, openTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { waitUntil } from "../support/wait.ts";

const arn = (account: string, region: string, id: string) =>
  `arn:aws:cognito-idp:${region}:${account}:userpool/${region}_${id}`;
const A = arn("210987654321", "eu-central-1", "Kq3vX9TzP");
const B = arn("210987654321", "eu-central-1", "Bbbbbbbb1");
const OTHER_REGION = arn("210987654321", "us-west-2", "Cccccccc1");
const OTHER_ACCOUNT = arn("109876543210", "eu-central-1", "Dddddddd1");

const running: TestGateway[] = [];
afterEach(async () => {
  for (const { gateway } of running.splice(0)) await gateway.stop(0);
});

interface Asked extends HistoryQuery {
  readonly region: string;
}

/** A gateway whose every poll finds `page`, with all that was asked. */
async function startGateway(yaml: string, page: (place: HistoryPlace) => EventHistory["page"]) {
  const opened: HistoryPlace[] = [];
  const asked: Asked[] = [];
  const gateway = await openTestGateway(yaml, {
    pollSources: {
      ...NO_POLLS,
      async openEventHistory(place) {
        opened.push(place);
        const answer = page(place);
        return {
          page(query, signal) {
            asked.push({ ...query, region: place.region });
            return answer(query, signal);
          },
        };
      },
    },
  });
  running.push(gateway);
  await gateway.gateway.start();
  const pools = async () => (await (await gateway.request("/readyz")).json()).pools;
  const metrics = async () => (await gateway.request("/metrics")).text();
  return { gateway, opened, asked, pools, metrics };
}

const nothing: EventHistory["page"] = async () => ok({ events: [] });

describe("which polls there are", () => {
  const groups = (yaml: string) => {
    const config = parseConfig(`pools: [${yaml}]`, {});
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    return lookupGroups(config.value.pools);
  };

  it("one for each account and Region, none where no pool asks for it", () => {
    const poll = "poll: { lookupEvents: PT1M }";
    const found = groups(
      `{ arn: "${A}", ${poll} }, { arn: "${B}", ${poll} }, { arn: "${OTHER_REGION}", ${poll} }, ` +
        `{ arn: "${OTHER_ACCOUNT}", poll: { listUsers: PT1M } }`,
    );
    expect(found.map(({ account, region, arns }) => ({ account, region, arns }))).toEqual([
      { account: "210987654321", region: "eu-central-1", arns: [A, B] },
      { account: "210987654321", region: "us-west-2", arns: [OTHER_REGION] },
    ]);
  });

  it("with the shortest pause, the longest look back, and the credentials of the first pool that polls", () => {
    const key = (id: string) => `auth: { credentials: { accessKeyID: ${id}, secretAccessKey: s } }`;
    const [group] = groups(
      `{ arn: "${OTHER_ACCOUNT}", ${key("AKIA0")} }, ` +
        `{ arn: "${A}", ${key("AKIA1")}, poll: { lookupEvents: PT5M }, overlap: PT1H, cloudtrailEndpoint: "http://127.0.0.1:1" }, ` +
        `{ arn: "${B}", ${key("AKIA2")}, poll: { lookupEvents: PT1M }, backfill: P3D, cloudtrailEndpoint: "http://127.0.0.1:2" }`,
    );
    expect(group).toMatchObject({
      pauseMs: 60_000,
      overlapMs: 3_600_000,
      firstScanMs: 3 * 86_400_000,
      auth: { credentials: { accessKeyID: "AKIA1" } },
      endpoint: "http://127.0.0.1:1",
    });
  });

  it.each([
    ["", 1_800_000],
    ["backfill: true", 90 * 86_400_000],
    ["backfill: PT10M", 600_000],
    ["overlap: PT1H", 3_600_000],
  ])("begins as far back as `%s` says", (setting, firstScanMs) => {
    const more = setting === "" ? "" : `, ${setting}`;
    expect(groups(`{ arn: "${A}", poll: { lookupEvents: PT1M }${more} }`)).toMatchObject([{ firstScanMs }]);
  });
});

describe("the gateway that polls", () => {
  it("commits what it finds by the road lookup, and shows how far it is", async () => {
    const history = createFakeEventHistory(Date.now);
    const id = history.add(Date.now() - 60_000);
    const { gateway, pools, metrics } = await startGateway(
      `pools: [{ arn: "${A}", identify: none, poll: { lookupEvents: PT1M } }]`,
      () => async (query) => {
        const page = history.lookUp({ startMs: query.fromMs, endMs: query.toMs - 1000, limit: 50 });
        if (typeof page === "string") throw new Error(page);
        return ok({ events: page.events.map(({ timeMs, text }) => ({ timeMs, record: text })) });
      },
    );
    await waitUntil(async () => (await pools())[0].poll.lookupEvents.state === "waiting", "the scan was over");
    await gateway.broker.ensureSubscription({ subscription: "test", start: "earliest" });
    const [event, ...others] = await gateway.committed();
    expect(others).toEqual([]);
    expect(event?.attributes).toMatchObject({ id, road: "lookup", type: "com.amazon.cognito-idp.user.signed_up" });
    expect(await pools()).toEqual([
      {
        arn: A,
        poll: {
          lookupEvents: {
            state: "waiting",
            scannedAt: expect.any(String),
            checkpoint: expect.any(String),
            lagSeconds: expect.any(Number),
          },
        },
      },
    ]);
    const text = await metrics();
    expect(text).toMatch(/poolcast_lookup_lag_seconds\{account="210987654321",region="eu-central-1"\} \d/);
    expect(text).toContain(
      'poolcast_poll_scans_total{poll="lookupEvents",account="210987654321",region="eu-central-1"} 1',
    );
    expect(text).toContain(
      'poolcast_poll_requests_total{poll="lookupEvents",account="210987654321",region="eu-central-1"} 1',
    );
  });

  it("asks no more for a thousand pools than for one", async () => {
    const pools = Array.from(
      { length: 1000 },
      (_, n) => `{ arn: "${arn("210987654321", "eu-central-1", `Pool${n}`)}", poll: { lookupEvents: PT1M } }`,
    );
    const { opened, asked, metrics } = await startGateway(`pools: [${pools.join(", ")}]`, () => nothing);
    await waitUntil(async () => (await metrics()).includes('eu-central-1"} 1'), "the scan was over");
    expect(opened).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it("names a poll in trouble with its pools and stays ready; others go on; it recovers by itself", async () => {
    let expired = true;
    const { gateway, pools, asked, metrics } = await startGateway(
      `pools: [{ arn: "${A}", identify: none, poll: { lookupEvents: PT0.5S } }, ` +
        `{ arn: "${OTHER_REGION}", identify: none, poll: { lookupEvents: PT0.5S } }]`,
      ({ region }) =>
        async (...query) =>
          region === "eu-central-1" && expired
            ? err({ code: "expired_credentials", error: "ExpiredTokenException" })
            : nothing(...query),
    );
    const of = (region: string) => asked.filter((one) => one.region === region).length;
    await waitUntil(() => of("us-west-2") >= 3, "the other Region was asked again and again");
    const response = await gateway.request("/readyz");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "ready",
      pools: [
        { arn: A, error: "ExpiredTokenException", poll: { lookupEvents: { code: "expired_credentials" } } },
        { arn: OTHER_REGION },
      ],
    });
    expect((await pools())[1].error).toBeUndefined();
    expect(await metrics()).toMatch(
      /poolcast_poll_failures_total\{poll="lookupEvents",account="210987654321",region="eu-central-1",code="expired_credentials"\} \d/,
    );
    expired = false;
    await waitUntil(async () => (await pools())[0].error === undefined, "the poll recovered");
    expect(gateway.log()).toContain("a poll works again");
  });

  it("stops at once, also in the midst of a request", async () => {
    let aborted = false;
    const { gateway, asked } = await startGateway(
      `pools: [{ arn: "${A}", identify: none, poll: { lookupEvents: PT1M } }]`,
      () => (_, signal) =>
        new Promise((done) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            done(err({ code: "stopped", error: "stopped" }));
          }),
        ),
    );
    await waitUntil(() => asked.length === 1, "a request was under way");
    await gateway.gateway.stop(60_000);
    expect(aborted).toBe(true);
  });

  it("warns where the broker forgets what the overlap will read again", async () => {
    const { gateway } = await startGateway(
      `broker: { kind: memory, dedupeWindow: PT1H }\npools: [{ arn: "${A}", poll: { lookupEvents: PT1M }, overlap: PT2H }]`,
      () => nothing,
    );
    expect(gateway.log()).toContain("overlap is longer than broker.dedupeWindow");
  });
});
