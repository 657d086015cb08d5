import { type FieldChange, fieldChanges } from './field-changes.js';

/** The part of a flow version that a change is about. */
export type ChangedPart =
  | 'flow'
  | 'step'
  | 'attached stage'
  | 'companion stage'
  | 'condition'
  | 'policy'
  | 'external stage';

/** A difference between two versions of a flow. */
export interface Change {
  readonly part: ChangedPart;
  readonly name: string;
  /** The kind of a stage or policy. */
  readonly kind?: string;
  /** The step of a condition. A condition without it belongs to the flow. */
  readonly step?: string;
  readonly change: 'added' | 'removed' | 'moved' | 'changed';
  /** Positions of a step, from 1. */
  readonly position?: { readonly before?: number; readonly after?: number };
  readonly fields: readonly FieldChange[];
}

/** Returns the change of a part, or nothing if its fields are equal. */
export function changed(
  facts: Pick<Change, 'part' | 'name' | 'kind' | 'step'>,
  before: unknown,
  after: unknown,
): Change[] {
  const fields = fieldChanges(before, after);
  return fields.length > 0 ? [{ ...facts, change: 'changed', fields }] : [];
}
