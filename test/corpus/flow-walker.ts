import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, tokenEntry, userEntry } from '../support/blueprints.js';
import { usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { NewerWebClient } from '../support/newer-web-client.js';
import type { ShownChallenge } from '../support/official-web-client.js';
import { readMail } from '../support/read-mail.js';
import { NEWER_FLOWS } from './newer-flows.js';

/** Folders of the default and example blueprints of authentik 2026.8, and of drafts, in `BLUEPRINT_CORPUS_2026`. */
const corpus = (process.env['BLUEPRINT_CORPUS_2026'] ?? '').split(':').filter(Boolean);
const folderOf = (file: string) => corpus.find((folder) => existsSync(join(folder, file)));
const defaults = folderOf('flow-default-provider-invalidation.yaml');
const examples = folderOf('flow-default-account-lockdown.yaml');
const drafts = folderOf('flows-login-email-magic-link.yaml');

/** Whether `BLUEPRINT_CORPUS_2026` names the folder of the drafts of authentik 2026.11. */
export const hasDrafts = drafts !== undefined;

/** Whether the tests run the blueprints of authentik, and not those of `newer-flows.ts`. */
export const hasShipped = defaults !== undefined && examples !== undefined;

export const LOGIN = 'default-authentication-flow';
export const RIGHT = 'correct-horse-7';
export const APP_PASSWORD = 'an-app-password-that-nobody-guesses-0123456789'; // not-a-secret
/** Fields of a form that asks for a new password. */
export const pair = (password: string) => ({ password, password_repeat: password });

const TOTP_STEP_S = 30;

/** Runs flows over HTTP, as visitors with the web client of authentik 2026.8 do. */
export class FlowWalker {
  private constructor(
    readonly deployment: Deployment,
    readonly mailbox: Mailbox,
  ) {}

  /** Opens a deployment with these users, one superuser `root`, and the default flows. */
  static async open(usernames: readonly string[]): Promise<FlowWalker> {
    const users = blueprint(
      ['root', ...usernames].map((name) => userEntry(name)),
      administratorsEntry('root'),
      tokenEntry('root', APP_PASSWORD, { intent: 'app_password' }),
    );
    return FlowWalker.openWith(users, { folder: defaults });
  }

  /** Opens a deployment with one user and the drafts, whose login flow replaces the default one. */
  static openDrafts(username: string): Promise<FlowWalker> {
    return FlowWalker.openWith(blueprint(userEntry(username)), { folder: drafts });
  }

  /** Opens a new installation: `akadmin` is its only user, a superuser without a password. */
  static openNew(): Promise<FlowWalker> {
    const user = userEntry('akadmin', { password: undefined, email: '' });
    return FlowWalker.openWith(blueprint(user, administratorsEntry('akadmin')), { folder: defaults });
  }

  private static async openWith(users: string, { folder }: { folder: string | undefined }): Promise<FlowWalker> {
    const mailbox = await Mailbox.open();
    const deployment = await Deployment.open({
      ...{ apiVersion: '2026.8', host: 'localhost' },
      services: [
        ...(['identification', 'password', 'session', 'enrollment', 'mfa'] as const),
        ...(['policy', 'consent', 'captcha', 'courier'] as const),
      ],
      environment: {
        ...mailbox.settings,
        ...{ EMAIL_RESEND_S: '0', CAPTCHA_HOSTS: '127.0.0.1', SOURCE_HOSTS: '127.0.0.1' },
      },
      blueprints: [users, ...(hasShipped ? [] : [NEWER_FLOWS])],
    });
    const walker = new FlowWalker(deployment, mailbox);
    if (folder) await walker.applyTwice(folder);
    return walker;
  }

  async close(): Promise<void> {
    await this.deployment.close();
    await this.mailbox.close();
  }

  /** Applies examples of authentik twice, if their folder is known. Throws if the second time changes something. */
  async apply(...names: readonly string[]): Promise<void> {
    if (examples) await this.applyTwice(...names.map((name) => join(examples, `${name}.yaml`)));
  }

  visitor(): NewerWebClient {
    return new NewerWebClient(this.deployment.browser(), this.deployment.url);
  }

  /** Opens a flow and enters a username in its first step. */
  async identify(slug: string, username: string): Promise<NewerWebClient> {
    const client = await this.visit(slug);
    mustShow(client, 'ak-stage-identification');
    await client.submit({ uid_field: username });
    return client;
  }

  /** Opens the page of a flow. */
  async visit(slug: string, { client = this.visitor(), query = '' } = {}): Promise<NewerWebClient> {
    await client.go(`/if/flow/${slug}/${query}`);
    return client;
  }

  /** Enters a username and a password in the default login flow. */
  async login(username: string, password = RIGHT): Promise<NewerWebClient> {
    const client = await this.identify(LOGIN, username);
    mustShow(client, 'ak-stage-password');
    await client.submit({ password });
    return client;
  }

  /** Logs a user in who has no second factor, and opens a flow. */
  async asUser(username: string, slug: string): Promise<NewerWebClient> {
    const client = await this.login(username);
    await this.userAtEnd(client);
    return this.visit(slug, { client });
  }

  /** Returns the username after the end of a flow: `undefined` without a login. Throws if the flow has not ended. */
  async userAtEnd(client: NewerWebClient): Promise<string | undefined> {
    await client.leave();
    if (!client.hasEnded) throw new Error(`the flow has not ended: ${JSON.stringify(client.challenge)}`);
    return usernameOf(client.browser);
  }

  /** Ends a visit and returns its last challenge. */
  async lastOf(client: NewerWebClient): Promise<ShownChallenge> {
    await client.leave();
    return client.challenge;
  }

  /** Sets up an authenticator app. Returns the code of the next time step, which is not used yet. */
  async setUpTotp(username: string): Promise<string> {
    const client = await this.asUser(username, 'default-authenticator-totp-setup');
    const address = new URL(String(client.challenge['config_url']));
    const secret = new ScureBase32Plugin().decode(address.searchParams.get('secret') ?? '');
    const now = Math.floor(Date.now() / 1000);
    await client.submit({ code: generateSync({ secret, epoch: now }) });
    await this.userAtEnd(client);
    return generateSync({ secret, epoch: now + TOTP_STEP_S });
  }

  /** Follows the nth link that was mailed to a user, and confirms it in another browser. */
  async followMail(username: string, nth = 1): Promise<NewerWebClient> {
    const { link } = readMail(await this.mailbox.mailTo(`${username}@example.org`, nth));
    const client = this.visitor();
    await client.go(link.pathname + link.search);
    mustShow(client, 'ak-stage-consent');
    await client.submit({ token: client.challenge['token'] });
    return client;
  }

  private async applyTwice(...files: readonly string[]): Promise<void> {
    await this.deployment.applyFiles(...files);
    const second = await this.deployment.applyFiles(...files);
    if (!/\nnothing changed\s*$/.test(second)) throw new Error(`a second apply has changed something: ${second}`);
  }
}

/** Throws unless the current challenge has this component. */
function mustShow({ challenge }: NewerWebClient, component: string): void {
  if (challenge.component !== component) throw new Error(`expected ${component}, got ${JSON.stringify(challenge)}`);
}
