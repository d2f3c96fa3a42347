/**
 * A key that is one escaped character (`{"\u0061": 1}`): JSON.parse may read a backslash instead, depending on what was
 * parsed before. https://github.com/nodejs/node/issues/63785, in Node 24 and 26
 */
const MISREAD_KEY = /"\\(?:u[0-9a-fA-F]{4}|[^u])"[ \n\r\t]*:/;

/** Whether JSON.parse can be asked what is in this text. */
export function isReadReliably(json: string): boolean {
  return !MISREAD_KEY.test(json);
}
