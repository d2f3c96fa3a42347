/** The options of `poolcast simulate`, checked: all that is wrong with them at once. */
import { err, ok, type Result } from "../../core/result.ts";
import { gatewayUrl, isHeaderValue, URL_FAULT } from "../gateway-address.ts";

export interface RawOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly users: string;
  readonly seed?: string;
  readonly rate: string;
  readonly json?: true;
}

export interface SimulateSettings {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly users: number;
  readonly seed: number;
  /** Records a second; 0 = as fast as the gateway answers. */
  readonly rate: number;
  readonly json: boolean;
}

const MAX_USERS = 10_000;
/** A slower pace would sleep for longer than timers can. */
const MIN_RATE = 0.01;
const MAX_RATE = 100_000;

export function readSettings(raw: RawOptions, randomSeed: () => number): Result<SimulateSettings, readonly string[]> {
  const faults: string[] = [];
  const url = gatewayUrl(raw.url);
  if (url === undefined) faults.push(URL_FAULT);
  // Set but empty is how shells and compose files say "none".
  const apiKey = raw.apiKey === "" ? undefined : raw.apiKey;
  if (apiKey !== undefined && !isHeaderValue(apiKey)) {
    faults.push("--api-key (or POOLCAST_API_KEY): the key has characters that no HTTP header can carry");
  }
  const users = wholeNumber(raw.users);
  if (!(users >= 1 && users <= MAX_USERS)) faults.push(`--users: give a whole number from 1 to ${MAX_USERS}`);
  const seed = raw.seed === undefined ? randomSeed() : wholeNumber(raw.seed);
  if (!Number.isSafeInteger(seed)) faults.push(`--seed: give a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  const rate = /^\d+(\.\d+)?$/.test(raw.rate) ? Number(raw.rate) : Number.NaN;
  if (rate !== 0 && !(rate >= MIN_RATE && rate <= MAX_RATE)) {
    faults.push(`--rate: give a number of records per second from ${MIN_RATE} to ${MAX_RATE}, or 0 for no limit`);
  }
  if (url === undefined || faults.length > 0) return err(faults);
  return ok({ url, apiKey, users, seed, rate, json: raw.json === true });
}

function wholeNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
