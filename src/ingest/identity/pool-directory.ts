/** What identity asks AWS about one user pool. Nothing rejects; a call ends within about ten seconds. */
import type { Result } from "../../core/result.ts";
import type { UserSnapshot } from "../../mappers/index.ts";
import type { PollFault } from "../poll/fault.ts";

export interface PoolDirectory {
  /**
   * The user with this sub, undefined where the pool has none. By ListUsers, never by AdminGetUser: that one counts
   * the user as active, which costs money.
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
   */
  findUser(
    sub: string,
    members: UserMembers,
    signal: AbortSignal,
  ): Promise<Result<UserSnapshot | undefined, PollFault>>;
  /**
   * A page of the pool's app clients.
   * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolClients.html
   */
  listClients(pageToken: string | undefined, signal: AbortSignal): Promise<Result<ClientPage, PollFault>>;
}

/** `username`: AWS is asked for no attribute but the sub. */
export type UserMembers = "username" | "attributes";

export interface ClientPage {
  readonly clientIds: readonly string[];
  /** Absent on the last page. */
  readonly nextToken?: string | undefined;
}
