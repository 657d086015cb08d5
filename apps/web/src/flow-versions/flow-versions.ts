/** A flow in the list of flows. */
export interface ListedFlow {
  readonly slug: string;
  /** May be empty. */
  readonly title: string;
  readonly designation: string;
  /** Number of the current version. */
  readonly version: number;
  /** Number of drafts that are newer than the current version. */
  readonly drafts: number;
  /** The version that a share of the visitors gets, if there is one. */
  readonly candidate: { readonly version: number; readonly percent: number } | null;
}

/** A version in the list of a flow's versions. */
export interface FlowVersionRow {
  readonly number: number;
  readonly state: 'current' | 'candidate' | 'draft' | 'earlier';
  /** Percent of the visitors who get a candidate. */
  readonly percent?: number;
  /** ISO 8601. Null if it is not known. */
  readonly created: string | null;
  /** When the version last became current. Null if it is not known. */
  readonly published: string | null;
  /** Names of the files that the version was compiled from, if known. */
  readonly origin: string | null;
}

/** The differences between two versions. */
export interface VersionComparison {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly VersionChange[];
}

/** A difference between two versions. */
export interface VersionChange {
  readonly part: 'flow' | 'step' | 'attached stage' | 'companion stage' | 'condition' | 'policy' | 'external stage';
  readonly name: string;
  /** Kind of a stage or policy. */
  readonly kind?: string;
  /** Name of the step of a condition. A condition without it belongs to the flow. */
  readonly step?: string;
  readonly change: 'added' | 'removed' | 'moved' | 'changed';
  /** Positions of a step, from 1. */
  readonly position?: { readonly before?: number; readonly after?: number };
  readonly fields: readonly ChangedField[];
}

/** A field that differs. A secret has no values. */
export interface ChangedField {
  readonly field: string;
  readonly before?: string;
  readonly after?: string;
  readonly secret?: 'added' | 'removed' | 'changed' | 'may have changed';
}
