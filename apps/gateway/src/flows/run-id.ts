import { createHash } from 'node:crypto';

/** Tells a page whether the run that answers is still the one it was opened in. */
export const RUN_ID_HEADER = 'x-gatehouse-run';

const LENGTH = 16;

/** Names one run of a flow, and says nothing else about it. */
export const publicRunId = (planId: string): string =>
  createHash('sha256').update(planId).digest('base64url').slice(0, LENGTH);
