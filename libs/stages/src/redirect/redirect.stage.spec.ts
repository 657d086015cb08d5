import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { redirectContract } from './redirect.contract.js';
import { RedirectStage } from './redirect.stage.js';

const drive = (to?: string) =>
  driveStage(redirectContract, new RedirectStage(), to === undefined ? {} : { config: { to } });

describe('the redirect stage', () => {
  it('redirects to its target on a GET and on a response, and never passes', async () => {
    const reply = { type: 'challenge', challenge: { to: 'https://app.example.org/welcome', final_redirect: false } };
    expect(await drive('https://app.example.org/welcome').show()).toEqual(reply);
    expect(await drive('https://app.example.org/welcome').answer({ anything: 1 })).toEqual(reply);
  });

  it('redirects to / by default', async () => {
    expect(await drive().show()).toEqual({ type: 'challenge', challenge: { to: '/', final_redirect: false } });
  });

  it.each(['javascript:alert(1)', '//evil.example', 'app'])('refuses to redirect to %s', async (to) => {
    await expect(drive(to).show()).rejects.toThrow('stage_bad_request');
  });
});
