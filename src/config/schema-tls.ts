import type * as z from "zod";
import { given, section } from "./section.ts";
import { text } from "./values.ts";

/** PEM texts; `more` are the keys that only one of the places has. */
export function tls<S extends z.ZodRawShape>(more: S) {
  const shape = { ca: text.exactOptional(), cert: text.exactOptional(), key: text.exactOptional(), ...more };
  return section(shape, (written) => {
    const [one, other] = given(written, ["cert", "key"]);
    if (one === undefined || other !== undefined) return [];
    return [{ path: [one], message: "a client certificate needs both cert and key" }];
  });
}
