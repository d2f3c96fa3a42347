/** From unwrapped records to committed events: map, encode, append, count. Answers only after the commit. */
import {
  type Broker,
  type BrokerFailureCode,
  brokerFailureCode,
  type NewEvent,
  type StateWrite,
} from "../broker/broker.ts";
import type { Clock, Sha256 } from "../core/clock.ts";
import type { PostedEventResult } from "../core/cloudevents-http.ts";
import { contentHash } from "../core/content-hash.ts";
import { type EventAttributes, encodeEvent } from "../core/event.ts";
import type { GatewayMetrics } from "../core/gateway-metrics.ts";
import type { Log } from "../core/log.ts";
import type { Labels } from "../core/metrics.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { OWN_EVENTS } from "../events/catalog/own.ts";
import {
  type MappedEvent,
  type Mapping,
  mapActivityLog,
  mapCloudTrail,
  mapLambdaTrigger,
  type Road,
  type TriggerMeshEvent,
} from "../mappers/index.ts";
import { type Announcement, announcementsOf, announcementWrites } from "./announced.ts";
import type { Identity, IdentityRound } from "./identity/identity.ts";
import { identityOf, type S3File } from "./s3/file.ts";
import type { FileQueue } from "./s3/queue.ts";
import type { Unwrapped } from "./unwrap.ts";

export interface Ingest {
  /** CloudTrail records and exported logs as they came by `road`. */
  records(found: readonly Unwrapped[], context: IngestContext): Promise<IngestResult>;
  /** One Lambda trigger event of Cognito. */
  trigger(event: unknown, invocation: Invocation): Promise<IngestResult>;
  /** What the users poll saw, user by user. */
  users(news: readonly UserNews[], step: CommitStep): Promise<IngestResult>;
  /** True for a while after the broker had no room: what came then was refused. */
  isFull(): boolean;
  /** CloudEvents that somebody posted; invalid ones are named in `rejected`. */
  posted(events: readonly PostedEventResult[]): Promise<IngestResult>;
  own(event: OwnEvent, step?: CommitStep): Promise<IngestResult>;
}

/** What comes by requests. */
export type RoadIngest = Pick<Ingest, "records" | "trigger" | "posted">;

export interface IngestContext {
  readonly road: Road;
  /** W3C trace context of the request. */
  readonly traceparent?: string | undefined;
  readonly step?: CommitStep | undefined;
}

/** One user who is new, gone or changed. */
export interface UserNews {
  readonly difference?: MappedEvent | undefined;
  /** Taken as it is: TriggerMesh's event has no members that others do not know. */
  readonly sync?: TriggerMeshEvent | undefined;
}

/** What a poll or a fetch commits together with its events. */
export interface CommitStep {
  readonly state?: readonly StateWrite[];
  /** Commits in place of the broker's own append: a lease's, which adds its fence. */
  readonly append?: Broker["append"];
}

/** What poolcast tells of itself; see events/catalog/own.ts. */
export interface OwnEvent {
  readonly type: keyof typeof OWN_EVENTS;
  /** The same for the same fact. */
  readonly id: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What a trigger event lacks and the one who passed it on tells. */
export interface Invocation {
  /** Names the invocation, so that Cognito's repetitions are told apart and a sender's are not. */
  readonly id: string;
  readonly requestId?: string | undefined;
  readonly time?: string | undefined;
  readonly accountId?: string | undefined;
  readonly traceparent?: string | undefined;
}

export type IngestResult = Result<IngestCounts, BrokerFailureCode>;

export interface IngestCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ignored: number;
  /** Files that are to be fetched. */
  readonly queued?: number;
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
  readonly log: Log;
  readonly includeReads: boolean;
  /** ARNs of the configured pools by pool id. */
  readonly pools: ReadonlyMap<string, string>;
  /** ARNs of the pools whose users are polled, a pool's and those of its replicas by their common pool id. */
  readonly polledPools?: ReadonlyMap<string, readonly string[]>;
  /** Ignore what is certainly of another pool. */
  readonly onlyConfiguredPools: boolean;
  /** Finds out what CloudTrail hides; absent where no pool asks for it. */
  readonly identity?: Identity | undefined;
  /** Without a trailing slash. */
  readonly publicUrl?: string | undefined;
  /** Where files that notices name become work; absent: nobody would fetch them. */
  readonly files?: FileQueue | undefined;
}

/** As long as senders are told to wait. Not longer: somebody has to try, or nobody learns that there is room again. */
const FULL_MS = 30_000;

const WARN_EVERY_MS = 60_000;

/** Where there is no `publicUrl`. */
const OWN_SOURCE = "/poolcast";

