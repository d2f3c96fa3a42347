/** What the environment says of where AWS is: for S3, and in a Worker, whose environment the SDK does not read. */
import type { S3Place } from "../aws/s3-place.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Service = "CLOUDTRAIL" | "COGNITO_IDENTITY_PROVIDER" | "S3" | "STS";

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function endpointOf(env: Environment, service: Service): string | undefined {
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** `endpoint` is the one in the configuration. */
export function s3PlaceOf(endpoint: string | undefined, env: Environment): S3Place {
  return {
    endpoint: endpoint ?? endpointOf(env, "S3"),
    useFips: env.AWS_USE_FIPS_ENDPOINT === "true",
    useDualStack: env.AWS_USE_DUALSTACK_ENDPOINT === "true",
  };
}
