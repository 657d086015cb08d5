import { Driver } from '../driver-process.js';
import { startEnvironment } from '../environment.js';
import { memoryOf } from '../memory.js';
import { Product, type Service } from '../product.js';
import { memoryTable, type ProcessMemory } from '../report.js';
import type { Visit } from '../visit.js';
import { USERS } from './flows.js';
import { dummy, identification, login } from './visits.js';

/** The services that the load does not use. */
const UNUSED: readonly Service[] = ['blueprints', 'captcha', 'consent', 'courier', 'enrollment', 'mfa', 'policy'];
const CONCURRENCY = 8;
const LOAD: readonly (readonly [Visit, count: number])[] = [
  [dummy, 2000],
  [identification, 2000],
  [login, 300],
];

/** Measures the memory of each process after its start and after a load, on servers of its own. */
export async function memory(): Promise<string> {
  const environment = await startEnvironment();
  const product = await Product.open(environment);
  try {
    for (const service of UNUSED) await product.serve(service, {});
    const processes = [...product.watched(), ...environment.watched.filter(({ name }) => name === 'nats')];
    const idle = processes.map(({ pid }) => memoryOf(pid));
    for (const [visit, count] of LOAD) await load(product, visit, count);
    return memoryTable(
      processes.map(({ name, pid }, i): ProcessMemory => ({ name, idle: idle[i]!, loaded: memoryOf(pid) })),
    );
  } finally {
    await product.stop();
    await environment.stop();
  }
}

async function load(product: Product, visit: Visit, count: number): Promise<void> {
  const driver = new Driver();
  try {
    await driver.admit(visit, { url: product.url, count, users: USERS });
    await driver.measure(visit, CONCURRENCY);
  } finally {
    driver.stop();
  }
}