/** Roads whose events are no CloudTrail records. */
const OWN_IDS: ReadonlySet<string> = new Set(["trigger", "users", "log"]);

const NO_POOLS: ReadonlyMap<string, readonly string[]> = new Map();

export function createIngest(parts: IngestParts): Ingest {
  const { clock, sha256, metrics, pools } = parts;
  const onlyPools: ReadonlySet<string> | null = parts.onlyConfiguredPools ? new Set(pools.keys()) : null;
  const poolArn = (poolId: string) => pools.get(poolId);
  const hash = (text: string) => contentHash(sha256, text);
  const { polledPools = NO_POOLS } = parts;
  let fullUntilMs = 0;
  let warnedOfFilesMs = Number.NEGATIVE_INFINITY;

  return {
    async records(found, { road, traceparent, step }) {
      // What poolcast fetched or asked for by itself may not make it fetch more.
      const queue = step === undefined ? parts.files : undefined;
      const { files, others } = filesApart(found, queue);
      const own = queue && files.length > 0 ? { append: queue.append(files) } : step;
      const extras = { traceparent, queued: files.length };
      const round = parts.identity?.begin();
      const mapAll = () => others.map((one) => mapUnwrapped(one, road, round));
      const mappings = mapAll();
      if (round === undefined) return commitMappings(road, mappings, { ...extras, step: own });
      const filled = await round.fill((await round.findClients()) ? mapAll() : mappings);
      const state = [...(own?.state ?? []), ...filled.state];
      const result = await commitMappings(road, filled.mappings, { ...extras, step: { ...own, state } });
      if (result.ok) filled.committed();
      return result;
    },

    trigger(event, { id, requestId, time, accountId, traceparent }) {
      const mapping = mapLambdaTrigger(event, { road: "trigger", id, requestId, time, accountId, poolArn, onlyPools });
      return commitMappings("trigger", [mapping], { traceparent });
    },

    users(news, step) {
      const events = news.flatMap(({ difference, sync }): readonly NewEvent[] => [
        ...(difference ? [newEvent(difference, undefined)] : []),
        ...(sync ? [verbatim(sync)] : []),
      ]);
      return commit("users", events, { step });
    },

    isFull: () => clock() < fullUntilMs,

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
            type: attributes.type,
            event: encodeEvent({ ...attributes, recordedtime: recordedTime() }, dataKind, data),
          });
        } else {
          rejected.push({ index, code: result.error });
          metrics.rejected.add({ road: "events", code: result.error });
        }
      }
      return commit("events", events, { rejected });
    },

    own({ type, id, data }, step) {
      const time = recordedTime();
      const source = parts.publicUrl ?? OWN_SOURCE;
      const dataschema = schemaOf(type);
      const attributes: EventAttributes = {
        specversion: "1.0",
        id,
        source,
        type,
        time,
        datacontenttype: "application/json",
        ...(dataschema !== undefined && { dataschema }),
        recordedtime: time,
      };
      const event = encodeEvent(attributes, "json", JSON.stringify(data));
      return commit("own", [{ dedupeKey: `own\n${type}\n${id}`, type, event }], { step });
    },
  };

  function schemaOf(type: string): string | undefined {
    return parts.publicUrl === undefined ? undefined : `${parts.publicUrl}/schemas/${type}`;
  }

  function mapUnwrapped(one: NoFile, road: Road, round: IdentityRound | undefined): Mapping {
    switch (one.kind) {
      case "ignored":
        return one;
      case "log": {
        const { account: accountId, region } = one.envelope;
        return mapActivityLog(one.log, { accountId, region, poolArn, onlyPools, hash });
      }
      case "record":
        return mapCloudTrail(one.record, {
          road,
          envelope: one.envelope,
          includeReads: parts.includeReads,
          onlyPools,
          fallbackId: () => one.envelope.id ?? contentId(one.record),
          poolOfClient: (clientId) => round?.poolOfClient(clientId),
        });
    }
  }

  function commitMappings(
    road: Road,
    mappings: readonly Mapping[],
    { traceparent, ...extras }: CommitExtras & { readonly traceparent?: string | undefined },
  ): Promise<IngestResult> {
    const events: NewEvent[] = [];
    const announcements: Announcement[] = [];
    let ignored = 0;
    for (const mapping of mappings) {
      if (mapping.kind === "event") {
        events.push(newEvent(mapping, traceparent));
        announcements.push(...announcementsOf(mapping, polledPools, clock));
      } else {
        ignored += 1;
        metrics.ignored.add({ road, reason: mapping.reason });
        if (mapping.reason === "file_notice" && !parts.files) warnOfFiles(road);
      }
    }
    return commit(road, events, { ...extras, ignored, announcements });
  }

  /** Whoever sends notices of log files believes that somebody reads the files. */
  function warnOfFiles(road: Road): void {
    if (clock() < warnedOfFilesMs + WARN_EVERY_MS) return;
    warnedOfFilesMs = clock();
    parts.log(
      "warn",
      "a notice of files in S3 came, and nothing fetches them: name their bucket in ingest.s3.buckets",
      {
        road,
      },
    );
  }

  /** The same content has the same id by whatever road; what is nested too deep to write down gets a fresh one. */
  function contentId(record: unknown): string {
    try {
      return contentHash(sha256, JSON.stringify(record));
    } catch {
      return crypto.randomUUID();
    }
  }

  function newEvent({ attributes, data }: MappedEvent, traceparent: string | undefined): NewEvent {
    const dataschema = schemaOf(attributes.type);
    const complete: EventAttributes = {
      ...attributes,
      ...(dataschema !== undefined && { dataschema }),
      recordedtime: recordedTime(),
      ...(traceparent !== undefined && { traceparent }),
    };
    const { partitionkey, road } = attributes;
    return {
      // One CloudTrail record is one event, on whatever road it came; an id of another road means something else.
      dedupeKey: `${typeof road === "string" && OWN_IDS.has(road) ? road : "cloudtrail"}\n${attributes.id}`,
      partitionKey: typeof partitionkey === "string" ? partitionkey : undefined,
      type: attributes.type,
      event: encodeEvent(complete, "json", JSON.stringify(data)),
    };
  }

  function verbatim({ attributes, data }: TriggerMeshEvent): NewEvent {
    const event = encodeEvent(attributes, "json", JSON.stringify(data));
    return { dedupeKey: `users\n${attributes.id}`, type: attributes.type, event };
  }

  function recordedTime(): string {
    return new Date(clock()).toISOString();
  }

  async function commit(
    road: CommitRoad,
    events: readonly NewEvent[],
    { ignored = 0, queued = 0, rejected = [], announcements = [], step = {} }: CommitExtras,
  ): Promise<IngestResult> {
    const startMs = clock();
    const { state = [], append = parts.broker.append } = step;
    try {
      const announced = announcements.length > 0 ? await announcementWrites(parts.broker, announcements) : [];
      const outcomes = await append({ events, state: [...state, ...announced] });
      if (outcomes.includes("stored")) fullUntilMs = 0;
      const accepted = outcomes.filter((outcome) => outcome === "stored").length;
      const duplicates = outcomes.length - accepted;
      const labels = labelsOf(road);
      metrics.ingestSeconds.observe(labels, (clock() - startMs) / 1000);
      if (accepted > 0) metrics.accepted.add(labels, accepted);
      if (duplicates > 0) metrics.duplicates.add(labels, duplicates);
      if (queued > 0) metrics.filesQueued.add(labels, queued);
      return ok({
        accepted,
        duplicates,
        ignored,
        ...(queued > 0 && { queued }),
        ...(rejected.length > 0 && { rejected }),
      });
    } catch (error) {
      const code = brokerFailureCode(error);
      if (code === "broker_full") fullUntilMs = clock() + FULL_MS;
      metrics.ingestFailures.add({ road, code });
      return err(code);
    }
  }
}

