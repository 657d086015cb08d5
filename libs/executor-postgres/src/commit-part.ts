/**
 * SQL text that the save statement contains if a commit needs it. Its changes are made if and only if the plan is
 * saved, because each of them joins `saved`, the common table expression with the updated plan row.
 */
export interface CommitPart {
  /** SQL condition on sessions `s`: the matching sessions are locked before the plan is updated. */
  readonly locks?: string;
  /** Common table expression that runs before the plan is updated. */
  readonly first?: string;
  /** SQL condition on the update of the plan. If it is false, the statement changes nothing. */
  readonly condition?: string;
  /** SQL for the session to which the plan moves. By default, it stays in its session. */
  readonly session?: string;
  /** Common table expressions with the part's changes. */
  readonly writes: string;
  /** SQL for a column of the statement's result, which reads the part's common table expressions. */
  readonly returns?: string;
}
