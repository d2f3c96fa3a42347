/** The user pool that the day is told of: a small garden shop, wholly invented. */
import type { JsonObject } from "../../core/json.ts";

export const ACCOUNT = "210987654321";
export const REGION = "eu-central-1";
export const POOL_ID = "eu-central-1_Kq3vX9TzP";
export const DOMAIN = "meadow-shop.auth.eu-central-1.amazoncognito.com";

/** The shop's app, which customers sign in to by the SDK and by the hosted pages. */
export const APP_CLIENT = "4t7meadow1app9c2k6v0b8n3xq";
/** A program without a user, which signs in with a secret. */
export const JOBS_CLIENT = "6j2meadow5jobs8r1w4y9p0zhd";

/** Calls that no IAM identity signs, which is how CloudTrail writes those of apps. */
export const ANYONE: JsonObject = { type: "Unknown", principalId: "Anonymous" };

/** The shop's own server, which administers its users; it takes on its role anew every hour. */
export function backOffice(atMs: number): JsonObject {
  const creationDate = `${new Date(atMs).toISOString().slice(0, "2026-01-01T00".length)}:00:00Z`;
  return {
    type: "AssumedRole",
    principalId: "AROAEXAMPLEMEADOW:back-office",
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/meadow-back-office/back-office`,
    accountId: ACCOUNT,
    accessKeyId: "ASIAEXAMPLEMEADOW",
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: "AROAEXAMPLEMEADOW",
        arn: `arn:aws:iam::${ACCOUNT}:role/meadow-back-office`,
        accountId: ACCOUNT,
        userName: "meadow-back-office",
      },
      attributes: { creationDate, mfaAuthenticated: "false" },
    },
  };
}

/** A colleague with an IAM user of his own, who may do little. */
export const TRAINEE: JsonObject = {
  type: "IAMUser",
  principalId: "AIDAEXAMPLEMEADOW",
  arn: `arn:aws:iam::${ACCOUNT}:user/trainee`,
  accountId: ACCOUNT,
  accessKeyId: "AKIAEXAMPLEMEADOW",
  userName: "trainee",
};

export const SERVER_IP = "198.51.100.24";
export const SERVER_AGENT =
  "aws-sdk-js/3.1012.0 ua/2.1 os/linux lang/js md/nodejs#24.4.0 api/cognito-identity-provider";
