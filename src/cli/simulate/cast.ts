/** Who acts in the day. Names are for the terminal alone: CloudTrail hides usernames, so records know subs only. */
import type { Random } from "./random.ts";

export interface Person {
  readonly name: string;
  /** Missing for one whom the pool does not know. */
  readonly sub?: string;
  readonly ip: string;
  readonly appAgent: string;
  readonly browserAgent: string;
}

const NAMES = [
  "Ada",
  "Bruno",
  "Chiara",
  "Deniz",
  "Emeka",
  "Freya",
  "Goran",
  "Hana",
  "Ines",
  "Jonas",
  "Kofi",
  "Lena",
  "Mateo",
  "Noor",
  "Olga",
  "Priya",
] as const;

const APP_AGENTS = [
  "aws-amplify/6.15.4 auth/4 framework/2",
  "aws-sdk-android/2.81.1 Linux/6.1 Dalvik/2.1.0/0 de_DE",
  "aws-sdk-swift/1.5.40 ua/2.1 api/cognito_identity_provider#1.5.40 os/ios#19.0",
] as const;

const BROWSER_AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
] as const;

export function createUser(index: number, random: Random): Person {
  const round = Math.floor(index / NAMES.length) + 1;
  const name = NAMES[index % NAMES.length] ?? "Somebody";
  return { ...createPasserBy(round === 1 ? name : `${name} ${round}`, random), sub: random.uuid() };
}

/** One who calls without being a user of the pool. */
export function createPasserBy(name: string, random: Random): Person {
  return {
    name,
    ip: createIp(random),
    appAgent: random.pick(APP_AGENTS),
    browserAgent: random.pick(BROWSER_AGENTS),
  };
}

/** From the blocks that are set aside for documentation (RFC 5737, RFC 3849): nobody's address. */
function createIp(random: Random): string {
  const host = random.integer(1, 254);
  return random.next() < 0.2 ? `2001:db8:4f2:${host.toString(16)}::1` : `203.0.113.${host}`;
}
