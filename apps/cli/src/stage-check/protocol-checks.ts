import { type StageVerb, stageRequest } from '@gatehouse/contracts';
import type { StageUnderTest } from './stage-under-test.js';

/** A rule of the protocol and the check of it. */
export interface ProtocolCheck {
  readonly promise: string;
  readonly faults: (stage: StageUnderTest) => Promise<string[]>;
}

const VERBS = ['challenge', 'respond'] as const satisfies StageVerb[];

/** Returns the names of the members that this request must have. */
const requiredMembers = (request: object): string[] =>
  Object.keys(request).filter((name) => {
    const others = Object.entries(request).filter(([other]) => other !== name);
    return !stageRequest.safeParse(Object.fromEntries(others)).success;
  });

const INVALID_JSON = ['', '{', 'nil', "{'v': 1}"];
const INVALID_REQUESTS = [null, [], 7, 'x', {}].map((value) => JSON.stringify(value));
const WRONG_TYPES = [null, true, 7, -1.5, [], ['x'], {}, { x: { y: [] } }];
/** A text that is longer than any form field allows. Several such texts still fit into one request. */
const LONG_TEXT = 'x'.repeat(100_000);
const UNUSUAL_TEXTS = ['\0', '\ud800', '\u202e', '${x}', "'; --", '\r\n', '💥', ' '];

/** The rules that a stage must keep for any message on its subjects (docs/spec/bus-protocol.md#rules). */
export const PROTOCOL_CHECKS: readonly ProtocolCheck[] = [
  {
    promise: 'has an outcome for its challenge, twice in a row',
    faults: (stage) => each([{}, {}], () => stage.hasOutcome('challenge')),
  },
  { promise: 'works without optional facts', faults: withoutOptionalFacts },
  {
    promise: 'refuses a message that is not JSON',
    faults: (stage) => both((verb) => each(INVALID_JSON, (body) => stage.refuses(verb, body))),
  },
  {
    promise: 'refuses JSON that is not a request',
    faults: (stage) => both((verb) => each(INVALID_REQUESTS, (body) => stage.refuses(verb, body))),
  },
  {
    promise: 'refuses another version of the protocol',
    faults: (stage) => both((verb) => stage.refuses(verb, { ...stage.request, v: 2 })),
  },
  {
    promise: 'refuses a request that lacks a member',
    faults: (stage) =>
      both((verb) =>
        each(requiredMembers(stage.request), (name) => stage.refuses(verb, { ...stage.request, [name]: undefined })),
      ),
  },
  {
    promise: 'refuses a config that is not an object',
    faults: (stage) => both((verb) => stage.refuses(verb, { ...stage.request, config: 1 })),
  },
  { promise: 'ignores unknown members', faults: ignoresUnknown },
  {
    promise: 'has an outcome for an empty or missing response',
    faults: (stage) => each([{ response: {} }, {}], (more) => stage.hasOutcome('respond', more)),
  },
  {
    promise: 'has an outcome for a response of the wrong types',
    faults: (stage) => each(WRONG_TYPES, (value) => answerAll(stage, value)),
  },
  { promise: 'has an outcome for a response that is too long', faults: (stage) => answerAll(stage, LONG_TEXT) },
  {
    promise: 'has an outcome for a response with unusual characters',
    faults: (stage) => each(UNUSUAL_TEXTS, (value) => answerAll(stage, value)),
  },
  { promise: 'continues to serve after an abandoned request', faults: servesOn },
];

function withoutOptionalFacts(stage: StageUnderTest): Promise<string[]> {
  const { reads } = stage.contract;
  const context = Object.fromEntries(
    Object.entries(stage.request.context).filter(([key]) => reads[key as keyof typeof reads] === 'required'),
  );
  return stage.hasOutcome('challenge', { context });
}

function ignoresUnknown(stage: StageUnderTest): Promise<string[]> {
  const unknown = { invented: { later: true } };
  const client = { ...stage.request.client, ...unknown };
  return both((verb) => stage.hasOutcome(verb, { ...unknown, client, response: unknown }));
}

async function servesOn(stage: StageUnderTest): Promise<string[]> {
  await stage.sendAbandoned('challenge');
  await stage.sendAbandoned('respond');
  return stage.hasOutcome('challenge');
}

/** Sends an answer with the same value in every field. */
function answerAll(stage: StageUnderTest, value: unknown): Promise<string[]> {
  const fields = Object.keys(stage.contract.response.shape).filter((name) => name !== 'component');
  return stage.hasOutcome('respond', { response: Object.fromEntries(fields.map((name) => [name, value])) });
}

const both = (check: (verb: StageVerb) => Promise<string[]>) => each(VERBS, check);

/** Checks the cases one after another, so that the stage is not overloaded. */
async function each<T>(cases: readonly T[], check: (value: T) => Promise<string[]>): Promise<string[]> {
  const faults: string[] = [];
  for (const value of cases) faults.push(...(await check(value)));
  return [...new Set(faults)];
}
