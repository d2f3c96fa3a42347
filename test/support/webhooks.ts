/** Requests that an independent library of Standard Webhooks signs. */
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const NEW_SECRET = `whsec_${Buffer.from("twenty-four bytes of key").toString("base64")}`;

export interface Signing {
  readonly id?: string;
  readonly secret?: string;
  readonly at?: Date;
}

export function signedHeaders(
  body: string,
  { id = randomUUID(), secret = SECRET, at = new Date() }: Signing = {},
): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(at.getTime() / 1000)}`,
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}

/** As Cognito sends it, with invented values. */
export function triggerEvent(triggerSource: unknown = "PostConfirmation_ConfirmSignUp", request: object = {}) {
  return {
    version: "1",
    triggerSource,
    region: "eu-central-1",
    userPoolId: "eu-central-1_Kq3vX9TzP",
    userName: "mara.lindqvist",
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: "7h2v9k4m1q8s3d6f5g0j2l4n8p" },
    request: {
      userAttributes: { sub: "c0a8f5d2-5b1e-4f37-9a6d-2e7b41d09c83", email: "mara@example.com" },
      ...request,
    },
    response: {},
  };
}
