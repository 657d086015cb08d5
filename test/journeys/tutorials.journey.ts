import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isProcessAlive } from '@gatehouse/platform';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeInChromium, useChromium } from '../support/chromium.js';
import type { InteractiveCommand } from '../support/interactive-command.js';
import { descendantsOf } from '../support/process-tree.js';
import { pictureProduct } from '../support/product-pictures.js';
import { hasProxy } from '../support/reverse-proxy.js';
import { Tutorial, TutorialFolder } from '../support/tutorial.js';

const PASSWORD = 'a-long-password-1';
/** A test runs several commands of npm, each in processes of its own. */
const TIMEOUT = 180_000;
const LOGIN = '/if/flow/default-authentication-flow/';
/** Loads the NATS settings again: the reader's shell still has them, but each command of the test has a new shell. */
const SETTINGS_OF_NATS = 'set -a; . .gatehouse/nats.env; set +a';

let folder: TutorialFolder;
/** Gatehouse, started by the command of a page. */
let gatehouse: InteractiveCommand | undefined;
let printedPassword: string;

const pageOf = (name: string) => Tutorial.of(`docs/tutorial/${name}.md`, folder);
const addressOf = (path: string) => `http://127.0.0.1:${folder.port('9000')}${path}`;

/** Starts Gatehouse with the command of a page. First stops it if another command started it. */
async function startBy(page: Tutorial, pattern: RegExp): Promise<void> {
  if (gatehouse?.args[1] === page.commands(pattern)) return;
  await interrupt(gatehouse);
  gatehouse = page.start(pattern);
  await gatehouse.says(/Gatehouse is ready/);
}

/** Ends a command and the processes that it has started, as Ctrl-C does. */
async function interrupt(command: InteractiveCommand | undefined): Promise<void> {
  if (!command || !isProcessAlive(command.pid)) return;
  for (const pid of [...(await descendantsOf(command.pid)), command.pid]) sendInterrupt(pid);
  await command.exit;
}

/** Interrupts a process, unless it has already ended together with its parent process. */
function sendInterrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Types into the field of a page, and waits for the heading of the next one. */
async function type(page: Page, text: string, heading: string): Promise<void> {
  await page.locator('form input:not([type=hidden], [readonly])').first().fill(text);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
}

beforeAll(async () => {
  folder = await TutorialFolder.open('9000', '8080', '3000');
  const page = await pageOf('first-login');
  await startBy(page, /^npm start\n$/);
  printedPassword = /Administrator: admin, password: (\S+)/.exec(gatehouse!.output)![1]!;
});
afterAll(async () => {
  await interrupt(gatehouse);
  await folder?.remove();
});

describe('README.md', () => {
  it('shows commands that log the administrator in', async () => {
    const page = await Tutorial.of('README.md', folder);
    expect(gatehouse?.args[1]).toBe(page.commands(/^npm start\n$/));
    const output = await page.run(/^FLOW=/, { input: printedPassword });
    expect(output.match(/ak-stage-\w+|xak-flow-redirect","to":"\/"|"username":"admin"/g)).toEqual([
      ...['ak-stage-identification', 'ak-stage-password'],
      ...['xak-flow-redirect","to":"/"', '"username":"admin"'],
    ]);
  });
});

