/**
 * Files by GetObject of the AWS SDK.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { member } from "../core/json.ts";
import { err, ok } from "../core/result.ts";
import type { S3File } from "../ingest/s3/file.ts";
import type { ObjectFailure, ObjectStore } from "../ingest/s3/object-store.ts";
import type { FailureCode } from "../ingest/s3/work.ts";
import type { AwsCredentials } from "./given-credentials.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

export interface S3StoreOptions {
  /** Asked anew after S3 refused what it gave before. */
  readonly credentials: (region: string) => AwsCredentials;
  /** Where it is configured; else the notice tells, else `ambientRegion`. */
  readonly region?: string | undefined;
  readonly ambientRegion?: string | undefined;
  /** In place of AWS. */
  readonly endpoint?: string | undefined;
  /** `https://host/bucket/key`, since other stores seldom have a host name for each bucket. */
  readonly pathStyle: boolean;
}

/** Where nobody tells; S3 answers there as well, and says where the bucket is. */
const ANY_REGION = "us-east-1";

/** A notice may name any region. */
const MAX_CLIENTS = 40;

export function createS3ObjectStore(options: S3StoreOptions): ObjectStore {
  const clients = new Map<string, S3Client>();

  function regionOf(file: S3File): string {
    return options.region ?? file.region ?? options.ambientRegion ?? ANY_REGION;
  }

  function clientFor(region: string): S3Client {
    const known = clients.get(region);
    if (known) return known;
    if (clients.size >= MAX_CLIENTS) clients.clear();
    const client = new S3Client({
      region,
      credentials: options.credentials(region),
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      forcePathStyle: options.pathStyle,
      // The region of a trail's file is not always that of its bucket.
      followRegionRedirects: true,
      // The fetcher decides what is tried again and when.
      maxAttempts: 1,
      customUserAgent: OWN_USER_AGENT,
      requestHandler: { connectionTimeout: 5000 },
    });
    clients.set(region, client);
    return client;
  }

  return {
    async open(file, signal) {
      const { bucket: Bucket, key: Key, versionId: VersionId } = file;
      const region = regionOf(file);
      try {
        const command = new GetObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) });
        const { Body } = await clientFor(region).send(command, { abortSignal: signal });
        return Body !== undefined && isIterable(Body) ? ok(Body) : err({ code: "interrupted" });
      } catch (error) {
        const failure = failureOf(error);
        // The SDK keeps what has no time of expiry for ever. Files that others read by this client go on.
        if (failure.code === "credentials") clients.delete(region);
        return err(failure);
      }
    },
  };
}

/** A stream of Node, or of the web where there are only those. The SDK lets go of it when the signal aborts. */
function isIterable(body: object): body is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in body;
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
  const code = BY_NAME[name] ?? codeOfStatus(typeof status === "number" ? status : 0);
  // A store of somebody else may write anything there.
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
