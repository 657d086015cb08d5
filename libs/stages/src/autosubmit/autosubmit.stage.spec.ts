import type { PlanContext } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { autosubmitContract } from './autosubmit.contract.js';
import { AutosubmitStage } from './autosubmit.stage.js';

const drive = (config: object, context: PlanContext = {}) =>
  driveStage(autosubmitContract, new AutosubmitStage(), { config: { ...config }, context });
const ACS = 'https://app.example.org/saml/acs/';
const REFUSED_URLS = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'data:text/html,x',
  '//evil.example',
  '/local',
  'x',
];

describe('the autosubmit stage', () => {
  it('returns the form on a GET and on a response, and never passes', async () => {
    const config = { url: ACS, attrs: { SAMLResponse: 'PHg+', RelayState: '' }, title: 'Redirecting to App...' };
    expect(await drive(config).show()).toEqual({ type: 'challenge', challenge: config });
    expect(await drive(config).answer({ anything: 1 })).toEqual({ type: 'challenge', challenge: config });
  });

  it('takes the form from the context if the config has none', async () => {
    const context = { url: ACS, attrs: { SAMLRequest: 'PHg+' }, title: 'Redirecting to Source...' };
    expect(await drive({}, context).show()).toEqual({ type: 'challenge', challenge: context });
    expect(await drive({}, { url: ACS }).show()).toEqual({ type: 'challenge', challenge: { url: ACS, attrs: {} } });
  });

  it.each(REFUSED_URLS)('refuses to post a form to %s (accident 11)', async (url) => {
    await expect(drive({ url }).show()).rejects.toThrow('stage_bad_request');
    expect(await drive({}, { url }).show()).toEqual({ type: 'denied' });
    expect(autosubmitContract.challenge.safeParse({ url, attrs: {} }).success).toBe(false);
  });

  it('denies without a url', async () => {
    expect(await drive({}).show()).toEqual({ type: 'denied' });
  });
});
