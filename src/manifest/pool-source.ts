/** AWSCognitoUserPoolSource: https://github.com/triggermesh/triggermesh */
import { isObject, type JsonObject, member } from "../core/json.ts";
import { annotation, type ManifestObject, valueAt } from "./object.ts";
import { fault, from, literally, note, type Reading } from "./reading.ts";
import { readCredential } from "./secrets.ts";

export const COMPAT_ANNOTATION = "poolcast.dev/compat";

/** In TriggerMesh polling is the only road. */
const POLL = { listUsers: "PT10S", lookupEvents: "PT1M" };

/** One of `pools` of the configuration, which stands at `index` there. */
export function poolSettings(reading: Reading, source: ManifestObject, index: number): JsonObject {
  from(reading, ["pools", index], source, ["spec"]);
  const spec = valueAt(source.tree, ["spec"]);
  for (const key of Object.keys(isObject(spec) ? spec : {}).filter((one) => !KNOWN.has(one))) {
    note(reading, source, ["spec", key], "is about TriggerMesh's own pod and says nothing to poolcast");
  }
  const auth = member(spec, "auth");
  return {
    arn: literally(member(spec, "arn")),
    ...(auth !== undefined && { auth: authSettings(reading, source, auth) }),
    poll: POLL,
    ...compat(reading, source),
  };
}

const KNOWN = new Set(["arn", "auth", "sink"]);

/** Consumers that were written for TriggerMesh wait for its one type of event. */
function compat(reading: Reading, source: ManifestObject): JsonObject {
  const written = annotation(source, COMPAT_ANNOTATION) ?? "triggermesh";
  if (written === "none") return {};
  if (written === "triggermesh") return { compat: written };
  fault(reading, source, ["metadata", "annotations", COMPAT_ANNOTATION], "must be triggermesh or none");
  return {};
}

/** What is not known here is left to the configuration to refuse. */
function authSettings(reading: Reading, source: ManifestObject, auth: unknown): unknown {
  if (!isObject(auth)) return auth;
  const { credentials, iam, iamRole, ...others } = auth;
  return {
    ...literally(others),
    ...(credentials !== undefined && { credentials: credentialSettings(reading, source, credentials) }),
    ...(iam !== undefined && { iam: iamSettings(iam) }),
    ...(iamRole !== undefined && { iam: { roleArn: literally(iamRole) } }),
  };
}

/** The name of the service account says only how a pod gets its role. */
function iamSettings(iam: unknown): unknown {
  if (!isObject(iam)) return iam;
  const { serviceAccount: _, ...others } = iam;
  return literally(others);
}

function credentialSettings(reading: Reading, source: ManifestObject, credentials: unknown): unknown {
  if (!isObject(credentials)) return credentials;
  return Object.fromEntries(
    Object.entries(credentials).map(([key, written]) => {
      if (!SECRETS.has(key)) return [key, literally(written)];
      return [key, readCredential(reading, source, ["spec", "auth", "credentials", key], written)];
    }),
  );
}

const SECRETS: ReadonlySet<string> = new Set(["accessKeyID", "secretAccessKey", "sessionToken"]);
