import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import pg from 'pg';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION } from '../../test/support/blueprints.js';
import type { BenchEnvironment } from '../environment.js';
import { type Figures, median, ROUNDS, round, type Variant, WARM_UP } from '../measuring.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { appCode, identification } from './visits.js';

/** Visits of a round, and visitors: a code is good once for each of them. */
const VISITS = 400;
const CONCURRENCY = 16;
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'deny' },
};

/** What a right code of an app costs beside identification, in one run: both bring the next challenge. */
export async function totp(ground: BenchEnvironment, product: Product): Promise<string> {
  const key = randomBytes(20);
  await product.apply(blueprint(flowEntries('app', [IDENTIFICATION, VALIDATE, DUMMY])));
  await product.takeOver('import', people());
  await product.takeOver('import-devices', apps(key));
  await product.serve('mfa', {});
  const site = { site: product, count: VISITS, users: VISITS };
  const variants: Variant[] = [
    { ...site, name: 'identification', visit: identification },
    { ...site, name: 'a code of an app', visit: appCode(''), floor: 'identification' },
  ];
  const measured = new Map(variants.map(({ name }): [string, Figures[]] => [name, []]));
  await eachRound(ground, async (i) => {
    for (const variant of variants) {
      const visit = variant.floor ? appCode(generateSync({ secret: key, epoch: Date.now() / 1000 })) : variant.visit;
      const figures = await round({ ...variant, visit }, CONCURRENCY, ground.watched);
      if (i >= WARM_UP) measured.get(variant.name)?.push(figures);
    }
  });
  return solvesTable(variants, new Map([...measured].map(([name, figures]) => [name, median(figures)])));
}

/** A code is good once: before each round nobody has used any. */
async function eachRound({ databaseUrl }: BenchEnvironment, run: (i: number) => Promise<void>): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    for (let i = 0; i < WARM_UP + ROUNDS; i++) {
      await client.query('UPDATE mfa.devices SET counter = -1');
      await run(i);
    }
  } finally {
    await client.end();
  }
}

const names = Array.from({ length: VISITS }, (_, i) => `user-${i}`);
/** Those of the other scenarios are there already, and stay as they are. */
const people = () => names.map((username) => ({ username, email: `${username}@example.org` }));
const apps = (key: Buffer) =>
  names.map((username, pk) => ({
    model: 'authentik_stages_authenticator_totp.totpdevice',
    ...{ pk, fields: { user: [username], key: key.toString('hex'), digits: 6 } },
  }));
