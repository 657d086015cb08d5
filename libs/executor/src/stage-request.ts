import {
  type AttachedStage,
  PROTOCOL_VERSION,
  type SavedUser,
  type StageContract,
  type StageRequest,
} from '@gatehouse/contracts';
import type { FlowVersion, Plan, Step } from '@gatehouse/plan';
import { z } from 'zod';
import { timeLeftMs } from './flow-request.js';
import type { FlowRunView } from './flow-run.js';

/** The saved user that a step is about: the pending user, otherwise the session's. */
export function flowUserOf({ plan, session }: Pick<FlowRunView, 'plan' | 'session'>): SavedUser | undefined {
  const user = plan.context.pending_user ?? session.sessionUser;
  return user?.kind === 'saved' ? user : undefined;
}

export type ResponseBody = Readonly<Record<string, unknown>>;

/** One stage as it is asked: a step's own, or one embedded in it. */
export interface StageInvocation {
  readonly stateKey: string;
  /** What it remembered. */
  readonly state: Readonly<Record<string, unknown>> | undefined;
  readonly contract: StageContract;
  readonly stage: Pick<Step, 'id' | 'name' | 'config'> & Partial<Pick<Step, 'stage' | 'onRefusal'>>;
  readonly plan: Plan;
}

/** The parts of a run that a request to a stage is built from. */
export type StageRun = Pick<FlowRunView, 'context' | 'plan' | 'session' | 'revision' | 'budget'>;

/** The envelope for one stage: what its contract lets it know, and no more (docs/spec/bus-protocol.md#request). */
export function buildStageRequest(
  run: StageRun,
  { stateKey, state, contract, stage, plan }: StageInvocation,
  body: ResponseBody | undefined,
): StageRequest {
  const { request, version, site, locale } = run.context;
  const { sessionUser, deviceProved: proved } = run.session;
  const { id, slug, title, designation } = version.flow;
  const { flow_token: _secret, ...query } = request.query;
  const { cookies, ...client } = request.client;
  return {
    v: PROTOCOL_VERSION,
    id: requestId(run, { stateKey, contract, plan }),
    timeout_ms: Math.floor(Math.min(contract.deadline_ms, timeLeftMs(request))),
    locale,
    flow: { id, slug, title, designation },
    step: stepFields({ stateKey, stage, plan }),
    site,
    client: { ...client, cookies: pick(cookies, contract.cookies) },
    session: { user: sessionUser, proved },
    query,
    config: stage.config,
    attached: attachedStages(stage.config, version),
    companions: companionStages(contract, version),
    context: contract.reads_all ? plan.context : pick(plan.context, Object.keys(contract.reads)),
    ...(state ? { state } : {}),
    ...(body ? { response: declaredFields(contract, body) } : {}),
  };
}

/** The same only when the same work is asked again: of a stage that writes rows, by whichever request comes by. */
function requestId(
  { revision, budget }: StageRun,
  { stateKey, contract, plan }: Pick<StageInvocation, 'stateKey' | 'contract' | 'plan'>,
) {
  const turn = budget.nextNumber();
  const isNamed = contract.writes_data && plan.work !== undefined;
  return isNamed ? [plan.id, plan.work, plan.restarts, stateKey].join('.') : `${plan.id}.${revision}.${turn}`;
}

/** What a stage hears of an answer: the fields that it knows, or all where only its config says which there are. */
function declaredFields({ response }: StageContract, body: ResponseBody): ResponseBody {
  return response.def.catchall instanceof z.ZodUnknown ? body : pick(body, Object.keys(response.shape));
}

/** What a stage learns of its step. An embedded step keeps its state under the key of its host. */
function stepFields({
  stateKey,
  stage,
  plan,
}: Pick<StageInvocation, 'stateKey' | 'stage' | 'plan'>): StageRequest['step'] {
  const { id, name, stage: bound = id, onRefusal = 'retry' } = stage;
  return {
    ...{ id, name, stage: bound, confirmed: plan.resumed?.confirmed ?? true },
    ...(stateKey !== id && { embedded: true }),
    ...(onRefusal !== 'retry' && { starts_over: true }),
  };
}

/** The part of an object under some own keys: nothing inherited, nothing undeclared. */
function pick<T>(bag: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(bag, key)).map((key) => [key, bag[key]!]));
}

/** The stages that a stage goes on with, as they know themselves. */
const companionStages = ({ companions: kinds }: StageContract, { companions }: FlowVersion) =>
  Object.fromEntries(
    Object.entries(companions)
      .filter(([, { kind }]) => kinds.includes(kind))
      .map(([id, { secrets, ...stage }]) => [id, { ...stage, config: { ...stage.config, ...secrets } }]),
  );

/** The stages that a config names, by field; where a field names several, as `field.0`, `field.1` and so on. */
function attachedStages(
  config: Readonly<Record<string, unknown>>,
  { attached }: FlowVersion,
): Record<string, AttachedStage> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([field, held]) => {
      const named = Array.isArray(held) ? held.map((id, i) => [`${field}.${i}`, id]) : [[field, held]];
      return named.flatMap(([place, id]) => {
        const stage = typeof id === 'string' ? attached[id] : undefined;
        return stage ? [[place as string, withoutSecrets(stage)] as const] : [];
      });
    }),
  );
}

/** What others see of a stage. */
const withoutSecrets = ({ secrets: _own, ...seen }: FlowVersion['attached'][string]): AttachedStage => seen;
