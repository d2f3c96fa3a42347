/** The store that files come from, as configuration and environment have it. The SDK is loaded with the first file. */
import type { Config } from "../config/config.ts";
import type { ObjectStore } from "../ingest/s3/object-store.ts";
import type { AwsAdapters } from "./aws-adapters.ts";
import { s3PlaceOf } from "./aws-endpoints.ts";

export function openObjectStore(
  { ingest }: Config,
  env: Readonly<Record<string, string | undefined>>,
  aws: AwsAdapters,
): ObjectStore | undefined {
  const s3 = ingest?.s3;
  if (!s3 || s3.buckets.length === 0) return undefined;
  const { auth, region, endpoint } = s3;
  const place = s3PlaceOf(endpoint, env);

  async function load(): Promise<ObjectStore> {
    const [{ createS3ObjectStore, send }, credentialsFor] = await Promise.all([aws.s3(), aws.credentials()]);
    return createS3ObjectStore({
      credentials: (clientRegion) => credentialsFor(auth, clientRegion),
      region,
      ambientRegion: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
      place,
      send,
    });
  }

  let loading: Promise<ObjectStore> | undefined;
  return {
    async open(file, signal) {
      loading ??= load();
      return (await loading).open(file, signal);
    },
  };
}
