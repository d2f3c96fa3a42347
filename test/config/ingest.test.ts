import { describe, expect, it } from "vitest";
import { configOf, faultPaths, SECRET } from "./parsing.ts";

const LONGEST = `whsec_${Buffer.alloc(64, 7).toString("base64")}`;

describe("ingest", () => {
  it("takes every key", () => {
    const { ingest } = configOf(`
ingest:
  eventbridge: { apiKeys: [a, b], maxBytes: 1KiB }
  cloudtrail: { apiKeys: c, maxBytes: 2KiB }
  events: { apiKeys: [d], maxBytes: 3 }
  sns: { topicArns: "arn:aws:sns:us-west-2:123456789012:t", confirm: manual, allowSignatureV1: true, rawKeys: [e] }
  firehose: { accessKeys: [f], maxBytes: 4KiB }
  cognito: { secrets: ["${SECRET}", "${LONGEST}"] }
  lambda: {}
  s3: { buckets: g, region: eu-west-1, auth: { iam: {} }, endpoint: "http://127.0.0.1:4566" }
`);
    expect(ingest).toStrictEqual({
      eventbridge: { apiKeys: ["a", "b"], maxBytes: 1024 },
      cloudtrail: { apiKeys: ["c"], maxBytes: 2048 },
      events: { apiKeys: ["d"], maxBytes: 3 },
      sns: {
        topicArns: ["arn:aws:sns:us-west-2:123456789012:t"],
        confirm: "manual",
        allowSignatureV1: true,
        rawKeys: ["e"],
      },
      firehose: { accessKeys: ["f"], maxBytes: 4096 },
      cognito: { secrets: [SECRET, LONGEST] },
      lambda: {},
      s3: { buckets: ["g"], region: "eu-west-1", auth: { iam: {} }, endpoint: "http://127.0.0.1:4566" },
    });
  });

  it.each([
    ["eventbridge: { apiKey: a }", ["ingest.eventbridge.apiKey"]],
    ["events: { apiKeys: [''] }", ["ingest.events.apiKeys[0]"]],
    ["events: { apiKeys: { a: b } }", ["ingest.events.apiKeys"]],
    ["events: { apiKeys: null }", ["ingest.events.apiKeys"]],
    ["cloudtrail: { maxBytes: 0 }", ["ingest.cloudtrail.maxBytes"]],
    ["cloudtrail: on", ["ingest.cloudtrail"]],
    ["firehose: { apiKeys: [a] }", ["ingest.firehose.apiKeys"]],
    ["firehose: { accessKeys: 5 }", ["ingest.firehose.accessKeys"]],
    ["sns: { confirm: never }", ["ingest.sns.confirm"]],
    ["sns: { allowSignatureV1: 2 }", ["ingest.sns.allowSignatureV1"]],
    ["lambda: true", ["ingest.lambda"]],
    ["s3: { endpoint: localhost }", ["ingest.s3.endpoint"]],
    ["s3: { auth: {} }", ["ingest.s3.auth"]],
    ["sqs: {}", ["ingest.sqs"]],
  ])("refuses %s", (route, paths) => {
    expect(faultPaths(`ingest: { ${route} }`)).toEqual(paths);
  });

  it("is a map", () => {
    expect(faultPaths("ingest: true")).toEqual(["ingest"]);
    expect(faultPaths("ingest: [events]")).toEqual(["ingest"]);
  });

  it.each([
    ["without its prefix", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    ["of 23 bytes", `whsec_${Buffer.alloc(23, 7).toString("base64")}`],
    ["of 65 bytes", `whsec_${Buffer.alloc(65, 7).toString("base64")}`],
    ["that is no base64", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!w"],
    ["with wrong padding", `${SECRET}=`],
    ["cut within a byte", `${SECRET}A`],
    ["that is a private key", `whsk_${Buffer.alloc(32, 7).toString("base64")}`],
  ])("refuses a cognito secret %s", (_, secret) => {
    expect(faultPaths(`ingest: { cognito: { secrets: ["${SECRET}", "${secret}"] } }`)).toEqual([
      "ingest.cognito.secrets[1]",
    ]);
    expect(faultPaths(`ingest: { cognito: { secrets: "${secret}" } }`)).toEqual(["ingest.cognito.secrets"]);
  });

  it("takes a secret whose padding was left out", () => {
    const secret = `whsec_${Buffer.alloc(25, 7).toString("base64").replaceAll("=", "")}`;
    expect(configOf(`ingest: { cognito: { secrets: "${secret}" } }`).ingest?.cognito?.secrets).toEqual([secret]);
  });
});
