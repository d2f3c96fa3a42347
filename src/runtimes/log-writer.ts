/** Log lines on stderr: JSON for machines, words for a terminal. */
import type { Clock } from "../core/clock.ts";
import type { Log, LogFields, LogLevel } from "../core/log.ts";

export interface LogWriterParts {
  readonly write: (line: string) => void;
  readonly readable: boolean;
  readonly clock: Clock;
}

export function createLog({ write, readable, clock }: LogWriterParts): Log {
  return function log(level, message, fields = {}) {
    const time = new Date(clock()).toISOString();
    write(
      readable
        ? readableLine(time, level, message, fields)
        : `${escapeControls(JSON.stringify({ time, level, message, ...fields }))}\n`,
    );
  };
}

function readableLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  const mark = level === "info" ? "" : `${level}: `;
  return `${time.slice(11, 19)} ${withoutControls(`${mark}${message}${facts}`)}\n`;
}

/** JSON escapes the C0 controls, but not DEL and the C1 controls, which a terminal obeys as well. */
export function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

/** What a sink answered may hold escape sequences; a terminal must not obey them. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
