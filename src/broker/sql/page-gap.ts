/**
 * Parts of pages that no cell uses. SQLite leaves there what stood there before: cells that it moved elsewhere, the end of a
 * longer value; whatever `secure_delete` says. https://www.sqlite.org/fileformat2.html#b_tree_pages
 */

/** From offset to offset in a page. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

/** A value that goes on in a chain of pages, each of which begins with the number of the next. */
export interface Overflow {
  readonly firstPage: number;
  readonly pages: number;
  /** Bytes of the value in the last of them. */
  readonly lastBytes: number;
}

/** By the first byte of the header: its length, and what a cell has before its value. */
const KINDS: Readonly<
  Record<number, { readonly header: number; readonly isIndex: boolean; readonly isInner: boolean }>
> = {
  2: { header: 12, isIndex: true, isInner: true },
  5: { header: 12, isIndex: false, isInner: true },
  10: { header: 8, isIndex: true, isInner: false },
  13: { header: 8, isIndex: false, isInner: false },
};
const CELL_COUNT = 3;
const CONTENT_START = 5;
const POINTER_BYTES = 2;
const PAGE_NUMBER_BYTES = 4;
/** Before the header of the first page stands that of the file. */
export const FILE_HEADER_BYTES = 100;
/**
 * A page that is none of a tree begins with the number of the next one, of which the first byte is zero, in a file of
 * fewer than 16,777,216 pages.
 */
export const MOST_PAGES = 2 ** 24;

/** Between the list of cells and the first of them; undefined where the page is none of a tree, or has no such part. */
export function gapOf(page: Uint8Array, headerAt: number): Gap | undefined {
  const view = viewOf(page);
  const kind = KINDS[page[headerAt] ?? 0];
  if (kind === undefined) return undefined;
  const start = headerAt + kind.header + POINTER_BYTES * view.getUint16(headerAt + CELL_COUNT);
  const end = view.getUint16(headerAt + CONTENT_START) || 65_536;
  return start < end && end <= page.length ? { start, end } : undefined;
}

/** Of the cells of a page that is wholly used by SQLite (no reserved bytes). */
export function overflowsOf(page: Uint8Array, headerAt: number): readonly Overflow[] {
  const kind = KINDS[page[headerAt] ?? 0];
  if (kind === undefined || (kind.isInner && !kind.isIndex)) return [];
  const view = viewOf(page);
  const count = view.getUint16(headerAt + CELL_COUNT);
  const found: Overflow[] = [];
  for (let cell = 0; cell < count; cell++) {
    const pointerAt = headerAt + kind.header + POINTER_BYTES * cell;
    if (pointerAt + POINTER_BYTES > page.length) break;
    let at = view.getUint16(pointerAt) + (kind.isInner ? PAGE_NUMBER_BYTES : 0);
    const size = readVarint(page, at);
    at = size.end;
    // The rowid.
    if (!kind.isIndex) at = readVarint(page, at).end;
    const local = localBytes(size.value, page.length, kind.isIndex);
    if (local >= size.value || at + local + PAGE_NUMBER_BYTES > page.length) continue;
    const perPage = page.length - PAGE_NUMBER_BYTES;
    const pages = Math.ceil((size.value - local) / perPage);
    const lastBytes = size.value - local - (pages - 1) * perPage;
    found.push({ firstPage: view.getUint32(at + local), pages, lastBytes });
  }
  return found;
}

/** How much of a value stands in the cell. https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages */
function localBytes(size: number, usable: number, isIndex: boolean): number {
  const most = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (usable - PAGE_NUMBER_BYTES));
  return fitting <= most ? fitting : least;
}

function readVarint(page: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = page[at] ?? 0;
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, end: at + 1 };
  }
  return { value: value * 256 + (page[start + 8] ?? 0), end: start + 9 };
}

function viewOf(page: Uint8Array): DataView {
  return new DataView(page.buffer, page.byteOffset, page.byteLength);
}
