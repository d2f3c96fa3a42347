/** The rows of which stories are made: one call or one page, what AWS records of it, and what becomes of it. */
import type { JsonObject } from "../../core/json.ts";
import type { Person } from "./cast.ts";

export type Step = ApiStep | PageStep | ForeignStep;

interface Told {
  /** The name that AWS gives it. */
  readonly action: string;
  /** What the person at the terminal reads behind the name of the one who acts. */
  readonly note: string;
  /** Type of the event without its prefix; null where the gateway ignores the record. */
  readonly type: string | null;
  /** Comes in a CloudTrail file, not as an EventBridge event: reads, other services, and everyday business. */
  readonly quiet?: true;
}

export interface ApiStep extends Told {
  /**
   * app: with the client's id, before anybody is signed in. token: with the user's access token.
   * back_office and trainee: with IAM credentials.
   */
  readonly by: "app" | "token" | "back_office" | "trainee";
  /** Beside the client id, token or user pool that `by` implies; null where AWS leaves the request out. */
  readonly request: JsonObject | null;
  readonly response?: JsonObject | ((moment: Moment) => JsonObject);
  readonly error?: { readonly code: string; readonly message: string };
  /** A call about the pool, not about one user. */
  readonly aboutPool?: true;
}

/** What a response may tell of the moment it was given in. */
export interface Moment {
  readonly person: Person;
  readonly atMs: number;
}

export interface PageStep extends Told {
  readonly by: "page";
  readonly status: number;
  /** Fields of the form or query, as CloudTrail writes them: lists of values. */
  readonly form: Readonly<Record<string, readonly string[]>>;
  /** The page that confirms a sign-up is the only one that names the user. */
  readonly namesUser?: true;
}

/** A record of a service that is not Cognito, such as every CloudTrail file is full of. */
export interface ForeignStep extends Told {
  readonly by: "other_service";
  readonly eventSource: string;
  readonly request: JsonObject;
}