describe('docs/tutorial/first-login.md', () => {
  it('shows curl commands that log in, their responses, and the trace of the login', async () => {
    const page = await pageOf('first-login');
    expect(gatehouse?.output).toMatch(page.shown(/^Administrator: admin/));
    expect(await page.run(/executor.*'\n$/)).toMatch(page.shown(/^\{"user_fields"/));
    expect(await page.run(/uid_field/)).toMatch(page.shown(/ak-stage-password/));
    const last = await page.run(/^read -rs PASSWORD/, { input: printedPassword });
    expect(last).toMatch(page.shown(/xak-flow-redirect/));
    expect(await page.run(/users\/me/)).toMatch(page.shown(/"username":"admin"/));
    const ID = /^x-authentik-id: (\S+)\r$/m.exec(last)![1]!;
    expect(await page.run(/flow -- trace/, { changes: { ID } })).toMatch(page.shown(/^Plan /));
  });
});

describe('docs/tutorial/first-flow.md', () => {
  const firstComponent = async () => {
    const response = await fetch(addressOf('/api/v3/flows/executor/default-authentication-flow/?query='));
    return ((await response.json()) as { component: string }).component;
  };

  it('adds a step to the login, gets an error for a mistake, and removes the step again', async () => {
    const page = await pageOf('first-flow');
    await page.save('greeting.yaml', 'yaml', /id: greeting/);
    expect(await page.run(/check greeting/)).toMatch(page.shown(/not-in-files/));
    expect(await page.run(/apply greeting/)).toMatch(page.shown(/greeting\.yaml: 2 created/));
    expect(await firstComponent()).toBe('ak-stage-dummy');

    const file = join(folder.path, 'greeting.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('order: 5', 'order: soon'));
    await expect(page.run(/apply greeting/)).rejects.toThrow(page.shown(/order: soon|the text `soon`/));
    expect(await firstComponent()).toBe('ak-stage-dummy');

    await page.replace('greeting.yaml', 'yaml', /state: absent/);
    expect(await page.run(/apply greeting/)).toMatch(page.shown(/greeting\.yaml: 2 removed/));
    expect(await firstComponent()).toBe('ak-stage-identification');
    expect(await page.run(/flow -- versions/)).toMatch(page.shown(/version 1: current/));
  });
});

describeInChromium('the pages that the tutorials describe', () => {
  const chromium = useChromium();

  it('docs/tutorial/first-login.md: the login ends at the account page', async () => {
    const { page } = await chromium.open();
    await page.goto(addressOf('/'));
    await page.getByRole('heading', { name: 'Log in', level: 1 }).waitFor();
    await type(page, 'admin', 'Enter your password');
    await type(page, printedPassword, 'You are signed in as admin.');
    expect(new URL(page.url()).pathname).toBe('/if/user/');
  });

  it('npm run pages -- --pictures creates the pictures of the README', async () => {
    const made = join(folder.path, 'pictures');
    const files = await pictureProduct(made, { url: addressOf('/').slice(0, -1), password: printedPassword });
    const shown = (await readFile('README.md', 'utf8')).match(/(?<=docs\/images\/)[\w-]+\.webp/g);
    expect(files.map((path) => basename(path))).toEqual(shown?.sort());
    for (const path of files) expect((await readFile(path)).toString('latin1', 8, 12)).toBe('WEBP');
  });

  it.skipIf(!inject('natsServer'))(
    'docs/tutorial/first-stage.md: its stage passes check:stage, asks in the login, and continues after a failure',
    async () => {
      const tutorial = await pageOf('first-stage');
      await startBy(tutorial, /^npm start\n$/);
      expect(gatehouse?.output).toMatch(tutorial.shown(/^NATS, for stages/));
      await tutorial.run(/^mkdir/);
      await tutorial.save('my-stage/stage.mjs', 'js', /x_acme_word/);
      const lost = tutorial.start(/^node my-stage/);
      expect([await lost.exit, lost.output]).toEqual([1, expect.stringMatching(/^NATS_URL is not set\. .*nats\.env/)]);
      let stage = tutorial.start(/^set -a/);
      await stage.says(tutorial.shown(/^serving/));
      expect(await tutorial.run(/check:stage/)).toMatch(tutorial.shown(/^ok {3}can be bound/));
      await tutorial.save('my-stage/word.yaml', 'yaml', /word: swordfish/);
      expect(await tutorial.run(/apply my-stage\/word/)).toMatch(tutorial.shown(/2 created/));

      const { page } = await chromium.open();
      await page.goto(addressOf(LOGIN));
      await type(page, 'admin', 'The word of the day');
      await type(page, 'guess', 'The word of the day');
      await page.getByText('This is not the word of today.').waitFor();
      await interrupt(stage);
      await page.getByLabel('Word').fill('swordfish');
      await page.keyboard.press('Enter');
      await page.getByText('This service cannot be reached at the moment').waitFor();
      stage = tutorial.start(/^node my-stage/, { 'node ': `${SETTINGS_OF_NATS}; node ` });
      await page.getByText('The connection was interrupted').waitFor({ timeout: TIMEOUT });
      expect(await page.getByLabel('Word').inputValue()).toBe('swordfish');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Enter your password' }).waitFor();

      await tutorial.save('my-stage/without-word.yaml', 'yaml', /state: absent/);
      expect(await tutorial.run(/apply my-stage\/without/)).toMatch(tutorial.shown(/2 removed/));
      await interrupt(stage);
    },
    TIMEOUT,
  );

  it.skipIf(!hasProxy('nginx'))(
    'docs/tutorial/protect-one-application.md: the application greets a member of the group by name, and others are refused',
    async () => {
      const tutorial = await pageOf('protect-one-application');
      await tutorial.run(/^mkdir/);
      await tutorial.save('my-app/hello.mjs', 'js', /createServer/);
      const application = tutorial.start(/^node my-app/);
      await application.says(/The application is at/);
      expect(await tutorial.run(/^curl http:/)).toMatch(tutorial.shown(/stranger/));
      await startBy(tutorial, /^TRUSTED_PROXIES/);
      await tutorial.save('my-app/app.yaml', 'yaml', /proxyprovider/);
      expect(await tutorial.run(/blueprint -- apply/)).toMatch(tutorial.shown(/4 created/));
      await tutorial.run(/create alice/, { input: PASSWORD });
      await tutorial.run(/create bob/, { input: PASSWORD });
      await tutorial.save('my-app/nginx.conf', 'nginx', /auth_request/);
      const nginx = tutorial.start(/nginx/);
      const refused = tutorial.shown(/^HTTP\/1\.1 302/);
      await expect.poll(() => tutorial.run(/^curl -si/).catch(String), { timeout: TIMEOUT }).toMatch(refused);

      const { page } = await chromium.open();
      const site = `http://app.localhost:${folder.port('8080')}/`;
      await page.goto(site);
      await type(page, 'alice', 'Enter your password');
      await page.locator('input[type=password]').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(site);
      expect(await page.locator('body').innerText()).toMatch(tutorial.shown(/alice/));
      await page.goto(`${site}outpost.goauthentik.io/sign_out`);
      await page.goto(site);
      await type(page, 'bob', 'Enter your password');
      await type(page, PASSWORD, 'Permission denied');
      await page.getByText('You may not use Hello.').waitFor();
      await interrupt(nginx);
      await interrupt(application);
    },
    TIMEOUT,
  );
});
