/** The members of TriggerMesh's objects that `create` takes as dotted flags, as tmctl does by their CRDs. */

import type { JsonObject } from "../core/json.ts";
import { put } from "./tree.ts";

export interface SchemaLeaf {
  /** As `auth.credentials.accessKeyID`. */
  readonly path: string;
  /** What holds a secret stands in a Secret, and the object refers to it by this member. */
  readonly kind: "text" | "list" | "integer" | "boolean" | "valueFromSecret" | "secretKeyRef";
  readonly description: string;
}

export const SOURCE_LEAVES: readonly SchemaLeaf[] = [
  { path: "arn", kind: "text", description: "ARN of the user pool" },
  { path: "auth.credentials.accessKeyID", kind: "valueFromSecret", description: "access key, or a file with it" },
  { path: "auth.credentials.secretAccessKey", kind: "valueFromSecret", description: "its secret, or a file with it" },
  { path: "auth.credentials.sessionToken", kind: "valueFromSecret", description: "its session token, or a file" },
  { path: "auth.credentials.assumeIamRole", kind: "text", description: "ARN of the role to assume with the key" },
  { path: "auth.iam.roleArn", kind: "text", description: "ARN of the role of the pod" },
  { path: "auth.iam.serviceAccount", kind: "text", description: "service account that has the role" },
];

export const BROKER_LEAVES: readonly SchemaLeaf[] = [
  { path: "redis.connection.url", kind: "text", description: "Redis, as host:port or a URL" },
  { path: "redis.connection.clusterURLs", kind: "list", description: "nodes of a Redis Cluster, with commas" },
  { path: "redis.connection.username", kind: "secretKeyRef", description: "user, or a file with it" },
  { path: "redis.connection.password", kind: "secretKeyRef", description: "password, or a file with it" },
  { path: "redis.connection.tlsEnabled", kind: "boolean", description: "speak TLS" },
  { path: "redis.connection.tlsSkipVerify", kind: "boolean", description: "whatever its certificate says" },
  { path: "redis.connection.tlsCACertificate", kind: "secretKeyRef", description: "PEM, or a file with it" },
  { path: "redis.connection.tlsCertificate", kind: "secretKeyRef", description: "PEM, or a file with it" },
  { path: "redis.connection.tlsKey", kind: "secretKeyRef", description: "PEM, or a file with it" },
  { path: "redis.stream", kind: "text", description: "key of the stream" },
  { path: "redis.enableTrackingID", kind: "boolean", description: "tell the id of the entry with each event" },
];

export const DELIVERY_LEAVES: readonly SchemaLeaf[] = [
  { path: "delivery.retry", kind: "integer", description: "tries after the first" },
  { path: "delivery.backoffPolicy", kind: "text", description: "exponential, linear or constant" },
  { path: "delivery.backoffDelay", kind: "text", description: "ISO 8601, as PT5S" },
  { path: "delivery.deadLetterSink.uri", kind: "text", description: "where dead letters go" },
];

/** Values of flags by their path. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface SpecParts {
  readonly spec: JsonObject;
  /** By key, as a Secret holds them. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** `spec` of an object; what is secret in it is a reference into `secretName`. */
export function specOf(leaves: readonly SchemaLeaf[], values: FlagValues, secretName: string): SpecParts {
  const secrets: Record<string, string> = {};
  let spec: JsonObject = {};
  for (const { path, kind } of leaves) {
    const value = values[path];
    if (value === undefined) continue;
    const steps = path.split(".");
    const key = steps.at(-1) ?? path;
    if (kind === "valueFromSecret" || kind === "secretKeyRef") {
      secrets[key] = String(value);
      spec = put(spec, steps, { [kind]: { name: secretName, key } });
    } else spec = put(spec, steps, written(kind, value));
  }
  return { spec, secrets };
}

/** What is no number is left to the configuration to refuse. */
function written(kind: SchemaLeaf["kind"], value: string | boolean): unknown {
  if (kind === "list") return String(value).split(",");
  return kind === "integer" && /^-?\d{1,9}$/.test(String(value)) ? Number(value) : value;
}
