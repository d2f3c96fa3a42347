/** What every broker rejects with; a part of the port. */
export type BrokerFailureCode =
  /** Out of reach or failing; trying again later may work. */
  | "broker_unavailable"
  /** The limit of bytes is reached, or the disk or memory beneath is full. */
  | "broker_full"
  /** Another process holds a store that only one may open. */
  | "broker_in_use"
  /** The store was written by a newer version, or is not a poolcast store. */
  | "broker_incompatible"
  /** The store is damaged. */
  | "broker_corrupt"
  /** A state entry has another version than the writer took for granted; nothing was stored. */
  | "state_conflict";

/** What a broker rejects with. Carries a code instead of being matched by class: it may have crossed an RPC boundary. */
export class BrokerFailure extends Error {
  readonly code: BrokerFailureCode;
  constructor(code: BrokerFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BrokerFailure";
    this.code = code;
  }
}

/** The code of whatever a broker method rejected with. */
export function brokerFailureCode(error: unknown): BrokerFailureCode {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  switch (code) {
    case "broker_full":
    case "broker_in_use":
    case "broker_incompatible":
    case "broker_corrupt":
    case "state_conflict":
      return code;
    default:
      return "broker_unavailable";
  }
}

/** Whether a broker rejected with it on purpose; by name, since it may have crossed an RPC boundary. */
export function isBrokerFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "BrokerFailure";
}
