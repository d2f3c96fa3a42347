import type { Clock } from "../core/clock.ts";
import type { Result } from "../core/result.ts";

/** So long a fault is told again without another look. */
const HOLD_MS = 5000;

/**
 * What was made right is kept, the first one for everybody. What went wrong is made again for who comes later: a secret
 * may be there by then, and nobody restarts a Worker. Those who come while it is made make it too, since a request to a
 * Worker must not wait for what another one waits for.
 */
export function keepRight<T, E>(make: () => Promise<Result<T, E>>, clock: Clock): () => Promise<Result<T, E>> {
  let kept: Result<T, E> | undefined;
  let againMs = 0;

  return async function get() {
    if (kept && (kept.ok || clock() < againMs)) return kept;
    const made = await make();
    if (kept?.ok) return kept;
    kept = made;
    againMs = clock() + HOLD_MS;
    return made;
  };
}
