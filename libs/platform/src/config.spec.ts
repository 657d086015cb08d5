import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, commonConfig, natsConfig, postgresConfig, readConfig } from './config.js';

describe('reading settings', () => {
  it('uses the default of a variable that is unset or empty', () => {
    expect(readConfig(natsConfig.extend(commonConfig.shape), { NATS_URL: '', LOG_LEVEL: undefined })).toMatchObject({
      NATS_URL: 'nats://127.0.0.1:4222',
      LOG_LEVEL: 'info',
    });
  });
  it('parses numbers, and ignores variables that the schema does not name', () => {
    const env = { DATABASE_URL: 'postgresql://u:p@db:5432/x', DATABASE_POOL: '25', HOME: '/root' };
    expect(readConfig(postgresConfig, env)).toEqual({ DATABASE_URL: 'postgresql://u:p@db:5432/x', DATABASE_POOL: 25 });
  });
  it('names every invalid variable in one error', () => {
    const read = () =>
      readConfig(postgresConfig.extend(commonConfig.shape), { DATABASE_POOL: 'many', LOG_LEVEL: 'loud' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/DATABASE_URL: .*\n.*DATABASE_POOL: .*\n.*LOG_LEVEL: /);
  });
  it('says that a required setting is not set', () => {
    const schema = z.object({ EVENTS_STREAM: z.string(), EVENTS_BATCH: z.coerce.number() });
    expect(() => readConfig(schema, { EVENTS_STREAM: '' })).toThrow(
      'the environment has invalid settings:\n  EVENTS_STREAM: is not set\n  EVENTS_BATCH: is not set',
    );
  });
  it('refuses a DATABASE_URL that is not for Postgres', () => {
    expect(() => readConfig(postgresConfig, { DATABASE_URL: 'mysql://db/x' })).toThrow('DATABASE_URL');
  });
  it.each([
    'postgres://u:100%@db/x', // not-a-secret
    'postgres://u%zz@db/x',
    'postgres://db/100%',
  ])('refuses the DATABASE_URL %s, in which a percent sign is not encoded, and says how to write it', (url) => {
    expect(() => readConfig(postgresConfig, { DATABASE_URL: url })).toThrow(/DATABASE_URL: .* written as %25/);
  });
  it.each([
    'nats://a:4222,',
    'nats://a:4222,,nats://b:4222',
    ',',
    'nats://',
    'nats://u:hun,ter2@a:4222', // not-a-secret
    'nats://u:12,hunter2@a:4222', // not-a-secret
  ])('refuses NATS_URL %j without repeating it', (NATS_URL) => {
    const read = () => readConfig(natsConfig, { NATS_URL });
    expect(read).toThrow(/^the environment has invalid settings:\n {2}NATS_URL: [^@]*between two commas[^@]*$/);
    expect(read).not.toThrow('hun');
  });
  it.each(['a', 'a:4222,tls://b:4222', 'nats://a:4222, nats://b:4222', 'nats://u:p@a:4222,wss://[::1]:4222', '::1'])(
    'accepts NATS_URL %j',
    (NATS_URL) => {
      expect(readConfig(natsConfig, { NATS_URL })).toMatchObject({ NATS_URL });
    },
  );
  it('does not repeat an invalid value, which may contain a password', () => {
    const read = () => readConfig(postgresConfig, { DATABASE_URL: 'mysql://u:hunter2@db/x' }); // not-a-secret
    expect(read).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }));
  });
});
