import { afterEach, beforeEach, expect, it } from 'vitest';
import { rememberMetrics, valueIn } from '../../../test/support/metrics.js';
import { counter, histogram, lazyGauge } from './metrics.js';
import { type MonitoringServer, serveMonitoring } from './monitoring-server.js';
import { Readiness } from './readiness.js';

let server: MonitoringServer;
let removeNewMetrics: () => void;
beforeEach(() => {
  removeNewMetrics = rememberMetrics();
});
afterEach(async () => {
  await server.close();
  removeNewMetrics();
});

async function serve(readiness: Readiness) {
  server = (await serveMonitoring({ MONITORING_PORT: 0, MONITORING_HOST: '127.0.0.1' }, readiness, 'test'))!;
  return (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
}

it('the monitoring server serves the metrics of this process, and refuses other paths and methods', async () => {
  const get = await serve(new Readiness());
  histogram({ name: 'test_seconds', question: 'slow', help: 'Seconds', labels: { what: ['nothing'] } }).observe(
    { what: 'nothing' },
    0.3,
  );
  const answer = await get('/metrics');
  const text = await answer.text();

  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toContain('test_seconds_bucket{le="0.5",what="nothing"} 1');
  expect(text).toContain('process_cpu_seconds_total');
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', 'POST')).status).toBe(404);
});

it('a scrape has only the present values of a lazy gauge, and all other metrics while that gauge cannot be read', async () => {
  const get = await serve(new Readiness());
  counter({ name: 'test_total', question: 'slow', help: 'Total', labels: {} }).inc(3);
  let read = async () => [{ labels: { what: 'first' }, value: 7 }];
  lazyGauge({ name: 'test_rows', question: 'slow', help: 'Rows', labels: { what: ['first', 'second'] } }, () => read());
  const scrape = async () =>
    (await (await get('/metrics')).text()).split('\n').filter((line) => line.startsWith('test_'));

  expect(await scrape()).toEqual(['test_total 3', 'test_rows{what="first"} 7']);
  read = async () => [{ labels: { what: 'second' }, value: 8 }];
  expect(await scrape()).toEqual(['test_total 3', 'test_rows{what="second"} 8']);
  read = () => Promise.reject(new Error('Postgres is down'));
  expect(await scrape()).toEqual(['test_total 3']);
});

it('the readiness probe answers 503 with each missing dependency once, while the liveness probe answers 200', async () => {
  const readiness = new Readiness();
  let connected = false;
  readiness.require('bus', () => connected);
  readiness.require('bus', () => false);
  readiness.require('database', () => Promise.reject(new Error('refused')));
  readiness.require('python', () => true);
  const get = await serve(readiness);
  connected = true;
  const answer = await get('/-/health/ready/');

  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'unavailable', missing: ['bus', 'database'] });
  expect((await get('/-/health/live/')).status).toBe(200);
});

it('the metrics show the version, the readiness and the state of each dependency', async () => {
  const readiness = new Readiness();
  let connected = false;
  readiness.require('bus', () => connected);
  readiness.require('database', () => true);
  const get = await serve(readiness);
  const shown = async () => {
    const text = await (await get('/metrics')).text();
    const series = ['ready', 'missing{what="bus"}', 'missing{what="database"}', 'missing{what="stopping"}'];
    return series.map((name) => valueIn(text, `gatehouse_${name}`));
  };
  expect(await shown()).toEqual([0, 1, 0, undefined]);
  connected = true;
  expect(await shown()).toEqual([1, 0, 0, undefined]);
  readiness.stop();
  expect(await shown()).toEqual([0, 0, 0, 1]);
  expect(await (await get('/metrics')).text()).toMatch(/gatehouse_info\{version="\d+\.\d+\.\d+",process="test"\} 1/);
});

it('a process is ready as long as all dependencies are available and it does not stop', async () => {
  const readiness = new Readiness();
  readiness.require('bus', () => Promise.resolve(true));
  const get = await serve(readiness);
  const before = await get('/-/health/ready/');
  readiness.stop();
  const after = await get('/-/health/ready/');

  expect([before.status, await before.json()]).toEqual([200, { status: 'ok' }]);
  expect([after.status, await after.json()]).toEqual([503, { status: 'unavailable', missing: ['stopping'] }]);
});

it('a dependency that does not answer within READINESS_TIMEOUT_MS counts as missing', async () => {
  const readiness = new Readiness({ READINESS_TIMEOUT_MS: 50, START_WAIT_S: 0 });
  readiness.require('database', () => new Promise(() => undefined));
  const get = await serve(readiness);

  expect(await (await get('/-/health/ready/')).json()).toEqual({ status: 'unavailable', missing: ['database'] });
});

it('simultaneous readiness probes share one check', async () => {
  const readiness = new Readiness();
  let checks = 0;
  readiness.require('database', async () => ++checks > 0);
  await Promise.all([readiness.missing(), readiness.missing()]);
  const together = checks;
  await readiness.missing();
  await serve(readiness);

  expect([together, checks]).toEqual([1, 2]);
});
