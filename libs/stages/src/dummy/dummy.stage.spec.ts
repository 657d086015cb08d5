import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { dummyContract } from './dummy.contract.js';
import { DummyStage } from './dummy.stage.js';

describe('the dummy stage', () => {
  it('shows the name of its step', async () => {
    const stage = driveStage(dummyContract, new DummyStage(), {
      request: { step: { id: 's', name: 'dummy one', confirmed: true } },
    });
    expect(await stage.show()).toEqual({ type: 'challenge', challenge: { name: 'dummy one' } });
  });

  it('accepts any object as response', async () => {
    const stage = driveStage(dummyContract, new DummyStage());
    expect(await stage.answer({})).toEqual({ type: 'passed' });
    expect(await stage.answer({ password: 7, component: 'ak-stage-dummy' })).toEqual({ type: 'passed' });
  });

  it('throws on a GET with throw_error, but accepts a response', async () => {
    const stage = driveStage(dummyContract, new DummyStage(), { config: { throw_error: true } });
    await expect(stage.show()).rejects.toThrow('stage_fault: Test error');
    expect(await stage.answer({})).toEqual({ type: 'passed' });
  });
});
