import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { post } from '../support/forms.js';
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

describeWithNats('the pages of docs/how-to about languages and users of a browser', () => {
  beforeAll(async () => {
    deployment = await Deployment.open({
      apiVersion: '2026.8',
      services: [...SERVICES, 'policy', 'enrollment'],
      blueprints: [],
      gateway: { TRUSTED_PROXIES: '127.0.0.1' },
    });
    await deployment.applyFiles('blueprints');
    await deployment.apply(blueprint(['alice', 'bob'].map((name) => userEntry(name))));
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

    it('shows a page in the language of the browser, of the link, of the menu, and of the user, the last one first', async () => {
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
});
