/** What the suite needs to know of a runtime: how a gateway is started there, and ended. Everything else it sees by HTTP. */

/** One runtime, as its own test hands it to the suite. */
export interface GatewayRuntime {
  readonly name: string;
  /** The gateway listens on loopback: without an `ingest` section it is open, and emulators may call it as their Lambda. */
  readonly loopback: boolean;
  /** YAML that every configuration there must say besides, such as what targets may be reached. Root sections, whole. */
  readonly settings?: string;
  /** An empty store of its own. `answerAws` is to answer what the gateway asks of https://*.amazonaws.com. */
  makeHome(answerAws: AnswerAws): Promise<GatewayHome>;
}

export type AnswerAws = (url: string) => { readonly status: number; readonly body: string };

/** One store, and the gateway that has it, if one runs. */
export interface GatewayHome {
  /** Resolves when it answers. The last one has ended. */
  start(config: string): Promise<RunningGateway>;
  /** The URL by which the gateway reaches what listens at this one, on the loopback of the test. */
  reach(url: string): string;
  /** Ends what runs, and removes the store. */
  remove(): Promise<void>;
}

export interface RunningGateway {
  /** As `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where the store is asked about, that the suite's records come to. Absent: there too. */
  readonly operationUrl?: string;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it without a warning: SIGKILL, or eviction. What was acknowledged must be in the store by now. */
  kill(): Promise<void>;
}
