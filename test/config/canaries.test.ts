import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { faultsOf, POOL } from "./parsing.ts";

/** Every canary has this in it, so that one search finds them all. */
const CANARY = "CaNaRy";
const SECRET = `whsec_${CANARY}${CANARY}${CANARY}${CANARY}${CANARY}${CANARY}`;

function withSecrets(canary: (name: string) => unknown, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    broker: {
      kind: "redis",
      url: canary("url"),
      username: canary("user"),
      password: canary("password"),
      tls: { ca: canary("ca"), cert: canary("cert"), key: canary("key") },
    },
    pools: [
      {
        arn: POOL,
        auth: {
          credentials: {
            accessKeyID: canary("id"),
            secretAccessKey: canary("secret"),
            sessionToken: canary("session"),
          },
        },
        ...more,
      },
    ],
    ingest: {
      eventbridge: { apiKeys: [canary("eventbridge")], ...more },
      cloudtrail: { apiKeys: canary("cloudtrail"), ...more },
      events: { apiKeys: [canary("events")] },
      sns: { rawKeys: [canary("raw")], ...more },
      firehose: { accessKeys: [canary("firehose")], ...more },
      cognito: { secrets: [canary("cognito")], ...more },
      s3: { auth: { credentials: { accessKeyID: canary("s3id"), secretAccessKey: canary("s3secret"), ...more } } },
    },
    adminKeys: [canary("admin")],
    subscriptions: {
      bearer: {
        target: {
          url: canary("target"),
          secret: canary("signing"),
          headers: { "x-key": canary("header") },
          auth: { bearer: canary("bearer"), ...more },
        },
      },
      basic: {
        target: {
          url: canary("target"),
          secret: [canary("signing")],
          auth: { basic: { username: canary("user"), password: canary("password"), ...more } },
        },
      },
      oauth2: {
        target: {
          url: canary("target"),
          auth: {
            oauth2: {
              tokenUrl: canary("token"),
              clientId: canary("client"),
              clientSecret: canary("clientsecret"),
              ...more,
            },
          },
          tls: { key: canary("tls") },
        },
      },
      redis: {
        target: { redis: { url: canary("redis") }, ...more },
        privacy: { email: "hash", key: canary("privacy"), ...more },
      },
    },
    triggers: {
      t: { target: { url: canary("trigger") }, deliveryOptions: { deadLetterURL: canary("dead") }, ...more },
    },
    ...more,
  });
}

function expectNoCanary(text: string, env: Record<string, string> = {}): void {
  expect(JSON.stringify(faultsOf(text, env)).toLowerCase()).not.toContain(CANARY.toLowerCase());
}

describe("no fault shows a value", () => {
  it("where secrets are good and faults stand around them", () => {
    const good = (name: string) => {
      if (/^(cognito|signing)$/.test(name)) return SECRET;
      if (/^(target|token|trigger|dead)$/.test(name)) return `https://${CANARY}.example/${CANARY}`;
      return /^(url|redis)$/.test(name) ? `redis://u:${CANARY}@r` : CANARY;
    };
    expectNoCanary(withSecrets(good, { unknown: 1, start: "now" }));
  });

  it.each<[string, unknown]>([
    ["texts", `${CANARY} ${CANARY}`],
    ["texts with line breaks", `${CANARY}\n${CANARY}`],
    ["URLs with credentials", `https://user:${CANARY}@${CANARY}.example`],
    ["maps", { [`a:${CANARY}`]: CANARY }],
    ["lists", [[CANARY]]],
    ["references that are none", `\${1${CANARY}}`],
    ["references with defaults", `\${NOT_SET:-${CANARY} ${CANARY}}`],
  ])("where all secrets are %s", (_, value) => {
    expectNoCanary(withSecrets(() => value));
    expectNoCanary(withSecrets(() => value, { listen: { host: "0.0.0.0" }, bad: CANARY }));
  });

  it("where they come from the environment", () => {
    expectNoCanary(
      withSecrets((name) => `\${${name.toUpperCase()}} x`),
      {
        ...Object.fromEntries(
          ["URL", "USER", "ID", "SECRET", "TARGET", "SIGNING", "BEARER"].map((name) => [name, CANARY]),
        ),
        PORT: CANARY,
        HOST: `http://${CANARY}`,
      },
    );
  });

  it.each([
    `adminKeys: *${CANARY}`,
    `adminKeys: !${CANARY} x`,
    `adminKeys: !!${CANARY} x`,
    `adminKeys: @${CANARY}`,
    `adminKeys: \`${CANARY}`,
    `adminKeys: %${CANARY}`,
    `adminKeys: "\\q${CANARY}"`,
    `adminKeys: "${CANARY}`,
    `adminKeys: ["${CANARY}" ${CANARY}]`,
    `adminKeys: ${CANARY}: ${CANARY}`,
    `adminKeys: { ${CANARY}`,
    `adminKeys: &${CANARY} &${CANARY} x`,
    `%${CANARY}\n---\nadminKeys: []`,
    `%TAG ${CANARY}\n---\nadminKeys: []`,
    `adminKeys: [a]\n${CANARY}`,
    `adminKeys:${CANARY}`,
    `adminKeys: [a]\n---\n${CANARY}`,
    `adminKeys: [a]\n? { ${CANARY} }\n: x`,
    `subscriptions: { a: { target: { url: https://a.example, secret:${CANARY} } } }`,
    `subscriptions: { a: { target: { url: https://a.example, headers: { x-key:${CANARY} } } } }`,
    `broker: { password=${CANARY} }`,
  ])("where YAML stumbles over them: %s", (text) => {
    expectNoCanary(text);
  });

  it("and a good configuration keeps them as they are", () => {
    const result = parseConfig(`adminKeys: ["${CANARY}"]`, {});
    expect(result.ok && result.value.adminKeys).toEqual([CANARY]);
  });
});
