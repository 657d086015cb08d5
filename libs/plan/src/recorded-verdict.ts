import { z } from 'zod';

/** The result of a policy, or whether a group or user binding matches, as journey records keep it. */
export const recordedVerdict = z.enum(['pass', 'fail', 'undecided']);
export type RecordedVerdict = z.output<typeof recordedVerdict>;
