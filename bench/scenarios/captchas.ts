import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { blueprint, flowEntries } from '../../test/support/blueprints.js';
import { Driver } from '../driving.js';
import type { BenchEnvironment } from '../environment.js';
import { best, type Figures, round } from '../measuring.js';
import type { Product } from '../product.js';
import { hangingTable } from '../report.js';
import { USERS } from './flows.js';
import { hangingCaptcha, identification } from './visits.js';

const ROUNDS = 3;
const VISITS = 300;
/** Tokens that wait for an answer all the while. */
const CROWD = 32;
/** Longer than a round, and as long as a provider may be waited for. */
const PATIENCE = { CAPTCHA_HOSTS: '127.0.0.1', CAPTCHA_TIMEOUT_MS: '8000', CAPTCHA_OUTAGE_FAILURES: '1000' };

/** What identification feels of a captcha provider that takes every token and answers none: nothing. */
export async function captchas(ground: BenchEnvironment, product: Product): Promise<string> {
  const silence = createServer(() => undefined);
  await new Promise<void>((resolve) => silence.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = silence.address() as AddressInfo;
    const attrs = { public_key: 'site', private_key: 'hush', api_url: `http://127.0.0.1:${port}/` };
    await product.apply(blueprint(flowEntries('hanging', [{ stage: 'captcha.captchastage', attrs }])));
    await product.serve('captcha', PATIENCE);
    return await measured(ground, product);
  } finally {
    silence.close();
  }
}

async function measured(ground: BenchEnvironment, product: Product): Promise<string> {
  const variant = { name: 'identification', site: product, visit: identification, count: VISITS };
  const alone: Figures[] = [];
  const beside: Figures[] = [];
  await round(variant, 1, ground.watched);
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await round(variant, 1, ground.watched));
    beside.push(await besideTokens(product, () => round(variant, 1, ground.watched)));
  }
  return hangingTable({ alone: best(alone), beside: best(beside) });
}

async function besideTokens(product: Product, measure: () => Promise<Figures>): Promise<Figures> {
  const crowd = new Driver();
  try {
    await crowd.admit(hangingCaptcha, { url: product.url, count: CROWD * 8, users: USERS });
    const end = () => undefined;
    void crowd.measure(hangingCaptcha, CROWD).then(end, end);
    return await measure();
  } finally {
    crowd.stop();
  }
}
