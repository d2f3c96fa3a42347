import { type Broker, brokerFailureCode } from "../broker/broker.ts";
import type { Log } from "../core/log.ts";

const PAUSE_MS = 1000;

export interface PatientStart {
  /** Ends the trying; what is under way is waited for. */
  stop(): Promise<void>;
}

/**
 * Runs `begin`, which needs the broker. A broker that many share may be away for a while: senders get 503 then, and
 * `begin` is run again until it succeeds. Rejects as `begin` does with everything else; with `always`, nothing else
 * stops it either, since there is nobody any more whom it could be told.
 */
export async function beginWhenBrokerAnswers(
  { capabilities }: Broker,
  begin: () => Promise<void>,
  log: Log,
  { always = false } = {},
): Promise<PatientStart> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = Promise.resolve();
  let stopped = false;

  async function attempt(): Promise<void> {
    try {
      await begin();
    } catch (error) {
      if (stopped) return;
      const mayPass = capabilities.shared && brokerFailureCode(error) === "broker_unavailable";
      if (!mayPass && !always) throw error;
      if (timer === undefined)
        log("warn", "the broker is out of reach; delivery begins when it answers", { error: String(error) });
      timer = setTimeout(again, PAUSE_MS);
    }
  }

  function again(): void {
    running = attempt().catch((error) => {
      log("error", "delivery cannot begin; trying again", { error: String(error) });
      timer = setTimeout(again, PAUSE_MS);
    });
  }

  await attempt();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
