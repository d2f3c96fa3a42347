/** For building up what is read-only once it is done. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
