/** `data` of every event that poolcast makes; one shape for all roads. Members without a value are left out. */
export type Outcome = "success" | "failure" | "challenge" | "unknown";

export interface EventData {
  readonly action: string;
  readonly outcome: Outcome;
  readonly error?: { readonly code: string; readonly message?: string };
  readonly userPool: UserPoolData;
  readonly client?: { readonly id: string };
  readonly user?: UserData;
  readonly group?: { readonly name: string };
  /** Differences between two looks at a user (users poll). */
  readonly changes?: readonly ChangeData[];
  readonly actor?: ActorData;
  /** What was asked for; the members depend on the type. */
  readonly request?: object;
  /** What came of it; the members depend on the type. */
  readonly response?: object;
  readonly record: RecordData;
}

/** One difference: `from` is absent where something came, `to` where it went. */
export interface ChangeData {
  /** As `status`, `enabled` or `attributes.email`. */
  readonly path: string;
  readonly from?: string | boolean;
  readonly to?: string | boolean;
}

export interface UserPoolData {
  readonly id?: string;
  readonly arn?: string;
  readonly region?: string;
  readonly accountId?: string;
  /** Host name of the hosted UI. */
  readonly domain?: string;
}

export interface UserData {
  readonly sub?: string;
  readonly username?: string;
  readonly status?: string;
  readonly enabled?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt?: string;
  readonly modifiedAt?: string;
  readonly groups?: readonly string[];
}

/** Who made the call, from CloudTrail's userIdentity. */
export interface ActorData {
  readonly type?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly principalId?: string;
  readonly sourceIp?: string;
  readonly userAgent?: string;
}

/** Where the event comes from. */
export interface RecordData {
  readonly kind: "cloudtrail" | "trigger" | "user" | "log";
  readonly id?: string;
  readonly requestId?: string;
  /** Id of the record that this one corrects (CloudTrail addendum). */
  readonly amends?: string;
}
