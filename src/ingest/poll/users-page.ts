/** The port to ListUsers: one page of a pool's users. */
import type { Result } from "../../core/result.ts";
import type { PollFault } from "./fault.ts";

/**
 * `token` is the `next` of the page before; without one it is the first page. Never rejects.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
export type ListUsersPage = (token: string | undefined, signal: AbortSignal) => Promise<Result<UsersPage, PollFault>>;

export interface UsersPage {
  /** Items as the API's UserType; 60 at most, and perhaps none though there is a next page. */
  readonly users: readonly unknown[];
  /** Absent on the last page, and only there. */
  readonly next?: string | undefined;
}
