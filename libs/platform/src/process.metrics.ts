import { gauge, lazyGauge } from './metrics.js';
import type { Readiness } from './readiness.js';

/** Metric whose labels are the version and the name of this process. Its value is always 1. */
export const processInfo = gauge({
  name: 'gatehouse_info',
  question: 'keys',
  help: 'The version that the process runs; always 1',
  labels: { version: 'the version of Gatehouse', process: 'the name of the process, such as `gateway`' },
});

/** The readiness of each running process. Only tests run more than one process within one Node.js process. */
const reported = new Set<Readiness>();

lazyGauge(
  {
    name: 'gatehouse_ready',
    question: 'dependencies',
    help: '1 if the process can use all its dependencies, as its readiness probe says, else 0',
    labels: {},
  },
  async () => {
    const readiness = [...reported].at(-1);
    return readiness ? [{ labels: {}, value: Number((await readiness.missing()).length === 0) }] : [];
  },
);

lazyGauge(
  {
    name: 'gatehouse_missing',
    question: 'dependencies',
    help: '1 if the process cannot use a dependency, else 0',
    labels: { what: 'the dependency as in the readiness probe: `bus`, `database`, `migrations`, `start`, `stopping`' },
  },
  async () => {
    const readiness = [...reported].at(-1);
    if (!readiness) return [];
    const missing = new Set(await readiness.missing());
    return [...new Set([...readiness.names, ...missing])].map((what) => ({
      labels: { what },
      value: Number(missing.has(what)),
    }));
  },
);

/** Serves the state of the dependencies of a process as metrics, until the returned function is called. */
export function reportReadiness(readiness: Readiness): () => void {
  reported.add(readiness);
  return () => void reported.delete(readiness);
}
