import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { userLogoutContract } from './user-logout.contract.js';
import { UserLogoutStage } from './user-logout.stage.js';

const drive = () => driveStage(userLogoutContract, new UserLogoutStage());

it('logs out without asking, when shown and when answered, whatever the answer', async () => {
  const done = { type: 'passed', effects: [{ type: 'logout' }] };

  expect(await drive().show()).toEqual(done);
  expect(await drive().answer({})).toEqual(done);
  expect(await drive().answer({ stay: true })).toEqual(done);
});
