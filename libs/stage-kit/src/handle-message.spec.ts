import {
  ask,
  boolean,
  changedIn2026,
  char,
  defineStage,
  deny,
  Problem,
  pass,
  reject,
  stageReply,
} from '@gatehouse/contracts';
import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stageRequestFixture } from '../testing/index.js';
import { handleStageMessage } from './handle-message.js';
import type { Stage } from './stage.js';

/** Contract of a stage that asks for a word and denies after three wrong words. */
const contract = defineStage({
  kind: 'riddle',
  component: 'ak-stage-riddle',
  model: 'samples.riddle',
  service: 'sample',
  config: z.object({ word: z.string(), tries: z.int().default(3) }),
  challenge: z.object({ tries_left: z.int(), identifier: z.string() }),
  response: z.object({ word: char(), loud: boolean() }),
  state: z.object({ failures: z.int() }),
  reads: { pending_user_identifier: 'optional' },
  writes: ['pending_user_identifier', 'auth_method'],
  errors: { wrong_word: { string: 'Wrong.', code: 'invalid' } },
});
type Riddle = Stage<typeof contract>;

const riddle: Riddle = {
  challenge: ({ config, state, context }) =>
    ask({ tries_left: config.tries - (state?.failures ?? 0), identifier: context.pending_user_identifier ?? '' }),
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

function send(stage: Riddle, verb: 'challenge' | 'respond', overrides: object = {}) {
  const reports: unknown[] = [];
  const body = { ...stageRequestFixture({ config: { word: 'friend' } }), ...overrides };
  const report = (error: unknown) => void reports.push(error);
  return handleStageMessage(contract, stage, { verb, body, report }).then((reply) => ({ reply, reports }));
}
const replyOf = async (...args: Parameters<typeof send>) => (await send(...args)).reply;
const detailOf = (reply: object) => (reply as { problem: { detail: string } }).problem.detail;

describe('a challenge request', () => {
  it('is answered with the challenge that the handler returns', async () => {
    expect(await replyOf(riddle, 'challenge')).toEqual({
      type: 'challenge',
      challenge: { tries_left: 3, identifier: '' },
    });
  });
  it('gives the handler the context, the config with its defaults and the saved state', async () => {
    const overrides = { context: { pending_user_identifier: 'alice' }, state: { failures: 2 } };
    expect(await replyOf(riddle, 'challenge', overrides)).toMatchObject({
      challenge: { tries_left: 1, identifier: 'alice' },
    });
  });
  it('is answered with passed when the handler passes', async () => {
    expect(await replyOf({ ...riddle, challenge: () => pass() }, 'challenge')).toEqual({ type: 'passed' });
  });
  it('gives the handler the remaining time of the request', async () => {
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

describe('a respond request', () => {
  it('gives the handler the response as the contract parses it', async () => {
    const response = { word: ' friend ', loud: 'on', component: 'ak-stage-riddle' };
    expect(await replyOf(riddle, 'respond', { response })).toEqual({
      type: 'passed',
      context: { auth_method: 'loud' },
    });
  });
  it('that is rejected is answered with the next challenge, built with the new state and context', async () => {
    expect(await replyOf(riddle, 'respond', { response: { word: 'foe', loud: false } })).toEqual({
      type: 'rejected',
      errors: { word: [{ code: 'wrong_word' }] },
      state: { failures: 1 },
      context: { pending_user_identifier: 'foe' },
      challenge: { tries_left: 2, identifier: 'foe' },
    });
  });
  it('that is rejected saves the state of the next challenge instead of that of the rejection', async () => {
    const savesState: Riddle = {
      ...riddle,
      challenge: () => ask({ tries_left: 0, identifier: '' }, { state: { failures: 9 } }),
    };
    expect(await replyOf(savesState, 'respond', { response: { word: 'foe', loud: false } })).toMatchObject({
      state: { failures: 9 },
    });
  });
  it('whose rejection restarts the flow gets no state and effects of the next challenge', async () => {
    const toastingContract = defineStage({ ...contract, model: 'samples.toastingContract', effects: ['toast'] });
    const toast = { type: 'toast', level: 'info', message: 'sent' } as const;
    const stage: Stage<typeof toastingContract> = {
      challenge: () => ask({ tries_left: 0, identifier: '' }, { state: { failures: 9 }, effects: [toast] }),
      respond: () => reject({ word: [{ code: 'wrong_word' }] }, { state: { failures: 1 } }),
    };
    const rejectWith = (step: object) => {
      const { step: defaultStep, ...request } = stageRequestFixture({
        config: { word: 'x' },
        response: { word: 'foe', loud: false },
      });
      const body = { ...request, step: { ...defaultStep, ...step } };
      return handleStageMessage(toastingContract, stage, { verb: 'respond', body, report: () => expect.unreachable() });
    };
    expect(await rejectWith({})).toMatchObject({ type: 'rejected', state: { failures: 9 }, effects: [toast] });
    const restarting = await rejectWith({ starts_over: true });
    expect(restarting).toMatchObject({ type: 'rejected', state: { failures: 1 } });
    expect(restarting).not.toHaveProperty('effects');
  });
  it('of a gateway without `toasts` is answered without toast and sign_in effects', async () => {
    const toastingContract = defineStage({
      ...contract,
      model: 'samples.toastingContract',
      effects: ['toast', 'sign_in', 'event'],
    });
    const [toast, signIn, event] = [
      { type: 'toast', level: 'info', message: 'sent' },
      { type: 'sign_in', client: 'shop' },
      { type: 'event', action: 'password_set', context: {} },
    ] as const;
    const passes = () => pass<typeof toastingContract>({ effects: [toast, signIn, event] });
    const { toasts: _new, ...body } = stageRequestFixture({ config: { word: 'x' } });
    const message = { verb: 'challenge', body, report: () => expect.unreachable() } as const;
    const stage: Stage<typeof toastingContract> = { challenge: passes, respond: passes };
    expect(await handleStageMessage(toastingContract, stage, message)).toMatchObject({ effects: [event] });
  });
  it('of a gateway without `api_version` is answered with a challenge in the types of 2024.8', async () => {
    const choices = changedIn2026(z.array(z.object({ value: z.string() })), z.array(z.string()), (all) =>
      all.map(({ value }) => value),
    );
    const changed = defineStage({ ...contract, model: 'samples.changed', challenge: z.object({ choices }) });
    const asks = () => ask<typeof changed>({ choices: [{ value: 'a' }] });
    const { site, ...body } = stageRequestFixture({ config: { word: 'x' } });
    const { api_version: _new, ...olderSite } = site;
    const replyTo = (given: object) =>
      handleStageMessage(
        changed,
        { challenge: asks, respond: asks },
        { verb: 'challenge', body: { ...body, site: given }, report: () => expect.unreachable() },
      );
    expect(await replyTo(olderSite)).toMatchObject({ challenge: { choices: ['a'] } });
    expect(await replyTo(site)).toMatchObject({ challenge: { choices: [{ value: 'a' }] } });
  });
  it('is validated by the field types of the API line of the gateway, with all errors at once', async () => {
    const word = changedIn2026(char({ allowBlank: true }), char());
    const changed = defineStage({
      ...contract,
      ...{ model: 'samples.changed', response: z.object({ word, loud: boolean() }) },
    });
    const errorsFor = async (api_version: '2024.8' | '2026.8') => {
      const { site, ...request } = stageRequestFixture({
        config: { word: 'x' },
        response: { word: '', loud: 'no idea' },
      });
      const body = { ...request, site: { ...site, api_version } };
      const stage = {
        challenge: () => ask<typeof changed>({ tries_left: 3, identifier: '' }),
        respond: () => pass<typeof changed>(),
      };
      const reply = await handleStageMessage(changed, stage, {
        verb: 'respond',
        body,
        report: () => expect.unreachable(),
      });
      return 'errors' in reply ? Object.keys(reply.errors ?? {}) : [];
    };
    expect(await errorsFor('2024.8')).toEqual(['word', 'loud']);
    expect(await errorsFor('2026.8')).toEqual(['loud']);
  });
  it('with an invalid response is rejected with one error for each field, without calling respond()', async () => {
    const neverResponds: Riddle = { ...riddle, respond: () => expect.unreachable() };
    expect(await replyOf(neverResponds, 'respond', { response: { loud: 'perhaps' } })).toEqual({
      type: 'rejected',
      errors: { word: [{ code: 'required' }], loud: [{ code: 'not_a_boolean' }] },
      challenge: { tries_left: 3, identifier: '' },
    });
  });
  it('without a response is handled like one with an empty response', async () => {
    expect(await replyOf(riddle, 'respond')).toMatchObject({
      type: 'rejected',
      errors: { word: [{ code: 'required' }], loud: [{ code: 'required' }] },
    });
  });
  it('with an invalid response is passed to refuse() if the handler has this method', async () => {
    const strict: Riddle = {
      ...riddle,
      refuse: (_input, errors) => deny({ message: { text: Object.keys(errors).join() } }),
    };
    expect(await replyOf(strict, 'respond')).toEqual({ type: 'denied', message: { text: 'word,loud' } });
  });
  it('with an invalid response is handled like a challenge request if the stage has no component', async () => {
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
  it('with an invalid response is handled like a challenge request if challenge() passes', async () => {
    const silent: Riddle = { ...riddle, challenge: () => pass() };
    expect(await replyOf(silent, 'respond', { response: { word: [] } })).toEqual({ type: 'passed' });
  });
  it('is denied if respond() rejects it and challenge() then denies', async () => {
    const closed: Riddle = {
      challenge: () => deny({ message: { code: 'wrong_word' } }),
      respond: () => reject({ word: [{ code: 'wrong_word' }] }, { failed: ['word'], cost: 'low' }),
    };
    expect(await replyOf(closed, 'respond', { response: { word: 'foe', loud: false } })).toEqual({
      ...{ type: 'denied', message: { code: 'wrong_word' }, failed: ['word'], cost: 'low' },
    });
  });
  it('is answered with stage_fault if respond() rejects it but challenge() then passes', async () => {
    const contradictory: Riddle = { ...riddle, challenge: () => pass() };
    expect(await replyOf(contradictory, 'respond', { response: { word: 'foe', loud: false } })).toMatchObject({
      problem: { code: 'stage_fault' },
    });
  });
  it('is answered with a reply that matches the protocol schema', async () => {
    for (const word of ['friend', 'foe']) {
      const reply = await replyOf(riddle, 'respond', { response: { word, loud: false } });
      expect(stageReply.parse(JSON.parse(JSON.stringify(reply)))).toEqual(reply);
    }
  });
});

describe('an invalid request', () => {
  it.each([
    ['without JSON', undefined, 'envelope'],
    ['that is an empty object', {}, 'envelope'],
    ['of another version', { ...stageRequestFixture({ config: { word: 'x' } }), v: 2 }, 'envelope'],
    ['with an invalid config', stageRequestFixture({ config: { word: 7 } }), 'config'],
    ['with an invalid state', stageRequestFixture({ config: { word: 'x' }, state: { failures: 'many' } }), 'state'],
  ])('%s is answered with stage_bad_request and does not reach the handler', async (_title, body, part) => {
    const neverCalled: Riddle = { challenge: () => expect.unreachable(), respond: () => expect.unreachable() };
    const reply = await handleStageMessage(contract, neverCalled, {
      verb: 'challenge',
      body,
      report: () => expect.unreachable(),
    });
    expect(reply).toMatchObject({ problem: { code: 'stage_bad_request' } });
    expect(detailOf(reply)).toContain(`the ${part} is invalid`);
  });
  it('does not include one with an unknown field, which a newer gateway may send', async () => {
    expect(await replyOf(riddle, 'challenge', { colour: 'green' })).toMatchObject({ type: 'challenge' });
  });
});

describe('a handler that throws', () => {
  const failing = (error: unknown): Riddle => ({
    ...riddle,
    challenge: () => {
      throw error;
    },
  });
  it('has its error reported, and is answered with stage_fault', async () => {
    const error = new Error('broken');
    const { reply, reports } = await send(failing(error), 'challenge');
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'broken', trace: error.stack } });
    expect(reports).toMatchObject([{ type: error.name, message: error.message }]);
  });
  it('is answered with stage_fault even if the thrown value is no Error', async () => {
    expect(await replyOf(failing('broken'), 'challenge')).toMatchObject({ problem: { detail: 'broken' } });
    expect(await replyOf(failing(undefined), 'challenge')).toMatchObject({ problem: { code: 'stage_fault' } });
  });
  it.each([new BusyError(), new Problem('stage_away'), new Problem('bus_down'), new Problem('stage_busy')])(
    'is answered with stage_busy when the stage or a service that it calls is unavailable: %s',
    async (error) => {
      const { reply, reports } = await send(failing(error), 'challenge');
      expect(reply).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
      expect(reports).toEqual([]);
    },
  );
  it('is answered with the number of seconds of a BusyError after which to try again', async () => {
    const { reply } = await send(failing(new BusyError('the queue is long', 7)), 'challenge');
    expect(reply).toEqual({ problem: { code: 'stage_busy', retry_after_s: 7 } });
  });
  it('is answered with stage_fault when a service that it calls has failed', async () => {
    const { reply, reports } = await send(failing(new Problem('stage_fault', { detail: 'broken' })), 'challenge');
    expect(reply).toMatchObject({ problem: { code: 'stage_fault', detail: 'broken' } });
    expect(reports).toHaveLength(1);
  });
});
