import type { Machine } from "./machine.ts";
import { type CaseReport, type Figure, isReached, type Target } from "./report.ts";
import { spread } from "./statistics.ts";

type Row = readonly [label: string, median: string, range: string, floor: string, goal: string];

export function renderTable(machine: Machine, reports: readonly CaseReport[], rounds: number): string {
  const blank: Row = ["", "", "", "", ""];
  const rows: Row[] = [
    ["baselines", "median", "min .. max", "", ""],
    ...reports.flatMap(({ baselines }) => baselines.map((figure) => toRow(figure))),
    blank,
    ["poolcast", "median", "min .. max", "floor", "goal"],
    ...reports.flatMap(({ measurements }) =>
      measurements.flatMap((one) => [toRow(one), ...one.details.map((detail) => toRow(detail, "     "))]),
    ),
  ];
  const lines = [
    ...Object.entries(machine).map(([name, value]) => `${name.padEnd(12)} ${value}`),
    "",
    ...alignColumns(rows),
    "",
    ...reports.flatMap(({ notes }) => notes),
    `${rounds} rounds, baseline and poolcast in turn; a ratio is taken within its round.`,
  ];
  return `${lines.join("\n")}\n`;
}

function toRow({ label, unit, rounds, target }: Figure, indent = ""): Row {
  const { median, min, max } = spread(rounds);
  const range = `${format(min, unit)} .. ${format(max, unit)}`;
  return [
    indent + label,
    `${format(median, unit)} ${unit}`,
    range,
    verdict(median, target, "floor"),
    verdict(median, target, "goal"),
  ];
}

function verdict(median: number, target: Target | undefined, name: "floor" | "goal"): string {
  const limit = target?.[name];
  if (target === undefined || limit === undefined) return "";
  return `${limit} ${isReached(median, target.better, limit) ? "met" : "below"}`;
}

function format(value: number, unit: Figure["unit"]): string {
  return unit === "/s" ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
}

function alignColumns(rows: readonly Row[]): readonly string[] {
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => align(cell, column, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Words to the left, the median to the right. */
function align(cell: string, column: number, width: number): string {
  return column === 1 ? cell.padStart(width) : cell.padEnd(width);
}
