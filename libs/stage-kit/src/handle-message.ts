import {
  type DeniedOutcome,
  fieldErrors,
  olderType,
  Problem,
  type RejectedOutcome,
  reject,
  type StageContract,
  type StageErrors,
  type StageOutcome,
  type StageProblem,
  type StageReply,
  type StageRequest,
  type StageVerb,
  stageRequest,
  valueBefore,
} from '@gatehouse/contracts';
import { BusyError, errorDetails, isDatabaseUnavailable } from '@gatehouse/platform';
import { z } from 'zod';
import { secretTexts } from './secret-texts.js';
import type { ChallengeInput, RespondInput, Stage } from './stage.js';

class BadRequestError extends Error {}

type Report = (error: unknown) => void;

/**
 * Handles one request from the gateway: validates the request against the contract and calls the handler. Returns a
 * problem for every error that the handler throws.
 */
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
    const reply = await toReply(stage, input, outcome);
    return forGateway(contract, request.toasts ? reply : withoutNewEffects(reply), body);
  } catch (error) {
    if (isUnavailable(error)) return { problem: { code: 'stage_busy', retry_after_s: retryAfterS(error) } };
    if (error instanceof BadRequestError) return { problem: { code: 'stage_bad_request', detail: error.message } };
    report(errorDetails(error, secretTexts(contract, body)));
    const fault = error instanceof Error ? error : new Error(String(error));
    return { problem: { code: 'stage_fault', detail: fault.message, ...(fault.stack ? { trace: fault.stack } : {}) } };
  }
}

/**
 * Returns whether the stage cannot answer at the moment: it is overloaded, or the database or a service that it calls
 * is unavailable.
 */
const isUnavailable = (error: unknown): boolean =>
  error instanceof BusyError ||
  isDatabaseUnavailable(error) ||
  (error instanceof Problem && error.entry.status === 503);

const retryAfterS = (error: unknown): number => (error instanceof BusyError ? error.retryAfterS : 1);

async function respond<C extends StageContract>(
  contract: C,
  stage: Stage<C>,
  { input, request }: { input: ChallengeInput<C>; request: StageRequest },
): Promise<StageOutcome<C>> {
  const type = input.apiVersion === '2024.8' ? olderType(contract.response) : contract.response;
  const response = type.safeParse(request.response ?? {});
  if (response.success) return stage.respond({ response: response.data, ...input } as RespondInput<C>);
  // A stage without a component cannot show field errors, so it handles an invalid response like a GET.
  if (contract.component === undefined) return stage.challenge(input);
  const errors = fieldErrors(response.error);
  if (stage.refuse) return stage.refuse(input, errors);
  // A step whose `challenge` passes or denies cannot show field errors either.
  const outcome = await stage.challenge(input);
  return outcome.type === 'challenge' ? reject<C>(errors as object as StageErrors<C>) : outcome;
}

/**
 * Returns the reply for the outcome of a handler. A rejection also carries the next challenge, with the state and
 * effects of that challenge, which saves the gateway a second request. If `challenge` denies instead, the reply is that
 * denial. If the rejection restarts the flow (`starts_over`), the visitor never sees that challenge, so the reply
 * carries only the state and effects of the rejection.
 */
async function toReply<C extends StageContract>(
  stage: Stage<C>,
  input: ChallengeInput<C>,
  outcome: StageOutcome<C>,
): Promise<StageReply> {
  if (outcome.type !== 'rejected') return asReply(outcome);
  const next = await stage.challenge({
    ...input,
    context: { ...input.context, ...outcome.context },
    ...(outcome.state === undefined ? {} : { state: outcome.state }),
  });
  if (next.type === 'denied') return asReply(deniedAfter(outcome, next));
  // A rejected response must never pass the step, even if the handler passes when asked for the next challenge.
  if (next.type !== 'challenge')
    throw new Error(
      `respond() of the stage rejected an answer, but its challenge() then returned ${next.type}, which must be a challenge or denied`,
    );
  const shown: Partial<typeof next> = input.step.starts_over ? {} : next;
  const state = shown.state ?? outcome.state;
  const effects = [...(outcome.effects ?? []), ...(shown.effects ?? [])];
  return asReply({
    ...outcome,
    challenge: next.challenge,
    ...(state === undefined ? {} : { state }),
    ...(effects.length === 0 ? {} : { effects }),
  });
}

/**
 * Returns the reply of a stage that rejects a response and then denies instead of showing its challenge again, for
 * example because the user has no password any more. The rejected response still counts.
 */
function deniedAfter<C extends StageContract>(rejected: RejectedOutcome<C>, denied: DeniedOutcome<C>): object {
  const { errors: _unshown, state: _unused, ...counted } = rejected;
  const context = { ...rejected.context, ...denied.context };
  const effects = [...(rejected.effects ?? []), ...(denied.effects ?? [])];
  return {
    ...{ ...counted, ...denied },
    ...(Object.keys(context).length > 0 && { context }),
    ...(effects.length > 0 && { effects }),
  };
}

/** Effects that gateways before 1.0 refuse as a violation of the contract. */
const NEW_EFFECTS: readonly string[] = ['toast', 'sign_in'];

/** Returns a reply for a gateway before 1.0, without the effects that it does not know. */
const withoutNewEffects = (reply: StageReply): StageReply =>
  reply.effects ? { ...reply, effects: reply.effects.filter(({ type }) => !NEW_EFFECTS.includes(type)) } : reply;

/** For a gateway that does not send its API line, returns the reply with its challenge in the types of 2024.8. */
function forGateway({ challenge: type }: StageContract, reply: StageReply, body: unknown): StageReply {
  const { site } = body as { readonly site: object };
  const hasChallenge = 'challenge' in reply && reply.challenge !== undefined;
  if ('api_version' in site || !hasChallenge) return reply;
  return { ...reply, challenge: valueBefore(type, reply.challenge) };
}

/** Casts a typed outcome to the wire type, because every outcome is one of the four replies. */
const asReply = (outcome: object) => outcome as StageReply;

function toInput<C extends StageContract>(contract: C, request: StageRequest): ChallengeInput<C> {
  const deadline = performance.now() + request.timeout_ms;
  const { id, flow, step, site, client, session, query, locale, attached, companions, context, preview } = request;
  return {
    id,
    flow,
    step,
    site,
    apiVersion: site.api_version,
    client,
    session,
    query,
    locale,
    attached,
    companions,
    config: parseRequest(contract.config, request.config, 'config') as ChallengeInput<C>['config'],
    context: context as ChallengeInput<C>['context'],
    ...(request.state === undefined ? {} : { state: parseRequest(contract.state, request.state, 'state') as never }),
    ...(preview && { preview }),
    timeLeftMs: () => deadline - performance.now(),
  };
}

function parseRequest<S extends z.ZodType>(schema: S, value: unknown, name: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadRequestError(`the ${name} is invalid: ${z.prettifyError(parsed.error)}`);
}
