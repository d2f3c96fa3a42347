/** Opens what identity asks AWS with. The SDK is large: it is loaded with the first question, and never without one. */
import type { OpenPoolDirectory } from "../gateway-identity.ts";
import type { PoolDirectory } from "../ingest/identity/pool-directory.ts";

export function createPoolDirectories(env: Readonly<Record<string, string | undefined>>): OpenPoolDirectory {
  let loading: Promise<(pool: Parameters<OpenPoolDirectory>[0]) => PoolDirectory> | undefined;

  async function load() {
    const [{ createCognitoClients }, { createCognitoDirectory }] = await Promise.all([
      import("../aws/cognito-client.ts"),
      import("../aws/cognito-directory.ts"),
    ]);
    const clients = createCognitoClients({ tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE });
    return (pool: Parameters<OpenPoolDirectory>[0]) => createCognitoDirectory(clients, pool);
  }

  return (pool) => {
    let opening: Promise<PoolDirectory> | undefined;
    const open = () => {
      loading ??= load();
      opening ??= loading.then((directoryOf) => directoryOf(pool));
      return opening;
    };
    return {
      findUser: async (sub, members) => (await open()).findUser(sub, members),
      listClients: async (pageToken) => (await open()).listClients(pageToken),
    };
  };
}
