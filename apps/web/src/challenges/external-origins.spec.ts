import { describe, expect, it } from 'vitest';
import { externalOriginsOf, isAllowedBy } from './external-origins.js';

const captcha = (js_url: unknown) => externalOriginsOf({ component: 'ak-stage-captcha', js_url }).scripts;

describe('what a challenge reaches', () => {
  it('is nothing, for most', () => {
    expect(externalOriginsOf({ component: 'ak-stage-password' })).toEqual({ scripts: [], connects: [], forms: [] });
  });

  it('is the provider of a puzzle, and whom that loads', () => {
    expect(captcha('https://challenges.cloudflare.com/turnstile/v0/api.js')).toEqual([
      'https://challenges.cloudflare.com',
    ]);
    expect(captcha('https://js.hcaptcha.com/1/api.js')).toEqual(['https://hcaptcha.com', 'https://*.hcaptcha.com']);
    expect(captcha('https://www.recaptcha.net/recaptcha/api.js')).toContain('https://www.gstatic.com');
  });

  it.each([
    'javascript:alert(1)',
    'data:text/javascript,1',
    "https://a.example'; script-src *",
    'no address',
    undefined,
  ])('is never %s', (js_url) => {
    expect(captcha(js_url).join()).not.toMatch(/[;' ]|^\w+:$|null/);
  });

  it('is where a form goes, and what any of the sources needs', () => {
    const plex = { challenge: { component: 'ak-source-plex' } };

    expect(externalOriginsOf({ component: 'ak-stage-autosubmit', url: 'https://app.example/acs/' }).forms).toEqual([
      'https://app.example',
    ]);
    expect(externalOriginsOf({ component: 'ak-stage-identification', sources: [plex] }).connects).toEqual([
      'https://plex.tv',
    ]);
  });

  it('is this site for its own puzzle, also inside another step', () => {
    expect(captcha('/static/captcha/proof-of-work.js')).toEqual(["'self'"]);
    const inside = { component: 'ak-stage-captcha', js_url: 'https://challenges.cloudflare.com/turnstile/v0/api.js' };
    expect(externalOriginsOf({ component: 'ak-stage-identification', captcha_stage: inside }).scripts).toEqual([
      'https://challenges.cloudflare.com',
    ]);
    expect(externalOriginsOf({ component: 'ak-stage-identification', captcha_stage: null }).scripts).toEqual([]);
  });

  it('must be within what the page may reach', () => {
    const wide = externalOriginsOf({ component: 'ak-source-plex' });
    const none = externalOriginsOf({ component: 'ak-stage-password' });

    expect([isAllowedBy(none, wide), isAllowedBy(wide, none), isAllowedBy(wide, wide)]).toEqual([true, false, true]);
  });
});
