/** O4: the pure part of ingest: a record's text mapped, and mapped and encoded, beside parsing the same text alone. */
import { member } from "../../src/core/json.ts";
import { callRate } from "../call-rate.ts";
import type { BenchCase } from "../context.ts";
import { mapSample, SAMPLE_TEXT, toEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";

export const mapperCase: BenchCase = async ({ options }) => {
  const windowMs = options.windowMs / 3;
  const parse = () => (member(JSON.parse(SAMPLE_TEXT), "detail") === undefined ? 0 : 1);
  const map = () => (mapSample(member(JSON.parse(SAMPLE_TEXT), "detail")).kind === "event" ? 1 : 0);
  const encode = () => toEvent(member(JSON.parse(SAMPLE_TEXT), "detail")).event.dataOffset;
  for (const work of [parse, map, encode]) callRate(work, options.warmUpMs);

  const parsed: number[] = [];
  const mapped: number[] = [];
  const encoded: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    parsed.push(callRate(parse, windowMs));
    mapped.push(callRate(map, windowMs));
    encoded.push(callRate(encode, windowMs));
  }
  const beyondUs = (rates: readonly number[]) =>
    rates.map((rate, round) => 1e6 / rate - 1e6 / (parsed[round] ?? Number.NaN));

  return {
    baselines: [{ label: `B5 JSON.parse of the record (${SAMPLE_TEXT.length} bytes)`, unit: "/s", rounds: parsed }],
    measurements: [
      {
        label: "O4 JSON.parse and mapCloudTrail",
        unit: "/s",
        rounds: mapped,
        details: [
          { label: "to B5", unit: "x", rounds: ratios(mapped, parsed), target: TARGETS.mapperToParse },
          { label: "beyond JSON.parse", unit: "µs", rounds: beyondUs(mapped), target: TARGETS.mapperBeyondParseUs },
        ],
      },
      {
        label: "O4 the same, and encodeEvent",
        unit: "/s",
        rounds: encoded,
        details: [{ label: "beyond JSON.parse", unit: "µs", rounds: beyondUs(encoded) }],
      },
    ],
    notes: [],
  };
};
