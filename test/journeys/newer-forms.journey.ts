import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { PageSocket } from '../support/page-socket.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { asking, fieldEntry } from '../support/prompts.js';

const COLOURS = {
  placeholder: 'return [{"label": "Bright red", "value": "red"}, "blue"]',
  placeholder_expression: true,
};

const RE_EVALUATED = { ...DUMMY, binding: { evaluate_on_plan: false, re_evaluate_policies: true } };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    apiVersion: '2026.8',
    services: ['identification', 'password', 'session', 'enrollment', 'policy', 'consent'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        fieldEntry('form', ['colour', 'dropdown'], COLOURS),
        fieldEntry('form', ['careful', 'alert_warning'], { initial_value: 'This is <b>public</b>.' }),
        expressionEntry('agrees', 'ak_message("A fine colour.")\nreturn context["prompt_data"]["colour"] == "red"'),
        flowEntries('form', [asking('form', ['colour', 'careful'], ['policy agrees']), RE_EVALUATED], {
          designation: 'enrollment',
        }),
        fieldEntry('wordy', ['colour', 'text']),
        expressionEntry('talks', 'for i in range(70): ak_message(f"Word {i}")\nreturn True'),
        flowEntries('wordy', [asking('wordy', ['colour'], ['policy talks']), DUMMY], { designation: 'enrollment' }),
        expressionEntry('announces', 'ak_message("Almost done.")\nreturn True'),
        boundEntry('form-1 bound', 'announces'),
        flowEntries('ask', [{ stage: 'consent.consentstage', attrs: { mode: 'always_require' } }, DUMMY]),
        flowEntries('login', [
          IDENTIFICATION,
          { ...PASSWORD, attrs: { ...PASSWORD.attrs, failed_attempts_before_cancel: 2 } },
          { ...LOGIN, attrs: { remember_me_offset: 'days=1', remember_device: 'days=7' } },
          RE_EVALUATED,
        ]),
        expressionEntry('unknown-device', 'return not request.context["auth_method_args"]["known_device"]'),
        boundEntry('login-3 bound', 'unknown-device'),
      ),
    ],
  });
}, 120_000);
afterAll(() => deployment?.close());

describe('a form of 2026.8', () => {
  it('has choices with a label, boxes with a warning, and messages of policies that pass', async () => {
    const browser = deployment.browser();
    expect((await browser.show('form')).body).toMatchObject({
      fields: [
        {
          ...{ field_key: 'colour', initial_value: 'red' },
          choices: [
            { label: 'Bright red', value: 'red' },
            { label: 'blue', value: 'blue' },
          ],
        },
        { field_key: 'careful', type: 'alert_warning', initial_value: 'This is <b>public</b>.' },
      ],
    });
    const page = await PageSocket.open(deployment.url, {
      ...{ cookie: `authentik_session=${browser.cookie()}`, origin: deployment.url },
    });
    expect((await browser.solve('form', { colour: 'Bright red' })).body).toMatchObject({
      response_errors: { colour: [{ string: '"Bright red" is not a valid choice.', code: 'invalid_choice' }] },
    });
    expect((await browser.solve('form', { colour: 'blue' })).body).toMatchObject({
      response_errors: { non_field_errors: [{ string: 'A fine colour.' }] },
    });
    expect((await browser.solve('form', { colour: 'red' })).body).toMatchObject({ component: 'ak-stage-dummy' });
    for (const message of ['A fine colour.', 'Almost done.'])
      expect(await page.next()).toEqual({ message_type: 'message', level: 'info', tags: 'info', message });
    await page.close();
  });
});

describe('a form of 2026.8 whose policies have more messages than a reply may request', () => {
  it('passes, and shows the first messages', async () => {
    const browser = deployment.browser();
    await browser.show('wordy');
    const page = await PageSocket.open(deployment.url, {
      ...{ cookie: `authentik_session=${browser.cookie()}`, origin: deployment.url },
    });
    expect((await browser.solve('wordy', { colour: 'red' })).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await page.next()).toMatchObject({ message: 'Word 0' });
    await page.close();
  });
});

describe('the JSON Schema of blueprints', () => {
  it('has the models of 2026.8', async () => {
    const { text } = await deployment.browser().fetch('/schemas/blueprint.json');
    expect(text).toContain('authentik_stages_redirect.redirectstage');
  });
});

describe('a consent of 2026.8', () => {
  it('reports a wrong token, and can be given in an older tab', async () => {
    const browser = deployment.browser();
    const first = (await browser.show('ask')).body['token'];
    await browser.show('ask');
    expect((await browser.solve('ask', { token: 'x' })).body).toMatchObject({
      component: 'ak-stage-consent',
      response_errors: { token: [{ string: 'Invalid consent token, re-showing prompt', code: 'invalid' }] },
    });
    expect((await browser.solve('ask', { token: first })).body).toMatchObject({ component: 'ak-stage-dummy' });
  });
});

describe('a login of 2026.8', () => {
  const withName = async (browser: Browser) => {
    await browser.solve('login', { uid_field: 'alice' });
    return browser;
  };
  const login = async (browser: Browser) => {
    await withName(browser);
    await browser.solve('login', { password: 'correct-horse-7' });
    return browser.solve('login', { remember_me: false });
  };
  /** Removes the session cookie from the browser, and returns the browser. */
  const withoutSession = (browser: Browser) => {
    browser.plant(undefined);
    return browser;
  };

  it('shows the error of a wrong password when too many wrong passwords end the flow', async () => {
    const browser = await withName(deployment.browser());
    await browser.solve('login', { password: 'wrong' });
    expect((await browser.solve('login', { password: 'wrong' })).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'Invalid password' },
    });
  });

  it('remembers the device after the question whether to stay logged in, and policies see that', async () => {
    const browser = deployment.browser();
    const first = await login(browser);
    expect(first.body).toMatchObject({ component: 'ak-stage-dummy' });
    const [cookie = ''] = first.setCookies.filter((line) => line.startsWith('authentik_device='));
    expect(cookie).toMatch(/; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    expect((await login(withoutSession(browser))).body).toMatchObject({ component: 'xak-flow-redirect' });

    const forger = deployment.browser();
    forger.plant('x'.repeat(40), 'authentik_device');
    expect((await login(forger)).body).toMatchObject({ component: 'ak-stage-dummy' });
  });
});
