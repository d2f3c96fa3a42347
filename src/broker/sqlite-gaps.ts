/**
 * Zeroes what pages of a SQLite file hold beside their cells, in the file itself, since SQLite has no way to it. Only for a
 * file that nobody writes meanwhile, with an empty log, of which SQLite has no page in memory. What is written are bytes
 * that no page uses.
 */
import { fsyncSync, readSync, writeSync } from "node:fs";
import { FILE_HEADER_BYTES, type Gap, gapOf, MOST_PAGES, type Overflow, overflowsOf } from "./sql/page-gap.ts";

export interface PagedFile {
  readonly descriptor: number;
  readonly pageCount: number;
  readonly pageBytes: number;
}

/** Looked through in one go. */
const PAGES_PER_STEP = 256;

/** Of some pages, from number `first`; answers where to go on, undefined at the end. Throws a system error. */
export function zeroGaps(file: PagedFile, first: number): number | undefined {
  const { descriptor, pageCount, pageBytes } = file;
  if (pageCount >= MOST_PAGES) throw new RangeError("the file has too many pages to tell theirs from others");
  const end = Math.min(pageCount, first + PAGES_PER_STEP);
  const pages = new Uint8Array((end - first) * pageBytes);
  readSync(descriptor, pages, 0, pages.length, first * pageBytes);
  for (let number = first; number < end; number++) {
    const page = pages.subarray((number - first) * pageBytes, (number - first + 1) * pageBytes);
    const headerAt = number === 0 ? FILE_HEADER_BYTES : 0;
    const gap = gapOf(page, headerAt);
    if (gap) zero(file, number, page.subarray(gap.start, gap.end), gap);
    for (const overflow of overflowsOf(page, headerAt)) zeroEnd(file, overflow);
  }
  if (end < pageCount) return end;
  fsyncSync(descriptor);
  return undefined;
}

function zero({ descriptor, pageBytes }: PagedFile, number: number, bytes: Uint8Array, { start }: Gap): void {
  if (bytes.every((byte) => byte === 0)) return;
  writeSync(descriptor, new Uint8Array(bytes.length), 0, bytes.length, number * pageBytes + start);
}

/** Of the last page of a value. Pages are numbered from one in the file. */
function zeroEnd(file: PagedFile, { firstPage, pages, lastBytes }: Overflow): void {
  const { descriptor, pageCount, pageBytes } = file;
  const next = new Uint8Array(4);
  let page = firstPage;
  for (let left = pages - 1; left > 0; left--) {
    if (page < 1 || page > pageCount) return;
    readSync(descriptor, next, 0, next.length, (page - 1) * pageBytes);
    page = new DataView(next.buffer).getUint32(0);
  }
  if (page < 1 || page > pageCount) return;
  const start = next.length + lastBytes;
  const rest = new Uint8Array(pageBytes - start);
  if (rest.length === 0) return;
  readSync(descriptor, rest, 0, rest.length, (page - 1) * pageBytes + start);
  zero(file, page - 1, rest, { start, end: pageBytes });
}
