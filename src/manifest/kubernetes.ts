/** A gateway as objects for `kubectl apply`. What the image is like: docs/container.md. */
import { encodeBase64 } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import type { Deployment } from "./deployment.ts";
import { withoutServerParts } from "./import.ts";
import type { ManifestObject } from "./object.ts";
import { put } from "./tree.ts";

const GIB = 2 ** 30;
/** The user of the image. */
const USER = 65_532;
const PORT = 8080;
const CONFIG_DIRECTORY = "/etc/poolcast";
/** Open requests and running tries get ten seconds each. */
const GRACE_SECONDS = 30;
const REPLICAS = 2;

export function kubernetesObjects(deployment: Deployment, image: string, withSecrets: boolean): readonly JsonObject[] {
  const { secrets, broker } = deployment;
  return [
    ...serviceAccount(deployment),
    ...(withSecrets ? [...secrets.map((one) => inNamespace(deployment, one)), ...ownSecret(deployment)] : []),
    object(deployment, "v1", "ConfigMap", { data: { "poolcast.yaml": deployment.configuration } }),
    object(deployment, "v1", "Service", {
      spec: { selector: selector(deployment), ports: [{ name: "http", port: deployment.port, targetPort: "http" }] },
    }),
    broker.kind === "sqlite" ? statefulSet(deployment, image, broker.maxBytes) : plainDeployment(deployment, image),
    ...(broker.kind === "redis" ? [disruptionBudget(deployment)] : []),
  ];
}

/** A pod reads the Secrets of its own namespace alone; one that names its former `uid` would be refused there. */
function inNamespace({ namespace }: Deployment, secret: ManifestObject): JsonObject {
  const { tree } = withoutServerParts(secret);
  return namespace === undefined ? tree : put(tree, ["metadata", "namespace"], namespace);
}

/** The Secrets that the pods read, each with its keys. */
export function secretKeys({ name, variables }: Deployment): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  for (const { variable, key } of variables) {
    const secret = key?.secret.name ?? name;
    keys.set(secret, [...new Set([...(keys.get(secret) ?? []), key?.key ?? variable])]);
  }
  return keys;
}

function object(
  deployment: Deployment,
  apiVersion: string,
  kind: string,
  members: JsonObject,
  { name = deployment.name, annotations }: { readonly name?: string; readonly annotations?: JsonObject } = {},
): JsonObject {
  const { namespace } = deployment;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: selector(deployment),
      ...(annotations && { annotations }),
    },
    ...members,
  };
}

function selector({ name }: Deployment): JsonObject {
  return { "app.kubernetes.io/name": "poolcast", "app.kubernetes.io/instance": name };
}

/** One that is named without a role is somebody else's. https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html */
function serviceAccount(deployment: Deployment): JsonObject[] {
  const { name, roleArn } = deployment.serviceAccount;
  if (name !== undefined && roleArn === undefined) return [];
  const annotations = roleArn === undefined ? undefined : { "eks.amazonaws.com/role-arn": roleArn };
  const place = { ...(name !== undefined && { name }), ...(annotations && { annotations }) };
  return [object(deployment, "v1", "ServiceAccount", { automountServiceAccountToken: false }, place)];
}

function ownSecret(deployment: Deployment): JsonObject[] {
  const own = deployment.variables.filter(({ key }) => key === undefined);
  if (own.length === 0) return [];
  const data = own.map(({ variable, value }) => [variable, encodeBase64(new TextEncoder().encode(value))]);
  return [object(deployment, "v1", "Secret", { type: "Opaque", data: Object.fromEntries(data) })];
}

function plainDeployment(deployment: Deployment, image: string): JsonObject {
  const isRedis = deployment.broker.kind === "redis";
  return object(deployment, "apps/v1", "Deployment", {
    spec: {
      replicas: isRedis ? REPLICAS : 1,
      // What is in memory is not shared, so two must not take events at once.
      ...(!isRedis && { strategy: { type: "Recreate" } }),
      selector: { matchLabels: selector(deployment) },
      template: podTemplate(deployment, image, false),
    },
  });
}

/** One gateway to a SQLite file; a StatefulSet never starts a second one before the first is gone. */
function statefulSet(deployment: Deployment, image: string, maxBytes: number): JsonObject {
  // Beside the events there are keys, deliveries, indexes and the write-ahead log.
  const storage = `${Math.ceil((maxBytes * 1.5) / GIB)}Gi`;
  return object(deployment, "apps/v1", "StatefulSet", {
    spec: {
      replicas: 1,
      serviceName: deployment.name,
      selector: { matchLabels: selector(deployment) },
      template: podTemplate(deployment, image, true),
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
        },
      ],
    },
  });
}

function podTemplate(deployment: Deployment, image: string, withData: boolean): JsonObject {
  const { name, serviceAccount: account } = deployment;
  return {
    metadata: { labels: selector(deployment) },
    spec: {
      serviceAccountName: account.name ?? name,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: GRACE_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container(deployment, image, withData)],
      volumes: [{ name: "config", configMap: { name } }],
    },
  };
}

function container(deployment: Deployment, image: string, withData: boolean): JsonObject {
  return {
    name: "poolcast",
    image,
    args: ["start", "--config", `${CONFIG_DIRECTORY}/poolcast.yaml`],
    env: [{ name: "HOST", value: "0.0.0.0" }, { name: "PORT", value: String(PORT) }, ...secretEnv(deployment)],
    ports: [{ name: "http", containerPort: PORT }],
    startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 30 },
    livenessProbe: { ...probe("/healthz"), periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 5, timeoutSeconds: 5 },
    resources: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "512Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      // A directory, since a file that is mounted alone is never brought up to date.
      { name: "config", mountPath: CONFIG_DIRECTORY, readOnly: true },
      ...(withData ? [{ name: "data", mountPath: "/data" }] : []),
    ],
  };
}

function secretEnv({ name, variables }: Deployment): JsonObject[] {
  return variables.map(({ variable, key }) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: key?.secret.name ?? name, key: key?.key ?? variable } },
  }));
}

function probe(path: string): JsonObject {
  return { httpGet: { path, port: "http" } };
}

function disruptionBudget(deployment: Deployment): JsonObject {
  return object(deployment, "policy/v1", "PodDisruptionBudget", {
    spec: { maxUnavailable: 1, selector: { matchLabels: selector(deployment) } },
  });
}
