import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { userLogoutContract } from './user-logout.contract.js';
import { UserLogoutStage } from './user-logout.stage.js';

const drive = () => driveStage(userLogoutContract, new UserLogoutStage());

it('the user logout stage logs out and then notifies the applications of the session', async () => {
  const applications = [{ name: 'The shop', url: 'https://shop.example/bye' }];
  const stage = driveStage(userLogoutContract, new UserLogoutStage(), {
    request: { session: { user: null, applications } },
  });
  const notified = {
    type: 'passed',
    effects: [{ type: 'logout' }],
    context: {
      'goauthentik.io/providers/oauth2/iframe_sessions': [
        { url: 'https://shop.example/bye', provider_name: 'The shop', binding: 'redirect' },
      ],
    },
    insert: { where: 'next', steps: [{ kind: 'iframe_logout', config: {} }] },
  };
  expect(await stage.show()).toEqual(notified);
  expect(await stage.answer({})).toEqual(notified);
});

it('the user logout stage logs out on a GET and on any response, without a challenge', async () => {
  const loggedOut = { type: 'passed', effects: [{ type: 'logout' }] };

  expect(await drive().show()).toEqual(loggedOut);
  expect(await drive().answer({})).toEqual(loggedOut);
  expect(await drive().answer({ stay: true })).toEqual(loggedOut);
});
