/** Where files that notices name become work, in the step that commits the events of the same request. */
import { type Broker, BrokerFailure, brokerFailureCode, type StateWrite } from "../../broker/broker.ts";
import type { Clock } from "../../core/clock.ts";
import { identityOf, type S3File } from "./file.ts";
import { FILES, type FileWork } from "./work.ts";

export interface FileQueue {
  /** Buckets are the operator's to name: whoever may send a notice must not choose what is read. */
  isExpected(file: S3File): boolean;
  /** The broker's append, which also queues those of the files that do not wait already. */
  append(files: readonly S3File[]): Broker["append"];
}

export interface FileQueueParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly buckets: readonly string[];
  readonly onQueued: () => void;
}

/** Several gateways may be told of the same files at the same time. */
const MAX_LOOKS = 8;

export function createFileQueue({ broker, clock, buckets, onQueued }: FileQueueParts): FileQueue {
  const expected = new Set(buckets);

  async function writesOf(files: readonly S3File[]): Promise<readonly StateWrite[]> {
    const missing = new Map(files.map((file) => [identityOf(file), file]));
    for (const { key } of await broker.getState({ collection: FILES, keys: [...missing.keys()] })) missing.delete(key);
    const nowMs = clock();
    return [...missing].map(([key, file]) => {
      const work: FileWork = { file, queuedAtMs: nowMs, dueAtMs: nowMs };
      return { collection: FILES, key, value: JSON.stringify(work), ifVersion: 0 };
    });
  }

  return {
    isExpected: ({ bucket }) => expected.has(bucket),

    append(files) {
      return async ({ events, state = [] }) => {
        for (let look = 1; look <= MAX_LOOKS; look++) {
          try {
            const outcomes = await broker.append({ events, state: [...state, ...(await writesOf(files))] });
            onQueued();
            return outcomes;
          } catch (error) {
            // Somebody else queued one of them since it was looked for.
            if (brokerFailureCode(error) !== "state_conflict") throw error;
          }
        }
        throw new BrokerFailure("broker_unavailable", "the entries of files changed again and again");
      };
    },
  };
}
