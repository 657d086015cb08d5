import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { denyContract } from './deny.contract.js';
import { DenyStage } from './deny.stage.js';

const drive = (given: Parameters<typeof driveStage<typeof denyContract>>[2]) =>
  driveStage(denyContract, new DenyStage(), given);

describe('the deny stage', () => {
  it('denies without words when it has none, when shown and when answered', async () => {
    expect(await drive({}).show()).toEqual({ type: 'denied' });
    expect(await drive({}).answer({ anything: 1 })).toEqual({ type: 'denied' });
  });

  it('denies in the words of its config', async () => {
    const reply = await drive({ config: { deny_message: 'foo' } }).show();
    expect(reply).toEqual({ type: 'denied', message: { text: 'foo' } });
  });

  it('prefers the words of the context', async () => {
    const reply = await drive({ config: { deny_message: 'foo' }, context: { deny_message: 'bar' } }).show();
    expect(reply).toEqual({ type: 'denied', message: { text: 'bar' } });
  });

  it('takes an empty text of the context over that of its config', async () => {
    const reply = await drive({ config: { deny_message: 'foo' }, context: { deny_message: '' } }).show();
    expect(reply).toEqual({ type: 'denied' });
  });
});
