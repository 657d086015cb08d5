import { POST_LOGOUT_REDIRECT, type SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { sessionEndContract } from './session-end.contract.js';
import { SessionEndStage } from './session-end.stage.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0002', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const shop = { uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0003', slug: 'shop', name: 'The shop' };
const config = { invalidation_flow_url: '/if/flow/logout/', application_launch_url: 'https://shop.example/' };
const drive = (user: SavedUser | null, context: object = {}) =>
  driveStage(sessionEndContract, new SessionEndStage(), { config, context, request: { session: { user } } });

describe('the session end stage', () => {
  it('shows a logged-in visitor where to go next, even after an answer', async () => {
    const shown = {
      type: 'challenge',
      challenge: {
        ...config,
        brand_name: expect.any(String),
        application_name: 'The shop',
        overview_url: expect.stringMatching(/\/$/),
      },
    };
    expect(await drive(alice, { application: shop }).show()).toEqual(shown);
    expect(await drive(alice, { application: shop }).answer({})).toEqual(shown);
  });

  it('redirects to the URL that the application has asked for', async () => {
    const context = { [POST_LOGOUT_REDIRECT]: 'https://shop.example/bye' };
    const passed = { type: 'passed', context: { redirect: 'https://shop.example/bye' } };
    expect(await drive(alice, context).show()).toEqual(passed);
    expect(await drive(null, context).show()).toEqual(passed);
  });

  it('redirects an anonymous visitor to /', async () => {
    expect(await drive(null, { application: shop }).show()).toEqual({ type: 'passed', context: { redirect: '/' } });
  });
});
