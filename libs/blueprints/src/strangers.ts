/** The stages of others, as far as this installation can ask them and trusts them. */
export interface ExternalStages {
  /** What a stage says of itself, not yet looked at. Throws Problem when it cannot be asked. */
  describe(kind: string): Promise<unknown>;
  /** Whether the operator lets it have what could log somebody in. */
  trusts(kind: string): boolean;
}
