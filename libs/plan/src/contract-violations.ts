import {
  CHALLENGE_EFFECTS,
  type ContextKey,
  type Effect,
  type EffectType,
  fieldMessages,
  fitsAction,
  fitsOwnFact,
  isOwnFact,
  POLICY_INSERTS,
  type PolicyReply,
  planContext,
  REFUSAL_EFFECTS,
  type StageContract,
  type StageReply,
  type User,
  user,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { countsCredential, MAX_VERIFIED } from './counted-credential.js';
import { userKey } from './merge-context.js';

/** The short form of a saved user. A reply may set it only for the user who already is the pending user. */
const savedUserReference = z.looseObject({ kind: z.literal('saved'), uuid: z.uuid(), backend: z.string().optional() });

/** Facts of the request to a stage, against which the stage's reply is checked. */
interface InvocationFacts {
  readonly pendingUser: User | undefined;
  /** uuid of the user who has proved a credential in this plan. */
  readonly provedUser?: string | undefined;
  /** The user of the session. */
  readonly sessionUser?: User | null;
  /** Ids of the stages that the config of the step refers to. */
  readonly attached: readonly string[];
}

/** Returns everything in a stage's reply that the contract does not allow (docs/security.md#accident-61). */
export function contractViolations(contract: StageContract, reply: StageReply, facts: InvocationFacts): string[] {
  const { pendingUser, attached } = facts;
  return [
    ...contextViolations(contract, reply, pendingUser),
    ...identityViolations(contract, reply, facts),
    ...effectViolations(contract, reply, facts),
    ...errorCodeViolations(contract, reply),
    ...challengeViolations(contract, reply),
    ...stateViolations(contract, reply),
    ...verifiedViolations(contract, reply),
    ...consentViolations(contract, reply),
    ...(reply.type === 'passed' ? insertViolations(contract, reply, attached) : []),
  ];
}

function stateViolations(contract: StageContract, reply: StageReply): string[] {
  if (!('state' in reply) || reply.state === undefined || fits(contract.state, reply.state)) return [];
  return ['stores a state that does not fit its contract'];
}

function contextViolations(contract: StageContract, reply: StageReply, pendingUser: User | undefined): string[] {
  return Object.entries(reply.context ?? {}).flatMap(([key, value]) => {
    const own = isOwnFact(key) ? contract.facts[key] : undefined;
    if (own?.writes) return isOwnValue(own.schema, value) ? [] : [wrongShape('writes', key)];
    if (!(contract.writes as readonly string[]).includes(key))
      return [`writes ${key}, which its contract does not list`];
    return isFact([key, value], pendingUser) ? [] : [wrongShape('writes', key)];
  });
}

const wrongShape = (verb: 'writes' | 'sets', fact: string) => `${verb} a ${fact} of the wrong shape`;

/**
 * Returns a violation for each verified credential that the contract does not list. The gateway counts no guesses at
 * such a credential, so a compromised stage could otherwise claim any proof.
 */
function verifiedViolations({ attempts, renews, verifies }: StageContract, reply: StageReply): string[] {
  const verified = (reply.type === 'passed' && reply.verified) || [];
  if (verified.length > MAX_VERIFIED) return [`verifies more than ${MAX_VERIFIED} credentials`];
  const isListed = (credential: string) =>
    renews.includes(credential) ||
    verifies.includes(credential) ||
    attempts.some((rule) => countsCredential(rule, credential));
  return verified
    .filter((credential) => !isListed(credential))
    .map((credential) => `verifies ${credential}, which its contract does not list`);
}

/** Returns a violation if the stage reports a consent although its contract does not ask for one. */
const consentViolations = ({ consent }: StageContract, reply: StageReply): string[] =>
  reply.type === 'passed' && reply.consented && consent !== 'asked'
    ? ['reports a consent, which its contract does not ask for']
    : [];

/**
 * Returns a violation if the reply sets a pending user that `identifies` of the stage's contract does not allow.
 * - absent: no other user than the current one.
 * - `by_proof`: a user for a plan that has none yet, but no other user than the session's.
 * - `by_name`: any user until a user has proved a credential, and any user in a reply that itself reports a verified
 *   credential.
 * - `by_writing`: any user.
 */
function identityViolations({ identifies }: StageContract, reply: StageReply, facts: InvocationFacts): string[] {
  const named = reply.context?.['pending_user'] as User | null | undefined;
  const { pendingUser, provedUser, sessionUser } = facts;
  if (!named || userKey(named) === userKey(pendingUser)) return [];
  const isAllowed = {
    never: false,
    by_proof: !pendingUser && !provedUser && (!sessionUser || userKey(named) === userKey(sessionUser)),
    by_name: !provedUser || (reply.type === 'passed' && (reply.verified ?? []).length > 0),
    by_writing: true,
  }[identifies ?? 'never'];
  return isAllowed ? [] : ['names another user than the pending user of the plan'];
}

/** Whether a fact may have this value: null, which removes the fact, or a value that fits the fact's schema. */
function isFact([key, value]: [string, unknown], pendingUser: User | undefined): boolean {
  if (value === null) return true;
  const schema = planContext.shape[key as keyof typeof planContext.shape] as z.ZodType;
  return fits(schema, value) || (key === 'pending_user' && isSameUser(value, pendingUser));
}

const isOwnValue = (schema: z.ZodType, value: unknown) => value === null || fitsOwnFact(schema, value);

/** Key that would change the prototype of the context object (prototype pollution). */
const PROTOTYPE_KEY = '__proto__';

/** Facts about proofs. Policies may not set them, only stages whose contracts list them. */
const PROOF_FACTS: ReadonlySet<string> = new Set<ContextKey>([
  'auth_method',
  'auth_method_args',
  'enrolled_devices',
  'verified_user',
  'proof_asked',
  'is_restored',
  'is_redirected',
  'source_email',
  'goauthentik.io/sources/connection',
]);

type IdentityFacts = Pick<InvocationFacts, 'pendingUser' | 'provedUser' | 'sessionUser'>;

/** What the gateway knows about an evaluation of policies. */
interface EvaluationFacts extends IdentityFacts {
  /** Returns the schema of an own fact that a stage of the flow declares. */
  readonly ownFact: (name: string) => z.ZodType | undefined;
}

/**
 * Returns the violations in a reply of policies. Policies may not set facts of a proof, replace a user who has proved a
 * credential, or insert steps of other kinds than `POLICY_INSERTS`. Values of other facts that stages share must fit
 * their schemas. Facts that only policies use may have any value.
 */
export function policyViolations(
  { context, insert }: PolicyReply,
  { ownFact, ...identity }: EvaluationFacts,
): string[] {
  const proofs = Object.entries(context.set).flatMap(([key, value]) =>
    PROOF_FACTS.has(key) && value !== null ? [key] : [],
  );
  const facts = Object.entries(context.set).flatMap((fact) => {
    const [key, value] = fact;
    if (key === PROTOTYPE_KEY) return [`sets ${key}, which is no valid name of a fact`];
    const own = ownFact(key);
    const isFree = !Object.hasOwn(planContext.shape, key) && !own;
    const isValid = isFree || (own ? isOwnValue(own, value) : isFact(fact, identity.pendingUser));
    return isValid ? [] : [wrongShape('sets', key)];
  });
  const kinds = (insert?.steps ?? []).map((step) => ('kind' in step ? step.kind : 'attached'));
  const others = kinds.filter((kind) => !POLICY_INSERTS.includes(kind));
  return [
    ...facts,
    ...proofs.map((key) => `sets ${key}, a fact about a proof, which only stages may set`),
    ...policyIdentityViolations(context, identity),
    ...others.map((kind) => `inserts a step of kind ${kind}, which policies may not insert`),
  ];
}

/**
 * Returns a violation if policies replace or remove a user who has proved a credential, or name a user who is not the
 * logged-in user.
 */
function policyIdentityViolations(
  { set, unset }: PolicyReply['context'],
  { pendingUser, provedUser, sessionUser }: IdentityFacts,
): string[] {
  const changed = 'pending_user' in set ? (set['pending_user'] as User | null) : pendingUser;
  const named = changed && !unset.includes('pending_user') ? changed : undefined;
  if (userKey(named) === userKey(pendingUser)) return [];
  if (provedUser) return ['names another user than the one who has proved a credential'];
  const isOther = sessionUser && named?.kind === 'saved' && userKey(named) !== userKey(sessionUser);
  return isOther ? ['names another user than the visitor who is logged in'] : [];
}

const fits = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

const isSameUser = (value: unknown, pending: User | undefined) => {
  const parsed = savedUserReference.safeParse(value);
  return (
    parsed.success &&
    pending?.kind === 'saved' &&
    parsed.data.uuid === pending.uuid &&
    fits(user, { ...pending, ...parsed.data })
  );
};

function effectViolations(contract: StageContract, reply: StageReply, facts: InvocationFacts): string[] {
  const allowedTypes = ALLOWED_EFFECTS[reply.type];
  return (reply.effects ?? []).flatMap((effect) => {
    const { type } = effect;
    if (!contract.effects.includes(type)) return [`asks for the effect ${type}, which its contract does not list`];
    if (allowedTypes && !allowedTypes.has(type))
      return [`asks for the effect ${type} with a reply of type ${reply.type}`];
    return violationsOf(effect, contract, facts);
  });
}

type EffectOf<T extends EffectType> = Extract<Effect, { type: T }>;
type EffectRule<T extends EffectType> = (
  effect: EffectOf<T>,
  contract: StageContract,
  facts: InvocationFacts,
) => string[];

const allowed = (): string[] => [];

/** Further rules of each effect type, for effects that the contract lists. */
const EFFECT_RULES: { readonly [T in EffectType]: EffectRule<T> } = {
  login: ({ user }, _contract, { pendingUser }) => (isUser(pendingUser, user) ? [] : [onOtherUser('login')]),
  end_sessions: ({ user }, _contract, { pendingUser, sessionUser }) =>
    isUser(pendingUser ?? sessionUser, user) ? [] : [onOtherUser('end_sessions')],
  cookie: ({ name }, { cookies }) =>
    cookies.includes(name) ? [] : [`sets the cookie ${name}, which its contract does not list`],
  logout: allowed,
  sign_in: allowed,
  event: ({ action, context, user }, _contract, { pendingUser, sessionUser }) => [
    ...(fitsAction(action, context)
      ? []
      : [`asks for the event ${action} with a context that does not fit the action`]),
    ...(user === undefined || isUser(pendingUser ?? sessionUser, user) ? [] : [onOtherUser('event')]),
  ],
  reputation: allowed,
  keep_session: allowed,
  mail: allowed,
  link_used: allowed,
  authorize: allowed,
  source_login: allowed,
  enter_flow: allowed,
  toast: allowed,
};

function violationsOf<T extends EffectType>(effect: EffectOf<T>, contract: StageContract, facts: InvocationFacts) {
  const rule: EffectRule<T> = EFFECT_RULES[effect.type as T];
  return rule(effect, contract, facts);
}

const onOtherUser = (type: EffectType) => `asks for the effect ${type} on a user whom the plan is not about`;

const isUser = (user: User | null | undefined, uuid: string) => user?.kind === 'saved' && user.uuid === uuid;

/** Effect types that each type of reply may have; `undefined` for all. Only a passed reply may grant rights. */
const ALLOWED_EFFECTS: Readonly<Record<StageReply['type'], ReadonlySet<EffectType> | undefined>> = {
  challenge: CHALLENGE_EFFECTS,
  rejected: CHALLENGE_EFFECTS,
  denied: REFUSAL_EFFECTS,
  passed: undefined,
};

/** Returns error codes of the reply that have no text in the contract. */
function errorCodeViolations(contract: StageContract, reply: StageReply): string[] {
  const errors = 'errors' in reply ? Object.values(reply.errors ?? {}).flat() : [];
  const messages = reply.type === 'denied' && reply.message ? [reply.message] : errors;
  return messages.flatMap((message) =>
    'text' in message || Object.hasOwn(contract.errors, message.code) || Object.hasOwn(fieldMessages, message.code)
      ? []
      : [`says ${message.code}, which is neither in errors of its descriptor nor a code of the fields`],
  );
}

function challengeViolations(contract: StageContract, reply: StageReply): string[] {
  if (reply.type !== 'challenge' && reply.type !== 'rejected') return [];
  if (!contract.component) return ['shows a challenge, although its contract has no component'];
  const parsed = contract.challenge.safeParse(reply.challenge);
  return parsed.success ? [] : [`shows a challenge that does not fit its contract: ${z.prettifyError(parsed.error)}`];
}

type Passed = Extract<StageReply, { type: 'passed' }>;

function insertViolations(contract: StageContract, { insert }: Passed, attached: readonly string[]): string[] {
  return (insert?.steps ?? []).flatMap((step) => {
    if ('kind' in step) {
      return contract.inserts.includes(step.kind)
        ? []
        : [`inserts a step of kind ${step.kind}, which its contract does not list`];
    }
    if (contract.inserts.length === 0) return ['inserts a step, which its contract does not allow'];
    return attached.includes(step.attached) ? [] : ['inserts a stage that is not attached to it'];
  });
}
