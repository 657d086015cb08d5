import {
  type AttachedStage,
  PROTOCOL_VERSION,
  type SavedUser,
  type SignedInApplication,
  type StageContract,
  type StageRequest,
} from '@gatehouse/contracts';
import { type FlowVersion, isUnconditional, type Plan, type Step } from '@gatehouse/plan';
import { z } from 'zod';
import { timeLeftMs } from './flow-request.js';
import type { FlowRunView } from './flow-run.js';

/** Returns the saved user for whom a step runs: the pending user, else the user of the session. */
export function flowUserOf({ plan, session }: Pick<FlowRunView, 'plan' | 'session'>): SavedUser | undefined {
  const user = plan.context.pending_user ?? session.sessionUser;
  return user?.kind === 'saved' ? user : undefined;
}

export type ResponseBody = Readonly<Record<string, unknown>>;

/** What is needed to send a request to a stage, whether it is a step's own stage or embedded in it. */
export interface StageInvocation {
  readonly stateKey: string;
  /** The state that the stage stored last in this plan for its user; `undefined` if it stored none. */
  readonly state: Readonly<Record<string, unknown>> | undefined;
  readonly contract: StageContract;
  readonly stage: Pick<Step, 'id' | 'name' | 'config'> & Partial<Pick<Step, 'stage' | 'onRefusal'>>;
  readonly plan: Plan;
  /** The applications that a logout must notify. Only for a stage that may log out. */
  readonly applications?: readonly SignedInApplication[];
}

/** The parts of a run that a request to a stage is built from. */
export type StageRun = Pick<FlowRunView, 'context' | 'plan' | 'session' | 'revision' | 'budget' | 'consented'>;

/**
 * Returns the request to a stage. It contains only what the stage's contract lets the stage know
 * (docs/spec/bus-protocol.md#request).
 */
export function buildStageRequest(
  run: StageRun,
  { stateKey, state, contract, stage, plan, applications }: StageInvocation,
  body: ResponseBody | undefined,
): StageRequest {
  const { request, version, site, locale } = run.context;
  const { id, slug, title, designation } = version.flow;
  const { flow_token: _secret, login_hint: hint, ...rest } = request.query;
  // After a restart the visitor may type another name, so the proposed name (`login_hint`) is dropped.
  const query = hint === undefined || plan.restarts > 0 ? rest : { ...rest, login_hint: hint };
  const { cookies, ...client } = request.client;
  return {
    v: PROTOCOL_VERSION,
    id: requestId(run, { stateKey, contract, plan }),
    timeout_ms: Math.floor(Math.min(contract.deadline_ms, timeLeftMs(request))),
    locale,
    toasts: true,
    flow: { id, slug, title, designation },
    step: stepFields(run, { stateKey, contract, stage, plan }),
    site,
    client: { cookies: pick(cookies, contract.cookies), ...client },
    session: sessionFields(run, { contract, stage, plan, applications }),
    query,
    config: stage.config,
    attached: attachedStages(stage.config, version),
    companions: companionStages(contract, version),
    context: contract.reads_all ? plan.context : pick(plan.context, factsRead(contract)),
    ...(state ? { state } : {}),
    ...(body ? { response: declaredFields(contract, body) } : {}),
  };
}

interface SessionInvocation extends Pick<StageInvocation, 'contract' | 'stage' | 'plan'> {
  readonly applications: StageInvocation['applications'] | undefined;
}

/**
 * Returns the member `session` of a request. Only a stage that logs in gets `known_device`, and only one that logs out
 * `applications`.
 */
function sessionFields(
  run: Pick<StageRun, 'context' | 'session'>,
  { contract, applications, ...invocation }: SessionInvocation,
): StageRequest['session'] {
  const { sessionUser: user, deviceProved: proved, provedDevices } = run.session;
  return {
    ...{ user, proved, proved_devices: [...provedDevices] },
    ...(contract.effects.includes('login') && { known_device: isKnownDevice(run, invocation) }),
    ...(applications && { applications: [...applications] }),
  };
}

