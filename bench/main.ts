/** `npm run bench [-- scenario…]`: what the product costs beside what it cannot do without, as tables in Markdown. */
import { availableParallelism } from 'node:os';
import { watchOthers } from './cpu.js';
import { type BenchEnvironment, startEnvironment } from './environment.js';
import { Product } from './product.js';
import { captchas } from './scenarios/captchas.js';
import { isolation } from './scenarios/isolation.js';
import { pages } from './scenarios/pages.js';
import { policies } from './scenarios/policies.js';
import { scaling } from './scenarios/scaling.js';
import { solves } from './scenarios/solves.js';
import { totp } from './scenarios/totp.js';

const scenarios: Readonly<Record<string, (ground: BenchEnvironment, product: Product) => Promise<string>>> = {
  solves,
  scaling,
  isolation,
  captchas,
  pages,
  policies,
  totp,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios);
const unknown = wanted.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}\n`);
  process.exit(1);
}

const others = watchOthers();
const ground = await startEnvironment();
const product = await Product.open(ground);
try {
  process.stdout.write(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}\n`);
  for (const name of wanted) process.stdout.write(`\n### ${name}\n\n${await scenarios[name]?.(ground, product)}\n`);
} finally {
  await product.stop();
  await ground.stop();
}
process.stdout.write(`\nOther work took ${(others() * 100).toFixed(0)} % of the machine meanwhile.\n`);
