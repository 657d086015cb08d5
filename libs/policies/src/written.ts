import type { PolicyReply, StageProblem } from '@gatehouse/contracts';

/** A reply as it goes on the bus; of one that is too large only that is said, which decides nothing. */
export function encodePolicyReply(reply: PolicyReply | StageProblem, maxBytes: number): Buffer {
  const bytes = Buffer.from(JSON.stringify(reply));
  if (bytes.length <= maxBytes) return bytes;
  const detail = `the policies answer with ${bytes.length} bytes, more than ${maxBytes}`;
  return Buffer.from(JSON.stringify({ problem: { code: 'stage_fault', detail } } satisfies StageProblem));
}
