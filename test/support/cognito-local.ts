/** cognito-local, an emulator of Cognito, as its own process, on a free port and with a directory of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
} from "@aws-sdk/client-cognito-identity-provider";

export interface CognitoLocal {
  readonly url: string;
  readonly client: CognitoIdentityProviderClient;
  /** Answers its id. */
  createPool(options?: Partial<CreateUserPoolCommandInput>): Promise<string>;
  /** The directory stays. */
  stop(): Promise<void>;
}

export interface CognitoLocalOptions {
  /** Where all its triggers are invoked. */
  readonly lambdaUrl?: string;
  readonly triggers?: readonly string[];
  /** What users sign in with in place of a name of their own, which then is their sub; the e-mail address unless told. */
  readonly usernameAttributes?: readonly string[];
}

/** The code that it sends to every user. */
export const CODE = "471108";
const NOWHERE = "http://127.0.0.1:9";
const START = createRequire(import.meta.url).resolve("cognito-local/lib/bin/start.js");

/** In a folder of the place. */
export async function startCognitoLocal(
  place: { readonly directory: string },
  { lambdaUrl = NOWHERE, triggers = [], usernameAttributes = ["email"] }: CognitoLocalOptions = {},
): Promise<CognitoLocal> {
  const directory = join(place.directory, "cognito-local");
  const connection = { region: "local", credentials: { accessKeyId: "a", secretAccessKey: "s" } };
  const config = {
    LambdaClient: { endpoint: lambdaUrl, ...connection },
    UserPoolDefaults: { UsernameAttributes: usernameAttributes },
    TriggerFunctions: Object.fromEntries(triggers.map((trigger) => [trigger, `on-${trigger}`])),
  };
  mkdirSync(join(directory, ".cognito"), { recursive: true });
  writeFileSync(join(directory, ".cognito/config.json"), JSON.stringify(config));
  const child = spawn(process.execPath, ["--no-warnings", START], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, HOST: "127.0.0.1", PORT: "0", CODE },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<void>((done) => child.once("close", () => done()));
  let output = "";
  const url = await new Promise<string>((done, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        const found = /running on (http:\/\/[\d.:]+)/.exec(output);
        if (found?.[1]) done(found[1]);
      });
    }
    exited.then(() => fail(new Error(`cognito-local ended: ${output}`)));
  });
  const client = new CognitoIdentityProviderClient({ endpoint: url, ...connection });
  return {
    url,
    client,
    async createPool(options) {
      const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: "test", ...options }));
      if (UserPool?.Id === undefined) throw new Error("cognito-local made no pool");
      return UserPool.Id;
    },
    stop() {
      client.destroy();
      child.kill("SIGKILL");
      return exited;
    },
  };
}
