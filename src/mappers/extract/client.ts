import { member } from "../../core/json.ts";
import type { RecordParts } from "../record-parts.ts";
import { firstValue, identifier } from "./text.ts";

/** The id of the app client: the SDK's model calls it sensitive, CloudTrail shows it nevertheless. */
export function clientId({ request, response, additional, form }: RecordParts): string | undefined {
  return (
    identifier(member(request, "clientId")) ??
    identifier(firstValue(member(form, "client_id"))) ??
    identifier(member(additional, "clientId")) ??
    identifier(member(member(response, "userPoolClient"), "clientId"))
  );
}
