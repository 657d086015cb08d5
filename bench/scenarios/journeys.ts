import { table } from '../../load/markdown.js';
import type { BenchEnvironment } from '../environment.js';
import {
  type MeasuredSite,
  meanOf,
  type RoundFigures,
  runInterleaved,
  totalCpu,
  type Variant,
} from '../measurement.js';
import type { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { dummy, login, loginWithoutHash } from './visits.js';

/** The measured visits: an answer that ends a plan and so creates a record, and complete logins. */
const VISITS = [
  { name: 'dummy: the last answer', visit: dummy, count: 400 },
  { name: 'a login without a password, three requests', visit: loginWithoutHash, count: 200 },
  { name: 'a login with a password, three requests', visit: login, count: 60 },
];
const ROUNDS = { warmUp: 4, rounds: 7 };

/**
 * Number of gateways with each setting. Two processes with the same code and settings differ by more CPU time than a
 * record costs, because the JIT compiler optimises each process differently.
 */
const GATEWAYS = 2;
const SETTINGS = {
  off: { JOURNEYS: 'false' },
  records: {},
  'records and events': { JOURNEY_EVENTS: 'true' },
};
/** Other load on the machine must not make a gateway refuse visits. */
const ADMIT_ALL = { ADMISSION_DELAY_MS: '0' };
type Setting = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Setting[];

/**
 * Measures how much CPU time journey records and their events cost a request. Gateways with all settings take turns on
 * one database.
 */
export async function journeys(environment: BenchEnvironment, product: Product): Promise<string> {
  const sites: (readonly [Setting, MeasuredSite])[] = [];
  try {
    for (let i = 0; i < GATEWAYS; i++)
      for (const setting of NAMES)
        sites.push([setting, await product.openGateway({ ...SETTINGS[setting], ...ADMIT_ALL })]);
    const variants = VISITS.flatMap(({ name, ...visit }) =>
      sites.map(([setting, site], i): Variant => ({ ...visit, site, name: `${name}, ${setting} ${i}` })),
    );
    const measured = await runInterleaved(variants, environment, ROUNDS);
    const figuresOf = (name: string, setting: Setting) =>
      sites.flatMap(([of], i) => (of === setting ? [measured.get(`${name}, ${setting} ${i}`)!] : []));
    return report(figuresOf);
  } finally {
    for (const [, site] of sites) await site.stop();
  }
}

function report(figuresOf: (name: string, setting: Setting) => readonly RoundFigures[]): string {
  const all = VISITS.flatMap(({ name }) => NAMES.map((setting) => [name, setting, figuresOf(name, setting)] as const));
  const title = (name: string, setting: Setting) => `${name}, ${setting}`;
  const figures = new Map(all.map(([name, setting, gateways]) => [title(name, setting), meanOf(gateways)]));
  const variants = all.map(([name, setting]) => ({ name: title(name, setting), baseline: title(name, 'off') }));
  const rows = all.map(([name, setting, gateways]) => [
    title(name, setting),
    ...gateways.map((gateway) => totalCpu(gateway).toFixed(0)),
  ]);
  const head = ['what', ...Array.from({ length: GATEWAYS }, (_, i) => `gateway ${i + 1}: CPU µs each`)];
  return [solvesTable({ variants, measured: figures }), table(head, rows)].join('\n\n');
}
