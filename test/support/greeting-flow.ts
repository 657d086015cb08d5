import { administratorsEntry } from './administrators.js';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, tokenEntry, userEntry } from './blueprints.js';
import type { Browser } from './browser.js';
import { Deployment } from './deployment.js';
import { type FreshDatabase, migratedDatabase } from './postgres.js';

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['static'], not_configured_action: 'skip' },
};
const greeting = (title: string, stages = [DUMMY]) =>
  blueprint(flowEntries('greeting', stages, { title, designation: 'enrollment' }));

/** Key of an API token of root. */
export const ROOT_KEY = 'a-token-of-root-that-nobody-guesses-0123456789abcdef'; // not-a-secret

/** The current version of a flow, and its rollout. */
interface FlowState {
  readonly current: number;
  readonly candidate: number | null;
  /** Share of the new logins that the candidate version gets, in hundredths of a percent. */
  readonly share: number | null;
}

/** Sessions of root with a second factor and without one, and the recovery codes that are left. */
interface Root {
  readonly proved: Browser;
  readonly unproved: Browser;
  readonly codes: string[];
}

/** A deployment with the flow `greeting`, whose versions 1 and 2 were published, and with root, a superuser. */
export class GreetingFlow {
  #drafts = 0;

  private constructor(
    readonly database: FreshDatabase,
    readonly deployment: Deployment,
    readonly root: Root,
  ) {}

  static async open(): Promise<GreetingFlow> {
    const database = await migratedDatabase();
    const deployment = await Deployment.open({
      ...{ database, services: ['identification', 'password', 'session', 'mfa', 'blueprints'] },
      gateway: { ANONYMOUS_RATE: '0' },
      // Seconds between two comparisons by a rollout's guard: longer than any test, so that no guard ends a rollout.
      own: { blueprints: { ROLLOUT_LOOK_S: '600' } },
      blueprints: [
        blueprint(
          ...['alice', 'root', 'tester'].map((name) => userEntry(name)),
          administratorsEntry('root'),
          tokenEntry('root', ROOT_KEY),
          flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
          flowEntries('setup', [IDENTIFICATION, PASSWORD, CODES, LOGIN], { designation: 'stage_configuration' }),
        ),
        greeting('One'),
        greeting('Two'),
      ],
    });
    const unproved = await logIn(deployment, 'root', []);
    const setup = deployment.browser();
    await setup.solve('setup', { uid_field: 'root' });
    const { body } = await setup.solve('setup', { password: 'correct-horse-7' });
    const codes = [...(body as { codes: string[] }).codes];
    await setup.solve('setup', {});
    const proved = await logIn(deployment, 'root', codes);
    return new GreetingFlow(database, deployment, { proved, unproved, codes });
  }

  /** Logs a user in. Returns the browser. */
  logIn(username: string): Promise<Browser> {
    return logIn(this.deployment, username, this.root.codes);
  }

  /** Adds a draft that differs from all other versions, and returns its number. */
  async draft(): Promise<number> {
    const response = await this.root.proved.fetch('/api/v3/flows/instances/draft/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ blueprint: greeting(`Draft ${++this.#drafts}`, [DUMMY, DUMMY]) }),
    });
    return (response.body as { drafts: { number: number }[] }).drafts[0]!.number;
  }

  async state(): Promise<FlowState> {
    const [row] = await this.deployment.rows<FlowState>(
      `SELECT v.number AS current, c.number AS candidate, f.candidate_share AS share FROM flow.flows f
       JOIN flow.flow_versions v ON v.id = f.version_id LEFT JOIN flow.flow_versions c ON c.id = f.candidate_id
       WHERE f.slug = 'greeting'`,
    );
    return row!;
  }
}

/** Logs a user in, with a recovery code if the login asks for one. */
async function logIn(deployment: Deployment, username: string, codes: string[]): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  const { body } = await browser.solve('login', { password: 'correct-horse-7' });
  if (body['component'] === 'ak-stage-authenticator-validate') await browser.solve('login', { code: codes.shift() });
  return browser;
}
