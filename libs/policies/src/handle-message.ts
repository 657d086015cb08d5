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
 * Answers a request of the bus. Returns a problem when the policies cannot be evaluated, so that no user passes by
 * mistake.
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
 * Encodes a reply for the bus. A reply above the size limit, or nested too deeply for the gateway to parse, becomes a
 * problem, never a verdict.
 */
export function encodePolicyReply(reply: PolicyReply | StageProblem, maxBytes: number): Buffer {
  const bytes = toJson(reply);
  if (!bytes) return problemOf(`the reply has more than ${MAX_MESSAGE_DEPTH} levels`);
  if (bytes.length <= maxBytes) return bytes;
  return problemOf(`the reply has ${bytes.length} bytes, more than ${maxBytes}`);
}

/** Returns a reply as JSON, or undefined if it nests too deeply. */
function toJson(reply: PolicyReply | StageProblem): Buffer | undefined {
  try {
    const bytes = Buffer.from(JSON.stringify(reply));
    return exceedsDepth(bytes, MAX_MESSAGE_DEPTH) ? undefined : bytes;
  } catch (error) {
    // JSON.stringify is recursive, so it throws RangeError for a reply that nests very deeply. The problem is sent in
    // its place, because without any reply the gateway would wait until its time limit.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const problemOf = (detail: string) =>
  Buffer.from(JSON.stringify({ problem: { code: 'stage_fault', detail } } satisfies StageProblem));
