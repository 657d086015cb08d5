import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, brandEntry, userEntry } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { post } from '../support/forms.js';
import { SiteVisitor, siteEntries } from '../support/forward-auth.js';
import { describeWithNats } from '../support/nats.js';
import { PageShell } from '../support/page-shell.js';

const FLOW = 'default-authentication-flow';
const PASSWORD = { password: 'correct-horse-7' };

const pageOf = (name: string) => DocumentedCommands.of(`docs/how-to/${name}.md`);

let deployment: Deployment;
let shell: PageShell;

async function logIn(username: string, browser: Browser = deployment.browser()): Promise<Browser> {
  await browser.solve(FLOW, { uid_field: username });
  await browser.solve(FLOW, PASSWORD);
  return browser;
}

describeWithNats('the pages of docs/how-to about languages, imported users and users of a browser', () => {
  beforeAll(async () => {
    deployment = await Deployment.open({
      apiVersion: '2026.8',
      services: [...SERVICES, 'policy', 'enrollment'],
      blueprints: [],
      gateway: { TRUSTED_PROXIES: '127.0.0.1' },
    });
    await deployment.applyFiles('blueprints');
    await deployment.apply(
      blueprint(
        ['alice', 'bob'].map((name) => userEntry(name)),
        siteEntries('app'),
      ),
    );
    shell = await PageShell.open((name, args, input) => deployment.operate(name, args, input));
  }, 120_000);
  afterAll(async () => {
    await shell?.close();
    await deployment?.close();
  });

  const titleOf = ({ text }: { readonly text: string }) => /<title>([^<]*)/.exec(text)?.[1];

  describe('choose-languages', () => {
    const page = pageOf('choose-languages');
    const german = (path: string) =>
      deployment.browser('fr').fetch(path, { headers: { 'x-forwarded-host': 'de.example.org' } });

    it('prefers the language of the user to those of the menu, of the link and of the browser, in this order', async () => {
      const address = { 'http://127.0.0.1:9000': deployment.url };
      expect(await shell.runOk(page.block('sh', /^curl/, address))).toBe(page.block('text', /Anmelden/));
      const browser = deployment.browser('de');
      const title = async (query = '') => titleOf(await browser.fetch(`/if/flow/${FLOW}/${query}`));
      expect(await title('?ui_locales=fr')).toBe('Se connecter - Gatehouse');
      await post(browser, `/if/language/?next=/if/flow/${FLOW}/`, { locale: 'es' });
      expect(await title('?ui_locales=fr')).toBe('Iniciar sesión - Gatehouse');
      await logIn('alice', browser);
      const settings = 'default-user-settings-flow';
      expect((await browser.show(settings)).body).toMatchObject({ component: 'ak-stage-prompt' });
      await browser.solve(settings, { name: 'Alice', 'attributes.settings.locale': 'de' });
      const { text } = await browser.fetch('/if/user/');
      expect(text).toContain('<html lang="de"');
      expect(text).not.toContain('/if/language/');
    });

    it('gives a host name a flow with German titles', async () => {
      await shell.write('german.yaml', page.block('yaml', /^# german/));
      expect(await shell.runOk(page.block('sh', /german.yaml/))).toMatch(/\b0 errors[^]*created/);
      const start = await german('/flows/-/default/authentication/');
      expect(start.headers.get('location')).toBe('/if/flow/anmeldung/');
      const { text } = await german('/if/flow/anmeldung/');
      expect(text).toContain('<html lang="de"');
      for (const part of ['Willkommen!', 'Anmelden - Beispiel', 'Benutzername']) expect(text).toContain(part);
    });
  });

  describe('import-users-from-elsewhere', () => {
    it('imports the users of the page, who can log in if the format of their hash is supported', async () => {
      const page = pageOf('import-users-from-elsewhere');
      await shell.write('users.jsonl', page.block('json', /argon2id/));
      expect(await shell.runOk(page.block('sh', /user -- import/))).toContain(
        page.block('text', /imported/).split('…')[0],
      );
      expect(await usernameOf(await logIn('ada'))).toBe('ada');
      expect(await usernameOf(await logIn('ben'))).toBeUndefined();
      const [ada] = await deployment.rows<{ hash: string }>(
        `SELECT password_hash AS hash FROM directory.users WHERE username = 'ada'`,
      );
      expect(ada?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });
  });

  describe('several-users-in-a-browser', () => {
    const page = pageOf('several-users-in-a-browser');
    const APP = 'http://app.localhost';

    it('adds a user by requests, and switches back', async () => {
      await shell.write('switch.yaml', page.block('yaml', /^version: 1/));
      expect(await shell.runOk(page.block('sh', /switch.yaml/))).toMatch(/\b0 errors[^]*created/);
      const rows = await deployment.rows<{ username: string; pk: number }>('SELECT username, pk FROM directory.users');
      const pks = Object.fromEntries(rows.map(({ username, pk }) => [username, pk]));
      const logIn = `answer ${FLOW} '{"uid_field": "alice"}'\nanswer ${FLOW} '${JSON.stringify(PASSWORD)}'\n`;
      const script = [
        ...[`BOBS_PASSWORD=${PASSWORD.password} ALICES_PASSWORD=${PASSWORD.password}`, 'touch jar'],
        page.block('sh', /^BASE/, { 'http://127.0.0.1:9000': deployment.url }),
        `{ ${logIn} } > login.log`,
        ...[
          page.block('sh', /"add"/),
          'echo',
          page.block('sh', /user_pk/, { '"user_pk": 1': `"user_pk": ${pks['alice']}` }),
        ],
      ].join('\n');
      const output = (await shell.runOk(script)).replaceAll('}{', '}\n{').replaceAll('}[', '}\n[');
      const shown = [...page.all('text')]
        .join('')
        .replace(/\[(\d),"(\w+)"/g, (_, _pk, name: string) => `[${pks[name]},"${name}"`);
      const lines = shown.split('\n').filter((line) => !['…', ''].includes(line));
      expect(lines).toHaveLength(6);
      expect(output.split('\n')).toEqual(expect.arrayContaining(lines));
    });

    it('stays with the first user at a site behind forward auth', async () => {
      const browser = await logIn('alice');
      const site = new SiteVisitor(deployment.url, browser);
      await site.enter(`${APP}/`);
      await browser.fetch('/api/v3/core/users/switch/', {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"action": "add"}' },
      });
      await logIn('bob', browser);
      expect(await usernameOf(browser)).toBe('bob');
      expect((await site.check('traefik', `${APP}/`)).headers.get('remote-user')).toBe('alice');
    });

    it('is turned off when the brand names no flow_user_switch, and keeps the current user', async () => {
      const browser = await logIn('bob');
      const buttons = async () => (await browser.fetch('/if/user/')).text.includes('Sign in with another account');
      expect(await buttons()).toBe(true);
      await deployment.apply(blueprint(brandEntry('authentik-default', { flow_user_switch: null })));
      expect(await buttons()).toBe(false);
      expect(await usernameOf(browser)).toBe('bob');
    });
  });
});
