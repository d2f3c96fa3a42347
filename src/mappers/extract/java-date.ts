import { utcTime } from "./time.ts";

/** "Wed Jul 17 17:25:55 UTC 2024": java.util.Date as a string, in the logs that user pools export. */
const JAVA_DATE = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) (?:UTC|GMT|Z) (\d{4})$/;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** RFC 3339; undefined for other zones too, whose abbreviations mean several. */
export function javaDate(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 64) return undefined;
  const parts = JAVA_DATE.exec(value);
  if (parts === null) return undefined;
  const [, name = "", day, clock, year] = parts;
  const month = String(MONTHS.indexOf(name) + 1).padStart(2, "0");
  return utcTime(`${year}-${month}-${day}T${clock}Z`);
}
