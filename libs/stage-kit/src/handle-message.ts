import {
  fieldErrors,
  Problem,
  reject,
  type StageContract,
  type StageErrors,
  type StageOutcome,
  type StageProblem,
  type StageReply,
  type StageRequest,
  type StageVerb,
  stageRequest,
} from '@gatehouse/contracts';
import { BusyError, isDatabaseUnavailable } from '@gatehouse/platform';
import { z } from 'zod';
import type { ChallengeInput, RespondInput, Stage } from './stage.js';

class BadRequestError extends Error {}

type Report = (message: string, error: unknown, facts: Record<string, unknown>) => void;

/** One message of the bus, answered: the contract is held at both ends, and nothing a handler throws leaves this place. */
export async function handleStageMessage<C extends StageContract>(
  contract: C,
  stage: Stage<C>,
  { verb, body, report }: { verb: StageVerb; body: unknown; report: Report },
): Promise<StageReply | StageProblem> {
  try {
    const request = parseRequest(stageRequest, body, 'envelope');
    const input = toInput(contract, request);
    const outcome =
      verb === 'challenge' ? await stage.challenge(input) : await respond(contract, stage, { input, request });
    return await toReply(stage, input, outcome);
  } catch (error) {
    if (isUnavailable(error)) return { problem: { code: 'stage_busy', retry_after_s: 1 } };
    if (error instanceof BadRequestError) return { problem: { code: 'stage_bad_request', detail: error.message } };
    report('a stage failed', error, { kind: contract.kind, verb });
    const fault = error instanceof Error ? error : new Error(String(error));
    return { problem: { code: 'stage_fault', detail: fault.message, ...(fault.stack ? { trace: fault.stack } : {}) } };
  }
}

/** Whether the gateway should try again later: the stage is overloaded, or its database or another service is down. */
const isUnavailable = (error: unknown): boolean =>
  error instanceof BusyError ||
  isDatabaseUnavailable(error) ||
  (error instanceof Problem && error.entry.status === 503);

async function respond<C extends StageContract>(
  contract: C,
  stage: Stage<C>,
  { input, request }: { input: ChallengeInput<C>; request: StageRequest },
): Promise<StageOutcome<C>> {
  const response = contract.response.safeParse(request.response ?? {});
  if (response.success) return stage.respond({ ...input, response: response.data } as RespondInput<C>);
  // A stage that never asks has nowhere to show what is wrong with an answer: it does what it does when it is looked at.
  if (contract.component === undefined) return stage.challenge(input);
  const errors = fieldErrors(response.error);
  if (stage.refuse) return stage.refuse(input, errors);
  // Nor has a step that has nothing to ask this visitor.
  const look = await stage.challenge(input);
  return look.type === 'challenge' ? reject<C>(errors as object as StageErrors<C>) : look;
}

/**
 * An outcome as it goes over the wire. A rejection brings the challenge to show again, so that it costs no second hop, with
 * what the challenge remembers and sends. Where a rejection starts the flow over, the challenge is not shown: it remembers and
 * sends nothing.
 */
async function toReply<C extends StageContract>(
  stage: Stage<C>,
  input: ChallengeInput<C>,
  outcome: StageOutcome<C>,
): Promise<StageReply> {
  if (outcome.type !== 'rejected') return asReply(outcome);
  const again = await stage.challenge({
    ...input,
    context: { ...input.context, ...outcome.context },
    ...(outcome.state === undefined ? {} : { state: outcome.state }),
  });
  // Whatever a handler does when it is shown, a rejected answer never passes.
  if (again.type !== 'challenge')
    throw new Error(`the stage rejects an answer, then answers its challenge with ${again.type}`);
  const shown: Partial<typeof again> = input.step.starts_over ? {} : again;
  const state = shown.state ?? outcome.state;
  const effects = [...(outcome.effects ?? []), ...(shown.effects ?? [])];
  return asReply({
    ...outcome,
    challenge: again.challenge,
    ...(state === undefined ? {} : { state }),
    ...(effects.length === 0 ? {} : { effects }),
  });
}

/** The same value, seen as the wire sees it: typed outcomes are a subset of the four replies. */
const asReply = (outcome: object) => outcome as StageReply;

function toInput<C extends StageContract>(contract: C, request: StageRequest): ChallengeInput<C> {
  const until = performance.now() + request.timeout_ms;
  const { id, flow, step, site, client, session, query, locale, attached, companions, context } = request;
  return {
    ...{ id, flow, step, site, client, session, query, locale, attached, companions },
    config: parseRequest(contract.config, request.config, 'config') as ChallengeInput<C>['config'],
    context: context as ChallengeInput<C>['context'],
    ...(request.state === undefined ? {} : { state: parseRequest(contract.state, request.state, 'state') as never }),
    timeLeftMs: () => until - performance.now(),
  };
}

function parseRequest<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadRequestError(`the ${what} is not understood: ${z.prettifyError(parsed.error)}`);
}
