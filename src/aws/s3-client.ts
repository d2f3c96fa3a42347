/**
 * Two calls of S3, signed by the SDK's signer. The SDK's own client makes a hundred others, which is an eighth of a Worker's
 * size, and hands its checksums what `fetch` has unpacked (docs/decisions/0027).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
import { Sha256 } from "@aws-sdk/checksums/sha";
import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from "@smithy/core";
import { SignatureV4 } from "@smithy/signature-v4";
import { joinBytes } from "../core/collect-bytes.ts";
import { checkedBody } from "./checked-body.ts";
import type { AwsCredentials } from "./given-credentials.ts";
import { bucketUrl, escapeName, type S3Place } from "./s3-place.ts";
import type { RawAnswer, SendRaw } from "./send-raw.ts";
import { OWN_USER_AGENT } from "./user-agent.ts";

export interface S3ClientOptions {
  readonly region: string;
  /** Asked again shortly before what they gave expires. */
  readonly credentials: AwsCredentials;
  readonly place: S3Place;
  readonly send: SendRaw;
}

/** Its calls reject with an S3Error, with what `credentials` reject with, or as `SendRaw` does. */
export interface S3Client {
  /** Resolves when its bytes begin to come. Reading them rejects where they break off or are not what was written. */
  getObject(object: S3Object, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  headBucket(bucket: string, signal: AbortSignal): Promise<void>;
}

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Where S3 has said that the bucket is, in place of the client's own. */
  readonly region?: string | undefined;
}

/** A refusal, with the members that errors of the SDK have. */
export class S3Error extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  /** Where the bucket is, as S3 says with a redirect. */
  readonly bucketRegion: string | undefined;

  constructor(name: string, status: number, bucketRegion?: string) {
    super(`S3 answered ${status}`);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
    this.bucketRegion = bucketRegion;
  }
}

const MAX_ERROR_BYTES = 64 * 1024;

export function createS3Client({ region, credentials, place, send }: S3ClientOptions): S3Client {
  const kept = memoizeIdentityProvider(credentials, isIdentityExpired, doesIdentityRequireRefresh);
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials: kept ?? credentials,
    sha256: Sha256,
    // S3 alone signs paths as they are.
    uriEscapePath: false,
  });

  async function ask(
    method: "GET" | "HEAD",
    { bucket, key, versionId, region: signingRegion = region }: Omit<S3Object, "key"> & { readonly key?: string },
    signal: AbortSignal,
  ): Promise<RawAnswer> {
    const url = bucketUrl(bucket, signingRegion, place);
    const { protocol, hostname, host } = new URL(url.origin);
    const path = `${url.path}/${key === undefined ? "" : key.split("/").map(escapeName).join("/")}`;
    const query = versionId === undefined ? undefined : { versionId };
    const headers = { host, "user-agent": OWN_USER_AGENT, "x-amz-checksum-mode": "ENABLED" };
    const request = { method, protocol, hostname, path, headers, ...(query && { query }) };
    const { headers: signed } = await signer.sign(request, { signingRegion });
    const search = query ? `?versionId=${escapeName(query.versionId)}` : "";
    const answer = await send({ method, origin: url.origin, path: path + search, headers: signed }, signal);
    if (answer.status !== 200) throw await errorOf(answer);
    return answer;
  }

  return {
    getObject: async (object, signal) => checkedBody(await ask("GET", object, signal)),
    async headBucket(bucket, signal) {
      await textOf(await ask("HEAD", { bucket }, signal));
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
async function errorOf(answer: RawAnswer): Promise<S3Error> {
  const [, name = "UnknownError"] = /<Code>([^<]+)<\/Code>/.exec(await textOf(answer)) ?? [];
  return new S3Error(name, answer.status, answer.header("x-amz-bucket-region"));
}

/** As much as came, and not too much. */
async function textOf({ body }: RawAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return new TextDecoder().decode(joinBytes(chunks));
}
