import { FlowReleaseError } from './flow-release-error.js';
import type { FlowRow } from './typeorm-flow-versions.js';

/** The state of a flow that an operator has seen before a change. Absent members are not checked. */
export interface ExpectedFlow {
  /** Number of the current version. */
  readonly current: number;
  /** Number of the candidate; null for none. */
  readonly candidate?: number | null | undefined;
  /** Number of the version that is current after the change. */
  readonly result?: number | undefined;
}

/** Throws `changed_meanwhile` if the state of a flow differs from what the operator has seen. */
export function rejectChangedFlow(
  { slug, number, candidateNumber }: FlowRow,
  expected: ExpectedFlow | undefined,
): void {
  if (!expected) return;
  const { current, candidate } = expected;
  if (number !== current)
    throw changed(`The flow ${slug} was changed meanwhile: version ${number} is current, not version ${current}.`);
  if (candidate === undefined || candidate === candidateNumber) return;
  const state = candidateNumber === null ? 'no version is' : `version ${candidateNumber} is`;
  throw changed(`The flow ${slug} was changed meanwhile: ${state} being rolled out.`);
}

/** Throws `changed_meanwhile` if a change makes another version current than the operator expects. */
export function rejectOtherResult(
  { slug, number }: { readonly slug: string; readonly number: number },
  expected: ExpectedFlow | undefined,
): void {
  if (expected?.result === undefined || expected.result === number) return;
  throw changed(
    `The flow ${slug} was changed meanwhile: version ${number} would be current, not version ${expected.result}.`,
  );
}

const changed = (message: string) => new FlowReleaseError('changed_meanwhile', message);
