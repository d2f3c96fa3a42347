/** Each way to AWS credentials, by a program of its own: its calls show what it signed with. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AwsAuthConfig } from "../../src/config/config.ts";
import { type AwsAnswer, type AwsRequest, awsError, type FakeAws, startFakeAws } from "../support/fake-aws.ts";
import { waitUntil } from "../support/wait.ts";

const ARN = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Orchard";
const ROLE = "arn:aws:iam::111122223333:role/orchard-reader";
const ASK = join(import.meta.dirname, "../support/ask-cognito.ts");

const directory = mkdtempSync(join(tmpdir(), "poolcast-credentials-"));
let aws: FakeAws;
/** What Cognito and STS refuse: an access key id. */
let refused: { readonly key: string; readonly error: string } | undefined;
/** Handed out by STS, the container endpoint and IMDS, numbered. */
let issued: number;
let issuedForMs: number;
const programs: { stop(): void }[] = [];

beforeAll(async () => {
  aws = await startFakeAws((request) => {
    if (request.path.startsWith("/latest/")) return instanceMetadata(request);
    if (request.path === "/container") {
      if (request.headers.authorization !== "pod-token") return { status: 401, body: "no" };
      const [AccessKeyId, SecretAccessKey, Token] = issue("ASIACONTAINER");
      return { body: { AccessKeyId, SecretAccessKey, Token, Expiration: expiration() } };
    }
    if (refused && keyOf(request) === refused.key) {
      return request.operation.startsWith("AssumeRole") ? stsError(refused.error) : awsError(refused.error);
    }
    if (request.operation === "ListUserPoolClients") return { body: { UserPoolClients: [{ ClientId: "app" }] } };
    return assumeRole(request);
  });
});

beforeEach(() => {
  refused = undefined;
  issued = 0;
  issuedForMs = 3_600_000;
});

afterEach(() => {
  for (const program of programs.splice(0)) program.stop();
});

afterAll(async () => {
  await aws.close();
  rmSync(directory, { recursive: true, force: true });
});

function issue(prefix: string): readonly [string, string, string] {
  issued += 1;
  return [`${prefix}${issued}`, "issued-secret", `token-${prefix}${issued}`];
}

