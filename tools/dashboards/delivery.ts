import type { Dashboard } from './dashboard.js';
import { quantiles, rates } from './queries.js';

/** Mails, events and messages for pages. */
export const delivery: Dashboard = {
  name: 'delivery',
  title: 'Mails and events',
  about: 'Do mails, events and messages for pages arrive?',
  rows: {
    Outbox: [
      {
        ...{ title: 'Waiting', unit: 'short' },
        queries: [{ expr: 'max by (sort) (gatehouse_outbox_waiting)', legend: '{{sort}}' }],
      },
      {
        ...{ title: 'Age of the oldest', unit: 's', limit: 300 },
        queries: [{ expr: 'max by (sort) (gatehouse_outbox_oldest_seconds)', legend: '{{sort}}' }],
      },
      {
        ...{ title: 'Parked', unit: 'short' },
        queries: [{ expr: 'max by (sort) (gatehouse_outbox_parked)', legend: '{{sort}}' }],
      },
    ],
    Deliveries: [
      rates('Mails', 'gatehouse_mails_total', { by: 'outcome' }),
      rates('Deliveries', 'gatehouse_courier_delivery_seconds_count', { by: 'sort, outcome' }),
      {
        ...{ title: 'Duration of deliveries', unit: 's' },
        queries: quantiles('gatehouse_courier_delivery_seconds', { by: 'sort', of: [0.5, 0.95] }),
      },
    ],
    Webhooks: [
      {
        ...{ title: 'Waiting for webhooks', unit: 'short' },
        queries: [{ expr: 'max by (endpoint) (gatehouse_webhook_waiting)', legend: '{{endpoint}}' }],
      },
      {
        ...{ title: 'Age of the oldest, webhooks', unit: 's', limit: 900 },
        queries: [{ expr: 'max by (endpoint) (gatehouse_webhook_oldest_seconds)', legend: '{{endpoint}}' }],
      },
      {
        ...{ title: 'Parked, webhooks', unit: 'short' },
        queries: [{ expr: 'max by (endpoint) (gatehouse_webhook_parked)', legend: '{{endpoint}}' }],
      },
      rates('Attempts to deliver to webhooks', 'gatehouse_webhook_deliveries_total', { by: 'endpoint, outcome' }),
      {
        ...{ title: 'Couriers that send an endpoint nothing', unit: 'short' },
        queries: [{ expr: 'sum by (endpoint) (gatehouse_webhook_circuit_open)', legend: '{{endpoint}}' }],
      },
    ],
    'Messages for pages': [
      {
        ...{ title: 'Open WebSockets', unit: 'short' },
        queries: [{ expr: 'sum(gatehouse_sockets_open)', legend: 'open' }],
      },
      rates('Messages', 'gatehouse_socket_messages_total', { by: 'outcome' }),
      rates('Refused WebSockets', 'gatehouse_sockets_refused_total', { by: 'reason' }),
    ],
  },
};
