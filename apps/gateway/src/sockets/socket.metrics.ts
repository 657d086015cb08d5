import { counter, gauge } from '@gatehouse/platform';

/** Why a WebSocket is refused. */
export const SOCKET_REFUSALS = ['origin', 'rate', 'network', 'session', 'process', 'stopping'] as const;
export type SocketRefusal = (typeof SOCKET_REFUSALS)[number];

export const openSockets = gauge({
  name: 'gatehouse_sockets_open',
  question: 'full',
  help: 'Open WebSockets of pages',
  labels: {},
});

export const refusedSockets = counter({
  name: 'gatehouse_sockets_refused_total',
  question: 'abuse',
  help: 'WebSockets that were refused',
  labels: { reason: SOCKET_REFUSALS },
});

export const socketMessages = counter({
  name: 'gatehouse_socket_messages_total',
  question: 'messages',
  help: 'Messages for visitors',
  labels: {
    outcome:
      '`sent` to a WebSocket; `dropped` with a WebSocket that does not read; `lost` because the bus could not be reached',
  },
});
