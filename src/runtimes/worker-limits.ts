/**
 * What of a configuration Workers cannot do, and what is bent to what they can.
 * https://developers.cloudflare.com/workers/platform/limits/
 */
import type { AwsAuthConfig, Config, ConfigFault, IngestConfig, SubscriptionConfig } from "../config/config.ts";
import type { Environment } from "../config/interpolate.ts";
import { endpointOf } from "./worker-endpoints.ts";

/** An isolate has 128 MB, in which a body is there as bytes, as text and as what it says. */
export const MAX_BODY_BYTES = 8 * 1024 ** 2;
/** Six connections may wait for an answer at a time; one of them is for AWS. */
export const DELIVERY_CONNECTIONS = 5;

export function refusedOnWorkers(config: Config, env: Environment): readonly ConfigFault[] {
  return [
    ...refusedBroker(config),
    ...config.pools.flatMap(({ poll, auth }, index) =>
      poll.lookupEventsMs === undefined && poll.listUsersMs === undefined
        ? []
        : missingKeys(`pools[${index}].auth`, auth, env),
    ),
    ...((config.ingest?.s3?.buckets.length ?? 0) === 0
      ? []
      : missingKeys("ingest.s3.auth", config.ingest?.s3?.auth, env)),
    ...config.subscriptions.flatMap(refusedTarget),
  ];
}

function refusedBroker({ broker }: Config): readonly ConfigFault[] {
  if (broker.kind === "durable-object") return [];
  const message = `${broker.kind} does not work on Workers: leave broker.kind out, or set it to durable-object`;
  return [{ path: "broker.kind", message }];
}

function refusedTarget({ name, target, delivery }: SubscriptionConfig): readonly ConfigFault[] {
  const at = `subscriptions.${name}.target`;
  if (delivery.deadLetter?.kind === "redis") {
    const path = `subscriptions.${name}.delivery.deadLetterURL`;
    return [{ path, message: "Redis targets do not work on Workers: give an https URL" }];
  }
  if (target.kind === "redis") {
    return [{ path: `${at}.redis`, message: "Redis targets do not work on Workers: give a url" }];
  }
  if (target.kind !== "http" || target.tls === undefined) return [];
  const message = "an own CA or a client certificate does not work on Workers: use a target with a public certificate";
  return [{ path: `${at}.tls`, message }];
}

function missingKeys(path: string, auth: AwsAuthConfig | undefined, env: Environment): readonly ConfigFault[] {
  if (hasKeys(auth, env)) return [];
  const message = "a Worker has no AWS credentials of its own: give credentials here, or set the secrets";
  return [{ path, message: `${message} AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY` }];
}

export function hasKeys(auth: AwsAuthConfig | undefined, env: Environment): boolean {
  return auth?.credentials !== undefined || Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY);
}

export function fitToWorkers(config: Config, env: Environment): Config {
  const { ingest, pools, subscriptions } = config;
  const delivering = subscriptions.filter(({ target }) => target.kind === "http").length;
  const concurrency = Math.max(1, Math.floor(DELIVERY_CONNECTIONS / Math.max(1, delivering)));
  return {
    ...config,
    ingest: ingest && fitIngest(ingest, env),
    // A pool that nobody gave keys for is not asked about.
    pools: pools.map((pool) => ({
      ...pool,
      identify: hasKeys(pool.auth, env) ? pool.identify : "none",
      endpoint: pool.endpoint ?? endpointOf(env, "COGNITO_IDENTITY_PROVIDER"),
      cloudtrailEndpoint: pool.cloudtrailEndpoint ?? endpointOf(env, "CLOUDTRAIL"),
    })),
    subscriptions: subscriptions.map((subscription) => {
      const { delivery } = subscription;
      return { ...subscription, delivery: { ...delivery, concurrency: Math.min(delivery.concurrency, concurrency) } };
    }),
  };
}

function fitIngest({ eventbridge, cloudtrail, events, firehose, s3, ...others }: IngestConfig, env: Environment) {
  return {
    ...others,
    s3: s3 && { ...s3, endpoint: s3.endpoint ?? endpointOf(env, "S3") },
    eventbridge: eventbridge && fitBody(eventbridge),
    cloudtrail: cloudtrail && fitBody(cloudtrail),
    events: events && fitBody(events),
    firehose: firehose && fitBody(firehose),
  };
}

function fitBody<Route extends { readonly maxBytes: number }>(route: Route): Route {
  return { ...route, maxBytes: Math.min(route.maxBytes, MAX_BODY_BYTES) };
}
