import type { NatsConnection } from '@nats-io/transport-node';
import { reportPeerCertificate } from './certificate.metrics.js';
import { counter, lazyGauge } from './metrics.js';

const reconnects = counter({
  name: 'gatehouse_nats_reconnects_total',
  question: 'dependencies',
  help: 'Connections to NATS that were lost and restored',
  labels: {},
});

/** The open connections of this process. The value is whether the connection is up now. */
const connections = new Map<NatsConnection, boolean>();

lazyGauge(
  {
    name: 'gatehouse_nats_connected',
    question: 'dependencies',
    help: '1 if all connections of the process to NATS are up, else 0',
    labels: {},
  },
  async () =>
    connections.size === 0 ? [] : [{ labels: {}, value: Number([...connections.values()].every((isUp) => isUp)) }],
);

/** Serves the state of a connection as metrics, until the connection is closed for good. */
export function reportNatsConnection(connection: NatsConnection): void {
  connections.set(connection, true);
  void watch(connection);
}

async function watch(connection: NatsConnection): Promise<void> {
  reportPeerCertificate('nats_server', socketOf(connection));
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') connections.set(connection, false);
    if (type !== 'reconnect') continue;
    connections.set(connection, true);
    reconnects.inc();
    reportPeerCertificate('nats_server', socketOf(connection));
  }
  connections.delete(connection);
}

/** Returns the socket of a NATS connection. The NATS client has no typed access to it. */
const socketOf = (connection: NatsConnection): unknown =>
  (connection as unknown as { readonly protocol?: { readonly transport?: { readonly socket?: unknown } } }).protocol
    ?.transport?.socket;
