import { type PolicyReply, policyRequest, type StageProblem } from '@gatehouse/contracts';
import { BusyError, type ConcurrencyLimiter, isDatabaseUnavailable } from '@gatehouse/platform';
import { z } from 'zod';
import type { Evaluator } from './evaluator.js';

interface Dependencies {
  readonly evaluator: Evaluator;
  /** How much is evaluated at a time, and how much may wait. */
  readonly bounded: ConcurrencyLimiter;
  readonly report: (message: string, error: unknown) => void;
}

/** One message of the bus, answered: what is not decided is a problem, which opens no door. */
export async function handlePolicyMessage(
  body: unknown,
  { evaluator, bounded, report }: Dependencies,
): Promise<PolicyReply | StageProblem> {
  const request = policyRequest.safeParse(body);
  if (!request.success) {
    const detail = `the request is not understood: ${z.prettifyError(request.error)}`;
    return { problem: { code: 'stage_bad_request', detail } };
  }
  const until = performance.now() + request.data.timeout_ms;
  const left = () => until - performance.now();
  try {
    return await bounded.run(
      () => evaluator.evaluate({ ...request.data, timeout_ms: left() }),
      () => left() > 0,
    );
  } catch (error) {
    if (error instanceof BusyError || isDatabaseUnavailable(error))
      return { problem: { code: 'stage_busy', retry_after_s: 1 } };
    report('policies could not be evaluated', error);
    return { problem: { code: 'stage_fault', detail: error instanceof Error ? error.message : String(error) } };
  }
}
