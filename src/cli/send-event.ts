/** `poolcast send-event`: one CloudEvent, or several, posted to a running gateway. */
import { createReadStream } from "node:fs";
import { Command, Option } from "commander";
import { joinBytes } from "../core/collect-bytes.ts";
import { err, ok, type Result } from "../core/result.ts";
import { withoutControls } from "../runtimes/log-writer.ts";
import { printJson } from "./admin/table.ts";
import { complain } from "./complain.ts";
import { type KeyKind, readGatewaySettings, urlOption, writeSettingFaults } from "./gateway-settings.ts";
import { repeatable } from "./repeatable.ts";
import { type ComposedEvent, type Content, composeEvents } from "./send-event/compose.ts";
import { type EventOptions, type RawEventOptions, readEventOptions } from "./send-event/options.ts";
import { type Sent, sendEvents } from "./send-event/send.ts";

interface RawOptions extends RawEventOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly config?: string;
  readonly json?: true;
}

const MAX_BYTES = 64 * 1024 * 1024;

const API_KEY: KeyKind = {
  name: "--api-key (or POOLCAST_API_KEY)",
  of: ({ ingest }) => ingest?.events?.apiKeys[0],
};

export function sendEventCommand(): Command {
  return new Command("send-event")
    .description("post a CloudEvent to a running gateway; of a type of the catalog alone, an example of it")
    .argument("[data]", "as --data")
    .option("--type <type>", "of the event; `poolcast types` lists the catalog's")
    .addOption(new Option("--eventType <type>", "the same, as tmctl calls it"))
    .option("--source <uri>", "of the event (default: /poolcast/send-event, or an example's user pool)")
    .option("--id <id>", "of the event (default: a new one)")
    .option("--subject <text>", "of the event")
    .option("--time <time>", "RFC 3339, or an ISO 8601 duration before now (default: now)")
    .option("--ext <name=value>", "an extension attribute; may be given several times", repeatable, [])
    .option("--data <data>", "JSON, or a text")
    .option("--file <path>", "a whole event as JSON, an array of them, or one a line; or the data; - reads stdin")
    .option("--content-type <type>", "of the data (default: by what it is)")
    .addOption(urlOption())
    .addOption(new Option("--api-key <key>", "one of ingest.events.apiKeys").env("POOLCAST_API_KEY"))
    .option("--config <file>", "configuration file (default: ./poolcast.yaml where it exists)")
    .option("--json", "print what came of it as JSON")
    .action(sendEvent);
}

async function sendEvent(argument: string | undefined, raw: RawOptions): Promise<void> {
  const { url, apiKey, config, json } = raw;
  const settings = readGatewaySettings({ url, key: apiKey, config }, API_KEY, process.env);
  if (!settings.ok) return misuse(() => writeSettingFaults(settings.error));
  const events = await eventsOf(argument, raw);
  if (!events.ok) return misuse(() => writeSettingFaults(events.error));
  const sent = await sendEvents(events.value, { url: settings.value.url, apiKey: settings.value.key });
  if (json) printJson({ ...sent, events: events.value.map(({ id, source, type }) => ({ id, source, type })) });
  else process.stdout.write(report(sent, events.value));
  for (const { id, code } of sent.rejected) complain(`the event ${id} was rejected: ${code}`);
  if (sent.error !== undefined) complain(sent.error);
  if (sent.error !== undefined || sent.rejected.length > 0) process.exitCode = 1;
}

function misuse(tell: () => void): void {
  tell();
  process.exitCode = 2;
}

async function eventsOf(
  argument: string | undefined,
  raw: RawEventOptions,
): Promise<Result<readonly ComposedEvent[], readonly string[]>> {
  const nowMs = Date.now();
  const options = readEventOptions(argument, raw, nowMs);
  if (!options.ok) return options;
  const content = await contentOf(options.value);
  if (!content.ok) return err([content.error]);
  const parts = { newId: () => crypto.randomUUID(), now: new Date(nowMs).toISOString() };
  return composeEvents({ attributes: options.value.attributes, content: content.value }, parts);
}

async function contentOf({ data, file }: EventOptions): Promise<Result<Content | undefined, string>> {
  if (data !== undefined) return ok({ bytes: new TextEncoder().encode(data), mayBeEvents: false });
  if (file === undefined) return ok(undefined);
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of file === "-" ? process.stdin : createReadStream(file)) {
      size += chunk.length;
      if (size > MAX_BYTES) return err(`--file: there are more than ${MAX_BYTES / 1024 ** 2} MiB in it`);
      chunks.push(chunk);
    }
    return size === 0 ? err("--file: there is nothing in it") : ok({ bytes: joinBytes(chunks), mayBeEvents: true });
  } catch (error) {
    return err(`--file: ${error instanceof Error ? error.message : "cannot be read"}`);
  }
}

/** Of one its type and id, of several how many; nothing where nothing was taken. */
function report({ accepted, duplicates }: Sent, events: readonly ComposedEvent[]): string {
  if (accepted + duplicates === 0) return "";
  const [only] = events;
  if (!only || events.length > 1) return `accepted: ${accepted}, duplicates: ${duplicates}\n`;
  return `${accepted > 0 ? "accepted" : "duplicate"}: ${withoutControls(`${only.type} ${only.id}`)}\n`;
}
