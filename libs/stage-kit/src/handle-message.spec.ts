import { ask, boolean, char, defineStage, deny, Problem, pass, reject, stageReply } from '@gatehouse/contracts';
import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stageRequestFixture } from '../testing/index.js';
import { handleStageMessage } from './handle-message.js';
import type { Stage } from './stage.js';

/** A riddle: three wrong words and the visitor is denied. */
const contract = defineStage({
  kind: 'riddle',
  component: 'ak-stage-riddle',
  model: 'samples.riddle',
  service: 'sample',
  config: z.object({ word: z.string(), tries: z.int().default(3) }),
  challenge: z.object({ tries_left: z.int(), asked: z.string() }),
  response: z.object({ word: char(), loud: boolean() }),
  state: z.object({ failures: z.int() }),
  reads: { pending_user_identifier: 'optional' },
  writes: ['pending_user_identifier', 'auth_method'],
  errors: { wrong_word: { string: 'Wrong.', code: 'invalid' } },
});
type Riddle = Stage<typeof contract>;

const riddle: Riddle = {
  challenge: ({ config, state, context }) =>
    ask({ tries_left: config.tries - (state?.failures ?? 0), asked: context.pending_user_identifier ?? '' }),
  respond({ config, state, response }) {
    if (response.word === config.word) return pass({ context: { auth_method: response.loud ? 'loud' : 'soft' } });
    const failures = (state?.failures ?? 0) + 1;
    if (failures >= config.tries) return deny();
    return reject(
      { word: [{ code: 'wrong_word' }] },
      { state: { failures }, context: { pending_user_identifier: response.word } },
    );
  },
};

function send(stage: Riddle, verb: 'challenge' | 'respond', given: object = {}) {
  const reports: { error: unknown; facts: unknown }[] = [];
  const body = { ...stageRequestFixture({ config: { word: 'friend' } }), ...given };
  const report = (_message: string, error: unknown, facts: object) => void reports.push({ error, facts });
  return handleStageMessage(contract, stage, { verb, body, report }).then((reply) => ({ reply, reports }));
}
const replyOf = async (...[stage, verb, given]: Parameters<typeof send>) => (await send(stage, verb, given)).reply;
const detailOf = (reply: object) => (reply as { problem: { detail: string } }).problem.detail;

describe('a challenge', () => {
  it('is what the handler asks', async () => {
    expect(await replyOf(riddle, 'challenge')).toEqual({ type: 'challenge', challenge: { tries_left: 3, asked: '' } });
  });
  it('knows the facts, the defaults of the config and what the step remembered', async () => {
    const given = { context: { pending_user_identifier: 'alice' }, state: { failures: 2 } };
    expect(await replyOf(riddle, 'challenge', given)).toMatchObject({ challenge: { tries_left: 1, asked: 'alice' } });
  });
  it('is passed in silence by a stage that has nothing to ask', async () => {
    expect(await replyOf({ ...riddle, challenge: () => pass() }, 'challenge')).toEqual({ type: 'passed' });
  });
  it('never has more time than is left', async () => {
    let left = Number.NaN;
    await replyOf(
      {
        ...riddle,
        challenge: ({ timeLeftMs }) => {
          left = timeLeftMs();
          return pass();
        },
      },
      'challenge',
      { timeout_ms: 1000 },
    );
    expect(left).toBeLessThanOrEqual(1000);
  });
});

