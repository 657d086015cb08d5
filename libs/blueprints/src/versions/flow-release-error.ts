/** Machine-readable code of a FlowReleaseError. */
export type FlowReleaseErrorCode =
  | 'unknown_flow'
  | 'unknown_version'
  | 'unusable_version'
  | 'nothing_newer'
  | 'nothing_before'
  | 'version_deleted'
  | 'slug_taken'
  | 'already_current'
  | 'rollout_running'
  | 'no_rollout'
  | 'changed_meanwhile';

/** Thrown when a flow version cannot be found, compared or published. The message is one line. Nothing was changed. */
export class FlowReleaseError extends Error {
  constructor(
    readonly code: FlowReleaseErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'FlowReleaseError';
  }
}
