/** O4: the pure part of ingest, a record's text to an encoded event, beside parsing the same text alone. */
import { member } from "../../src/core/json.ts";
import { callRate } from "../call-rate.ts";
import type { BenchCase } from "../context.ts";
import { SAMPLE_TEXT, toEvent } from "../sample.ts";
import { ratios } from "../statistics.ts";
import { TARGETS } from "../targets.ts";

export const mapperCase: BenchCase = async ({ options }) => {
  const windowMs = options.windowMs / 3;
  const parse = () => (member(JSON.parse(SAMPLE_TEXT), "detail") === undefined ? 0 : 1);
  const map = () => toEvent(member(JSON.parse(SAMPLE_TEXT), "detail")).event.dataOffset;
  callRate(parse, options.warmUpMs);
  callRate(map, options.warmUpMs);

  const parsed: number[] = [];
  const mapped: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    parsed.push(callRate(parse, windowMs));
    mapped.push(callRate(map, windowMs));
  }
  const beyondUs = mapped.map((rate, round) => 1e6 / rate - 1e6 / (parsed[round] ?? Number.NaN));

  return {
    baselines: [{ label: `B5 JSON.parse of the record (${SAMPLE_TEXT.length} bytes)`, unit: "/s", rounds: parsed }],
    measurements: [
      {
        label: "O4 JSON.parse, mapCloudTrail, encodeEvent",
        unit: "/s",
        rounds: mapped,
        details: [
          { label: "to B5", unit: "x", rounds: ratios(mapped, parsed), target: TARGETS.mapperToParse },
          { label: "beyond JSON.parse", unit: "µs", rounds: beyondUs, target: TARGETS.mapperBeyondParseUs },
        ],
      },
    ],
    notes: [],
  };
};
