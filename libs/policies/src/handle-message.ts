import {
  exceedsDepth,
  MAX_MESSAGE_DEPTH,
  type PolicyReply,
  policyRequest,
  type StageProblem,
} from '@gatehouse/contracts';
import { BusyError, type ConcurrencyLimiter, isDatabaseUnavailable } from '@gatehouse/platform';
import { z } from 'zod';
import type { Evaluator } from './evaluator.js';

interface Dependencies {
  readonly evaluator: Evaluator;
  readonly limiter: ConcurrencyLimiter;
  readonly report: (error: unknown) => void;
}

/**
 * Answers a request on the bus. If the policies cannot be evaluated, the reply is a problem and no verdict, so that no
 * user passes by mistake.
 */
export async function handlePolicyMessage(
  body: unknown,
  { evaluator, limiter, report }: Dependencies,
): Promise<PolicyReply | StageProblem> {
  const request = policyRequest.safeParse(body);
  if (!request.success) {
    const detail = `the request is invalid: ${z.prettifyError(request.error)}`;
    return { problem: { code: 'stage_bad_request', detail } };
  }
  const until = performance.now() + request.data.timeout_ms;
  const left = () => until - performance.now();
  try {
    return await limiter.run(
      () => evaluator.evaluate({ ...request.data, timeout_ms: left() }),
      () => left() > 0,
    );
  } catch (error) {
    if (error instanceof BusyError || isDatabaseUnavailable(error))
      return { problem: { code: 'stage_busy', retry_after_s: 1 } };
    report(error);
    return { problem: { code: 'stage_fault', detail: error instanceof Error ? error.message : String(error) } };
  }
}

/**
 * Encodes a reply for the bus. If the reply is larger than allowed, or nested too deeply for the gateway to parse, a
 * problem is sent instead.
 */
export function encodePolicyReply(reply: PolicyReply | StageProblem, maxBytes: number): Buffer {
  const bytes = toJson(reply);
  if (!bytes) return problemOf(`the reply has more than ${MAX_MESSAGE_DEPTH} levels`);
  if (bytes.length <= maxBytes) return bytes;
  return problemOf(`the reply has ${bytes.length} bytes, but at most ${maxBytes} are allowed`);
}

/** Returns a reply as JSON; undefined if it is nested too deeply. */
function toJson(reply: PolicyReply | StageProblem): Buffer | undefined {
  try {
    const bytes = Buffer.from(JSON.stringify(reply));
    return exceedsDepth(bytes, MAX_MESSAGE_DEPTH) ? undefined : bytes;
  } catch (error) {
    // JSON.stringify is recursive, so it throws RangeError for a deeply nested reply. The caller then sends a problem,
    // because without any reply the gateway would wait until its time limit.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const problemOf = (detail: string) =>
  Buffer.from(JSON.stringify({ problem: { code: 'stage_fault', detail } } satisfies StageProblem));
