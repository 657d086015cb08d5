import { type StageVerb, stageRequest } from '@gatehouse/contracts';
import type { StageUnderTest } from './stage-under-test.js';

/** One promise of the protocol, and what is wrong with how a stage keeps it. */
export interface ProtocolCheck {
  readonly promise: string;
  readonly faults: (stage: StageUnderTest) => Promise<string[]>;
}

const VERBS = ['challenge', 'respond'] as const satisfies StageVerb[];

/** Members that every request has. */
const MEMBERS = Object.entries(stageRequest.shape)
  .filter(([, schema]) => !schema.safeParse(undefined).success)
  .map(([name]) => name);

const NO_JSON = ['', '{', 'nil', "{'v': 1}"];
const NO_REQUEST = [null, [], 7, 'x', {}].map((value) => JSON.stringify(value));
const WRONG_TYPES = [null, true, 7, -1.5, [], ['x'], {}, { x: { y: [] } }];
/** More than a form has room for; several of it still fit into one request. */
const LONG = 'x'.repeat(100_000);
const STRANGE = ['\0', '\ud800', '\u202e', '${x}', "'; --", '\r\n', '💥', ' '];

/**
 * Everything that a stage owes to whatever arrives on its subjects (docs/spec/bus-protocol.md#rules), besides telling
 * what it is.
 */
export const PROTOCOL_CHECKS: readonly ProtocolCheck[] = [
  {
    promise: 'has an outcome for its challenge, and again',
    faults: (stage) => each([{}, {}], () => stage.hasOutcome('challenge')),
  },
  { promise: 'does without the facts that are optional', faults: withoutOptionalFacts },
  {
    promise: 'refuses what is no JSON',
    faults: (stage) => both((verb) => each(NO_JSON, (body) => stage.refuses(verb, body))),
  },
  {
    promise: 'refuses JSON that is no request',
    faults: (stage) => both((verb) => each(NO_REQUEST, (body) => stage.refuses(verb, body))),
  },
  {
    promise: 'refuses another version of the protocol',
    faults: (stage) => both((verb) => stage.refuses(verb, { ...stage.request, v: 2 })),
  },
  {
    promise: 'refuses a request that lacks a member',
    faults: (stage) =>
      both((verb) => each(MEMBERS, (name) => stage.refuses(verb, { ...stage.request, [name]: undefined }))),
  },
  {
    promise: 'refuses a config that is no object',
    faults: (stage) => both((verb) => stage.refuses(verb, { ...stage.request, config: 1 })),
  },
  { promise: 'ignores members that it does not know', faults: ignoresUnknown },
  {
    promise: 'has an outcome for an answer that is empty or missing',
    faults: (stage) => each([{ response: {} }, {}], (more) => stage.hasOutcome('respond', more)),
  },
  {
    promise: 'has an outcome for an answer of the wrong types',
    faults: (stage) => each(WRONG_TYPES, (value) => answerAll(stage, value)),
  },
  { promise: 'has an outcome for an answer that is too long', faults: (stage) => answerAll(stage, LONG) },
  {
    promise: 'has an outcome for an answer of strange characters',
    faults: (stage) => each(STRANGE, (value) => answerAll(stage, value)),
  },
  { promise: 'serves on after a request that nobody waits for', faults: servesOn },
];

function withoutOptionalFacts(stage: StageUnderTest): Promise<string[]> {
  const { reads } = stage.contract;
  const context = Object.fromEntries(
    Object.entries(stage.request.context).filter(([key]) => reads[key as keyof typeof reads] === 'required'),
  );
  return stage.hasOutcome('challenge', { context });
}

function ignoresUnknown(stage: StageUnderTest): Promise<string[]> {
  const invented = { invented: { later: true } };
  const client = { ...stage.request.client, ...invented };
  return both((verb) => stage.hasOutcome(verb, { ...invented, client, response: invented }));
}

async function servesOn(stage: StageUnderTest): Promise<string[]> {
  await stage.askInVain('challenge');
  await stage.askInVain('respond');
  return stage.hasOutcome('challenge');
}

/** The same value in every field of the answer at once. */
function answerAll(stage: StageUnderTest, value: unknown): Promise<string[]> {
  const fields = Object.keys(stage.contract.response.shape).filter((name) => name !== 'component');
  return stage.hasOutcome('respond', { response: Object.fromEntries(fields.map((name) => [name, value])) });
}

const both = (check: (verb: StageVerb) => Promise<string[]>) => each(VERBS, check);

/** One after the other: a stage that is overrun would only show that. */
async function each<T>(cases: readonly T[], check: (one: T) => Promise<string[]>): Promise<string[]> {
  const faults: string[] = [];
  for (const one of cases) faults.push(...(await check(one)));
  return [...new Set(faults)];
}
