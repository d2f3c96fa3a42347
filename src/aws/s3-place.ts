/**
 * Where a bucket is asked for, by the same rules as the SDK.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
import { isVirtualHostableS3Bucket, partition } from "@aws-sdk/core/client";

export interface S3Place {
  /** In place of AWS, with the bucket in the path: other stores seldom have a host name for each. */
  readonly endpoint?: string | undefined;
  /** https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html */
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

export interface BucketUrl {
  readonly origin: string;
  /** Before `/key`. */
  readonly path: string;
}

/** Part of a host name, which an answer may have named. */
const REGION = /^[a-z0-9-]{1,63}$/;

/** Throws a RangeError where a region cannot be one. */
export function bucketUrl(bucket: string, region: string, place: S3Place): BucketUrl {
  const { endpoint, useFips = false, useDualStack = false } = place;
  if (endpoint !== undefined) {
    const { origin, pathname } = new URL(endpoint);
    return { origin, path: `${pathname.replace(/\/+$/, "")}/${escapeName(bucket)}` };
  }
  if (!REGION.test(region)) throw new RangeError("this is no name of a region");
  const host = `s3${useFips ? "-fips" : ""}${useDualStack ? ".dualstack" : ""}.${region}.${partition(region).dnsSuffix}`;
  // No certificate is for a name with dots before it.
  return isVirtualHostableS3Bucket(bucket)
    ? { origin: `https://${bucket}.${host}`, path: "" }
    : { origin: `https://${host}`, path: `/${escapeName(bucket)}` };
}

/** As it is signed: all but what RFC 3986 leaves alone. */
export function escapeName(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
