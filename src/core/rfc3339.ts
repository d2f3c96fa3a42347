const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Epoch ms of an RFC 3339 time; undefined for all else, a time without an offset too, which would mean another on every
 * machine. https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function readRfc3339(text: string): number | undefined {
  if (!RFC3339.test(text) || !isDay(text.slice(0, 10))) return undefined;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

/** In UTC, with milliseconds. Throws where `ms` is no time. */
export function writeRfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** Date.parse alone takes 30 February for 1 March. */
function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
