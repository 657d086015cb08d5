import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { messageContract } from './message.contract.js';
import { MessageStage } from './message.stage.js';

it('tells its message and goes on, shown or answered', async () => {
  const stage = driveStage(messageContract, new MessageStage(), { config: { message: 'Welcome from Hub!' } });
  const told = { type: 'passed', effects: [{ type: 'toast', level: 'success', message: 'Welcome from Hub!' }] };
  expect(await stage.show()).toEqual(told);
  expect(await stage.answer({ any: 1 })).toEqual(told);
});
