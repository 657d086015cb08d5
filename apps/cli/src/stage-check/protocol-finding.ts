/** A rule of the protocol and the violations of it. */
export interface ProtocolFinding {
  readonly promise: string;
  readonly faults: readonly string[];
  /** True for a remark that is no rule, and breaks none. */
  readonly isNote?: boolean;
}
