/** What polls need of AWS, opened when a pool first asks for it: most gateways never do. */
import { readPoolArn } from "../core/pool-arn.ts";
import type { PollSources } from "../gateway/polls.ts";
import type { AwsAdapters } from "./aws-adapters.ts";

export function createPollSources(aws: AwsAdapters): PollSources {
  return {
    async openEventHistory({ region, auth, endpoint }) {
      const [{ createCloudTrailHistory }, credentialsFor] = await Promise.all([aws.cloudTrail(), aws.credentials()]);
      const credentials = () => credentialsFor(auth, region);
      return createCloudTrailHistory({ region, endpoint, credentials });
    },

    async openListUsers({ arn, auth, endpoint }) {
      const [{ createCognitoCall, createListUsersPage }, credentialsFor] = await Promise.all([
        aws.cognito(),
        aws.credentials(),
      ]);
      const { region, poolId } = readPoolArn(arn);
      const credentials = () => credentialsFor(auth, region);
      const call = createCognitoCall({ region, endpoint, credentials });
      return createListUsersPage(call, poolId);
    },
  };
}
