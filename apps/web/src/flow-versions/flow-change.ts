import type { VersionChange } from './flow-versions.js';

/** The action of a form with which a superuser changes a flow: the last part of the form's URL. */
export type FlowAction = 'publish' | 'rollout' | 'rollback' | 'preview';

/** The fields of the forms that change flows. */
export type FlowChangeField = 'percent' | 'margin' | 'for' | 'reason' | 'user';

/** The form that changes a flow. */
export interface FlowChangeData {
  readonly action: FlowAction;
  /** Number of the version that the form is about; undefined if it is not known. */
  readonly version: number | undefined;
  /** The effect of the change; undefined if the change is not possible. */
  readonly confirmation?: FlowChangeConfirmation | undefined;
  /** Texts of the fields by name. */
  readonly typed: Readonly<Partial<Record<FlowChangeField, string>>>;
  /** Names of the fields that were refused. */
  readonly wrong: readonly FlowChangeField[];
  readonly refused?: FlowChangeRefusal | undefined;
  /** URL of a login that returns to the form; undefined if the session may make the change already. */
  readonly login?: string | undefined;
}

/** The change that a superuser confirms. */
export interface FlowChangeConfirmation {
  /** The versions that the page has shown. The change is refused if the flow has changed since. */
  readonly expected: { readonly current: number; readonly candidate: number | null; readonly result?: number };
  /** The version that loses visitors, and the version that gets them. */
  readonly from: number;
  readonly to: number;
  readonly changes: readonly VersionChange[];
}

/** Why a form was refused. */
export interface FlowChangeRefusal {
  /** Code of the problem. */
  readonly code: string;
  readonly message: string;
  /** The detail of the service, in English. */
  readonly detail?: string | undefined;
}

/** The running rollout of a flow, or why it cannot be shown. */
export type FlowRolloutData = FlowRolloutState | { readonly refused: FlowChangeRefusal };

/** The running rollout of a flow. Times are ISO 8601. */
export interface FlowRolloutState {
  readonly current: number;
  readonly candidate: number;
  readonly percent: number;
  readonly started: string;
  readonly counted_from: string;
  /** Time until which new logins get the candidate if no guard watches; null for no end. */
  readonly chosen_until: string | null;
  readonly counts: { readonly current: RolloutCounts; readonly candidate: RolloutCounts };
  readonly guard: {
    readonly margin: number;
    readonly until: string;
    readonly halted: string | null;
    readonly verdict: 'too_few' | 'lower' | 'unclear' | 'not_lower' | null;
  } | null;
}

/** The answered logins of a version. */
export interface RolloutCounts {
  readonly plans: number;
  readonly completed: number;
  readonly networks: number;
}
