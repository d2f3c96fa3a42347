import * as z from "zod";
import type { TargetAuthConfig } from "./config.ts";
import { exactlyOne } from "./rules.ts";
import { section } from "./section.ts";
import { httpUrl } from "./urls.ts";
import { matching, text } from "./values.ts";

const roleArn = matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "the ARN of an IAM role");

/** How poolcast proves itself to AWS; left out, the ambient credential chain does. */
export const awsAuth = section(
  {
    credentials: section({
      accessKeyID: text,
      secretAccessKey: text,
      sessionToken: text.optional(),
      assumeIamRole: roleArn.optional(),
    }).optional(),
    iam: section({ roleArn: roleArn.optional() }).optional(),
  },
  exactlyOne(["credentials", "iam"]),
);

const userName = matching(/^[^:\r\n]+$/, "a non-empty text without a colon");
const token = matching(/^[\x21-\x7e]+$/, "a non-empty text without spaces and line breaks");

/** How poolcast proves itself to an HTTP target. */
export const targetAuth = section(
  {
    bearer: token.optional(),
    basic: section({ username: userName, password: text }).optional(),
    oauth2: section({ tokenUrl: httpUrl, clientId: text, clientSecret: text, scope: text.optional() }).optional(),
  },
  exactlyOne(["bearer", "basic", "oauth2"]),
).transform(({ bearer, basic, oauth2 }): TargetAuthConfig => {
  if (bearer !== undefined) return { bearer };
  return basic === undefined ? { oauth2: oauth2 ?? z.NEVER } : { basic };
});
