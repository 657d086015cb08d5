import { BlueprintError } from './blueprint-error.js';
import type { Json } from './json.js';
import { suggestion } from './suggestion.js';

/** The states of an entry (docs/spec/blueprints.md#states). */
export const STATES = ['present', 'created', 'must_created', 'absent'] as const;
export type State = (typeof STATES)[number];

/** Returns the state of an entry. Throws BlueprintError for any other value. */
export function readState(value: Json, line?: number): State {
  const state = String(value);
  const known = STATES.find((candidate) => candidate === state);
  if (known === undefined)
    throw new BlueprintError(`${state} is not a state.${suggestion(state, STATES, 'States')}`, {
      field: 'state',
      line,
    });
  return known;
}
