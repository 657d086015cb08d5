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
    help: 'There were more than `LOG_SECURITY_RATE` lines of `suppressed_event` within a second. The lines before this one show the event.',
    fields: ['suppressed_event', 'lines'],
  },
  periodic_task_failed: {
    level: 'error',
    processes: EVERY_PROCESS,
    msg: 'a periodic task failed',
    help: 'For example the deletion of expired rows. The task runs again after its interval.',
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
    help: 'The process is not ready, and tries to connect again.',
    fields: [],
  },
  bus_restored: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the connection to the bus is restored',
    help: 'The outage that `bus_lost` has reported is over.',
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
    help: 'The refusal that `bus_subscription_refused` has reported is over.',
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
    help: 'The pool opens another connection.',
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
    help: '`reason` lists the missing settings.',
    fields: ['reason'],
  },
  spans_not_accepted: {
    level: 'warn',
    processes: EVERY_PROCESS,
    msg: 'spans are lost',
    help:
      'The collector does not accept spans, or too many spans wait. `reason` begins with the label `reason` of the metric ' +
      '`gatehouse_spans_dropped_total`. Written once until the collector accepts all spans again, and at most once a ' +
      'minute. Requests are not affected.',
    fields: ['reason'],
  },
  spans_accepted: {
    level: 'info',
    processes: EVERY_PROCESS,
    msg: 'the collector accepts all spans again',
    help: 'The loss that `spans_not_accepted` has reported is over.',
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
