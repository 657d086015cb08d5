/** A condition on a flow or a step. */
export interface DiagramCondition {
  readonly type: 'policy' | 'group' | 'user';
  readonly name: string;
  readonly negate: boolean;
}

/** The conditions of a flow or a step, and whether one of them or all of them must be met. */
export interface DiagramConditions {
  readonly mode: 'any' | 'all';
  readonly conditions: readonly DiagramCondition[];
}

/** Numbers of the visitors who reached a step, by how they left it. */
export interface StepNumbers {
  readonly reached: number;
  readonly passed: number;
  /** Visitors with at least one refused answer. */
  readonly rejected: number;
  readonly denied: number;
  /** Visitors who abandoned the flow at the step, or whose plan expired there. */
  readonly left: number;
  /** Median time of those who passed, in milliseconds. */
  readonly medianMs: number | null;
}

/** A step of a flow version, in its order. */
export interface DiagramStep {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /**
   * Whether a stage has inserted the step. The flow version does not contain such a step, so only its numbers are
   * known.
   */
  readonly isInserted: boolean;
  /** Whether the stage denies every visitor. */
  readonly denies: boolean;
  /** Whether a refused answer starts the flow again. */
  readonly restarts: boolean;
  readonly conditions?: DiagramConditions;
  /** Absent if no visitor has reached the step. */
  readonly numbers?: StepNumbers;
}

/** How the visitors of a flow version ended. */
export interface VersionNumbers {
  readonly begun: number;
  readonly done: number;
  readonly loggedIn: number;
  readonly denied: number;
  /** Visitors who abandoned the flow, or whose plan expired. */
  readonly left: number;
  /** Visitors without a journey record, so that no step counts them. */
  readonly counted: number;
}

/** The data of the diagram of a flow version, with the numbers of a period. */
export interface VersionDiagram {
  readonly version: number;
  readonly requirement:
    | 'none'
    | 'require_authenticated'
    | 'require_unauthenticated'
    | 'require_superuser'
    | 'require_outpost'
    | 'require_redirect'
    | 'require_token';
  readonly conditions?: DiagramConditions;
  readonly steps: readonly DiagramStep[];
  /** The period back from now, such as `1d`. */
  readonly period: string;
  /** Absent if no visit has ended in the period. */
  readonly numbers?: VersionNumbers;
  /** Set if the numbers could not be counted in time. */
  readonly isOverdue?: boolean;
}
