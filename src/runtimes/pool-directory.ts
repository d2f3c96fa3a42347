/** Opens what identity asks AWS with. The SDK is large: it is loaded with the first question, and never without one. */

import type { PoolConfig } from "../config/config.ts";
import { readPoolArn } from "../core/pool-arn.ts";
import type { OpenPoolDirectory } from "../gateway/identity.ts";
import type { PoolDirectory } from "../ingest/identity/pool-directory.ts";
import type { AwsAdapters } from "./aws-adapters.ts";

/** Longer than AWS takes; records do not wait for it. */
const TIMEOUT_MS = 10_000;

export function createPoolDirectories(aws: AwsAdapters): OpenPoolDirectory {
  let loading: Promise<(pool: PoolConfig) => PoolDirectory> | undefined;

  async function load(): Promise<(pool: PoolConfig) => PoolDirectory> {
    const [{ createCognitoCall }, { createCognitoDirectory }, credentialsFor] = await Promise.all([
      aws.cognito(),
      aws.cognitoDirectory(),
      aws.credentials(),
    ]);
    // Pools that are asked in the same way share their connections and credentials.
    const calls = new Map<string, ReturnType<typeof createCognitoCall>>();
    return ({ arn, auth, endpoint }) => {
      const { region, poolId } = readPoolArn(arn);
      const key = JSON.stringify([region, auth, endpoint]);
      const credentials = () => credentialsFor(auth, region);
      const call = calls.get(key) ?? createCognitoCall({ region, endpoint, credentials, timeoutMs: TIMEOUT_MS });
      calls.set(key, call);
      return createCognitoDirectory(call, poolId);
    };
  }

  return (pool) => {
    let opening: Promise<PoolDirectory> | undefined;
    const open = () => {
      loading ??= load();
      opening ??= loading.then((directoryOf) => directoryOf(pool));
      return opening;
    };
    return {
      findUser: async (...question) => (await open()).findUser(...question),
      listClients: async (...question) => (await open()).listClients(...question),
    };
  };
}
