import type { EventAttributes } from "../core/event.ts";
import { cap } from "./extract/attribute-string.ts";
import type { AuthContext } from "./extract/auth-context.ts";
import type { Outcome, Road } from "./mapping.ts";
import type { Mutable } from "./mutable.ts";

/** What a record said, already fit for context attributes. */
export interface AttributeSource {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string | undefined;
  readonly action: string;
  readonly outcome: Outcome;
  readonly road: Road;
  readonly poolId: string | undefined;
  readonly clientId: string | undefined;
  /** The sub where it is known, else the username. */
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly auth: AuthContext;
}

export function eventAttributes(from: AttributeSource): EventAttributes {
  const { poolId, clientId, user, time, auth } = from;
  const attributes: Mutable<EventAttributes> = {
    specversion: "1.0",
    id: from.id,
    source: from.source,
    type: from.type,
  };
  const subject = subjectOf(from);
  if (subject !== undefined) attributes.subject = cap(subject);
  if (time !== undefined) attributes.time = time;
  attributes.datacontenttype = "application/json";
  attributes.action = from.action;
  attributes.outcome = from.outcome;
  attributes.road = from.road;
  const partitionKey = user ?? clientId ?? poolId;
  if (partitionKey !== undefined) attributes.partitionkey = partitionKey;
  if (poolId !== undefined) attributes.userpoolid = poolId;
  if (clientId !== undefined) attributes.clientid = clientId;
  attributes.authtype = auth.authtype;
  if (auth.authid !== undefined) attributes.authid = auth.authid;
  return attributes;
}

function subjectOf({ user, group, clientId, poolId }: AttributeSource): string | undefined {
  if (user !== undefined) return `user/${user}`;
  if (group !== undefined) return `group/${group}`;
  if (clientId !== undefined) return `client/${clientId}`;
  return poolId === undefined ? undefined : `user_pool/${poolId}`;
}
