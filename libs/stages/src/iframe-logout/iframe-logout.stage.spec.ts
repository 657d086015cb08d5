import { IFRAME_SESSIONS, type PlanContext } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { iframeLogoutContract } from './iframe-logout.contract.js';
import { IframeLogoutStage } from './iframe-logout.stage.js';

const SHOP = { url: 'https://shop.example/bye?sid=1', provider_name: 'The shop', binding: 'redirect' } as const;
const drive = (context: PlanContext = {}, state?: Record<string, unknown>) =>
  driveStage(iframeLogoutContract, new IframeLogoutStage(), { context, ...(state && { request: { state } }) });

describe('the iframe logout stage', () => {
  it('shows the URLs of the applications, and removes them from the context', async () => {
    const saml = { saml_request: null, saml_response: null, saml_relay_state: null };
    const shown = {
      type: 'challenge',
      challenge: { logout_urls: [{ ...SHOP, ...saml }] },
      context: { [IFRAME_SESSIONS]: null },
    };
    expect(await drive({ [IFRAME_SESSIONS]: [SHOP] }).show()).toMatchObject(shown);
  });

  it('shows the URLs again after a reload of the page', async () => {
    const stage = drive({ [IFRAME_SESSIONS]: [SHOP] });
    const first = await stage.show();
    expect(await drive({}, (first as { state: Record<string, unknown> }).state).show()).toMatchObject({
      challenge: { logout_urls: [SHOP] },
    });
  });

  it('passes without URLs, and after every answer', async () => {
    expect(await drive().show()).toEqual({ type: 'passed' });
    expect(await drive({ [IFRAME_SESSIONS]: [] }).show()).toEqual({ type: 'passed' });
    expect(await drive({}, { sessions: [SHOP] }).answer({})).toEqual({ type: 'passed' });
  });
});
