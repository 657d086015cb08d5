import { Problem } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { beforeEach, describe, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { ForwardRefusalLog, MAX_CAUSES } from './forward-refusal.log.js';

const TRUSTED = ['10.0.0.5', '203.0.113.7'];
const requestFrom = (ips: readonly string[], headers: Readonly<Record<string, string>> = {}) =>
  ({ id: 'request-1', ip: ips.at(-1), ips, headers }) as unknown as FastifyRequest;
const unknownHost = (host: string) =>
  new Problem('not_found', { detail: `No application has the external_host https://${host}.` });
const invalid = (detail = 'Expected X-Original-URL.') => new Problem('forward_auth_invalid', { detail });

let log: LogRecorder;
let refusals: ForwardRefusalLog;
beforeEach(() => {
  log = new LogRecorder();
  refusals = new ForwardRefusalLog(log.logger);
});
const reasons = () => log.lines.map(({ reason }) => reason);

describe('the refusal of a proxy’s request', () => {
  it('is logged with its cause, such as a proxy that is not trusted or a host without an application', () => {
    refusals.report(invalid(), requestFrom(['10.0.0.9'], { 'x-forwarded-for': '203.0.113.7' }), 0);
    refusals.report(invalid(), requestFrom(['10.0.0.9']), 0);
    refusals.report(unknownHost('app.example.org:9743'), requestFrom(TRUSTED), 0);
    refusals.report(invalid(), requestFrom(TRUSTED), 0);
    expect(log.lines).toMatchObject([
      {
        ...{ level: 'security', event: 'forward_check_refused', request_id: 'request-1' },
        reason: '10.0.0.9 is not in TRUSTED_PROXIES.',
      },
      { reason: 'The request from 10.0.0.9 has no X-Forwarded-For.' },
      { reason: 'No application has the external_host https://app.example.org:9743.' },
      { reason: 'Expected X-Original-URL.' },
    ]);
  });

  it('is logged once a minute for each cause', () => {
    for (let nowMs = 0; nowMs < 120_000; nowMs += 500)
      for (const host of ['a.example', 'b.example']) refusals.report(unknownHost(host), requestFrom(TRUSTED), nowMs);
    const both = ['a.example', 'b.example'].map((host) => `No application has the external_host https://${host}.`);
    expect(reasons()).toEqual([...both, ...both]);
  });

  it('does not fill the log if a client makes up many hosts', () => {
    for (let i = 0; i < 1000; i++) refusals.report(unknownHost(`x${i}.example`), requestFrom(TRUSTED), 0);
    expect(reasons().length).toBe(MAX_CAUSES);
  });

  it('is logged without values that the client may have sent in the query of the check', () => {
    const detail = {
      text: 'acr_values has {value}, which Gatehouse does not know.',
      params: { value: 'sent-by-client' },
    };
    refusals.report(new Problem('forward_auth_invalid', { detail }), requestFrom(TRUSTED), 0);
    expect(log.text).not.toContain('sent-by-client');
    expect(reasons().length).toBe(1);
  });

  it('is thrown again, and other problems are not logged', async () => {
    const request = requestFrom(TRUSTED);
    const thrown = (problem: Problem) => refusals.watch(request, () => Promise.reject(problem)).catch(String);
    expect(await thrown(unknownHost('a.example'))).toContain('external_host');
    expect(await thrown(new Problem('rate_limited'))).toContain('Problem');
    expect(await refusals.watch(request, () => Promise.resolve(7))).toBe(7);
    expect(reasons().length).toBe(1);
  });
});
