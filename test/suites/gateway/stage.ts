/** One gateway with every road configured, a sink for what it delivers, a store of files, and an AWS that answers for SNS. */
import { Webhook } from "standardwebhooks";
import { type RecordingSink, startRecordingSink } from "../../support/recording-sink.ts";
import { postJson } from "../../support/records.ts";
import { type S3Server, startS3Server } from "../../support/s3-server.ts";
import { makeCertificate, TOPIC } from "../../support/sns.ts";
import { waitUntil } from "../../support/wait.ts";
import { SECRET } from "../../support/webhooks.ts";
import type { GatewayHome, GatewayRuntime, RunningGateway } from "./runtime.ts";

/** Whose files the gateway fetches. */
export const BUCKET = "orchard-trail";

/** Below every default, so that what is refused is quickly sent. */
export const MAX_BYTES = 256 * 1024;

export const KEYS = {
  eventbridge: { "x-api-key": "key-of-eventbridge" },
  cloudtrail: { "x-api-key": "key-of-cloudtrail" },
  events: { authorization: "Bearer key-of-events" },
  firehose: { "x-amz-firehose-access-key": "key-of-firehose" },
  admin: { authorization: "Bearer key-of-admins" },
} as const;

export interface DeliveredEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly road?: string;
  readonly data?: unknown;
}

export interface Stage {
  readonly runtime: GatewayRuntime;
  open(): Promise<void>;
  close(): Promise<void>;
  url(path?: string): string;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Waits for the event with this id at the sink, and judges its signature. */
  delivered(id: string): Promise<DeliveredEvent>;
  /** Puts a file into the bucket; `headers` are those that it is answered with. */
  putFile(key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): void;
  /** What the gateway asked AWS for, so far. */
  askedOfAws(): readonly string[];
}

export function createStage(runtime: GatewayRuntime): Stage {
  const certificate = makeCertificate();
  const asked: string[] = [];
  let sink: RecordingSink | undefined;
  let files: S3Server | undefined;
  let home: GatewayHome | undefined;
  let gateway: RunningGateway | undefined;
  const url = (path = "") => `${gateway?.url}${path}`;
  const idOf = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString()).id;

  return {
    runtime,
    url,
    async open() {
      sink = await startRecordingSink();
      files = await startS3Server();
      home = await runtime.makeHome((asking) => {
        asked.push(asking);
        return { status: 200, body: asking.endsWith(".pem") ? certificate : "<ConfirmSubscriptionResponse/>" };
      });
      const s3 = files.yaml.replace(files.url, home.reach(files.url));
      gateway = await home.start(configOf(runtime, { sinkUrl: home.reach(sink.url), s3 }));
    },
    async close() {
      await home?.remove();
      await sink?.close();
      await files?.close();
    },
    post: (path, body, headers) => postJson(url(path), body, headers),
    get: (path, headers = {}) => fetch(url(path), { headers }),
    async delivered(id) {
      const find = () => sink?.received.find((one) => idOf(one) === id);
      await waitUntil(() => find() !== undefined, `${id} was delivered`);
      const { headers, body } = find() ?? { headers: {}, body: Buffer.of() };
      new Webhook(SECRET).verify(body.toString(), headers as Record<string, string>);
      return JSON.parse(body.toString());
    },
    putFile: (key, bytes, headers) => files?.put(BUCKET, key, bytes, { headers }),
    askedOfAws: () => asked,
  };
}

interface Places {
  readonly sinkUrl: string;
  /** Where the files are, and the keys to them, in YAML. */
  readonly s3: string;
}

function configOf({ settings = "", loopback }: GatewayRuntime, { sinkUrl, s3 }: Places): string {
  return `${settings}
adminKeys: [key-of-admins]
ingest:
  eventbridge: { apiKeys: [an-older-key, key-of-eventbridge], maxBytes: ${MAX_BYTES} }
  cloudtrail: { apiKeys: [key-of-cloudtrail], maxBytes: ${MAX_BYTES} }
  events: { apiKeys: [key-of-events], maxBytes: ${MAX_BYTES} }
  firehose: { accessKeys: [key-of-firehose], maxBytes: ${MAX_BYTES} }
  sns: { topicArns: ["${TOPIC}"] }
  cognito: { secrets: ["${SECRET}"] }
  s3: { buckets: [${BUCKET}], ${s3} }
${loopback ? "  lambda: {}" : ""}
subscriptions:
  all: { target: { url: "${sinkUrl}", secret: "${SECRET}" } }
`;
}
