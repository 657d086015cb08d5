import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { messageContract } from './message.contract.js';
import { MessageStage } from './message.stage.js';

it('the message stage shows its message as a toast and passes, on a GET and on a response', async () => {
  const config = { message: 'Welcome from {name}!', params: { name: 'Hub' } };
  const stage = driveStage(messageContract, new MessageStage(), { config });
  const passed = { type: 'passed', effects: [{ type: 'toast', level: 'success', ...config }] };
  expect(await stage.show()).toEqual(passed);
  expect(await stage.answer({ any: 1 })).toEqual(passed);
});
