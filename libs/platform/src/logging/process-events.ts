import { EVERY_PROCESS, type LogEventDefinition } from './log-event.js';

/** Log events of every process. */
export const processEvents = {
  serving: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the process serves requests',
    help: 'The start is complete.',
    fields: ['url'],
  },
  stopping: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the process stops',
    help: 'It has received a signal, and finishes the work that it has begun.',
    fields: [],
  },
  dependency_awaited: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'the process waits for a dependency',
    help: 'Written once for each `reason`. The process is not ready, and ends after `START_WAIT_S`.',
    fields: ['dependency', 'reason'],
  },
  framework: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the text of NestJS',
    help: 'A line of NestJS, at the level that NestJS gave it, or `debug` for the modules and routes at the start. `msg` is its text.',
    fields: ['context', 'error'],
  },
  security_lines_suppressed: {
    level: 'security',
    processes: EVERY_PROCESS,
    msg: 'security lines were left out',
    help: 'More lines of `suppressed_event` than `LOG_SECURITY_RATE` within a second. Look at the lines before it.',
    fields: ['suppressed_event', 'lines'],
  },
  periodic_task_failed: {
    level: 'error',
    processes: EVERY_PROCESS,
    msg: 'a periodic task failed',
    help: 'Such as the removal of expired rows. It runs again after its interval.',
    fields: ['error'],
  },
  bus_connecting: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the process connects to the bus',
    help: 'Written at the start.',
    fields: ['address'],
  },
  bus_lost: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'the connection to the bus is lost',
    help: 'The process is not ready, and connects again by itself.',
    fields: [],
  },
  bus_restored: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the connection to the bus is restored',
    help: 'Ends `bus_lost`.',
    fields: [],
  },
  bus_subscription_refused: {
    level: 'error',
    processes: EVERY_PROCESS,
    msg: 'NATS refuses a subscription',
    help: 'The user of the process lacks a permission (`deploy/nats/nats.conf`). The process tries again.',
    fields: ['nats_subject', 'retry_ms'],
  },
  bus_subscription_accepted: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'NATS accepts a subscription again',
    help: 'Ends `bus_subscription_refused`.',
    fields: ['nats_subject'],
  },
  bus_publish_refused: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'NATS does not let this user publish to its inbox: give it this permission (deploy/nats/nats.conf)',
    help: 'The readiness check then relies on pings.',
    fields: ['nats_subject'],
  },
  database_connection_broken: {
    level: 'error',
    processes: EVERY_PROCESS,
    msg: 'a pooled connection to Postgres broke',
    help: 'The pool opens another one.',
    fields: ['error'],
  },
  database_settings_not_stored: {
    level: 'error',
    processes: EVERY_PROCESS,
    msg: 'the settings of the Postgres role could not be stored',
    help: 'Run the command `roles`.',
    fields: ['error'],
  },
  database_settings_missing: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'connections to Postgres lack settings: run roles, and RECONNECT in the console of PgBouncer, if there is one',
    help: '`reason` names the settings.',
    fields: ['reason'],
  },
  spans_not_accepted: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'spans are lost',
    help:
      'The collector does not accept them, or too many wait. `reason` begins with that of the metric ' +
      '`gatehouse_spans_dropped_total`. Written once until the collector accepts all spans again, and at most once a ' +
      'minute. Requests are not affected.',
    fields: ['reason'],
  },
  spans_accepted: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the collector accepts all spans again',
    help: 'Ends `spans_not_accepted`.',
    fields: ['lost_spans'],
  },
  migration_lock_awaited: {
    level: 'warn',
    processes: ['migrate', 'standalone'],
    msg: 'a migration got no lock and is tried again',
    help: 'A statement holds a lock on the table. Look for it in `pg_stat_activity`.',
    fields: ['migration'],
  },
} as const satisfies Readonly<Record<string, LogEventDefinition>>;
