/** From unwrapped records to committed events: map, encode, append, count. Answers only after the commit. */
import { type Broker, type BrokerFailureCode, brokerFailureCode, type NewEvent } from "../broker/broker.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import { type EventAttributes, encodeEvent } from "../core/event.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import { toHex } from "../core/hex.ts";
import { err, ok, type Result } from "../core/result.ts";
import { mapCloudTrail } from "../mappers/cloudtrail.ts";
import type { IgnoredReason, MappedEvent, Mapping, Road } from "../mappers/mapping.ts";
import type { PostedEventResult } from "./cloudevents.ts";
import type { Unwrapped } from "./unwrap.ts";

export interface Ingest {
  /** CloudTrail records as they came by `road`. */
  records(found: readonly Unwrapped[], context: IngestContext): Promise<IngestResult>;
  /** CloudEvents that somebody posted; invalid ones are named in `rejected`. */
  posted(events: readonly PostedEventResult[]): Promise<IngestResult>;
}

export interface IngestContext {
  readonly road: Road;
  /** W3C trace context of the request. */
  readonly traceparent?: string | undefined;
}

export type IngestResult = Result<IngestCounts, BrokerFailureCode>;

export interface IngestCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly rejected?: readonly Rejection[];
}

export interface Rejection {
  readonly index: number;
  readonly code: string;
}

export interface IngestParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly metrics: GatewayMetrics;
  readonly includeReads: boolean;
  /** Ids of the configured pools where others are to be ignored. */
  readonly onlyPools: ReadonlySet<string> | null;
  /** Without a trailing slash. */
  readonly publicUrl?: string | undefined;
}

export function createIngest(parts: IngestParts): Ingest {
  const { clock, sha256, metrics } = parts;

  return {
    records(found, { road, traceparent }) {
      const events: NewEvent[] = [];
      const ignored: IgnoredReason[] = [];
      for (const one of found) {
        const mapping = one.kind === "ignored" ? one : mapRecord(one, road);
        if (mapping.kind === "ignored") ignored.push(mapping.reason);
        else events.push(newEvent(mapping, traceparent));
      }
      for (const reason of ignored) metrics.ignored.add({ road, reason });
      return commit(road, events, ignored.length);
    },

    posted(results) {
      const events: NewEvent[] = [];
      const rejected: Rejection[] = [];
      for (const [index, result] of results.entries()) {
        if (result.ok) {
          const { attributes, dataKind, data } = result.value;
          const { partitionkey, source, id } = attributes;
          events.push({
            dedupeKey: `events\n${source}\n${id}`,
            partitionKey: typeof partitionkey === "string" ? partitionkey : undefined,
            event: encodeEvent({ ...attributes, recordedtime: recordedTime() }, dataKind, data),
          });
        } else {
          rejected.push({ index, code: result.error });
          metrics.rejected.add({ road: "events", code: result.error });
        }
      }
      return commit("events", events, 0, rejected);
    },
  };

  function mapRecord({ record, envelope }: Extract<Unwrapped, { kind: "record" }>, road: Road): Mapping {
    return mapCloudTrail(record, {
      road,
      envelope,
      includeReads: parts.includeReads,
      onlyPools: parts.onlyPools,
      fallbackId: () => envelope.id ?? contentId(record),
      poolOfClient: () => undefined,
    });
  }

  /** The same content has the same id by whatever road; what is nested too deep to write down gets a fresh one. */
  function contentId(record: unknown): string {
    try {
      return `sha256_${toHex(sha256(JSON.stringify(record)))}`;
    } catch {
      return crypto.randomUUID();
    }
  }

  function newEvent({ attributes, data }: MappedEvent, traceparent: string | undefined): NewEvent {
    const { publicUrl } = parts;
    const complete: EventAttributes = {
      ...attributes,
      ...(publicUrl !== undefined && { dataschema: `${publicUrl}/schemas/${attributes.type}` }),
      recordedtime: recordedTime(),
      ...(traceparent !== undefined && { traceparent }),
    };
    const { partitionkey } = attributes;
    return {
      // One CloudTrail record is one event, on whatever road it came.
      dedupeKey: `cloudtrail\n${attributes.id}`,
      partitionKey: typeof partitionkey === "string" ? partitionkey : undefined,
      event: encodeEvent(complete, "json", JSON.stringify(data)),
    };
  }

  function recordedTime(): string {
    return new Date(clock()).toISOString();
  }

  async function commit(
    road: Road,
    events: readonly NewEvent[],
    ignored: number,
    rejected: readonly Rejection[] = [],
  ): Promise<IngestResult> {
    const startMs = clock();
    try {
      const outcomes = await parts.broker.append({ events });
      const accepted = outcomes.filter((outcome) => outcome === "stored").length;
      const duplicates = outcomes.length - accepted;
      metrics.ingestSeconds.observe({ road }, (clock() - startMs) / 1000);
      if (accepted > 0) metrics.accepted.add({ road }, accepted);
      if (duplicates > 0) metrics.duplicates.add({ road }, duplicates);
      return ok({ accepted, duplicates, ignored, ...(rejected.length > 0 && { rejected }) });
    } catch (error) {
      const code = brokerFailureCode(error);
      metrics.ingestFailures.add({ road, code });
      return err(code);
    }
  }
}
