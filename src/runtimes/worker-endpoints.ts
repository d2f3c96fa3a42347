/** What the SDK reads from the environment of a process, and not from that of a Worker. */

type Service = "CLOUDTRAIL" | "COGNITO_IDENTITY_PROVIDER" | "S3" | "STS";

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function endpointOf(env: Readonly<Record<string, string | undefined>>, service: Service): string | undefined {
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}