/** Returns whether a stage has remembered the browser as a device of the pending user. */
function isKnownDevice(
  { context: { request } }: Pick<StageRun, 'context'>,
  { stage, plan }: Pick<StageInvocation, 'stage' | 'plan'>,
): boolean {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' && request.isKnownDevice(user, stage.stage ?? stage.id);
}

/**
 * Returns the id of a request to a stage. Retries of a request to a stage that writes data have the same id, because
 * the plan keeps its work id until the work is done.
 */
function requestId(
  { revision, budget }: StageRun,
  { stateKey, contract, plan }: Pick<StageInvocation, 'stateKey' | 'contract' | 'plan'>,
) {
  const turn = budget.nextNumber();
  const isNamed = contract.writes_data && plan.work !== undefined;
  return isNamed ? [plan.id, plan.work, plan.restarts, stateKey].join('.') : `${plan.id}.${revision}.${turn}`;
}

/**
 * Returns the fields of the answer that the contract declares. Returns all fields if the contract leaves the
 * declaration to the stage's config. If the contract describes a form, the form converts texts to the types of its
 * fields.
 */
function declaredFields({ response, form }: StageContract, body: ResponseBody): ResponseBody {
  if (response.def.catchall instanceof z.ZodUnknown) return body;
  const declared = pick(body, Object.keys(response.shape));
  return form ? form.typed(declared) : declared;
}

/** Returns the member `step` of a request. `stateKey` differs from the step's id only for an embedded stage. */
function stepFields(
  { consented, context: { version } }: Pick<StageRun, 'consented' | 'context'>,
  { stateKey, contract, stage, plan }: Omit<StageInvocation, 'state'>,
): StageRequest['step'] {
  const { id, name, stage: bound = id, onRefusal = 'retry' } = stage;
  return {
    id,
    name,
    stage: bound,
    confirmed: plan.resumed?.confirmed ?? true,
    ...(stateKey !== id && { embedded: true }),
    ...(onRefusal !== 'retry' && { starts_over: true }),
    ...(isConditional(version, id) && { conditional: true }),
    ...(contract.consent === 'needed' && { consented }),
  };
}

/** Returns whether policies are bound to a step. An inserted step has none. */
const isConditional = ({ steps }: FlowVersion, step: string) =>
  steps.some(({ id, policies }) => id === step && !isUnconditional(policies));

/** Returns the names of the facts that a stage receives. */
function factsRead({ reads, facts }: StageContract): string[] {
  const own = Object.keys(facts).filter((name) => facts[name]?.reads);
  return [...Object.keys(reads), ...own];
}

/** Returns an object with the listed own properties of `object`. */
function pick<T>(object: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key]!]));
}

/** Returns the companion stages of a stage, including their secrets. */
const companionStages = ({ companions: kinds }: StageContract, { companions }: FlowVersion) =>
  Object.fromEntries(
    Object.entries(companions)
      .filter(([, { kind }]) => kinds.includes(kind))
      .map(([id, { secrets, ...stage }]) => [id, { ...stage, config: { ...stage.config, ...secrets } }]),
  );

/**
 * Returns the stages that a config refers to, by config field. Stages in a list are under `<field>.0`, `<field>.1`, ….
 */
function attachedStages(
  config: Readonly<Record<string, unknown>>,
  { attached }: FlowVersion,
): Record<string, AttachedStage> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([field, value]) => {
      const references = Array.isArray(value) ? value.map((id, i) => [`${field}.${i}`, id]) : [[field, value]];
      return references.flatMap(([key, id]) => {
        const stage = typeof id === 'string' ? attached[id] : undefined;
        return stage ? [[key as string, withoutSecrets(stage)] as const] : [];
      });
    }),
  );
}

/** Returns a stage without its secrets, which a stage that refers to it must not see. */
const withoutSecrets = ({ secrets: _own, ...stage }: FlowVersion['attached'][string]): AttachedStage => stage;
