/**
 * What of a configuration Workers cannot do, and what is bent to what they can.
 * https://developers.cloudflare.com/workers/platform/limits/
 */
import type {
  AwsAuthConfig,
  Config,
  ConfigFault,
  IngestConfig,
  PoolConfig,
  SubscriptionConfig,
} from "../config/config.ts";
import type { Environment } from "../config/interpolate.ts";
import { endpointOf } from "./aws-endpoints.ts";

/** An isolate has 128 MB, in which a body is there as bytes, as text and as what it says. */
const MAX_BODY_BYTES = 8 * 1024 ** 2;
/** Open at a time, those to Redis among them. */
const CONNECTIONS = 6;
/** AWS, tokens and certificates. */
const OTHER_CONNECTIONS = 1;

export function refusedOnWorkers(config: Config, env: Environment): readonly ConfigFault[] {
  return [
    ...refusedBroker(config),
    ...config.pools.flatMap((pool, index) =>
      asksAws(pool) ? missingKeys(`pools[${index}].auth`, pool.auth, env) : [],
    ),
    ...((config.ingest?.s3?.buckets.length ?? 0) === 0
      ? []
      : missingKeys("ingest.s3.auth", config.ingest?.s3?.auth, env)),
    ...config.subscriptions.flatMap(refusedTarget),
  ];
}

/** By what was written: `identify: username` is the default, and off without keys. */
function asksAws({ poll, identify }: PoolConfig): boolean {
  return poll.lookupEventsMs !== undefined || poll.listUsersMs !== undefined || identify === "attributes";
}

function refusedBroker({ broker }: Config): readonly ConfigFault[] {
  if (broker.kind === "durable-object") return [];
  if (broker.kind !== "redis") {
    const message = `${broker.kind} does not work on Workers: leave broker.kind out, or set it to redis`;
    return [{ path: "broker.kind", message }];
  }
  const { ca, cert, key, skipVerify = false } = broker.tls ?? {};
  return ca === undefined && cert === undefined && key === undefined && !skipVerify ? [] : [noTls("broker.tls")];
}

function refusedTarget({ name, target }: SubscriptionConfig): readonly ConfigFault[] {
  return target.kind === "http" && target.tls !== undefined ? [noTls(`subscriptions.${name}.target.tls`)] : [];
}

/** The platform opens the connection, with its own authorities and no certificate of ours. */
function noTls(path: string): ConfigFault {
  return { path, message: "does not work on Workers: the other side needs a public certificate, and can ask for none" };
}

function missingKeys(path: string, auth: AwsAuthConfig | undefined, env: Environment): readonly ConfigFault[] {
  if (hasKeys(auth, env)) return [];
  const message = "a Worker has no AWS credentials of its own: give credentials here, or set the secrets";
  return [{ path, message: `${message} AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY` }];
}

function hasKeys(auth: AwsAuthConfig | undefined, env: Environment): boolean {
  return auth?.credentials !== undefined || Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY);
}

export function fitToWorkers(config: Config, env: Environment): Config {
  const { ingest, pools, subscriptions } = config;
  const targets = subscriptions.map(({ target }) => target.kind);
  const toRedis = targets.filter((kind) => kind === "redis").length + (config.broker.kind === "redis" ? 1 : 0);
  const byHttp = targets.filter((kind) => kind === "http").length;
  const concurrency = Math.max(1, Math.floor((CONNECTIONS - OTHER_CONNECTIONS - toRedis) / Math.max(1, byHttp)));
  return {
    ...config,
    ingest: ingest && fitIngest(ingest),
    pools: pools.map((pool) => ({
      ...pool,
      identify: hasKeys(pool.auth, env) ? pool.identify : "none",
      endpoint: pool.endpoint ?? endpointOf(env, "COGNITO_IDENTITY_PROVIDER"),
      cloudtrailEndpoint: pool.cloudtrailEndpoint ?? endpointOf(env, "CLOUDTRAIL"),
    })),
    subscriptions: subscriptions.map((subscription) => {
      const { delivery, target } = subscription;
      // On a connection to Redis many are under way together.
      if (target.kind === "redis") return subscription;
      return { ...subscription, delivery: { ...delivery, concurrency: Math.min(delivery.concurrency, concurrency) } };
    }),
  };
}

function fitIngest({ eventbridge, cloudtrail, events, firehose, ...others }: IngestConfig) {
  return {
    ...others,
    eventbridge: eventbridge && fitBody(eventbridge),
    cloudtrail: cloudtrail && fitBody(cloudtrail),
    events: events && fitBody(events),
    firehose: firehose && fitBody(firehose),
  };
}

function fitBody<Route extends { readonly maxBytes: number }>(route: Route): Route {
  return { ...route, maxBytes: Math.min(route.maxBytes, MAX_BODY_BYTES) };
}
