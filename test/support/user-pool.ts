/**
 * A user pool in this process, for what no emulator does: pages that shift, faults, lists that lag behind. Its tokens
 * are places in the list, so that whoever goes or comes during a scan moves all others.
 */
import { err, ok } from "../../src/core/result.ts";
import type { PollFault } from "../../src/ingest/poll/fault.ts";
import type { ListUsersPage } from "../../src/ingest/poll/users-page.ts";

export interface PoolUser {
  readonly Username: string;
  readonly Attributes: readonly { readonly Name: string; readonly Value: string }[];
  readonly Enabled: boolean;
  readonly UserStatus: string;
  readonly UserCreateDate: Date;
  readonly UserLastModifiedDate?: Date | undefined;
}

export interface FakePool {
  readonly listUsers: ListUsersPage;
  /** In the order of the list, by sub. */
  readonly users: ReadonlyMap<string, PoolUser>;
  create(sub: string, changes?: Partial<PoolUser>): void;
  /** Moves the time of modification. */
  change(sub: string, changes: Partial<PoolUser>): void;
  setAttribute(sub: string, name: string, value: string): void;
  remove(sub: string): void;
  /** Called before each page is made; a fault is what the call then answers. */
  beforePage(hook: ((request: number) => PollFault | undefined) | undefined): void;
  requests(): number;
}

export function createFakePool(clock: () => number, pageSize = 60): FakePool {
  const users = new Map<string, PoolUser>();
  let requests = 0;
  let before: ((request: number) => PollFault | undefined) | undefined;

  function change(sub: string, changes: Partial<PoolUser>): void {
    const user = users.get(sub);
    if (user) users.set(sub, { ...user, UserLastModifiedDate: new Date(clock()), ...changes });
  }

  return {
    users,
    async listUsers(token) {
      requests += 1;
      const fault = before?.(requests);
      if (fault) return err(fault);
      const at = Number(token ?? 0);
      const all = [...users.values()];
      const next = at + pageSize;
      return ok({ users: all.slice(at, next), ...(next < all.length && { next: String(next) }) });
    },
    create(sub, changes = {}) {
      const now = new Date(clock());
      users.set(sub, {
        Username: `name of ${sub}`,
        Attributes: [
          { Name: "sub", Value: sub },
          { Name: "email", Value: `${sub}@example.com` },
        ],
        Enabled: true,
        UserStatus: "UNCONFIRMED",
        UserCreateDate: now,
        UserLastModifiedDate: now,
        ...changes,
      });
    },
    change,
    setAttribute(sub, name, value) {
      const attributes = users.get(sub)?.Attributes.filter(({ Name }) => Name !== name) ?? [];
      change(sub, { Attributes: [...attributes, { Name: name, Value: value }] });
    },
    remove(sub) {
      users.delete(sub);
    },
    beforePage(hook) {
      before = hook;
    },
    requests: () => requests,
  };
}
