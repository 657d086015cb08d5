import { type OwnFactUses, planContext, type StageReply } from '@gatehouse/contracts';
import {
  assumedCredentials,
  attemptRulesOf,
  NETWORK_CREDENTIAL,
  ReservationFactory,
  settleAttempts,
} from '@gatehouse/executor';
import type { ZodType } from 'zod';
import type { ProtocolFinding } from './protocol-finding.js';
import { SAMPLE_USER } from './sample-request.js';
import type { StageOutcome, StageUnderTest } from './stage-under-test.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Answers that are known to be right or wrong, and the facts and the state to send with them. */
export interface KnownAnswers {
  readonly right?: JsonObject | undefined;
  readonly wrong?: JsonObject | undefined;
  /** Facts that replace those of the sample request. Members of a saved `pending_user` replace those of the sample user. */
  readonly context: JsonObject;
  /** State that replaces the state in the reply to the challenge request. */
  readonly state?: JsonObject | undefined;
}

/** How the stage judged an answer. */
interface Judged extends StageOutcome {
  /** The credentials for which the gateway would count a failure. */
  readonly counted: readonly string[];
}

/**
 * The gateway's rules for counting attempts. The key and the limits are placeholders: they do not affect which attempts
 * stay counted.
 */
const RESERVATIONS = new ReservationFactory(Buffer.alloc(32), { network: { free: 1, forgetAfterS: 1 }, mailsFree: 1 });

/** Lets a running stage judge the known answers, and counts them by the rules of the gateway. */
export async function* checkGuesses(stage: StageUnderTest, answers: KnownAnswers): AsyncGenerator<ProtocolFinding> {
  if (answers.wrong) {
    const { counted, faults, reply } = await judge(stage, answers.wrong, answers);
    const wrong = reply ? wrongFaults(stage, reply, counted) : [];
    const credentials = counted.length > 0 ? ` at ${counted.join(', ')}` : '';
    yield { promise: `counts the wrong answer as a failure${credentials}`, faults: [...faults, ...wrong] };
  }
  if (!answers.right) return;
  const { counted, faults, reply } = await judge(stage, answers.right, answers);
  const refused =
    reply && reply.type !== 'passed' ? [`respond answers ${reply.type} instead of passed${saidBy(reply)}`] : [];
  const failures = counted.map((credential) => `the answer counts as a failure at ${credential}`);
  yield { promise: 'passes the right answer, and does not count it', faults: [...faults, ...refused, ...failures] };
}

/** Returns the errors in a refusal, as the end of a sentence. */
function saidBy(reply: StageReply): string {
  const said = reply.type === 'rejected' ? reply.errors : reply.type === 'denied' && reply.message;
  return said ? `, and says ${JSON.stringify(said)}` : '';
}

function wrongFaults({ contract }: StageUnderTest, { type, ...reply }: StageReply, counted: readonly string[]) {
  if (type === 'passed' || type === 'challenge') return [`respond answers ${type} instead of rejected or denied`];
  if (counted.length > 0) return [];
  const { attempts, guesses } = contract;
  if (attempts.length > 0) {
    const fields = attempts.map(({ when }) => when).join(', ');
    return [`the answer is not counted: it needs a value in ${fields}, and the reply a credential in failed`];
  }
  if (!guesses) return ['the answer is not counted: the descriptor has guesses: false'];
  const isEmpty = 'failed' in reply && reply.failed?.length === 0;
  return [`the answer is not counted: ${isEmpty ? 'the reply has an empty failed' : 'it has no value in any field'}`];
}

/** Requests the challenge like the gateway, then sends the answer with the state from the reply. */
async function judge(
  stage: StageUnderTest,
  response: JsonObject,
  { context: more, state: givenState }: KnownAnswers,
): Promise<Judged> {
  const given = withSampleUser(more);
  const invalid = [...unknownNames(stage, response, given), ...contextFaults(stage, given)];
  if (invalid.length > 0) return { faults: invalid, counted: [] };
  const context = { ...stage.request.context, ...given };
  const asked = await stage.outcome('challenge', { ...stage.nextId(), context });
  if (asked.reply?.type !== 'challenge') {
    const other = asked.reply ? [`challenge answers ${asked.reply.type} instead of challenge`] : [];
    return { faults: [...asked.faults, ...other], counted: [] };
  }
  const state = givenState ?? asked.reply.state;
  const outcome = await stage.outcome('respond', { ...stage.nextId(), context, response, ...(state && { state }) });
  const counted = outcome.reply
    ? countedBy(stage, outcome.reply, { body: response, shown: asked.reply.challenge })
    : [];
  return { ...outcome, counted };
}

/** Returns an error for each name that the gateway would not send to the stage. */
function unknownNames({ contract }: StageUnderTest, response: JsonObject, context: JsonObject): string[] {
  const facts = { ...contract.reads, ...contract.facts };
  return [
    ...Object.keys(response).flatMap((name) =>
      Object.hasOwn(contract.response.shape, name) ? [] : [`response has no ${name}`],
    ),
    ...Object.keys(context).flatMap((name) => (Object.hasOwn(facts, name) ? [] : [`the stage does not read ${name}`])),
  ];
}

/** Completes a saved `pending_user` by the members of the sample user. */
function withSampleUser(context: JsonObject): JsonObject {
  const { pending_user: user } = context;
  if (typeof user !== 'object' || user === null || ('kind' in user && user.kind !== 'saved')) return context;
  return { ...context, pending_user: { ...SAMPLE_USER, ...user } };
}

/**
 * Returns an error for each given fact whose value does not fit the schema of the fact. No request contains such a
 * value.
 */
function contextFaults({ contract }: StageUnderTest, context: JsonObject): string[] {
  const shapes: Readonly<Record<string, ZodType>> = { ...planContext.shape, ...ownFactShapes(contract.facts) };
  return Object.entries(context).flatMap(([name, value]) => {
    const issues = shapes[name]?.safeParse(value).error?.issues ?? [];
    return issues.map(({ path, message }) => `--context: ${[name, ...path].join('.')}: ${message}`);
  });
}

const ownFactShapes = (facts: OwnFactUses) =>
  Object.fromEntries(Object.entries(facts).map(([name, { schema }]) => [name, schema]));

function countedBy(
  { contract }: StageUnderTest,
  reply: StageReply,
  { body, shown }: { readonly body: JsonObject; readonly shown: JsonObject },
): string[] {
  const guesser = { user: SAMPLE_USER, ip: '203.0.113.7', isProved: false };
  const reservations = RESERVATIONS.reservationsFor({ rules: attemptRulesOf(contract), body, shown, ...guesser });
  const { reset, released } = settleAttempts(reservations, reply, assumedCredentials(contract));
  const counted = reservations.filter((reservation) => ![...reset, ...released].includes(reservation));
  const credentials = counted.map(({ credential }) => credential).filter((name) => name !== NETWORK_CREDENTIAL);
  return [...new Set(credentials)];
}
