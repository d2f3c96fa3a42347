/**
 * The configuration after parsing: defaults filled in, durations in ms, sizes in bytes, secrets as plain strings.
 * What a user writes is described in docs/configuration.md.
 */
import type { Bounds } from "../core/bounds.ts";
import type { Filter } from "../core/filter.ts";
import type { BackoffPolicy } from "../core/retry.ts";

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl?: string | undefined;
  readonly broker: BrokerConfig;
  readonly onlyConfiguredPools: boolean;
  readonly includeReads: boolean;
  readonly pools: readonly PoolConfig[];
  /** Undefined where the file has no `ingest` section at all. */
  readonly ingest?: IngestConfig | undefined;
  readonly adminKeys: readonly string[];
  readonly egress: { readonly allowCidrs: readonly string[]; readonly allowHttp: boolean };
  readonly subscriptions: readonly SubscriptionConfig[];
}

interface Retention {
  readonly dedupeWindowMs: number;
  readonly retentionMs: number;
  readonly deadRetentionMs: number;
  readonly maxBytes: number;
}

export type BrokerConfig = SqliteBrokerConfig | RedisBrokerConfig | DurableObjectBrokerConfig | MemoryBrokerConfig;
export type SqliteBrokerConfig = Retention & { readonly kind: "sqlite"; readonly path: string };
/** On Cloudflare Workers only. */
export type DurableObjectBrokerConfig = Retention & {
  readonly kind: "durable-object";
  /** One object, or one for each account and Region that events come from. */
  readonly shardBy: "none" | "account-region";
};
export type MemoryBrokerConfig = Retention & { readonly kind: "memory" };
export type RedisBrokerConfig = Omit<Retention, "maxBytes"> &
  RedisConnectionConfig & {
    readonly kind: "redis";
    readonly stream: string;
    readonly group: string;
    readonly trackingId: boolean;
    readonly keepGroups: readonly string[];
  };

export interface RedisConnectionConfig {
  readonly url?: string | undefined;
  readonly clusterUrls?: readonly string[] | undefined;
  readonly sentinel?: { readonly name: string; readonly urls: readonly string[] } | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: number | undefined;
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        readonly skipVerify: boolean;
      }
    | undefined;
}

export interface PoolConfig {
  readonly arn: string;
  readonly auth?: AwsAuthConfig | undefined;
  /** Pause between scans; a poll that is absent is off. */
  readonly poll: { readonly lookupEventsMs?: number | undefined; readonly listUsersMs?: number | undefined };
  readonly overlapMs: number;
  readonly backfill: boolean | { readonly durationMs: number };
  /** Requests per second. */
  readonly listUsersRate: number;
  readonly identify: "none" | "username" | "attributes";
  readonly identifyBudgetMs: number;
  readonly compat?: "triggermesh" | undefined;
  readonly endpoint?: string | undefined;
  readonly cloudtrailEndpoint?: string | undefined;
}

export interface AwsAuthConfig {
  readonly credentials?:
    | {
        readonly accessKeyID: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string | undefined;
        readonly assumeIamRole?: string | undefined;
      }
    | undefined;
  readonly iam?: { readonly roleArn?: string | undefined } | undefined;
}

export interface KeyedRouteConfig {
  readonly apiKeys: readonly string[];
  readonly maxBytes: number;
}

export interface IngestConfig {
  readonly eventbridge?: KeyedRouteConfig | undefined;
  readonly cloudtrail?: KeyedRouteConfig | undefined;
  readonly events?: KeyedRouteConfig | undefined;
  readonly sns?:
    | {
        readonly topicArns: readonly string[];
        readonly confirm: "auto" | "manual";
        readonly allowSignatureV1: boolean;
        readonly rawKeys: readonly string[];
      }
    | undefined;
  readonly firehose?: { readonly accessKeys: readonly string[]; readonly maxBytes: number } | undefined;
  readonly cognito?: { readonly secrets: readonly string[] } | undefined;
  readonly lambda?: Record<never, never> | undefined;
  readonly s3?:
    | {
        readonly buckets: readonly string[];
        readonly region?: string | undefined;
        readonly auth?: AwsAuthConfig | undefined;
        readonly endpoint?: string | undefined;
      }
    | undefined;
}

export interface SubscriptionConfig {
  readonly name: string;
  readonly start: "earliest" | "latest";
  readonly filters: readonly Filter[];
  /** Of the log, what it is for; of a trigger alone. */
  readonly bounds?: Bounds | undefined;
  readonly target: TargetConfig;
  readonly delivery: DeliveryConfig;
  readonly privacy?: PrivacyConfig | undefined;
}

export type TargetConfig =
  | HttpTargetConfig
  | RedisTargetConfig
  /** Only implied, where no subscription is configured. */
  | { readonly kind: "stdout" }
  /** A function of the program that the gateway is part of. */
  | { readonly kind: "handler" };

export interface RedisTargetConfig {
  readonly kind: "redis";
  readonly url: string;
  readonly stream: string;
  readonly maxLen?: number | undefined;
}

export interface HttpTargetConfig {
  readonly kind: "http";
  readonly url: string;
  readonly mode: "binary" | "structured" | "batch";
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: TargetAuthConfig | undefined;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
  readonly batch: { readonly maxEvents: number; readonly maxBytes: number; readonly lingerMs: number };
  readonly handshake: boolean;
}

export type TargetAuthConfig =
  | { readonly bearer: string }
  | { readonly basic: { readonly username: string; readonly password: string } }
  | {
      readonly oauth2: {
        readonly tokenUrl: string;
        readonly clientId: string;
        readonly clientSecret: string;
        readonly scope?: string | undefined;
      };
    };

export interface DeliveryConfig {
  readonly retry: number;
  readonly backoffPolicy: BackoffPolicy;
  readonly backoffDelayMs: number;
  readonly backoffMaxMs: number;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
  readonly ordering: "none" | "key";
  readonly concurrency: number;
  /** Events per second; 0 = no limit. */
  readonly rate: number;
  readonly profile: "default" | "knative";
  /** Where dead events are sent besides, from `deadLetterURL`. */
  readonly deadLetter?: DeadLetterTarget | undefined;
}

export type DeadLetterTarget = { readonly kind: "http"; readonly url: string } | RedisTargetConfig;

export type PrivacyAction = "keep" | "drop" | "mask" | "hash";

export interface PrivacyConfig {
  readonly email: PrivacyAction;
  readonly phone: PrivacyAction;
  readonly ip: PrivacyAction;
  readonly username: PrivacyAction;
  /** One action for all attributes, or the names of those to keep. */
  readonly attributes: PrivacyAction | readonly string[];
  readonly key?: string | undefined;
}

/** One thing wrong with a configuration: where, and what to do. Never holds a value that might be a secret. */
export interface ConfigFault {
  /** As `subscriptions.crm.target.url` or `pools[0].arn`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}
