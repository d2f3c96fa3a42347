/** One thing that the doctor looked at. */
export interface CheckResult {
  /** As a sentence begins: `cognito-idp:ListUsers on arn:...`. */
  readonly what: string;
  readonly ok: boolean;
  /** AWS's or the system's name of what is wrong. */
  readonly error?: string;
  /** What there is to know where it is well, or to do where it is not. */
  readonly advice?: string;
}
