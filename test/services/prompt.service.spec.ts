import { randomUUID } from 'node:crypto';
import type { StageRequest } from '@gatehouse/contracts';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EnrollmentDatabase, openEnrollmentDatabase } from '../../libs/stages/testing/enrollment-database.js';
import { field } from '../../libs/stages/testing/prompt.js';
import { describeWithNats } from '../support/nats.js';
import type { RunningProcess } from '../support/processes.js';
import { problemOf, ServiceHarness } from './service-harness.js';

/** Timeout in milliseconds of a test that starts Python, which is slow on a loaded machine. */
const SLOW_START_MS = 60_000;

const policy = (name: string, expression: string, calls: string[] = []) => ({
  ...{ id: randomUUID(), kind: 'expression', name, config: { expression } },
  ...{ calls, callable: [] as object[] },
});

describeWithNats('the prompt stage, with the policy service', () => {
  let harness: ServiceHarness;
  let database: EnrollmentDatabase;
  let policies: RunningProcess;
  let alice: Record<string, unknown>;
  beforeAll(async () => {
    database = await openEnrollmentDatabase();
    const {
      groups: _,
      attributes: __,
      password_hash: ___,
      type: ____,
      path: _____,
      ...user
    } = await database.directory.createUser({
      username: 'alice',
      email: 'alice@example.org',
      attributes: { shoe: 38 },
    });
    alice = { ...user, kind: 'saved', locale: '' };
    harness = await ServiceHarness.open();
    const env = { DATABASE_URL: database.url, PROMPT_TEXT_CHARACTERS: '256', PROMPT_FILE_KB: '1' };
    [policies] = await Promise.all([harness.start('policy', env), harness.start('enrollment', env)]);
  }, 120_000);
  afterAll(async () => {
    await harness?.close();
    await database?.close();
  });

  const requestOf = (config: object, given: Partial<StageRequest> = {}) =>
    stageRequestFixture({ timeout_ms: 20_000, config: { ...config }, id: randomUUID(), ...given });
  const show = (config: object, given?: Partial<StageRequest>) =>
    harness.request('stage.prompt.challenge', requestOf(config, given));
  const answer = (config: object, response: Record<string, unknown>, given?: Partial<StageRequest>) =>
    harness.request('stage.prompt.respond', requestOf(config, { response, ...given }));

  it(
    'fills fields with the results of expressions over the user and earlier prompts',
    async () => {
      const computed = { placeholder_expression: true, initial_value_expression: true };
      const fields = [
        field({
          ...{ type: 'text', field_key: 'a', ...computed },
          ...{ placeholder: 'return prompt_context["before"]', initial_value: 'return user.attributes["shoe"] + 1' },
        }),
        field({
          ...{ type: 'dropdown', field_key: 'b', order: 1, placeholder_expression: true },
          ...{ placeholder: 'return ["x", True]' },
        }),
        field({ type: 'text', field_key: 'c', order: 2, placeholder: 'return 1 / 0', placeholder_expression: true }),
      ];
      const context = { pending_user: alice, prompt_data: { before: 'typed' } };
      expect(await show({ fields }, { context })).toMatchObject({
        type: 'challenge',
        challenge: {
          fields: [
            { placeholder: 'typed', initial_value: '39' },
            {
              ...{ choices: ['x', 'True'].map((value) => ({ value, label: value })), initial_value: 'x' },
            },
            { placeholder: '', initial_value: '' },
          ],
        },
      });
    },
    SLOW_START_MS,
  );

  it('validates a response against the fields of the challenge, even if their expressions now return other values', async () => {
    const fields = [
      field({ type: 'dropdown', placeholder: 'import random\nreturn [random.random()]', placeholder_expression: true }),
    ];
    const shown = await show({ fields });
    const { challenge, state } = shown as unknown as {
      challenge: { fields: [{ choices: [{ value: string }] }] };
      state: Record<string, unknown>;
    };
    const { value } = challenge.fields[0].choices[0];
    const passed = await answer({ fields }, { value }, { state });
    expect(passed).toMatchObject({ type: 'passed', context: { prompt_data: { value: Number(value) } } });
  });

  it('evaluates every validation policy and returns all their messages', async () => {
    const fields = [field({ type: 'text' }), field({ type: 'hidden', field_key: 'fixed', initial_value: 'kept' })];
    const validation_policies = [
      policy('one', 'ak_message("one")\nreturn request.context["prompt_data"] == {"value": "x", "fixed": "kept"}'),
      policy('two', 'ak_message("two")\nreturn request.user.username == "alice"'),
    ];
    const config = { fields, validation_policies };
    const context = { pending_user: alice, prompt_data: { before: 'typed' } };
    expect(await answer(config, { value: 'y', fixed: 'z' }, { context })).toMatchObject({
      type: 'rejected',
      errors: { non_field_errors: [{ text: 'one' }, { text: 'two' }] },
    });
    expect(await answer(config, { value: 'x', fixed: 'z' }, { context })).toMatchObject({
      type: 'passed',
      context: { prompt_data: { before: 'typed', value: 'x', fixed: 'kept' } },
    });
  });

  it('evaluates validation policies with a POST request and without the plan context, and field expressions with a GET', async () => {
    const method = { initial_value: 'return request.http_request.method', initial_value_expression: true };
    const fields = [field({ type: 'text', ...method })];
    const validation_policies = [
      policy('method', 'return http_request.method == "POST"'),
      policy('plan', 'return sorted(context) == ["asn", "geoip", "prompt_data"]'),
      policy('user', 'return request.user.username == "alice"'),
    ];
    const given = { context: { pending_user: alice, is_sso: true } };
    const shown = await show({ fields, validation_policies }, given);
    expect(shown).toMatchObject({ challenge: { fields: [{ initial_value: 'GET' }] } });
    expect(await answer({ fields, validation_policies }, { value: 'x' }, given)).toMatchObject({ type: 'passed' });
  });

  it.each([
    ['fails without a message', 'return False'],
    ['throws an error', 'return 1 / 0'],
  ])('rejects a response when a validation policy %s', async (_, expression) => {
    const config = { fields: [field({ type: 'text' })], validation_policies: [policy('p', expression)] };
    expect(await answer(config, { value: 'x' })).toMatchObject({
      type: 'rejected',
      errors: { non_field_errors: [{ code: 'prompt_not_accepted' }] },
      challenge: { fields: [{ field_key: 'value' }] },
    });
  });

  it('lets a validation policy call another policy', async () => {
    const called = policy('called', 'return context["prompt_data"]["value"] == "x"');
    const calling = {
      ...policy('calling', 'return ak_call_policy("called").passing', [called.id]),
      callable: [called],
    };
    const config = { fields: [field({ type: 'text' })], validation_policies: [calling] };
    expect(await answer(config, { value: 'x' })).toMatchObject({ type: 'passed' });
    expect(await answer(config, { value: 'y' })).toMatchObject({ type: 'rejected' });
  });

  it('rejects a username that another user has, in any case, and accepts the user’s own', async () => {
    const config = { fields: [field({ type: 'username' })] };
    const taken = { type: 'rejected', errors: { value: [{ code: 'prompt_username_taken' }] } };
    expect(await answer(config, { value: 'Alice' })).toMatchObject(taken);
    expect(await answer(config, { value: 'bob' })).toMatchObject({ type: 'passed' });
    expect(await answer(config, { value: 'Alice' }, { context: { pending_user: alice } })).toMatchObject({
      type: 'passed',
    });
    const session = { user: alice as StageRequest['session']['user'] };
    expect(await answer(config, { value: 'alice' }, { session })).toMatchObject({ type: 'passed' });
  });

  it('rejects another user’s email address as a username, and accepts the user’s own', async () => {
    const config = { fields: [field({ type: 'username' })] };
    const value = 'Alice@Example.org';
    expect(await answer(config, { value })).toMatchObject({
      ...{ type: 'rejected', errors: { value: [{ code: 'prompt_username_taken' }] } },
    });
    expect(await answer(config, { value }, { context: { pending_user: alice } })).toMatchObject({ type: 'passed' });
  });

  it('marks password fields as secret and never returns their values', async () => {
    const fields = [field({ type: 'password', field_key: 'pin' }), field({ type: 'number' })];
    const passed = await answer({ fields }, { pin: ' hunter2', value: '1' });
    expect(passed).toEqual({
      type: 'passed',
      context: { prompt_data: { pin: ' hunter2', value: 1 }, prompt_secrets: ['pin'] },
    });
    const refused = await answer({ fields }, { pin: ' hunter2', value: 'x' });
    expect(refused).toMatchObject({ type: 'rejected' });
    expect(JSON.stringify(refused)).not.toContain('hunter2');
    const { context } = passed as { context: StageRequest['context'] };
    const again = await show({ fields: [field({ type: 'text', field_key: 'pin' })] }, { context });
    expect(JSON.stringify(again)).not.toContain('hunter2');
  });

  it('enforces the maximum length of a text and the maximum size of a file', async () => {
    expect(await answer({ fields: [field({ type: 'text' })] }, { value: 'x'.repeat(257) })).toMatchObject({
      errors: { value: [{ code: 'max_length', params: { max: 256 } }] },
    });
    const file = (bytes: number) => `data:text/plain;base64,${Buffer.alloc(bytes).toString('base64')}`;
    expect(await answer({ fields: [field({ type: 'file' })] }, { value: file(1025) })).toMatchObject({
      errors: { value: [{ code: 'prompt_file_size', params: { kib: 1 } }] },
    });
    expect(await answer({ fields: [field({ type: 'file' })] }, { value: file(1024) })).toMatchObject({
      type: 'passed',
    });
  });

  it('answers stage_busy while the policy service is down, and still serves prompts without policies', async () => {
    await policies.stop();
    const fields = [field({ type: 'text' })];
    const judged = { fields, validation_policies: [policy('p', 'return True')] };
    expect(problemOf(await answer(judged, { value: 'x' }))).toBe('stage_busy');
    expect(await answer({ fields }, { value: 'x' })).toMatchObject({ type: 'passed' });
  });
});
