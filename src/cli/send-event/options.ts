/** The options of `poolcast send-event` that say what the event is, checked: all that is wrong with them at once. */
import { checkAttributes } from "../../core/cloudevent-attributes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { timeText } from "../admin/time-text.ts";

export interface RawEventOptions {
  readonly type?: string;
  /** As tmctl calls it. */
  readonly eventType?: string;
  readonly source?: string;
  readonly id?: string;
  readonly subject?: string;
  readonly time?: string;
  readonly contentType?: string;
  readonly ext: readonly string[];
  readonly data?: string;
  readonly file?: string;
}

export interface EventOptions {
  /** Context attributes, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: string | undefined;
  readonly file: string | undefined;
}

/** Those that have an option of their own, or say what the event is made of. */
const NO_EXTENSIONS: ReadonlySet<string> = new Set([
  ...["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data", "data_base64"],
]);

/** `argument` is data without the name of its option, as tmctl takes it. */
export function readEventOptions(
  argument: string | undefined,
  raw: RawEventOptions,
  nowMs: number,
): Result<EventOptions, readonly string[]> {
  const faults: string[] = [];
  const attributes: Record<string, string> = {};
  const take = (option: string, name: string, value: string | undefined) => {
    if (value === undefined) return;
    const rest = { specversion: "1.0", id: "-", source: "-", type: "-" };
    if (!checkAttributes(Object.entries({ ...rest, [name]: value })).ok) {
      faults.push(`${option}: a CloudEvent cannot have that as its ${name}`);
    }
    attributes[name] = value;
  };

  if (raw.type !== undefined && raw.eventType !== undefined)
    faults.push("--type and --eventType are the same: give one");
  take(raw.type === undefined ? "--eventType" : "--type", "type", raw.type ?? raw.eventType);
  take("--source", "source", raw.source);
  take("--id", "id", raw.id);
  take("--subject", "subject", raw.subject);
  take("--time", "time", timeText(raw.time, nowMs)?.replace(" ", "T"));
  take("--content-type", "datacontenttype", raw.contentType);
  for (const one of raw.ext) {
    const [, name, value] = /^([a-z0-9]{1,64})=(.*)$/s.exec(one) ?? [];
    if (name === undefined || NO_EXTENSIONS.has(name)) {
      faults.push("--ext: give name=value, the name of an extension in small letters and digits");
    } else {
      take("--ext", name, value);
    }
  }
  const data = [argument, raw.data, raw.file].filter((one) => one !== undefined);
  if (data.length > 1) faults.push("give the data once: as an argument, with --data or with --file");
  return faults.length > 0 ? err(faults) : ok({ attributes, data: raw.data ?? argument, file: raw.file });
}
