import { member } from "../../core/json.ts";
import type { RecordParts } from "../record-parts.ts";
import { firstValue, identifier } from "./text.ts";

/** What SetRiskConfiguration and SetUICustomization call the settings that hold for all clients without their own. */
const ALL_CLIENTS = "ALL";

/** The id of the app client: the SDK's model calls it sensitive, CloudTrail shows it nevertheless. */
export function clientId({ request, response, additional, form }: RecordParts): string | undefined {
  const id =
    identifier(member(request, "clientId")) ??
    identifier(firstValue(member(form, "client_id"))) ??
    identifier(member(additional, "clientId")) ??
    identifier(member(member(response, "userPoolClient"), "clientId")) ??
    identifier(member(member(response, "terms"), "clientId"));
  return id === ALL_CLIENTS ? undefined : id;
}
