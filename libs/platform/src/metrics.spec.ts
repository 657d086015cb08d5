import { expect, it } from 'vitest';
import { histogram, serveMetrics } from './metrics.js';

it('serves the metrics of this process, and no other path or method', async () => {
  histogram('test_seconds', 'Seconds', ['what']).observe({ what: 'nothing' }, 0.3);
  const { port, close } = (await serveMetrics({ METRICS_PORT: 0, METRICS_HOST: '127.0.0.1' }))!;
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
  const answer = await get('/metrics');
  const text = await answer.text();

  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toContain('test_seconds_bucket{le="0.5",what="nothing"} 1');
  expect(text).toContain('process_cpu_seconds_total');
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', 'POST')).status).toBe(404);
  await close();
});
