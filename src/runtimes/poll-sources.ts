/** The adapters to AWS that polls need, loaded when a pool first asks for one: most gateways never do. */
import type { PollSources } from "../gateway-polls.ts";

export function createPollSources(env: Readonly<Record<string, string | undefined>>): PollSources {
  return {
    async openEventHistory({ region, auth, endpoint }) {
      const [{ createCloudTrailHistory }, { awsCredentials }] = await Promise.all([
        import("../aws/cloudtrail.ts"),
        import("../aws/credentials.ts"),
      ]);
      const credentials = () => awsCredentials(auth, { region, tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE });
      return createCloudTrailHistory({ region, endpoint, credentials });
    },

    async openListUsers({ arn, auth, endpoint }) {
      const [{ createCognitoCall, createListUsersPage }, { awsCredentials }] = await Promise.all([
        import("../aws/cognito.ts"),
        import("../aws/credentials.ts"),
      ]);
      const [, , , region = "", , resource = ""] = arn.split(":");
      const credentials = () => awsCredentials(auth, { region, tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE });
      const call = createCognitoCall({ region, endpoint, credentials });
      return createListUsersPage(call, resource.slice("userpool/".length));
    },
  };
}
