import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, brandEntry, flowEntries, keyOf, userEntry } from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { createCertificate } from '../support/certificate.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { SiteVisitor, siteEntries } from '../support/forward-auth.js';
import { configurationIn } from '../support/how-to-page.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { describeWithNats } from '../support/nats.js';
import {
  authorizePath,
  locationOf,
  returnedBy,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';
import { PageShell } from '../support/page-shell.js';
import { ProtectedApplication } from '../support/protected-application.js';
import { hasProxy, startReverseProxy } from '../support/reverse-proxy.js';

const FLOW = 'default-authentication-flow';
const PASSWORD = { password: 'correct-horse-7' };
const FACTOR = 'ak-stage-authenticator-validate';
const APP = 'app.example.org';
const COOKIE = '__Host-gatehouse_forward';
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
      gateway: { TRUSTED_PROXIES: '127.0.0.1' },
    });
    await deployment.applyFiles('blueprints');
    const admins = {
      model: 'authentik_core.group',
      identifiers: { name: 'gatehouse admins' },
      attrs: { users: [keyOf('user root')] },
    };
    await deployment.apply(
      blueprint(
        ['alice', 'bob', 'carol', 'root'].map((name) => userEntry(name)),
        admins,
        flowEntries('authorize', [], { designation: 'authorization', authentication: 'require_authenticated' }),
        siteEntries('app', { external_host: `https://${APP}` }),
        clientEntries('shop', { flow: 'authorize', attrs: SHOP_CLIENT }),
      ),
    );
    shell = await PageShell.open((name, args, input) => deployment.operate(name, args, input));
  }, 120_000);
  afterAll(async () => {
    await shell?.close();
    await deployment?.close();
  });

  /** Saves the blueprint of a page, and runs the commands that check and apply it. */
  async function apply(name: string, file: string, pattern = /^version: 1/): Promise<void> {
    const page = pageOf(name);
    await shell.write(file, page.block('yaml', pattern));
    expect(await shell.runOk(page.block('sh', /blueprint -- check/))).toMatch(/\b0 errors[^]*(created|changed)/);
  }

  /** Starts a proxy with the configuration of its page and some changes, in front of the deployment and an application. */
  async function openProxy(name: 'caddy' | 'nginx', changes: Readonly<Record<string, string>>) {
    const certificate = createCertificate(2, [APP, 'id.example.org']);
    const application = await ProtectedApplication.open();
    const gateways = Array.from({ length: 3 }, () => Number(new URL(deployment.url).port));
    const proxy = await startReverseProxy(name, { gateways, application: application.port, certificate, changes });
    const close = async () => {
      await proxy.stop();
      await application.close();
    };
    return { visitor: new HttpsVisitor(proxy.port, certificate.cert), close };
  }

  describe('add-a-second-factor', () => {
    beforeAll(() => apply('add-a-second-factor', 'second-factor.yaml'));

    it('requires the device of users who have set one up, and lets other users in', async () => {
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

  describe('step-up', () => {
    const page = pageOf('step-up');
    /** The recovery codes of bob. */
    let codes: string[];

    /** Sends the request of the page. Returns the path that the browser opens, and the verifier of the code. */
    async function push() {
      const send = page.block('sh', /o\/par\//, { 'https://id.example.org': deployment.url });
      const output = await shell.runOk(`SHOP_SECRET=${SHOP_SECRET}\n${send}\nprintf '\\n%s' "$VERIFIER"`);
      const [answer = '', code_verifier = ''] = output.split('\n');
      const { request_uri } = JSON.parse(answer) as { request_uri: string };
      return { path: authorizePath('shop', request_uri), code_verifier };
    }
    /** Exchanges a code, and returns the claims of the ID token. */
    async function claimsOf(address: string, code_verifier: string) {
      const code = new URL(address).searchParams.get('code')!;
      const form = { grant_type: 'authorization_code', code, redirect_uri: SHOP_REDIRECT_URI, code_verifier };
      const { body } = await new OauthDevice(deployment).post('token', {
        ...{ client_id: 'shop', client_secret: SHOP_SECRET },
        ...form,
      });
      return JSON.parse(Buffer.from(String(body['id_token']).split('.')[1]!, 'base64url').toString()) as object;
    }

    it('asks a user who has logged in by password for the second factor, and the ID token says so', async () => {
      const { browser } = await logIn('bob');
      ({ codes } = (await browser.show('recovery-codes')).body as { codes: string[] });
      await browser.solve('recovery-codes', {});
      const { path, code_verifier } = await push();
      const flow = new URL(locationOf(await browser.fetch(path)), deployment.url);
      expect(flow.pathname).toBe('/if/flow/default-step-up-flow/');
      const query = flow.search.slice(1);
      expect((await browser.show('default-step-up-flow', query)).body).toMatchObject({ component: FACTOR });
      const { body } = await browser.solve('default-step-up-flow', { code: codes[0] }, query);
      const back = locationOf(await browser.fetch(String(body['to'])));
      const shown = JSON.parse(page.block('json', /acr/)) as object;
      expect(await claimsOf(back, code_verifier)).toMatchObject({ ...shown, auth_time: expect.any(Number) });
    });

    it('asks for the second factor again if the login remembers the device', async () => {
      await deployment.apply(
        blueprint({
          model: 'authentik_stages_authenticator_validate.authenticatorvalidatestage',
          identifiers: { name: 'second-factor-asked' },
          attrs: { last_auth_threshold: 'days=30' },
        }),
      );
      const { browser } = await logIn('bob');
      await browser.solve(FLOW, { code: codes[1] });
      const again = deployment.browser();
      again.plant(browser.cookie('authentik_mfa'), 'authentik_mfa');
      expect((await logIn('bob', again)).body).toMatchObject(DONE);
      const flow = new URL(locationOf(await again.fetch((await push()).path)), deployment.url);
      expect((await again.show('default-step-up-flow', flow.search.slice(1))).body).toMatchObject({
        component: FACTOR,
      });
    });

    it('asks for both factors if both proofs are too old', async () => {
      const { browser } = await logIn('bob');
      await browser.solve(FLOW, { code: codes[2] });
      await deployment.rows(`UPDATE flow.sessions SET data = data || jsonb_build_object(
          'login_at', (data->>'login_at')::timestamptz - interval '10 min',
          'methods_at', (SELECT jsonb_object_agg(key, value::float8 - 600) FROM jsonb_each_text(data->'methods_at')))
        WHERE user_id IS NOT NULL`);
      const flow = new URL(locationOf(await browser.fetch((await push()).path)), deployment.url);
      const query = flow.search.slice(1);
      expect((await browser.show('default-step-up-flow', query)).body).toMatchObject({
        component: 'ak-stage-password',
      });
      const next = await browser.solve('default-step-up-flow', PASSWORD, query);
      expect(next.body).toMatchObject({ component: FACTOR });
      expect((await browser.solve('default-step-up-flow', { code: codes[3] }, query)).body).toMatchObject(DONE);
    });

    it('tells the application that a user has no second factor', async () => {
      const { browser } = await logIn('carol');
      const flow = new URL(locationOf(await browser.fetch((await push()).path)), deployment.url);
      const { body } = await browser.show('default-step-up-flow', flow.search.slice(1));
      expect(returnedBy(await browser.fetch(String(body['to'])))).toMatchObject({
        error: 'unmet_authentication_requirements',
      });
    });

    /** Returns the changes that the page makes to the configuration of a proxy: replacements by the text to replace. */
    function changesOf(name: 'caddy' | 'nginx'): Record<string, string> {
      if (name === 'caddy') return { '\t\tforward_auth {': `${page.block('caddyfile', /@admin/)}\t\tforward_auth {` };
      const [first = '', second = ''] = page.block('nginx', /nginx\?acr_values/).split(/(?<=\n)/);
      const nginx = configurationIn('forward-auth-nginx', '/etc/nginx/conf.d/gatehouse.conf');
      const [check = ''] = / *location = [^]*?\n {4}}\n/.exec(nginx)!;
      const copy = check.replace(/^.*\n/, first).replace(/^ *proxy_pass .*\n/m, second);
      const [last = ''] = /^ *proxy_set_header Remote-Name .*\n/m.exec(nginx)!;
      return {
        [last]: last + page.block('nginx', /location \/admin\//),
        '    location @refused': `${copy}    location @refused`,
      };
    }

    it.for(['caddy', 'nginx'] as const)(
      'asks behind %s for a second factor below /admin only',
      async (name, { skip }) => {
        skip(!hasProxy(name) && !process.env['CI'], `${name} is not installed`);
        const site = new SiteVisitor(deployment.url, (await logIn('carol')).browser);
        await site.enter(`https://${APP}/`);
        const { visitor, close } = await openProxy(name, changesOf(name));
        try {
          visitor.plant(APP, COOKIE, site.cookie(`https://${APP}`, COOKIE)!);
          for (const path of ['/', '/administration']) expect((await visitor.send(APP, path)).status).toBe(200);
          for (const path of ['/admin/', '/admin/x?a=1', '//admin/x', '/%61dmin/x', '/a/../admin/x']) {
            const { status, headers } = await visitor.send(APP, path);
            expect([status, headers.location]).toEqual([302, expect.stringContaining('acr_values=aal2&max_age=600')]);
          }
        } finally {
          await close();
        }
      },
    );
  });

  describe('brand-the-pages', () => {
    const page = pageOf('brand-the-pages');
    const pageAt = (host: string) =>
      deployment.browser().fetch(`/if/flow/${FLOW}/`, { headers: { 'x-forwarded-host': host } });

    it('changes the appearance of the default brand at once, under a CSP that allows no fonts', async () => {
      await apply('brand-the-pages', 'brand.yaml', /authentik-default/);
      const { text, headers } = await pageAt('anything.example');
      expect(text).toContain('<title>Log in - Example</title>');
      for (const part of ['/media/logo-light.svg', '/media/logo-dark.svg', '/media/icon.png', '#0b57d0', 'Imprint'])
        expect(text).toContain(part);
      for (const rule of ['url("/media/sea.jpg")', 'h1 { font-family: Georgia, serif }']) expect(text).toContain(rule);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toMatch(/^default-src 'none'; .*; img-src 'self' data: https:;/);
      expect(policy).not.toContain('font-src');
    });

    it('gives a host name another appearance', async () => {
      await shell.write('shop-brand.yaml', page.block('yaml', /^# shop-brand/));
      const port = { 'http://127.0.0.1:9000': deployment.url };
      const output = await shell.runOk(page.block('sh', /apply shop-brand/, port));
      expect(output).toContain(
        page
          .block('text', /matched_domain/)
          .trim()
          .replace('…', ''),
      );
      const { text } = await pageAt('www.shop.example.org');
      expect(text).toContain('<title>Log in - The Shop</title>');
      for (const part of ['https://cdn.example.org/shop.svg', '#b3261e']) expect(text).toContain(part);
      for (const part of ['Imprint', 'Georgia']) expect(text).not.toContain(part);
    });

    it('replaces all attributes of the brand', async () => {
      await deployment.apply(
        blueprint(brandEntry('authentik-default', { attributes: { settings: { locale: 'de' } } })),
      );
      const { text } = await pageAt('anything.example');
      expect(text).toContain('Anmelden - Example');
      expect(text).not.toContain('Imprint');
    });

    it.skipIf(!hasProxy('nginx') && !process.env['CI'])(
      'serves the files by nginx, with a CSP that blocks their scripts',
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'gatehouse-media-'));
        await chmod(folder, 0o755);
        await mkdir(join(folder, 'media'));
        await writeFile(join(folder, 'media/logo-light.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
        const name = '    server_name id.example.org;\n';
        const media = page.block('nginx', /location \/media/, { '/srv/gatehouse': folder });
        const { visitor, close } = await openProxy('nginx', { [name]: name + media });
        try {
          const logo = await visitor.send('id.example.org', '/media/logo-light.svg');
          expect([logo.status, logo.text]).toEqual([200, expect.stringContaining('<svg')]);
          expect(logo.headers['content-security-policy']).toMatch(/^default-src 'none'.*sandbox$/);
          expect((await visitor.send('id.example.org', `/if/flow/${FLOW}/`)).text).toContain('Example</title>');
        } finally {
          await close();
          await rm(folder, { recursive: true });
        }
      },
    );
  });
});
