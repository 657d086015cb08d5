import { describe, expect, it } from 'vitest';
import { externalOriginsOf, isAllowedBy, pageOriginsOf } from './external-origins.js';

const captcha = (js_url: unknown) => externalOriginsOf({ component: 'ak-stage-captcha', js_url }).scripts;

describe('the external origins of a challenge', () => {
  it('are empty for a challenge that needs none', () => {
    expect(externalOriginsOf({ component: 'ak-stage-password' })).toEqual({
      scripts: [],
      connects: [],
      forms: [],
      frames: [],
      hashes: [],
    });
  });

  it('contain the captcha provider and the origins from which its script loads', () => {
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
    'https://a.example;sandbox/',
    'https://a.example%3Bsandbox/',
    'https://a.example,default-src/',
    'https://*/',
    'https://*.example/',
  ])('never include %s', (js_url) => {
    expect(captcha(js_url).join()).not.toMatch(/[;' ,*]|^\w+:$|null/);
    expect(externalOriginsOf({ component: 'ak-stage-autosubmit', url: js_url }).forms.join()).not.toMatch(/[;' ,*]/);
  });

  it.each(['https://app.example:8443', 'http://[::1]:8080', 'https://a_b.example', 'https://xn--nxasmq6b.example'])(
    'include %s',
    (origin) => {
      expect(externalOriginsOf({ component: 'ak-stage-autosubmit', url: `${origin}/x` }).forms).toEqual([origin]);
    },
  );

  it('contain the target of a form, and the targets of sources', () => {
    const plex = { challenge: { component: 'ak-source-plex' } };

    expect(externalOriginsOf({ component: 'ak-stage-autosubmit', url: 'https://app.example/acs/' }).forms).toEqual([
      'https://app.example',
    ]);
    expect(externalOriginsOf({ component: 'ak-stage-identification', sources: [plex] }).connects).toEqual([
      'https://plex.tv',
    ]);
  });

  it('contain only this site for the built-in captcha, and those of an embedded captcha', () => {
    expect(captcha('/static/captcha/proof-of-work.js')).toEqual(["'self'"]);
    const embedded = { component: 'ak-stage-captcha', js_url: 'https://challenges.cloudflare.com/turnstile/v0/api.js' };
    expect(externalOriginsOf({ component: 'ak-stage-identification', captcha_stage: embedded }).scripts).toEqual([
      'https://challenges.cloudflare.com',
    ]);
    expect(externalOriginsOf({ component: 'ak-stage-identification', captcha_stage: null }).scripts).toEqual([]);
  });

  it('contain each origin at which the page logs the visitor out in a frame, once, and the framed background', () => {
    const framesOf = (urls: unknown, flow_info = {}) =>
      externalOriginsOf({ component: 'ak-provider-iframe-logout', logout_urls: urls, flow_info }).frames;
    const urls = ['https://shop.example/a?sid=1', 'https://shop.example/b', 'http://127.0.0.1:3000/bye'];
    const layout = { background: '/sea/', layout: 'sidebar_left_frame_background' };
    expect(framesOf(urls.map((url) => ({ url })))).toEqual(['https://shop.example', 'http://127.0.0.1:3000']);
    expect(framesOf([{ url: urls[0] }], layout)).toEqual(['https://shop.example', "'self'"]);
    for (const url of ['javascript:alert(1)', 'data:text/html,x', "https://a.example'; frame-src *", '/here', null])
      expect(framesOf([{ url }])).toEqual([]);
    for (const wrong of [undefined, 'https://shop.example/', [null], {}]) expect(framesOf(wrong)).toEqual([]);
  });

  it('contain the page that a frame layout has as its background, for both themes', () => {
    const framesOf = (background: string, layout = 'sidebar_left_frame_background') =>
      externalOriginsOf({ component: 'ak-stage-captcha', flow_info: { background, layout } }).frames;

    expect(framesOf('https://sea.example/%(theme)s/')).toEqual(['https://sea.example']);
    expect(framesOf('https://%(theme)s.example/')).toEqual(['https://light.example', 'https://dark.example']);
    expect(framesOf('/media/public/sea.html')).toEqual(["'self'"]);
    expect(framesOf('https://sea.example/', 'sidebar_left')).toEqual([]);
    for (const none of ['javascript:alert(1)', '//sea.example/', '/static/dist/assets/images/flow_background.jpg'])
      expect(framesOf(none)).toEqual([]);
  });

  it('of every page of a preview are those of the built-in captcha, and no others', () => {
    const preview = { link: 'l', version: 2, user: 'u', notes: [] };
    const [password, plex] = [{ component: 'ak-stage-password' }, { component: 'ak-source-plex' }];

    for (const challenge of [password, plex])
      expect(pageOriginsOf({ challenge, preview })).toEqual({
        scripts: ["'self'"],
        connects: [],
        forms: [],
        frames: [],
        hashes: [],
      });
    expect(pageOriginsOf({ challenge: plex })).toEqual(externalOriginsOf(plex));
  });

  it('are allowed by those of another challenge only if these contain every one of them', () => {
    const wide = externalOriginsOf({ component: 'ak-source-plex' });
    const none = externalOriginsOf({ component: 'ak-stage-password' });

    expect([isAllowedBy(none, wide), isAllowedBy(wide, none), isAllowedBy(wide, wide)]).toEqual([true, false, true]);
  });
});
