/** A file in S3 that may hold records, and what its key tells of it. */

export interface S3File {
  readonly bucket: string;
  /** As it is, not URL-encoded. */
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Of what the notice was about; another one means that the file was written anew. */
  readonly etag?: string | undefined;
  /** Where the bucket is believed to be. */
  readonly region?: string | undefined;
}

/** Regions become part of a host name, so no other text may stand for one. */
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

const MAX_NAME_LENGTH = 255;

/** Undefined where this can be no file of S3. */
export function toS3File(parts: Readonly<Record<keyof S3File, unknown>>): S3File | undefined {
  const { bucket, key } = parts;
  if (typeof bucket !== "string" || bucket === "" || bucket.length > MAX_NAME_LENGTH) return undefined;
  if (typeof key !== "string" || key === "" || !key.isWellFormed()) return undefined;
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) return undefined;
  const versionId = name(parts.versionId);
  const etag = name(parts.etag);
  const region = toRegion(parts.region) ?? placeOfKey(key).region;
  return {
    bucket,
    key,
    ...(versionId !== undefined && { versionId }),
    ...(etag !== undefined && { etag }),
    ...(region !== undefined && { region }),
  };
}

function name(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= MAX_KEY_BYTES ? value : undefined;
}

function toRegion(value: unknown): string | undefined {
  return typeof value === "string" && REGION.test(value) ? value : undefined;
}

/** CloudTrail's other files hold no management events of a user pool; a folder that the console made holds nothing. */
const OTHER_FILES = /(^|\/)CloudTrail-(Digest|Insight|NetworkActivity|Aggregated)\/|_CloudTrail-Digest_[^/]*$|\/$/;

export function mayHoldRecords(key: string): boolean {
  return !OTHER_FILES.test(key);
}

/**
 * `AWSLogs/[o-organisation/]<account>/CloudTrail/<region>/...`, behind any prefix. Region of what is in the file; its
 * bucket may be elsewhere.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
const PATH = /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?(\d{12})\/(?:[^/]+\/)?(?:([^/]+)\/)?/;

export function placeOfKey(key: string): { readonly account?: string; readonly region?: string } {
  const [, account, segment] = PATH.exec(key) ?? [];
  const region = toRegion(segment);
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** One text for one content: two notices of it are one piece of work. CloudTrail writes each of its files once. */
export function identityOf({ bucket, key, versionId, etag }: S3File): string {
  return JSON.stringify([bucket, key, versionId ?? etag ?? ""]);
}
