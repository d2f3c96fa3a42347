export type LogLevel = "debug" | "info" | "warn" | "error";

/** Values a log line may carry. Never a header, a body, a credential or a user attribute. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** Writes one line per call: what happened, as a stable short sentence, and the facts as fields. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;
