import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { denyContract } from './deny.contract.js';
import { DenyStage } from './deny.stage.js';

const drive = (options: Parameters<typeof driveStage<typeof denyContract>>[2]) =>
  driveStage(denyContract, new DenyStage(), options);

describe('the deny stage', () => {
  it('denies without a message by default, on a GET and on a response', async () => {
    expect(await drive({}).show()).toEqual({ type: 'denied' });
    expect(await drive({}).answer({ anything: 1 })).toEqual({ type: 'denied' });
  });

  it('denies with the message of its config', async () => {
    const reply = await drive({ config: { deny_message: 'foo' } }).show();
    expect(reply).toEqual({ type: 'denied', message: { text: 'foo' } });
  });

  it('prefers the message of the context over that of its config', async () => {
    const reply = await drive({ config: { deny_message: 'foo' }, context: { deny_message: 'bar' } }).show();
    expect(reply).toEqual({ type: 'denied', message: { text: 'bar' } });
  });

  it('prefers an empty message of the context over that of its config', async () => {
    const reply = await drive({ config: { deny_message: 'foo' }, context: { deny_message: '' } }).show();
    expect(reply).toEqual({ type: 'denied' });
  });
});
