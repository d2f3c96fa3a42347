import { member } from "../../core/json.ts";
import type { ActorData } from "../../events/event-data.ts";
import type { Mutable } from "../mutable.ts";
import type { RecordParts } from "../record-parts.ts";
import { text } from "./text.ts";

/** Who made the call and from where; for calls without IAM credentials only the address and the user agent. */
export function actorData({ record, identity }: RecordParts): ActorData | undefined {
  const actor: Mutable<ActorData> = {};
  const type = text(member(identity, "type"));
  if (type !== undefined) actor.type = type;
  const arn = text(member(identity, "arn"));
  if (arn !== undefined) actor.arn = arn;
  const accountId = text(member(identity, "accountId"));
  if (accountId !== undefined) actor.accountId = accountId;
  const principalId = text(member(identity, "principalId"));
  if (principalId !== undefined) actor.principalId = principalId;
  const sourceIp = text(member(record, "sourceIPAddress"));
  if (sourceIp !== undefined) actor.sourceIp = sourceIp;
  const userAgent = text(member(record, "userAgent"));
  if (userAgent !== undefined) actor.userAgent = userAgent;
  return Object.keys(actor).length === 0 ? undefined : actor;
}
