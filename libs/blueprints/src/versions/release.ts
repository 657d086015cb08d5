/** What a row of the log of releases records. */
export const RELEASE_ACTIONS = [
  'published',
  'rolled_back',
  'withdrawn',
  'rollout_started',
  'rollout_stopped',
  'rollout_completed',
  'rollout_reverted',
] as const;
export type ReleaseAction = (typeof RELEASE_ACTIONS)[number];

/** A row of the log of releases, in the order of the log. */
export interface Release {
  readonly action: ReleaseAction;
  readonly number: number;
  /** Number of the version that was current before. */
  readonly before: number | null;
}

const MOVES_ON: readonly ReleaseAction[] = ['published', 'rollout_completed'];
const GOES_BACK: readonly ReleaseAction[] = ['rolled_back', 'rollout_reverted'];

/**
 * Returns the number of the version that was current before `current`, or `undefined` if none is known. Works like the
 * back button of a browser: each rollback goes one version further back, and publishing after a rollback discards the
 * versions that were undone.
 */
export function versionBefore(releases: readonly Release[], current: number): number | undefined {
  const past: number[] = [];
  const push = (number: number | null) => {
    if (number !== null && past.at(-1) !== number) past.push(number);
  };
  for (const { action, number, before } of releases) {
    if (MOVES_ON.includes(action)) {
      // A process of an older Gatehouse publishes without a row. Then the log has a gap, or starts with one.
      push(before);
      push(number);
    }
    if (GOES_BACK.includes(action)) {
      while (past.length > 0 && past.at(-1) !== number) past.pop();
      push(number);
    }
  }
  push(current);
  return past.at(-2);
}
