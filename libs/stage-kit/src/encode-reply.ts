import type { StageProblem, StageReply } from '@gatehouse/contracts';

/** Bytes of one reply on the bus (docs/spec/bus-protocol.md#limits). */
export const MAX_REPLY_BYTES = 256 * 1024;

/** A reply as the bus carries it, and the one word that says how it went. */
export interface EncodedReply {
  readonly outcome: string;
  readonly bytes: Uint8Array;
}

/** Writes a reply; one that the bus does not carry is reported, and its asker told that the stage failed. */
export function encodeReply(reply: StageReply | StageProblem, report: (error: Error) => void): EncodedReply {
  const bytes = Buffer.from(JSON.stringify(reply));
  if (bytes.length <= MAX_REPLY_BYTES) return { outcome: outcomeOf(reply), bytes };
  const error = new Error('the reply is larger than the bus allows');
  report(error);
  return encodeReply({ problem: { code: 'stage_fault', detail: error.message } }, report);
}

const outcomeOf = (reply: StageReply | StageProblem) => ('problem' in reply ? reply.problem.code : reply.type);
