/** One scan of a pool whose pages are made here, without a network, in a process whose memory is the scan's alone. */
import { join } from "node:path";
import * as z from "zod";
import { openSqliteBroker } from "../../src/broker/sqlite.ts";
import { contentHash } from "../../src/core/content-hash.ts";
import { createGatewayMetrics } from "../../src/core/gateway-metrics.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { ok } from "../../src/core/result.ts";
import { createIngest } from "../../src/ingest/ingest.ts";
import type { PollTurn } from "../../src/ingest/poll/runner.ts";
import { scanUsers } from "../../src/ingest/poll/scan-users.ts";
import type { ListUsersPage } from "../../src/ingest/poll/users-page.ts";
import { sha256 } from "../../src/runtimes/hashing.ts";
import { LIMITS } from "../limits.ts";
import { answerQuestions } from "./answer-questions.ts";

const job = z.object({ directory: z.string(), users: z.number(), changed: z.number() });

const POOL_ARN = "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_aaaaaaaaa";
const PER_PAGE = 60;
const CREATED = new Date("2026-03-02T09:41:07Z");
const LATER = new Date("2026-03-04T16:02:51Z");

answerQuestions(async (question) => {
  const { directory, users, changed } = job.parse(question);
  const broker = openSqliteBroker({ ...LIMITS, path: join(directory, "poolcast.db"), clock: Date.now, sha256 });
  const ingest = createIngest({
    broker,
    clock: Date.now,
    sha256,
    metrics: createGatewayMetrics(createMetricsRegistry()),
    log: () => {},
    includeReads: false,
    pools: new Map(),
    onlyConfiguredPools: false,
  });
  const turn: PollTurn = {
    signal: new AbortController().signal,
    append: (params) => broker.append(params),
    keep: async () => true,
  };
  const nothing = () => {};
  const parts = {
    broker,
    ingest,
    listUsers: pagesOf(users, changed),
    rate: { take: async () => {}, delayMs: () => 0 },
    clock: Date.now,
    random: Math.random,
    wait: async () => {},
    hash: (text: string) => contentHash(sha256, text),
    count: { request: nothing, requestFailure: nothing, seen: nothing, withoutSub: nothing },
  };
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const result = await scanUsers({ poolArn: POOL_ARN, backfill: false, compat: false }, parts, turn);
  const elapsedMs = performance.now() - startMs;
  const cpu = process.cpuUsage(cpuBefore);
  await broker.close();
  if (!result.ok) throw new Error(`the scan failed: ${result.error.error}`);
  return {
    perSecond: (users * 1000) / elapsedMs,
    cpuUsPerUser: (cpu.user + cpu.system) / users,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
  };
});

/** The first `changed` of each hundred users are not as they were when none was. */
function pagesOf(users: number, changed: number): ListUsersPage {
  return async (token) => {
    const at = Number(token ?? 0);
    const count = Math.min(PER_PAGE, users - at);
    const next = at + count < users ? String(at + count) : undefined;
    const modified = (number: number) => (number % 100 < changed ? LATER : CREATED);
    return ok({ users: Array.from({ length: count }, (_, n) => user(at + n, modified(at + n))), next });
  };
}

function user(number: number, modified: Date): unknown {
  const sub = `6ba7b810-9dad-11d1-80b4-${number.toString(16).padStart(12, "0")}`;
  return {
    Username: sub,
    Attributes: [
      { Name: "sub", Value: sub },
      { Name: "email", Value: `user${number}@example.com` },
      { Name: "email_verified", Value: "true" },
      { Name: "given_name", Value: "Mara" },
      { Name: "family_name", Value: "Lindqvist" },
      { Name: "custom:tenant", Value: `tenant-${number % 97}` },
    ],
    Enabled: true,
    UserStatus: "CONFIRMED",
    UserCreateDate: CREATED,
    UserLastModifiedDate: modified,
  };
}
