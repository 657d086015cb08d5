import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, keyOf, userEntry } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { describeWithNats } from '../support/nats.js';
import { PageShell } from '../support/page-shell.js';

const FLOW = 'default-authentication-flow';
const PASSWORD = { password: 'correct-horse-7' };
const FACTOR = 'ak-stage-authenticator-validate';
const DONE = { component: 'xak-flow-redirect' };

const pageOf = (name: string) => DocumentedCommands.of(`docs/how-to/${name}.md`);

let deployment: Deployment;
let shell: PageShell;

async function logIn(username: string, browser: Browser = deployment.browser()) {
  await browser.solve(FLOW, { uid_field: username });
  return { browser, body: (await browser.solve(FLOW, PASSWORD)).body };
}

describeWithNats('the pages for operators and flow authors in docs/how-to', () => {
  beforeAll(async () => {
    deployment = await Deployment.open({
      apiVersion: '2026.8',
      host: 'localhost',
      services: [...SERVICES, 'mfa', 'policy', 'consent', 'enrollment'],
      blueprints: [],
    });
    await deployment.applyFiles('blueprints');
    const admins = {
      model: 'authentik_core.group',
      identifiers: { name: 'gatehouse admins' },
      attrs: { users: [keyOf('user root')] },
    };
    await deployment.apply(
      blueprint(
        ['alice', 'bob', 'root'].map((name) => userEntry(name)),
        admins,
      ),
    );
    shell = await PageShell.open((name, args, input) => deployment.operate(name, args, input));
  }, 120_000);
  afterAll(async () => {
    await shell?.close();
    await deployment?.close();
  });

  /** Saves the blueprint of a page, and runs the command that checks and applies it. */
  async function apply(name: string, file: string): Promise<void> {
    const page = pageOf(name);
    await shell.write(file, page.block('yaml', /^version: 1/));
    expect(await shell.runOk(page.block('sh', /blueprint -- check/))).toMatch(/\b0 errors[^]*created/);
  }

  describe('add-a-second-factor', () => {
    beforeAll(() => apply('add-a-second-factor', 'second-factor.yaml'));

    it('asks users for the device that they have set up, and lets others in', async () => {
      const { browser, body } = await logIn('alice');
      expect(body).toMatchObject(DONE);
      const { text } = await browser.fetch('/if/user/');
      for (const link of ['Authenticator app', 'Passkey', 'Recovery codes']) expect(text).toContain(`Set up: ${link}`);
      const { codes } = (await browser.show('recovery-codes')).body as { codes?: string[] };
      expect(codes).toHaveLength(10);
      await browser.solve('recovery-codes', {});
      const again = await logIn('alice');
      expect(again.body).toMatchObject({ component: FACTOR, device_challenges: [{ device_class: 'static' }] });
      expect((await again.browser.solve(FLOW, { code: codes![0] })).body).toMatchObject(DONE);
      expect(await usernameOf(again.browser)).toBe('alice');
    });

    it('makes administrators set up an app or a passkey, and shows them recovery codes', async () => {
      const { browser, body } = await logIn('root');
      const stages = body['configuration_stages'] as { pk: string; name: string }[];
      expect(stages.map(({ name }) => name)).toEqual(['Authenticator app', 'Passkey']);
      const { body: setup } = await browser.solve(FLOW, { selected_stage: stages[0]!.pk });
      const secret = new URL(setup['config_url'] as string).searchParams.get('secret')!;
      const shown = await browser.solve(FLOW, { code: generateSync({ secret }) });
      expect(shown.body).toMatchObject({ component: 'ak-stage-authenticator-static', codes: { length: 10 } });
      expect(await usernameOf(browser)).toBeUndefined();
      expect((await browser.solve(FLOW, {})).body).toMatchObject(DONE);
      expect(await usernameOf(browser)).toBe('root');
      expect((await logIn('root')).body).toMatchObject({ component: FACTOR, configuration_stages: [] });
    });
  });
});
