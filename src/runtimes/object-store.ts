/** The store that files come from, as configuration and environment have it. The SDK is loaded where it is used. */
import type { Config } from "../config/config.ts";
import type { ObjectStore } from "../ingest/s3/object-store.ts";

export async function openObjectStore({ ingest }: Config): Promise<ObjectStore | undefined> {
  const s3 = ingest?.s3;
  if (!s3 || s3.buckets.length === 0) return undefined;
  const { createS3ObjectStore } = await import("../aws/s3.ts");
  const { env } = process;
  return createS3ObjectStore({
    auth: s3.auth,
    region: s3.region,
    ambientRegion: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
    endpoint: s3.endpoint,
    pathStyle: Boolean(s3.endpoint || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL),
    tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE || undefined,
  });
}
