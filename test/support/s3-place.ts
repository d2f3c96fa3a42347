/** A place for gateways that fetch the files of the bucket `trail`. */
import { type GatewayPlace, type GatewayProcess, makePlace } from "./gateway-process.ts";
import { postJson } from "./records.ts";
import { type S3Server, startS3Server } from "./s3-server.ts";

export interface S3Place extends GatewayPlace {
  readonly s3: S3Server;
  /** Tells a gateway of files, and resolves when it has put them in its queue. */
  notify(gateway: GatewayProcess, keys: readonly string[]): Promise<void>;
}

export async function makeS3Place(): Promise<S3Place> {
  const place = makePlace();
  const s3 = await startS3Server();
  place.writeConfig(`
ingest: { cloudtrail: { apiKeys: [k] }, s3: { buckets: [trail], ${s3.yaml} } }
broker: { kind: sqlite, path: ./p.db }
`);
  return {
    ...place,
    s3,
    async notify({ url }, keys) {
      const notice = { s3Bucket: "trail", s3ObjectKey: keys };
      const response = await postJson(`${url}/ingest/cloudtrail`, notice, { "x-api-key": "k" });
      const answer = await response.json();
      if (response.status !== 202 || answer.queued !== keys.length) throw new Error(JSON.stringify(answer));
    },
    async remove() {
      await place.remove();
      await s3.close();
    },
  };
}
