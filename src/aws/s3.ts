/** Files as objects of Amazon S3, or of a store that speaks as it does. */
import { member } from "../core/json.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { S3File } from "../ingest/s3/file.ts";
import type { ObjectFailure, ObjectStore } from "../ingest/s3/object-store.ts";
import type { FailureCode } from "../ingest/s3/work.ts";
import type { AwsCredentials } from "./given-credentials.ts";
import { createS3Client, type S3Client, S3Error } from "./s3-client.ts";
import type { S3Place } from "./s3-place.ts";
import type { SendRaw } from "./send-raw.ts";

export interface S3StoreOptions {
  /** Asked anew after S3 refused what it gave before. */
  readonly credentials: (region: string) => AwsCredentials;
  /** Where it is configured; else the notice tells, else `ambientRegion`. */
  readonly region?: string | undefined;
  readonly ambientRegion?: string | undefined;
  readonly place: S3Place;
  readonly send: SendRaw;
}

/** Where nobody tells; S3 answers there as well, and says where the bucket is. */
const ANY_REGION = "us-east-1";

/** A notice may name any region. */
const MAX_CLIENTS = 40;

export function createS3ObjectStore(options: S3StoreOptions): ObjectStore {
  const { place, send } = options;
  const clients = new Map<string, S3Client>();

  function clientFor(region: string): S3Client {
    const known = clients.get(region);
    if (known) return known;
    if (clients.size >= MAX_CLIENTS) clients.clear();
    const client = createS3Client({ region, credentials: options.credentials(region), place, send });
    clients.set(region, client);
    return client;
  }

  return {
    async open(file, signal) {
      const region = options.region ?? file.region ?? options.ambientRegion ?? ANY_REGION;
      const opened = await openWith(clientFor(region), file, signal);
      // The client keeps what has no time of expiry for ever. Files that others read by it go on.
      if (!opened.ok && opened.error.code === "credentials") clients.delete(region);
      return opened;
    },
  };
}

type Opened = Result<AsyncIterable<Uint8Array>, ObjectFailure>;

async function openWith(
  client: S3Client,
  { bucket, key, versionId }: S3File,
  signal: AbortSignal,
  region?: string,
): Promise<Opened> {
  try {
    return ok(await client.getObject({ bucket, key, versionId, region }, signal));
  } catch (error) {
    // The region of a trail's file is not always that of its bucket.
    const other = region === undefined ? redirectOf(error) : undefined;
    return other === undefined ? err(failureOf(error)) : openWith(client, { bucket, key, versionId }, signal, other);
  }
}

function redirectOf(error: unknown): string | undefined {
  if (!(error instanceof S3Error)) return undefined;
  const isRedirect = error.$metadata.httpStatusCode === 301 || error.name === "IllegalLocationConstraintException";
  return isRedirect ? error.bucketRegion : undefined;
}

/** By the name of the error first, since the same status means several things. */
const BY_NAME: Readonly<Record<string, FailureCode>> = {
  NoSuchKey: "missing",
  NotFound: "missing",
  NoSuchVersion: "missing",
  NoSuchBucket: "bucket_missing",
  InvalidObjectState: "archived",
  AccessDenied: "forbidden",
  ExpiredToken: "credentials",
  ExpiredTokenException: "credentials",
  TokenRefreshRequired: "credentials",
  InvalidToken: "credentials",
  InvalidAccessKeyId: "credentials",
  SignatureDoesNotMatch: "credentials",
  RequestTimeTooSkewed: "credentials",
  CredentialsProviderError: "credentials",
  TokenProviderError: "credentials",
  SlowDown: "throttled",
  Throttling: "throttled",
  ThrottlingException: "throttled",
  TooManyRequestsException: "throttled",
  RequestTimeout: "unavailable",
};

function failureOf(error: unknown): ObjectFailure {
  const name = error instanceof Error ? error.name : "";
  const status = member(member(error, "$metadata"), "httpStatusCode");
  // A store of somebody else may write anything there.
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  const code = known ?? codeOfStatus(typeof status === "number" ? status : 0);
  return { code, ...(/^[\w.-]{1,64}$/.test(name) && { error: name }) };
}

function codeOfStatus(status: number): FailureCode {
  if (status === 404) return "missing";
  // The version is a delete marker.
  if (status === 405) return "missing";
  if (status === 403) return "forbidden";
  if (status === 401) return "credentials";
  if (status === 429 || status === 503) return "throttled";
  return status >= 300 && status < 500 ? "refused" : "unavailable";
}
