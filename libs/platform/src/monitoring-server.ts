import { createServer, type ServerResponse } from 'node:http';
import { collectDefaultMetrics } from 'prom-client';
import type { z } from 'zod';
import { reportCertificateFile } from './certificate.metrics.js';
import type { commonConfig } from './config.js';
import { metrics } from './metrics.js';
import { packageVersion } from './package-folder.js';
import { processInfo, reportReadiness } from './process.metrics.js';
import type { Readiness } from './readiness.js';

/** The HTTP server for probes and metrics. */
export interface MonitoringServer {
  readonly port: number;
  close(): Promise<void>;
}

type MonitoringConfig = Pick<z.output<typeof commonConfig>, 'MONITORING_PORT' | 'MONITORING_HOST'>;

/**
 * Serves the liveness probe, the readiness probe and the metrics on a separate port, which must not be public. Port 0
 * means a free port. Returns `undefined` if MONITORING_PORT is not set. `name` is the name of the process.
 */
export async function serveMonitoring(
  { MONITORING_PORT: port, MONITORING_HOST: host }: MonitoringConfig,
  readiness: Readiness,
  name: string,
): Promise<MonitoringServer | undefined> {
  if (port === undefined) return undefined;
  collectDefaultMetrics({ register: metrics });
  processInfo.set({ version: packageVersion(), process: name }, 1);
  reportCertificateFile('node_extra_ca', process.env['NODE_EXTRA_CA_CERTS']);
  const stopReporting = reportReadiness(readiness);
  const server = createServer(({ method, url }, reply) => {
    respond(method === 'GET' ? url : undefined, { reply, readiness }).catch(() => reply.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        stopReporting();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  path: string | undefined,
  { reply, readiness }: { readonly reply: ServerResponse; readonly readiness: Readiness },
): Promise<unknown> {
  switch (path) {
    // Liveness does not depend on Postgres and NATS, because restarting a process does not help when they are down.
    case '/-/health/live/':
      return sendJson(reply, 200, { status: 'ok' });
    case '/-/health/ready/': {
      const missing = await readiness.missing();
      return missing.length === 0
        ? sendJson(reply, 200, { status: 'ok' })
        : sendJson(reply, 503, { status: 'unavailable', missing });
    }
    case '/metrics': {
      const text = await metrics.metrics();
      return reply.writeHead(200, { 'content-type': metrics.contentType }).end(text);
    }
    default:
      return reply.writeHead(404).end();
  }
}

const sendJson = (reply: ServerResponse, status: number, body: object) =>
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
