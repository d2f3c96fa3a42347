/** Identity's questions as calls of the Cognito API. */
import {
  type CognitoIdentityProviderClient,
  ListUserPoolClientsCommand,
  ListUsersCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { err, ok } from "../core/result.ts";
import type { AwsRefusal, ClientPage, PoolDirectory } from "../ingest/identity/pool-directory.ts";
import { toUserSnapshot } from "../mappers/index.ts";
import { awsErrorName, type ClientKeeper } from "./aws-call.ts";
import type { CognitoPlace } from "./cognito-client.ts";

const CLIENTS_A_PAGE = 60;
/** A filtered page may be empty although the user is on a later one. */
const MAX_PAGES = 10;

export function createCognitoDirectory(
  clients: ClientKeeper<CognitoPlace, CognitoIdentityProviderClient>,
  pool: CognitoPlace,
): PoolDirectory {
  const UserPoolId = pool.arn.slice(pool.arn.lastIndexOf("/") + 1);

  return {
    async findUser(sub, members) {
      let PaginationToken: string | undefined;
      try {
        for (let page = 0; page < MAX_PAGES; page++) {
          const { Users = [], PaginationToken: next } = await clients.call(pool, (client, abortSignal) =>
            client.send(
              new ListUsersCommand({
                UserPoolId,
                Filter: `sub = "${sub}"`,
                PaginationToken,
                // Nothing about a person is fetched that nobody wants; AWS demands an attribute that all users have.
                ...(members === "username" && { AttributesToGet: ["sub"] }),
              }),
              { abortSignal },
            ),
          );
          const found = Users.map(toUserSnapshot).find((user) => user?.sub === sub);
          if (found) return ok(found);
          if (next === undefined) return ok(undefined);
          PaginationToken = next;
        }
        return ok(undefined);
      } catch (error) {
        return err<AwsRefusal>({ error: awsErrorName(error) });
      }
    },

    async listClients(pageToken) {
      try {
        const { UserPoolClients = [], NextToken } = await clients.call(pool, (client, abortSignal) =>
          client.send(
            new ListUserPoolClientsCommand({ UserPoolId, MaxResults: CLIENTS_A_PAGE, NextToken: pageToken }),
            { abortSignal },
          ),
        );
        const clientIds = UserPoolClients.flatMap(({ ClientId }) => (ClientId === undefined ? [] : [ClientId]));
        return ok<ClientPage>({ clientIds, nextToken: NextToken });
      } catch (error) {
        return err<AwsRefusal>({ error: awsErrorName(error) });
      }
    },
  };
}
