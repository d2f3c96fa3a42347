/** What the routes under /api ask of the gateway: plain data, as it is answered. Methods reject as the broker does. */

import type { LogRange } from "../broker/broker.ts";
import type { PositionFormat } from "../core/position.ts";
import type { Result } from "../core/result.ts";

export interface Admin {
  listSubscriptions(): Promise<readonly SubscriptionView[]>;
  /** Undefined where there is no such subscription. */
  changeSubscription(name: string, change: SubscriptionChange): Promise<SubscriptionView | undefined>;
  /** As the other methods with a name: undefined where there is no such subscription. */
  listDead(name: string, page: DeadPageParams): Promise<DeadPage | undefined>;
  /** Null where no dead letter is at this position. */
  getDead(name: string, position: string): Promise<DeadLetterDetail | null | undefined>;
  replayDead(name: string, chosen: ChosenDead): Promise<EndedDead | undefined>;
  dropDead(name: string, chosen: ChosenDead): Promise<EndedDead | undefined>;
  startReplay(name: string, wanted: WantedReplay): Promise<Result<ReplayView, "replay_running"> | undefined>;
  /** The newest first. */
  listReplays(name: string): Promise<readonly ReplayView[] | undefined>;
  /** Null where there is no such replay. */
  cancelReplay(name: string, id: string): Promise<ReplayView | null | undefined>;
  /** Resolves when it is durable that it will be done, after those before it. */
  startErasure(user: ErasedUser): Promise<ErasureView>;
  /** Null where there is none, or where it has been done for long. */
  findErasure(id: string): Promise<ErasureView | null>;
  /** How positions are written, for those who name some. */
  readonly positions: PositionFormat;
}

export interface ErasedUser {
  readonly sub: string;
  readonly poolArn?: string | undefined;
}

export interface ErasureView {
  readonly id: string;
  /** Until it is done, and then known to nobody. */
  readonly sub?: string;
  readonly pool?: string;
  readonly state: "running" | "done";
  /** RFC 3339. */
  readonly createdAt: string;
  readonly finishedAt?: string;
  /** Of the broker's failure, or `internal`, where the last try came to one; others follow. */
  readonly code?: string;
  /** Where it is done. */
  readonly erased?: ErasedCounts;
}

export interface ErasedCounts {
  /** ARNs of the pools in which the user was seen. */
  readonly pools: readonly string[];
  readonly events: { readonly looked: number; readonly erased: number };
  /** Of the erased events, how often one was a dead letter. */
  readonly deadLetters: number;
  /** Entries of the identity cache that were deleted. */
  readonly identity: number;
  /** Entries of the users poll of which the sub is left. */
  readonly usersPoll: number;
}

export interface WantedReplay {
  readonly range: LogRange;
  /** Events per second. */
  readonly rate: number;
}

export interface ReplayView {
  readonly id: string;
  readonly state: "running" | "done" | "cancelled";
  /** RFC 3339. */
  readonly since?: string;
  readonly until: string;
  /** Positions. */
  readonly fromId?: string;
  readonly toId?: string;
  readonly rate: number;
  /** The position up to which it has come. */
  readonly position?: string;
  /** Events that were looked at, and those of them that were put back. */
  readonly looked: number;
  readonly replayed: number;
  readonly createdAt: string;
  readonly finishedAt?: string;
}

/** Positions, or all letters behind `after`, of one reason where it is given; of these a bounded number a call. */
export type ChosenDead =
  | { readonly positions: readonly string[] }
  | { readonly all: true; readonly reason?: string | undefined; readonly after?: string | undefined };

export interface EndedDead {
  /** Dead letters that were replayed or dropped. */
  readonly count: number;
  /** Where to go on with the others of all; absent at the end. */
  readonly next?: string;
}

export interface DeadPageParams {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly reason?: string | undefined;
}

export interface DeadPage {
  readonly deadLetters: readonly DeadLetterView[];
  /** `after` of the next page; absent on the last. A page may be empty and have one. */
  readonly next?: string;
}

export interface DeadLetterView {
  readonly position: string;
  /** Of the event. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** Why it died. */
  readonly reason: string;
  readonly detail?: string;
  readonly attempts: number;
  /** RFC 3339. */
  readonly diedAt: string;
  readonly recordedAt: string;
}

export interface DeadLetterDetail extends DeadLetterView {
  /** In the CloudEvents JSON format. */
  readonly event: unknown;
}

export type SubscriptionChange = "pause" | "resume" | "disable" | "enable";

export interface SubscriptionView {
  readonly name: string;
  /** Of this gateway; `stopped` where none runs. */
  readonly state: "running" | "resting" | "paused" | "disabled" | "stopped";
  /** RFC 3339. */
  readonly pausedSince?: string;
  readonly disabledSince?: string;
  /** Why it is disabled: `status_410` or `operator`. */
  readonly reason?: string;
  readonly breaker: "open" | "closed";
  /** The state of `deadLetterURL` with this gateway, where there is one; `disabled` for an hour after its 410. */
  readonly deadLetterTarget?: SubscriptionView["state"];
  /** Events. */
  readonly pending: number;
  readonly leased: number;
  readonly dead: number;
}
