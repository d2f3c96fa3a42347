/** A gateway in this process: the real routes, ingest and memory broker, without a listener. */

import type { Broker } from "../../src/broker/broker.ts";
import { createMemoryBroker } from "../../src/broker/memory.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { decodeAttributes, type EventAttributes } from "../../src/core/event.ts";
import { createMetricsRegistry } from "../../src/core/metrics.ts";
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts";
import type { OpenPoolDirectory } from "../../src/gateway/identity.ts";
import type { PollSources } from "../../src/gateway/polls.ts";
import type { ObjectAccess } from "../../src/gateway/s3.ts";
import type { PoolDirectory } from "../../src/ingest/identity/pool-directory.ts";
import type { SnsFetch } from "../../src/ingest/sns/sns-fetch.ts";
import { hmacSha256, sha256 } from "../../src/runtimes/hashing.ts";
import { createLineSink } from "../../src/sinks/lines.ts";
import type { Sink } from "../../src/sinks/sink.ts";

export interface TestGateway {
  readonly gateway: Gateway;
  readonly broker: Broker;
  /** What was logged, as JSON lines. */
  log(): string;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Everything committed so far, in log order, as structured JSON. */
  committed(): Promise<readonly CommittedEvent[]>;
}

export interface CommittedEvent {
  readonly attributes: EventAttributes;
  readonly json: string;
}

export const NO_POLLS: PollSources = {
  openEventHistory: () => Promise.reject(new Error("this test has no event history")),
  openListUsers: () => Promise.reject(new Error("this test has no user pool")),
};

const UNREACHABLE: PoolDirectory = {
  findUser: async () => ({ ok: false, error: { code: "unavailable", error: "ECONNREFUSED" } }),
  listClients: async () => ({ ok: false, error: { code: "unavailable", error: "ECONNREFUSED" } }),
};

export interface TestGatewayOverrides {
  readonly broker?: Broker;
  readonly snsFetch?: SnsFetch;
  readonly pollSources?: PollSources;
  readonly openPoolDirectory?: OpenPoolDirectory;
  readonly createSink?: (name: string, place?: string) => Sink;
  /** Starts the gateway too, since somebody has to fetch the files; the caller stops it. */
  readonly objects?: ObjectAccess;
}

export async function openTestGateway(yaml = "", overrides: TestGatewayOverrides = {}): Promise<TestGateway> {
  const config = parseConfig(yaml, {});
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const limits = {
    dedupeWindowMs: 3_600_000,
    retentionMs: 3_600_000,
    deadRetentionMs: 3_600_000,
    maxBytes: 64 * 1024 ** 2,
  };
  const broker = overrides.broker ?? createMemoryBroker({ clock: Date.now, ...limits });
  let logged = "";
  const gateway = createGateway({
    config: config.value,
    broker,
    registry: createMetricsRegistry(),
    createSink: ({ name }, place) => overrides.createSink?.(name, place) ?? createLineSink(async () => {}),
    clock: Date.now,
    random: Math.random,
    sha256,
    hmac: hmacSha256,
    pollSources: overrides.pollSources ?? NO_POLLS,
    openPoolDirectory: overrides.openPoolDirectory ?? (() => UNREACHABLE),
    snsFetch: overrides.snsFetch ?? (async () => ({ ok: false, error: "connection_failed" })),
    log: (level, message, fields) => (logged += `${JSON.stringify({ level, message, ...fields })}\n`),
    objects: overrides.objects,
  });
  // A gateway that starts forgets subscriptions that it was not configured with.
  if (overrides.objects) await gateway.start();
  await broker.ensureSubscription({ subscription: "test", start: "earliest" });
  return {
    gateway,
    broker,
    log: () => logged,
    request: async (path, init) => gateway.fetch(new Request(new URL(path, "http://localhost"), init)),
    async committed() {
      const claim = await broker.claim({
        subscription: "test",
        filters: [],
        limit: 10_000,
        leaseMs: 1,
        ordering: "none",
      });
      return claim.deliveries.map(({ event }) => ({
        attributes: decodeAttributes(event),
        json: new TextDecoder().decode(event.bytes),
      }));
    },
  };
}

export function post(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
}
