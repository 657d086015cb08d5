/**
 * How previews run a stage (docs/spec/preview.md#stages). Besides replying, the stage may then only write rows of the
 * pending user, and must reach no other system.
 */
export interface PreviewRule {
  /** Whether the stage writes or creates users, so that it runs only for the saved test user. */
  readonly changes_user?: true;
  /**
   * Returns whether the stage would write another user than the pending one with this config, so that it is left out.
   */
  readonly leaves_out?: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Returns a description, for the operator, of what `config` has replaced because it would reach another system.
   * Undefined if `config` replaces nothing.
   */
  readonly replaces?: (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, string>> | undefined;
  /** Returns the config without the parts by which the stage would reach another system or redirect out of the flow. */
  readonly config?: (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}