describe('an answer', () => {
  it('reaches the handler as its contract reads it', async () => {
    const response = { word: ' friend ', loud: 'on', component: 'ak-stage-riddle' };
    expect(await replyOf(riddle, 'respond', { response })).toEqual({
      type: 'passed',
      context: { auth_method: 'loud' },
    });
  });
  it('that is rejected brings the next challenge, made of what the rejection changed', async () => {
    expect(await replyOf(riddle, 'respond', { response: { word: 'foe', loud: false } })).toEqual({
      type: 'rejected',
      errors: { word: [{ code: 'wrong_word' }] },
      state: { failures: 1 },
      context: { pending_user_identifier: 'foe' },
      challenge: { tries_left: 2, asked: 'foe' },
    });
  });
  it('keeps what the next challenge wants remembered', async () => {
    const noting: Riddle = {
      ...riddle,
      challenge: () => ask({ tries_left: 0, asked: '' }, { state: { failures: 9 } }),
    };
    expect(await replyOf(noting, 'respond', { response: { word: 'foe', loud: false } })).toMatchObject({
      state: { failures: 9 },
    });
  });
  it('keeps and sends nothing of a challenge that nobody sees, where it starts the flow over', async () => {
    const mailing = defineStage({ ...contract, model: 'samples.mailing', effects: ['toast'] });
    const toast = { type: 'toast', level: 'info', message: 'sent' } as const;
    const stage: Stage<typeof mailing> = {
      challenge: () => ask({ tries_left: 0, asked: '' }, { state: { failures: 9 }, effects: [toast] }),
      respond: () => reject({ word: [{ code: 'wrong_word' }] }, { state: { failures: 1 } }),
    };
    const refused = (step: object) => {
      const { step: plain, ...request } = stageRequestFixture({
        config: { word: 'x' },
        response: { word: 'foe', loud: false },
      });
      const body = { ...request, step: { ...plain, ...step } };
      return handleStageMessage(mailing, stage, { verb: 'respond', body, report: () => expect.unreachable() });
    };
    expect(await refused({})).toMatchObject({ type: 'rejected', state: { failures: 9 }, effects: [toast] });
    const over = await refused({ starts_over: true });
    expect(over).toMatchObject({ type: 'rejected', state: { failures: 1 } });
    expect(over).not.toHaveProperty('effects');
  });
  it('of the wrong form is told so field by field and never judged', async () => {
    const deaf: Riddle = { ...riddle, respond: () => expect.unreachable() };
    expect(await replyOf(deaf, 'respond', { response: { loud: 'perhaps' } })).toEqual({
      type: 'rejected',
      errors: { word: [{ code: 'required' }], loud: [{ code: 'not_a_boolean' }] },
      challenge: { tries_left: 3, asked: '' },
    });
  });
  it('that is missing is an empty one', async () => {
    expect(await replyOf(riddle, 'respond')).toMatchObject({
      type: 'rejected',
      errors: { word: [{ code: 'required' }], loud: [{ code: 'required' }] },
    });
  });
  it('of the wrong form is left to a handler that wants it', async () => {
    const strict: Riddle = {
      ...riddle,
      refuse: (_input, errors) => deny({ message: { text: Object.keys(errors).join() } }),
    };
    expect(await replyOf(strict, 'respond')).toEqual({ type: 'denied', message: { text: 'word,loud' } });
  });
  it('of the wrong form is a look, to a stage that never asks', async () => {
    const silent = defineStage({ ...contract, component: undefined, model: 'samples.silent' });
    for (const outcome of [deny<typeof silent>(), pass<typeof silent>()]) {
      const stage: Stage<typeof silent> = { challenge: () => outcome, respond: () => expect.unreachable() };
      const body = { ...stageRequestFixture({ config: { word: 'x' } }), response: { component: 7 } };
      const report = () => expect.unreachable();
      expect(await handleStageMessage(silent, stage, { verb: 'respond', body, report })).toEqual({
        type: outcome.type,
      });
    }
  });
  it('of the wrong form is a look, to a step that has nothing to ask this visitor', async () => {
    const silent: Riddle = { ...riddle, challenge: () => pass() };
    expect(await replyOf(silent, 'respond', { response: { word: [] } })).toEqual({ type: 'passed' });
  });
  it('is never passed by the challenge that follows its rejection', async () => {
    const sly: Riddle = { ...riddle, challenge: () => pass() };
    expect(await replyOf(sly, 'respond', { response: { word: 'foe', loud: false } })).toMatchObject({
      problem: { code: 'stage_fault' },
    });
  });
  it('is one of the four words of the protocol', async () => {
    for (const word of ['friend', 'foe']) {
      const reply = await replyOf(riddle, 'respond', { response: { word, loud: false } });
      expect(stageReply.parse(JSON.parse(JSON.stringify(reply)))).toEqual(reply);
    }
  });
});

describe('a request that is not understood', () => {
  it.each([
    ['that is no JSON', undefined, 'envelope'],
    ['that is empty', {}, 'envelope'],
    ['of another version', { ...stageRequestFixture({ config: { word: 'x' } }), v: 2 }, 'envelope'],
    ['with a config that does not fit', stageRequestFixture({ config: { word: 7 } }), 'config'],
    [
      'with a state that does not fit',
      stageRequestFixture({ config: { word: 'x' }, state: { failures: 'many' } }),
      'state',
    ],
  ])('%s is answered as such and never reaches the handler', async (_what, body, part) => {
    const deaf: Riddle = { challenge: () => expect.unreachable(), respond: () => expect.unreachable() };
    const reply = await handleStageMessage(contract, deaf, {
      verb: 'challenge',
      body,
      report: () => expect.unreachable(),
    });
    expect(reply).toMatchObject({ problem: { code: 'stage_bad_request' } });
    expect(detailOf(reply)).toContain(`the ${part} is not understood`);
  });
  it('may have members that this service does not know yet', async () => {
    expect(await replyOf(riddle, 'challenge', { colour: 'green' })).toMatchObject({ type: 'challenge' });
  });
});

describe('a handler that fails', () => {
  const failing = (error: unknown): Riddle => ({
    ...riddle,
    challenge: () => {
      throw error;
    },
  });
  it('is reported with its kind, and the asker is told', async () => {
    const error = new Error('broken');
    const { reply, reports } = await send(failing(error), 'challenge');
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'broken', trace: error.stack } });
    expect(reports).toEqual([{ error, facts: { kind: 'riddle', verb: 'challenge' } }]);
  });
  it('may throw anything', async () => {
    expect(await replyOf(failing('broken'), 'challenge')).toMatchObject({ problem: { detail: 'broken' } });
    expect(await replyOf(failing(undefined), 'challenge')).toMatchObject({ problem: { code: 'stage_fault' } });
  });
  it.each([new BusyError(), new Problem('stage_away'), new Problem('bus_down'), new Problem('stage_busy')])(
    'answers stage_busy when it, or a service that it asks, cannot answer now: %s',
    async (error) => {
      const { reply, reports } = await send(failing(error), 'challenge');
      expect(reply).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
      expect(reports).toEqual([]);
    },
  );
  it('answers stage_fault when a service that it asks has failed', async () => {
    const { reply, reports } = await send(failing(new Problem('stage_fault', { detail: 'broken' })), 'challenge');
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'broken' } });
    expect(reports).toHaveLength(1);
  });
});
