/** Times as they stand in CloudTrail records, as RFC 3339 in UTC. */

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:([Tt ])(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?)?$/;

/** "Mar 1, 2026, 9:00:01 AM": how Java writes a date; newer ones put a narrow no-break space before AM. */
const JAVA = /^([A-Z][a-z]{2})\s(\d{1,2}),\s(\d{4}),?\s(\d{1,2}):(\d\d):(\d\d)\s([AP])M$/;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The end of the year 9999, in milliseconds; RFC 3339 has no year of five digits. */
const LAST = 253_402_300_799_999;

/** Epoch numbers below this are seconds (until the year 5138), others milliseconds (from 1973). */
const MILLISECONDS_FROM = 1e11;

/** Undefined for what is no time. A text without an offset is UTC. */
export function utcTime(value: unknown): string | undefined {
  if (typeof value === "number") return fromEpoch(value < MILLISECONDS_FROM ? value * 1000 : value);
  if (typeof value !== "string" || value.length > 64) return undefined;
  return isPlainUtc(value) ? value : (fromIso(value) ?? fromJava(value));
}

/** `2026-05-04T07:31:09Z`, which nearly every time of CloudTrail is: told without a pattern. */
function isPlainUtc(value: string): boolean {
  if (value.length !== 20 || value[4] !== "-" || value[7] !== "-" || value[10] !== "T") return false;
  if (value[13] !== ":" || value[16] !== ":" || value[19] !== "Z") return false;
  const year = digits(value, 0) * 100 + digits(value, 2);
  return (
    isDate(year, digits(value, 5), digits(value, 8)) &&
    digits(value, 11) < 24 &&
    digits(value, 14) < 60 &&
    digits(value, 17) < 60
  );
}

/** The number that two digits make; NaN, which is less than nothing, where they are none. */
function digits(value: string, at: number): number {
  const tens = value.charCodeAt(at) - 0x30;
  const ones = value.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function fromIso(value: string): string | undefined {
  const parts = ISO.exec(value);
  if (parts === null) return undefined;
  const [, year = "", month = "", day = "", separator, hour = "0", minute = "0", second, fraction, zone] = parts;
  if (!isDate(+year, +month, +day) || +hour > 23 || +minute > 59 || +(second ?? 0) > 59) return undefined;
  if (separator === "T" && second !== undefined && zone === "Z") return value;
  const local = Date.UTC(+year, +month - 1, +day, +hour, +minute, +(second ?? 0));
  const offset = offsetMinutes(zone);
  // Date.UTC takes years below 100 for those of the twentieth century.
  if (offset === undefined || +year < 100) return undefined;
  return fromEpoch(local + Math.trunc(Number(`0${fraction ?? ""}`) * 1000) - offset * 60_000);
}

/** Minutes east of UTC. */
function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function fromJava(value: string): string | undefined {
  const parts = JAVA.exec(value);
  if (parts === null) return undefined;
  const [, name = "", day, year, clock, minute, second, half] = parts;
  const month = MONTHS.indexOf(name) + 1;
  const valid = month > 0 && isDate(Number(year), month, Number(day)) && Number(year) >= 100;
  if (!valid || Number(clock) < 1 || Number(clock) > 12 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const hour = (Number(clock) % 12) + (half === "P" ? 12 : 0);
  return fromEpoch(Date.UTC(Number(year), month - 1, Number(day), hour, Number(minute), Number(second)));
}

function isDate(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (DAYS[month - 1] ?? 0) + (leap ? 1 : 0);
}

function fromEpoch(milliseconds: number): string | undefined {
  const whole = Math.round(milliseconds);
  if (!(whole >= 0 && whole <= LAST)) return undefined;
  return new Date(whole).toISOString().replace(".000Z", "Z");
}
