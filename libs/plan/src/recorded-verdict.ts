import { z } from 'zod';

/**
 * The result of a policy binding in a journey record (docs/spec/journeys.md). For a group or user binding, `pass` means
 * that it matches.
 */
export const recordedVerdict = z.enum(['pass', 'fail', 'undecided']);
export type RecordedVerdict = z.output<typeof recordedVerdict>;
