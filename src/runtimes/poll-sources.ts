/** The adapters to AWS that polls need, loaded when a pool first asks for one: most gateways never do. */
import { readPoolArn } from "../core/pool-arn.ts";
import type { PollSources } from "../gateway-polls.ts";
import type { LoadCredentials } from "./aws-credentials.ts";

export function createPollSources(loadCredentials: LoadCredentials): PollSources {
  return {
    async openEventHistory({ region, auth, endpoint }) {
      const [{ createCloudTrailHistory }, credentialsFor] = await Promise.all([
        import("../aws/cloudtrail.ts"),
        loadCredentials(),
      ]);
      const credentials = () => credentialsFor(auth, region);
      return createCloudTrailHistory({ region, endpoint, credentials });
    },

    async openListUsers({ arn, auth, endpoint }) {
      const [{ createCognitoCall, createListUsersPage }, credentialsFor] = await Promise.all([
        import("../aws/cognito.ts"),
        loadCredentials(),
      ]);
      const { region, poolId } = readPoolArn(arn);
      const credentials = () => credentialsFor(auth, region);
      const call = createCognitoCall({ region, endpoint, credentials });
      return createListUsersPage(call, poolId);
    },
  };
}
