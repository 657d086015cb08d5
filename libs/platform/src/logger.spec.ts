import { REDACTED } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogRecorder } from '../../../test/support/log-recorder.js';
import { recordTestSpans } from '../../../test/support/spans.js';
import { Logger } from './logger.js';
import { logLine } from './logging/log-line.js';
import { NestLogger } from './logging/nest-logger.js';
import { activeTrace, traceWork } from './tracing/active-span.js';

const FLOW = {
  ...{ request_id: 'r1', method: 'POST', flow: 'login', plan: 'p1', outcome: 'show' },
  ...{ component: 'ak-stage-password', stage: 'password', problem: undefined, reasons: undefined, duration_ms: 3 },
} as const;
const LIMITS = { service: 'gateway', INSTANCE_NAME: 'pod-1', LOG_LINE_BYTES: 4096, LOG_SECURITY_RATE: 3 };

describe('a log line', () => {
  const log = new LogRecorder();
  log.writer.configure(LIMITS);
  const last = () => log.lines.at(-1)!;

  it('has the fields of the schema, and leaves out those without a value', () => {
    log.logger.event('flow_answered', FLOW);
    const { problem: _none, reasons: _neither, ...fields } = FLOW;
    expect(last()).toEqual({
      ...{ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), level: 'info', service: 'gateway' },
      ...{ instance: 'pod-1', event: 'flow_answered', msg: 'answered a request of a flow', ...fields },
    });
    log.logger.event('stopping');
    for (const line of log.lines) expect(logLine.safeParse(line).error).toBeUndefined();
  });

  it('is refused by the schema if it has a field that its event does not list', () => {
    log.logger.event('stopping');
    expect(logLine.safeParse({ ...last(), plan: 'p1' }).error?.issues).toMatchObject([
      { message: 'a field is not listed for the event stopping' },
    ]);
  });

  it('is written only if its level is at least that of the logger, and `security` is above `warn`', () => {
    const quiet = new LogRecorder();
    const logger = new Logger('warn', quiet.writer);
    logger.event('stopping');
    logger.event('bus_lost');
    logger.event('session_cookies_planted', { request_id: 'r', ended: 2 });
    expect(quiet.events).toEqual(['bus_lost', 'session_cookies_planted']);
    new Logger('silent', quiet.writer).event('periodic_task_failed', { error: new Error('x') });
    expect(quiet.events).toHaveLength(2);
  });

  it('has the type, message, stack with causes and code of an error, and none of its other properties', () => {
    const cause = Object.assign(new Error('the server refused'), { parameters: ['correct-horse-7'] });
    const error = Object.assign(new TypeError('the query failed', { cause }), {
      ...{ code: '23505', parameters: ['alice'], detail: 'Key (username)=(alice) already exists.' },
    });
    log.logger.event('request_failed', { request_id: 'r', problem: 'internal_fault', error });
    expect(last()['error']).toEqual({
      ...{ type: 'TypeError', message: 'the query failed', code: '23505' },
      stack: expect.stringMatching(
        /^TypeError: the query failed\n {4}at [^]*caused by Error: the server refused\n {4}at /,
      ),
    });
    expect(log.text).not.toMatch(/correct-horse|alice/);
  });

  it('has mail addresses, credentials in URLs and named secrets masked in the texts of errors', () => {
    const text =
      '550 no mailbox alice@example.org here; postgres://gatehouse:hunter2@db/x; GET /if/?flow_token=abc123&next=/; {"api_key":"k-1"}'; // not-a-secret
    log.logger.event('mail_not_sent', { mail: 'm', tries: 1, outcome: 'later', reason: text });
    expect(last()['reason']).toBe(
      `550 no mailbox ${REDACTED} here; postgres://${REDACTED}@db/x; GET /if/?flow_token=${REDACTED}&next=/; {"api_key":"${REDACTED}"}`,
    );
  });

  it.each([
    ['a long text', 'ä'.repeat(3_000_000)],
    ['control characters, which JSON writes with six bytes', '\u0001'.repeat(100_000)],
  ])('is cut to LOG_LINE_BYTES and stays valid with an error that has %s', (_, text) => {
    log.logger.event('request_failed', { request_id: 'r', problem: 'internal_fault', error: new Error(text) });
    const line = log.text.split('\n').at(-2)!;
    expect(Buffer.byteLength(`${line}\n`)).toBeLessThanOrEqual(4096);
    expect(logLine.parse(JSON.parse(line))).toMatchObject({ event: 'request_failed', request_id: 'r', cut: true });
  });

  it('has the ids of the trace while a sampled request is processed, and none otherwise', async () => {
    recordTestSpans();
    await traceWork({ name: 'work' }, async () => {
      log.logger.event('stopping');
      expect(last()).toMatchObject({ trace_id: activeTrace()!.traceId, span_id: activeTrace()!.spanId });
      expect(logLine.safeParse(last()).error).toBeUndefined();
    });
    log.logger.event('stopping');
    expect(Object.keys(last())).toEqual(['time', 'level', 'service', 'instance', 'event', 'msg']);
  });

  it('of NestJS is an event `framework` with its context and its error, and without named secrets', () => {
    const nest = new NestLogger(log.logger);
    nest.log('Nest application successfully started', 'NestApplication');
    expect(last()).toMatchObject({
      event: 'framework',
      level: 'info',
      context: 'NestApplication',
      msg: 'Nest application successfully started',
    });
    nest.log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(last()).toMatchObject({ event: 'framework', level: 'debug', msg: 'Mapped {/x, GET} route' });
    nest.error(new Error('broken'), undefined, 'RpcExceptionsHandler');
    expect(last()).toMatchObject({ level: 'error', msg: 'broken', error: { message: 'broken' } });
    nest.verbose({ password: 'correct-horse-7', a: 1 });
    expect(last()).toMatchObject({ level: 'trace', msg: `{ password: '${REDACTED}', a: 1 }` });
    for (const line of log.lines) expect(logLine.safeParse(line).error).toBeUndefined();
  });
});

describe('security lines', () => {
  let log: LogRecorder;

  beforeEach(() => {
    vi.useFakeTimers();
    log = new LogRecorder();
    log.writer.configure(LIMITS);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const plant = (times: number) => {
    for (let i = 0; i < times; i++) log.logger.event('session_cookies_planted', { request_id: 'r', ended: 2 });
  };

  it('are limited to LOG_SECURITY_RATE per second, and one more line has the number of suppressed lines', () => {
    plant(100_000);
    expect(log.events).toEqual(Array(3).fill('session_cookies_planted'));
    vi.advanceTimersByTime(1000);
    expect(log.lines.slice(3)).toMatchObject([
      {
        event: 'security_lines_suppressed',
        level: 'security',
        suppressed_event: 'session_cookies_planted',
        lines: 99_997,
      },
    ]);
    plant(1);
    expect(log.events).toHaveLength(5);
    vi.advanceTimersByTime(5000);
    expect(log.events).toHaveLength(5);
  });

  it('are limited for each event separately', () => {
    plant(5);
    log.logger.event('superuser_change_refused', { reason: 'x' });
    expect(log.events).toContain('superuser_change_refused');
  });

  it('are the only limited lines', () => {
    for (let i = 0; i < 100; i++) log.logger.event('flow_answered', FLOW);
    expect(log.events).toHaveLength(100);
  });
});
