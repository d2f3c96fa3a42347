/** Identity's questions as calls of the Cognito API. */
import { ListUserPoolClientsCommand, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import { ok } from "../core/result.ts";
import type { PoolDirectory } from "../ingest/identity/pool-directory.ts";
import { toUserSnapshot } from "../mappers/index.ts";
import type { CognitoCall } from "./cognito.ts";

const CLIENTS_PER_PAGE = 60;
/** A filtered page may be empty although the user is on a later one. */
const MAX_PAGES = 10;

export function createCognitoDirectory(call: CognitoCall, poolId: string): PoolDirectory {
  return {
    async findUser(sub, members, signal) {
      let token: string | undefined;
      for (let at = 0; at < MAX_PAGES; at++) {
        const command = new ListUsersCommand({
          UserPoolId: poolId,
          Filter: `sub = "${sub}"`,
          // Nothing about a person is fetched that nobody wants; AWS demands an attribute that all users have.
          ...(members === "username" && { AttributesToGet: ["sub"] }),
          ...(token !== undefined && { PaginationToken: token }),
        });
        const page = await call((client, abortSignal) => client.send(command, { abortSignal }), signal);
        if (!page.ok) return page;
        const found = (page.value.Users ?? []).map(toUserSnapshot).find((user) => user?.sub === sub);
        token = page.value.PaginationToken;
        if (found || !token) return ok(found);
      }
      return ok(undefined);
    },

    async listClients(pageToken, signal) {
      const command = new ListUserPoolClientsCommand({
        UserPoolId: poolId,
        MaxResults: CLIENTS_PER_PAGE,
        ...(pageToken !== undefined && { NextToken: pageToken }),
      });
      const page = await call((client, abortSignal) => client.send(command, { abortSignal }), signal);
      if (!page.ok) return page;
      const { UserPoolClients = [], NextToken } = page.value;
      const clientIds = UserPoolClients.flatMap(({ ClientId }) => (ClientId === undefined ? [] : [ClientId]));
      return ok({ clientIds, nextToken: NextToken || undefined });
    },
  };
}