function expiration(): string {
  return new Date(Date.now() + issuedForMs).toISOString();
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
function assumeRole({ operation, body }: AwsRequest): AwsAnswer {
  const form = new URLSearchParams(body);
  if (operation === "AssumeRoleWithWebIdentity" && form.get("WebIdentityToken") !== "web-token") {
    return stsError("InvalidIdentityToken");
  }
  const [key, secret, token] = issue("ASIAROLE");
  return {
    body: `<${operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${operation}Result>
      <AssumedRoleUser><Arn>${form.get("RoleArn")}/poolcast</Arn><AssumedRoleId>AROA:poolcast</AssumedRoleId></AssumedRoleUser>
      <Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>
      <SessionToken>${token}</SessionToken><Expiration>${expiration()}</Expiration></Credentials>
      </${operation}Result></${operation}Response>`,
  };
}

function stsError(code: string): AwsAnswer {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
  return { status: 403, body };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
function instanceMetadata({ method, path, headers }: AwsRequest): AwsAnswer {
  if (path === "/latest/api/token") return method === "PUT" ? { body: "imds-token" } : { status: 405, body: "no" };
  if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return { status: 401, body: "no" };
  if (!path.endsWith("/instance-role")) return { body: "instance-role" };
  const [AccessKeyId, SecretAccessKey, Token] = issue("ASIAINSTANCE");
  const times = { LastUpdated: new Date().toISOString(), Expiration: expiration() };
  return { body: { Code: "Success", Type: "AWS-HMAC", AccessKeyId, SecretAccessKey, Token, ...times } };
}

function keyOf({ headers }: AwsRequest): string | undefined {
  return /Credential=(\w+)\//.exec(headers.authorization ?? "")?.[1];
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

interface Program {
  /** Has it make one call; answers what it printed. */
  ask(): Promise<string>;
}

function start(auth: AwsAuthConfig | undefined, env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [ASK, JSON.stringify({ arn: ARN, auth, endpoint: aws.url })], {
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      AWS_ENDPOINT_URL_STS: aws.url,
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  programs.push({ stop: () => child.kill("SIGKILL") });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  let asked = 0;
  return {
    async ask() {
      asked += 1;
      child.stdin.write("\n");
      const lines = () => output.split("\n");
      await waitUntil(() => lines().length > asked, "the program answered", 60_000);
      return lines()[asked - 1] ?? "";
    },
  };
}

function lastCall(operation: string) {
  const request = aws.requests.findLast((one) => one.operation === operation);
  if (!request) throw new Error(`no ${operation} came`);
  const form = new URLSearchParams(request.body);
  return {
    key: keyOf(request),
    token: request.headers["x-amz-security-token"],
    role: form.get("RoleArn"),
    session: form.get("RoleSessionName"),
    region: /Credential=\w+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? "")?.[1],
  };
}

const KEYS = { accessKeyID: "AKIASTATIC", secretAccessKey: "static-secret" };
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "env-secret" };

describe("credentials", () => {
  it("of the configuration win over the environment", async () => {
    expect(await start({ credentials: KEYS }, ENVIRONMENT).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "AKIASTATIC", token: undefined, region: "eu-west-1" });
  });

  it("of the configuration may be of a session", async () => {
    expect(await start({ credentials: { ...KEYS, sessionToken: "session" } }).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "AKIASTATIC", token: "session" });
  });

  it("of the configuration may assume a role", async () => {
    expect(await start({ credentials: { ...KEYS, assumeIamRole: ROLE } }).ask()).toBe("app");
    expect(lastCall("AssumeRole")).toMatchObject({
      key: "AKIASTATIC",
      role: ROLE,
      session: "poolcast",
      region: "eu-west-1",
    });
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAROLE1", token: "token-ASIAROLE1" });
  });

  it("come from the environment", async () => {
    expect(await start(undefined, { ...ENVIRONMENT, AWS_SESSION_TOKEN: "session" }).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "AKIAENV", token: "session" });
  });

  it("come from a profile", async () => {
    const AWS_SHARED_CREDENTIALS_FILE = file(
      "profiles",
      "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n[orchard]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = s\n",
    );
    expect(await start(undefined, { AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE: "orchard" }).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "AKIAPROFILE" });
  });

  it("come from a web identity, as a Kubernetes service account has it", async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = file("web-token", "web-token");
    expect(await start(undefined, { AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN: ROLE }).ask()).toBe("app");
    expect(lastCall("AssumeRoleWithWebIdentity")).toMatchObject({ key: undefined, role: ROLE });
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAROLE1", token: "token-ASIAROLE1" });
  });

  it("come from a container's endpoint, as EKS Pod Identity and ECS have it", async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.url}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file("pod-token", "pod-token"),
    };
    expect(await start(undefined, env).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIACONTAINER1", token: "token-ASIACONTAINER1" });
  });

  it("come from the instance's metadata, by version 2 of the service", async () => {
    const env = { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: aws.url };
    expect(await start(undefined, env).ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAINSTANCE1", token: "token-ASIAINSTANCE1" });
  });

  it("of a role: by web identity where there is a token", async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = file("web-token", "web-token");
    const env = { ...ENVIRONMENT, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN: `${ROLE}-of-the-pod` };
    expect(await start({ iam: { roleArn: ROLE } }, env).ask()).toBe("app");
    expect(lastCall("AssumeRoleWithWebIdentity")).toMatchObject({ role: ROLE, session: "poolcast" });
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAROLE1" });
  });

  it("of a role: assumed by the ambient credentials where there is none", async () => {
    expect(await start({ iam: { roleArn: ROLE } }, ENVIRONMENT).ask()).toBe("app");
    expect(lastCall("AssumeRole")).toMatchObject({ key: "AKIAENV", role: ROLE, session: "poolcast" });
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAROLE1" });
  });

  it("that are nowhere to be found, and roles that may not be assumed, have a name", async () => {
    expect(await start(undefined).ask()).toBe("CredentialsProviderError");
    refused = { key: "AKIASTATIC", error: "AccessDenied" };
    expect(await start({ credentials: { ...KEYS, assumeIamRole: ROLE } }).ask()).toBe("AccessDenied");
  });
});

describe("credentials that go bad", () => {
  it("are replaced before they end", async () => {
    issuedForMs = 60_000;
    const program = start({ credentials: { ...KEYS, assumeIamRole: ROLE } });
    await program.ask();
    const first = lastCall("ListUserPoolClients").key;
    await program.ask();
    expect(lastCall("ListUserPoolClients").key).toMatch(/^ASIAROLE/);
    expect(lastCall("ListUserPoolClients").key).not.toBe(first);
  });

  it("are found anew after AWS refused them, without a restart", async () => {
    const program = start({ credentials: { ...KEYS, assumeIamRole: ROLE } });
    expect(await program.ask()).toBe("app");
    refused = { key: "ASIAROLE1", error: "ExpiredTokenException" };
    expect(await program.ask()).toBe("ExpiredTokenException");
    expect(await program.ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "ASIAROLE2" });
  });

  it("are read anew from a file that was rewritten", async () => {
    const write = (key: string) =>
      file("rotated", `[default]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`);
    const program = start(undefined, { AWS_SHARED_CREDENTIALS_FILE: write("AKIAOLD") });
    expect(await program.ask()).toBe("app");
    refused = { key: "AKIAOLD", error: "UnrecognizedClientException" };
    write("AKIANEW");
    expect(await program.ask()).toBe("UnrecognizedClientException");
    expect(await program.ask()).toBe("app");
    expect(lastCall("ListUserPoolClients")).toMatchObject({ key: "AKIANEW" });
  });

  it("may be there only later", async () => {
    const AWS_SHARED_CREDENTIALS_FILE = join(directory, "later");
    const program = start(undefined, { AWS_SHARED_CREDENTIALS_FILE });
    expect(await program.ask()).toBe("CredentialsProviderError");
    file("later", "[default]\naws_access_key_id = AKIALATER\naws_secret_access_key = s\n");
    expect(await program.ask()).toBe("app");
  });
});
