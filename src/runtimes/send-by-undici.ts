/** Raw HTTP of a process: undici sends a path as it is and unpacks nothing, which `fetch` does not leave alone. */
import { Agent } from "undici";
import type { SendRaw } from "../aws/send-raw.ts";
import { orAborted } from "../core/or-aborted.ts";

const agent = new Agent({
  connect: { timeout: 5000 },
  // As the SDK asks: what lets go of one file must not touch the connection of another.
  allowH2: false,
  // Who asks knows how long an answer may take, and lets go by signal.
  headersTimeout: 0,
  bodyTimeout: 0,
});

export const sendByUndici: SendRaw = async (request, signal) => {
  // undici heeds the signal only from the moment that a connection takes the request up.
  const { statusCode, headers, body } = await orAborted(agent.request({ ...request, signal }), signal);
  return {
    status: statusCode,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? undefined : value;
    },
    body,
  };
};
