import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { userLogoutContract } from './user-logout.contract.js';
import { UserLogoutStage } from './user-logout.stage.js';

const drive = () => driveStage(userLogoutContract, new UserLogoutStage());

it('logs out on a GET and on any response, without a challenge', async () => {
  const loggedOut = { type: 'passed', effects: [{ type: 'logout' }] };

  expect(await drive().show()).toEqual(loggedOut);
  expect(await drive().answer({})).toEqual(loggedOut);
  expect(await drive().answer({ stay: true })).toEqual(loggedOut);
});
