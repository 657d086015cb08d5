import { Browser, type BrowserResponse } from '../support/browser.js';
import type { Case, CaseEnvironment, CaseStep, Expectation } from './case.js';
import { computed } from './inputs.js';
import { type Captured, compare, filledIn, MismatchError } from './matchers.js';
import type { OutsideServers } from './outside-servers.js';

/** The request of a step with `raw`, which may have any path. */
interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Runs the steps of a case. `key` is the account of the case at the captcha provider. */
export class CaseRun {
  readonly #captured: Captured = {};
  readonly #browsers = new Map<string, Browser>();

  constructor(
    private readonly tested: Case,
    private readonly place: { readonly base: string; readonly key: string; readonly outside: OutsideServers },
  ) {}

  /** Runs the steps until one is not as expected. Returns that step and the difference, or `undefined`. */
  async findDifference(): Promise<string | undefined> {
    this.#setVerdict(this.tested.env);
    for (const [i, step] of this.tested.steps.entries()) {
      try {
        await this.#take(step);
      } catch (error) {
        if (!(error instanceof MismatchError)) throw error;
        return `step ${i + 1}${step.note ? ` (${step.note})` : ''}: ${error.message}`;
      }
    }
    return undefined;
  }

  async #take(step: CaseStep): Promise<void> {
    if (step.env) return this.#setVerdict(step.env);
    if (step.mail) return this.#readMail(step.mail);
    if (step.captcha) {
      const received = this.place.outside.lastCaptcha(this.place.key);
      return this.#compare(step.captcha, received, 'captcha');
    }
    const response = await this.#send(step);
    this.#check(response, step.expect ?? {});
  }

  #setVerdict(environment: CaseEnvironment | undefined): void {
    if (environment?.captcha_verify) this.place.outside.verdicts.set(this.place.key, environment.captcha_verify);
  }

  async #readMail({ to, subject, find = {} }: NonNullable<CaseStep['mail']>): Promise<void> {
    const mail = await this.place.outside.nextMail(filledIn(to, this.#captured));
    this.#compare(subject, mail.subject, 'subject');
    for (const [name, pattern] of Object.entries(find)) {
      const match = new RegExp(pattern).exec(mail.text ?? '');
      if (!match) throw new MismatchError(`the mail does not match ${pattern}: ${mail.text}`);
      this.#captured[name] = match[1] ?? match[0];
    }
  }

  async #send(step: CaseStep): Promise<BrowserResponse> {
    const browser = this.#browserOf(step.as ?? '');
    const compute = (value: unknown) => computed(value, this.#captured, this.place.base);
    if (step.raw !== undefined) return browser.fetch(...rawRequest(compute(step.raw) as RawRequest));
    const named = typeof step.get === 'string' ? step.get : this.tested.flow;
    const slug = filledIn(step.flow ?? named ?? '', this.#captured);
    const query = filledIn(step.query ?? '', this.#captured);
    return step.solve === undefined ? browser.show(slug, query) : browser.solve(slug, compute(step.solve), query);
  }

  /** Compares a part of a response, if the case expects something of it. */
  #compare(part: unknown, actual: unknown, path: string): void {
    if (part !== undefined) compare(part, actual, { path, captured: this.#captured });
  }

  #browserOf(name: string): Browser {
    const browser = this.#browsers.get(name) ?? new Browser(this.place.base);
    this.#browsers.set(name, browser);
    return browser;
  }

  #check({ status, body, headers, setCookies, text }: BrowserResponse, expected: Expectation): void {
    this.#compare(expected.status ?? 200, status, 'status');
    this.#compare(expected.component, body['component'], 'component');
    this.#compare(expected.body, body, 'body');
    this.#compare(expected.location, headers.get('location') ?? undefined, 'location');
    this.#compare(expected.text, text, 'text');
    for (const [name, part] of Object.entries(expected.headers ?? {}))
      this.#compare(part, headers.get(name) ?? undefined, `header ${name}`);
    for (const [name, part] of Object.entries(expected.set_cookie ?? {}))
      this.#compare(
        part,
        setCookies.findLast((line) => line.startsWith(`${name}=`)),
        `cookie ${name}`,
      );
  }
}

function rawRequest({ method = 'GET', path, headers = {}, json, form, body }: RawRequest): [string, RequestInit] {
  const [type, sent] =
    json === undefined
      ? form === undefined
        ? [undefined, body]
        : ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()]
      : ['application/json', JSON.stringify(json)];
  const all = { ...(type === undefined ? {} : { 'content-type': type }), ...headers };
  return [path, { method, headers: all, ...(sent === undefined ? {} : { body: sent }) }];
}