/** poolcast's own events come by no road. */
type CommitRoad = Road | "own";

function filesApart(
  found: readonly Unwrapped[],
  queue: FileQueue | undefined,
): { readonly files: readonly S3File[]; readonly others: readonly NoFile[] } {
  const files = new Map<string, S3File>();
  const others: NoFile[] = [];
  for (const one of found) {
    if (one.kind !== "file") others.push(one);
    else if (!queue) others.push({ kind: "ignored", reason: "file_notice" });
    else if (!queue.isExpected(one.file)) others.push({ kind: "ignored", reason: "foreign_bucket" });
    else files.set(identityOf(one.file), one.file);
  }
  return { files: [...files.values()], others };
}

type NoFile = Exclude<Unwrapped, { readonly kind: "file" }>;

interface CommitExtras {
  readonly ignored?: number;
  readonly queued?: number;
  readonly rejected?: readonly Rejection[];
  readonly announcements?: readonly Announcement[];
  readonly step?: CommitStep | undefined;
}

const ROAD_LABELS = new Map<CommitRoad, Labels>();

/** One object per road: the registry remembers its text. */
function labelsOf(road: CommitRoad): Labels {
  const known = ROAD_LABELS.get(road);
  if (known) return known;
  const labels = { road };
  ROAD_LABELS.set(road, labels);
  return labels;
}
