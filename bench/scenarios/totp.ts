import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import pg from 'pg';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION } from '../../test/support/blueprints.js';
import type { BenchEnvironment } from '../environment.js';
import { type Comparison, median, ROUNDS, type RoundFigures, runRound, type Variant, WARM_UP } from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { identification, totpCode } from './visits.js';

/** Number of visits and of users: one visit for each user, because a user can use a code only once. */
const VISITS = 400;
const CONCURRENCY = 16;
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'deny' },
};

/** Name of the variant with a TOTP code. */
export const CODE = 'a code of an app';

/** Returns a table of a valid TOTP code and an identification. */
export const totp = async (environment: BenchEnvironment, product: Product): Promise<string> =>
  solvesTable(await compareCodes(environment, product));

/** Measures a valid TOTP code and an identification, both of which lead to the next challenge. */
export async function compareCodes(environment: BenchEnvironment, product: Product): Promise<Comparison> {
  const key = randomBytes(20);
  await product.apply(blueprint(flowEntries('app', [IDENTIFICATION, VALIDATE, DUMMY])));
  await product.importRows('import', userRows());
  await product.importRows('import-devices', deviceRows(key));
  await product.serve('mfa', {});
  const site = { site: product, count: VISITS, users: VISITS };
  const variants: Variant[] = [
    { ...site, name: 'identification', visit: identification },
    { ...site, name: CODE, visit: totpCode(''), baseline: 'identification' },
  ];
  const measured = new Map(variants.map(({ name }): [string, RoundFigures[]] => [name, []]));
  await eachRound(environment, async (i) => {
    for (const variant of variants) {
      const visit = variant.baseline
        ? totpCode(generateSync({ secret: key, epoch: Date.now() / 1000 }))
        : variant.visit;
      const figures = await runRound({ ...variant, visit }, CONCURRENCY, environment.watched);
      if (i >= WARM_UP) measured.get(variant.name)?.push(figures);
    }
  });
  return { variants, measured: new Map([...measured].map(([name, figures]) => [name, median(figures)])) };
}

/** Resets the used codes before each round, because a code can be used only once. */
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
/** Some of these users exist already, from other scenarios. The import does not change them. */
const userRows = () => names.map((username) => ({ username, email: `${username}@example.org` }));
const deviceRows = (key: Buffer) =>
  names.map((username, pk) => ({
    model: 'authentik_stages_authenticator_totp.totpdevice',
    ...{ pk, fields: { user: [username], key: key.toString('hex'), digits: 6 } },
  }));
