/** A rule of the protocol and the violations of it. */
export interface ProtocolFinding {
  readonly promise: string;
  readonly faults: readonly string[];
  /** True for a remark, which is not a violation of a rule. */
  readonly isNote?: boolean;
}
