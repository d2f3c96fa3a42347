/** What the routes under /api ask of the gateway: plain data, as it is answered. Methods reject as the broker does. */

export interface Admin {
  listSubscriptions(): Promise<readonly SubscriptionView[]>;
  /** Undefined where there is no such subscription. */
  changeSubscription(name: string, change: SubscriptionChange): Promise<SubscriptionView | undefined>;
}

export type SubscriptionChange = "pause" | "resume" | "disable" | "enable";

export interface SubscriptionView {
  readonly name: string;
  /** Of this gateway; `stopped` where none runs. */
  readonly state: "running" | "resting" | "paused" | "disabled" | "stopped";
  /** RFC 3339. */
  readonly pausedSince?: string;
  readonly disabledSince?: string;
  /** Why it is disabled: `status_410` or `operator`. */
  readonly reason?: string;
  readonly breaker: "open" | "closed";
  /** Events. */
  readonly pending: number;
  readonly leased: number;
  readonly dead: number;
}
