import type { StageProblem, StageReply } from '@gatehouse/contracts';

/** Largest size of a reply on the bus, in bytes (docs/spec/bus-protocol.md#limits). */
export const MAX_REPLY_BYTES = 256 * 1024;

/** A serialised reply, with the outcome that logs and metrics show: the reply type, or the problem code. */
export interface EncodedReply {
  readonly outcome: string;
  readonly bytes: Uint8Array;
}

/**
 * Serialises a reply. If the reply is larger than `MAX_REPLY_BYTES`, calls `report` and returns the problem
 * `stage_fault` instead.
 */
export function encodeReply(reply: StageReply | StageProblem, report: (error: Error) => void): EncodedReply {
  const bytes = Buffer.from(JSON.stringify(reply));
  if (bytes.length <= MAX_REPLY_BYTES) return { outcome: outcomeOf(reply), bytes };
  const error = new Error(`the reply has ${bytes.length} bytes, more than the limit of ${MAX_REPLY_BYTES}`);
  report(error);
  return encodeReply({ problem: { code: 'stage_fault', detail: error.message } }, report);
}

const outcomeOf = (reply: StageReply | StageProblem) => ('problem' in reply ? reply.problem.code : reply.type);
