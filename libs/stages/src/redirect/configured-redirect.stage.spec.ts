import type { Config } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { configuredRedirectContract } from './configured-redirect.contract.js';
import { ConfiguredRedirectStage } from './configured-redirect.stage.js';

const drive = (config: Partial<Config<typeof configuredRedirectContract>>, target?: string) =>
  driveStage(configuredRedirectContract, new ConfiguredRedirectStage(), {
    config,
    context: target === undefined ? {} : { redirect_stage_target: target },
  });
const STATIC = { mode: 'static', target_static: 'https://app.example.org/welcome' } as const;
const FLOW = { mode: 'flow', target_flow: 'second' } as const;

describe('the configured redirect stage', () => {
  it('redirects to its URL, and passes after a response that contains `to`', async () => {
    const challenge = { type: 'challenge', challenge: { to: STATIC.target_static } };
    expect(await drive(STATIC).show()).toMatchObject(challenge);
    expect(await drive(STATIC).answer({ to: 'anything' })).toEqual({ type: 'passed' });
    expect(await drive(STATIC).answer({})).toMatchObject({ type: 'rejected', errors: { to: [{ code: 'required' }] } });
  });

  it('redirects to its flow, and asks the gateway to plan that flow', async () => {
    expect(await drive(FLOW).show()).toMatchObject({
      ...{ type: 'challenge', challenge: { to: '/if/flow/second/' } },
      effects: [{ type: 'enter_flow', slug: 'second', keep_context: true }],
    });
    expect(await drive({ ...FLOW, keep_context: false }).show()).toMatchObject({
      effects: [{ slug: 'second', keep_context: false }],
    });
  });

  it('redirects to the target that a policy has set', async () => {
    expect(await drive(FLOW, 'https://app.example.org/').show()).toMatchObject({
      challenge: { to: 'https://app.example.org/' },
    });
    expect(await drive(STATIC, 'ak-flow://third').show()).toMatchObject({
      challenge: { to: '/if/flow/third/' },
      effects: [{ type: 'enter_flow', slug: 'third', otherwise: { to: STATIC.target_static } }],
    });
  });

  it.each(['javascript:alert(1)', '//evil.example', 'data:text/html,x', 'ak-flow://../x', ''])(
    'redirects to the configured target instead of %j',
    async (target) => {
      expect(await drive(STATIC, target).show()).toMatchObject({ challenge: { to: STATIC.target_static } });
    },
  );

  it('denies the flow if its target flow was deleted', async () => {
    expect(await drive({ mode: 'flow', target_flow: null }).show()).toEqual({
      ...{ type: 'denied', message: { code: 'configured_redirect_no_target' } },
    });
  });

  it.each([
    [{ mode: 'static' }, 'target_static', 'Target URL should be present when mode is Static.'],
    [{ mode: 'flow' }, 'target_flow', 'Target Flow should be present when mode is Flow.'],
  ])('refuses the config %j', (config, field, text) => {
    const { config: schema, validate } = configuredRedirectContract;
    expect(validate(schema.parse(config))).toEqual({ [field]: [{ text }] });
  });

  it('refuses a script URL in its config', () => {
    const { config } = configuredRedirectContract;
    for (const target_static of ['javascript:alert(1)', '//evil.example', 'app'])
      expect(config.safeParse({ mode: 'static', target_static }).success).toBe(false);
  });
});
