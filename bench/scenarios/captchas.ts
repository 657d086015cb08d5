import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { blueprint, flowEntries } from '../../test/support/blueprints.js';
import { Driver } from '../driver-process.js';
import type { BenchEnvironment } from '../environment.js';
import { best, type RoundFigures, runRound } from '../measurement.js';
import type { Product } from '../product.js';
import { hangingTable } from '../report.js';
import { USERS } from './flows.js';
import { hangingCaptcha, identification } from './visits.js';

const ROUNDS = 3;
const VISITS = 300;
/** Number of tokens that are pending during the measurement. */
const PENDING_TOKENS = 32;
/** Settings of the captcha service. The timeout is the largest allowed one, longer than a round. */
const CAPTCHA_SETTINGS = { CAPTCHA_HOSTS: '127.0.0.1', CAPTCHA_TIMEOUT_MS: '8000', CAPTCHA_OUTAGE_FAILURES: '1000' };

/** Measures whether identification is slower while a captcha provider accepts connections and never replies. */
export async function captchas(environment: BenchEnvironment, product: Product): Promise<string> {
  const hangingServer = createServer(() => undefined);
  await new Promise<void>((resolve) => hangingServer.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = hangingServer.address() as AddressInfo;
    const attrs = { public_key: 'site', private_key: 'hush', api_url: `http://127.0.0.1:${port}/` };
    await product.apply(blueprint(flowEntries('hanging', [{ stage: 'captcha.captchastage', attrs }])));
    await product.serve('captcha', CAPTCHA_SETTINGS);
    return await measured(environment, product);
  } finally {
    hangingServer.close();
  }
}

async function measured(environment: BenchEnvironment, product: Product): Promise<string> {
  const variant = { name: 'identification', site: product, visit: identification, count: VISITS };
  const alone: RoundFigures[] = [];
  const underLoad: RoundFigures[] = [];
  await runRound(variant, 1, environment.watched);
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await runRound(variant, 1, environment.watched));
    underLoad.push(await withPendingTokens(product, () => runRound(variant, 1, environment.watched)));
  }
  return hangingTable({ alone: best(alone), underLoad: best(underLoad) });
}

async function withPendingTokens(product: Product, measure: () => Promise<RoundFigures>): Promise<RoundFigures> {
  const load = new Driver();
  try {
    await load.admit(hangingCaptcha, { url: product.url, count: PENDING_TOKENS * 8, users: USERS });
    const end = () => undefined;
    void load.measure(hangingCaptcha, PENDING_TOKENS).then(end, end);
    return await measure();
  } finally {
    load.stop();
  }
}
