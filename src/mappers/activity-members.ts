/** What an activity log tells besides its type. Any of its members may be null, "", or the word "null". */
import { isObject, member } from "../core/json.ts";
import { ACTIVITY_REQUEST, ACTIVITY_RESPONSE } from "../events/catalog/activity-logs.ts";
import type { UserData } from "../events/event-data.ts";
import { javaDate } from "./extract/java-date.ts";
import { identifier, text } from "./extract/text.ts";
import { utcTime } from "./extract/time.ts";
import { pickMembers } from "./pick-members.ts";

export function activityRequest(message: unknown): object | undefined {
  return pickMembers(ACTIVITY_REQUEST, {
    deviceName: shown(member(message, "deviceName")),
    idpName: shown(member(message, "idpName")),
    city: shown(member(message, "city")),
    country: shown(member(message, "country")),
    hasContextData: truth(member(message, "hasContextData")),
  });
}

export function activityResponse(message: unknown): object | undefined {
  return pickMembers(ACTIVITY_RESPONSE, {
    riskLevel: shown(member(message, "riskLevel")),
    riskDecision: shown(member(message, "riskDecision")),
    challenges: challenges(member(message, "challenges")),
    compromisedCredentialDetected: truth(member(message, "compromisedCredentialDetected")),
    eventFeedbackValue: shown(member(message, "eventFeedbackValue")),
    eventFeedbackDate: logTime(member(message, "eventFeedbackDate")),
    eventFeedbackProvider: shown(member(message, "eventFeedbackProvider")),
  });
}

export function activityUser(message: unknown): UserData | undefined {
  const sub = identifier(shown(member(message, "userSub")));
  // A user may well be called null.
  const username = identifier(member(message, "userName"));
  if (sub === undefined && username === undefined) return undefined;
  return { ...(sub !== undefined && { sub }), ...(username !== undefined && { username }) };
}

/** A string that says something. */
export function shown(value: unknown): string | undefined {
  return value === "null" ? undefined : text(value);
}

export function logTime(value: unknown): string | undefined {
  return javaDate(value) ?? utcTime(value);
}

function truth(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}

/**
 * The API calls these Success or Failure; how the log writes them is told nowhere. Anything else could be the answer
 * itself, a code or a password.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChallengeResponseType.html
 */
const CHALLENGE_RESPONSE = /^(?:success|failure)$/i;

function challenges(value: unknown): readonly object[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.filter(isObject).map((one) => {
    const response = shown(member(one, "challengeResponse") ?? member(one, "ChallengeResponse"));
    return {
      challengeName: shown(member(one, "challengeName") ?? member(one, "ChallengeName")),
      challengeResponse: response !== undefined && CHALLENGE_RESPONSE.test(response) ? response : undefined,
    };
  });
  const said = found.filter(({ challengeName, challengeResponse }) => challengeName ?? challengeResponse);
  return said.length === 0 ? undefined : said;
}
