import {
  fromDescriptor,
  type SavedUser,
  type StageReply,
  type StageRequest,
  stageDescriptor,
} from '@gatehouse/contracts';
import type { StageCall } from '@gatehouse/local';
import { describe, expect, it } from 'vitest';
import { checkGuesses, type KnownAnswers } from './guess-checks.js';
import type { ProtocolFinding } from './protocol-finding.js';
import { StageUnderTest } from './stage-under-test.js';

const KIND = 'x_acme_pin';
const text = { type: 'string' };
const DESCRIPTOR = {
  ...{ v: 1, kind: KIND, component: 'x-acme-pin', config: { type: 'object' }, reads: { pending_user: 'required' } },
  ...{ challenge: { type: 'object' }, response: { type: 'object', properties: { pin: text, note: text } } },
  state: { type: 'object', properties: { pin: text } },
  errors: { wrong: { string: 'Wrong.', code: 'invalid' } },
};
const attempts = [{ when: 'pin', credential: KIND, free: 5, hard: 50, refuse: { field: 'pin', code: 'wrong' } }];
const REJECTED = { type: 'rejected', errors: { pin: [{ code: 'wrong' }] }, challenge: {} } satisfies StageReply;
const BOB = { pending_user: { username: 'bob' } };

interface PinStage {
  readonly descriptor?: object;
  readonly onWrong?: StageReply;
}

/** A stage that asks bob for the PIN in its state, and that does the work of a request once. */
function pinStage({ descriptor, onWrong = REJECTED }: PinStage) {
  const done = new Set<string>();
  const judge = ({ id, state, response }: StageRequest): StageReply => {
    const isRepeated = done.has(id);
    done.add(id);
    return !isRepeated && response?.['pin'] === state?.['pin'] ? { type: 'passed' } : onWrong;
  };
  const replyTo = (verb: string, request: StageRequest): unknown => {
    const user: unknown = request.context['pending_user'];
    if ((user as SavedUser).username !== 'bob') return { problem: { code: 'stage_bad_request' } };
    return verb === 'respond' ? judge(request) : { type: 'challenge', challenge: {}, state: { pin: '0815' } };
  };
  const requester = {
    ask: async ({ verb, body }: StageCall) =>
      new TextEncoder().encode(JSON.stringify(replyTo(verb, JSON.parse(body) as StageRequest))),
  };
  return new StageUnderTest(requester, fromDescriptor(stageDescriptor.parse({ ...DESCRIPTOR, ...descriptor })), {});
}

/** Returns the findings about known answers. */
async function findings(answers: Partial<KnownAnswers>, stage: PinStage = {}): Promise<ProtocolFinding[]> {
  const found: ProtocolFinding[] = [];
  for await (const finding of checkGuesses(pinStage(stage), { context: BOB, ...answers })) found.push(finding);
  return found;
}

const COUNTED = { promise: `counts the wrong answer as a failure at ${KIND}`, faults: [] };
const PASSED = { promise: 'passes the right answer, and does not count it', faults: [] };
const notCounted = (...faults: string[]) => [{ promise: 'counts the wrong answer as a failure', faults }];

describe('the check of known answers', () => {
  it('reports that a wrong answer is counted and a right answer passes, with the state from the challenge', async () => {
    expect(await findings({ wrong: { pin: '1' }, right: { pin: '0815' } })).toEqual([COUNTED, PASSED]);
    expect(await findings({})).toEqual([]);
  });

  it('sends a given state in place of the state from the challenge', async () => {
    const answers = { state: { pin: '77' }, wrong: { pin: '0815' }, right: { pin: '77' } };
    expect(await findings(answers)).toEqual([COUNTED, PASSED]);
  });

  it.each<[string, PinStage, string]>([
    [
      'shows the challenge again',
      { onWrong: { type: 'challenge', challenge: {} } },
      'respond answers challenge instead of rejected or denied',
    ],
    ['passes', { onWrong: { type: 'passed' } }, 'respond answers passed instead of rejected or denied'],
    [
      'declares that no answer is a guess',
      { descriptor: { guesses: false } },
      'the answer is not counted: the descriptor has guesses: false',
    ],
    [
      'replies that no credential failed',
      { onWrong: { ...REJECTED, failed: [] } },
      'the answer is not counted: the reply has an empty failed',
    ],
    [
      'does not name the credential that failed',
      { descriptor: { attempts } },
      'the answer is not counted: it needs a value in pin, and the reply a credential in failed',
    ],
  ])('reports a stage at which a wrong answer costs no attempt, because it %s', async (_what, stage, fault) => {
    expect(await findings({ wrong: { pin: '1' } }, stage)).toEqual(notCounted(fault));
  });

  it('counts an answer by the rules in `attempts` of the descriptor', async () => {
    const stage = { descriptor: { attempts }, onWrong: { ...REJECTED, failed: [KIND] } };
    expect(await findings({ wrong: { pin: '1' } }, stage)).toEqual([COUNTED]);
    expect(await findings({ wrong: { note: '1' } }, stage)).toEqual(
      notCounted('the answer is not counted: it needs a value in pin, and the reply a credential in failed'),
    );
  });

  it('reports a wrong answer without a value, because it would not be counted', async () => {
    expect(await findings({ wrong: { pin: '' } })).toEqual(
      notCounted('the answer is not counted: it has no value in any field'),
    );
  });

  it('reports a right answer that is refused, and a stage that shows no challenge', async () => {
    const { promise } = PASSED;
    const refused = 'respond answers rejected instead of passed, and says {"pin":[{"code":"wrong"}]}';
    expect(await findings({ right: { pin: '1' } })).toEqual([
      { promise, faults: [refused, `the answer counts as a failure at ${KIND}`] },
    ]);
    expect(await findings({ right: { pin: '1' }, context: {} })).toEqual([
      { promise, faults: ['challenge ends in stage_bad_request: no detail'] },
    ]);
  });

  it('reports invalid members of a given user, and takes missing members from the sample user', async () => {
    const faultsOf = async (pending_user: unknown) =>
      (await findings({ right: { pin: '0815' }, context: { pending_user } }))[0]?.faults;
    expect(await faultsOf({ kind: 'saved', username: 'bob', name: 'Bob' })).toEqual([]);
    expect(await faultsOf({ username: 7 })).toEqual([
      expect.stringMatching(/^--context: pending_user\.username: .*string/),
    ]);
    expect(await faultsOf({ kind: 'pretended', username: 'bob' })).toEqual([
      expect.stringMatching(/^--context: pending_user\.email: .*string/),
    ]);
    expect(await faultsOf({ kind: 'pretended', username: 'bob', email: '' })).toEqual([]);
    expect(await faultsOf('bob')).toEqual([expect.stringMatching(/^--context: pending_user: /)]);
  });

  it('reports names of fields and facts that the gateway does not send to the stage', async () => {
    expect(await findings({ right: { pim: '1' }, context: { title: 'x' } })).toEqual([
      { promise: PASSED.promise, faults: ['response has no pim', 'the stage does not read title'] },
    ]);
  });
});
