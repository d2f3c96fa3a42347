/** The way of every command about a gateway: settings, connection, work, exit status. */
import { complain } from "../complain.ts";
import { writeSettingFaults } from "../gateway-settings.ts";
import { type AdminConnection, type AdminFault, connectAdmin } from "./connect.ts";
import { type RawAdminOptions, readAdminSettings } from "./settings.ts";

/** Thrown inside `work` to end it with a failed request. */
export class AdminFailure extends Error {
  readonly fault: AdminFault;
  constructor(fault: AdminFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Thrown inside `work` where the options turn out to be wrong. */
export class UsageFault extends Error {}

/** The JSON of one request, for work that is over where it fails. */
export type Ask = (...request: Parameters<AdminConnection["request"]>) => Promise<unknown>;

/** Ends with 0, 1 where something failed, 2 where the options or the configuration are wrong. */
export async function runAdmin(
  raw: RawAdminOptions,
  work: (ask: Ask, from: AdminConnection["from"]) => Promise<void>,
): Promise<void> {
  const settings = readAdminSettings(raw, process.env);
  if (!settings.ok) {
    writeSettingFaults(settings.error);
    process.exitCode = 2;
    return;
  }
  const connection = await connectAdmin(settings.value);
  if (!connection.ok) return fail(connection.error);
  const { request, from, close } = connection.value;
  try {
    await work(async (...asked) => {
      const answer = await request(...asked);
      if (answer.ok) return answer.value;
      throw new AdminFailure(answer.error);
    }, from);
  } catch (error) {
    // What a gateway finds wrong with the options is as wrong as what is seen here.
    if (error instanceof AdminFailure) fail(error.fault, error.fault.code === "invalid_request" ? 2 : 1);
    else if (error instanceof UsageFault) fail(error, 2);
    else throw error;
  } finally {
    await close();
  }
}

function fail({ message }: { readonly message: string }, status = 1): void {
  complain(message);
  process.exitCode = status;
}
